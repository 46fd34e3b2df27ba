-- What recovery goes by. Of each checkpoint the SHA-256 of its bytes as 64 hex digits, written with them; empty where it was stored
-- without. Of each attempt after one that failed: how it was made, and for which error, so that what helps against an error is known.

ALTER TABLE stage_results ADD COLUMN hash TEXT NOT NULL DEFAULT '';
ALTER TABLE heard_windows ADD COLUMN hash TEXT NOT NULL DEFAULT '';

ALTER TABLE jobs ADD COLUMN strategy TEXT NOT NULL DEFAULT '';      -- of the attempt that comes, or that came last; empty: the usual way
ALTER TABLE jobs ADD COLUMN strategy_for TEXT NOT NULL DEFAULT '';  -- code of the error that it is meant for
ALTER TABLE attempts ADD COLUMN strategy TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN strategy_for TEXT NOT NULL DEFAULT '';

CREATE INDEX attempts_by_strategy ON attempts (strategy_for, ended_at) WHERE strategy_for <> '';
