-- Telephone systems whose calls are in the queue, with what it takes to ask one for a recording. Where its credential lies is part of that;
-- the credential never is.

CREATE TABLE sources (
    id         INTEGER PRIMARY KEY,
    address    TEXT NOT NULL UNIQUE CHECK (address <> ''),  -- tells one system from another
    folder     TEXT NOT NULL,                    -- what paths in the settings are relative to; absolute
    settings   TEXT NOT NULL,                    -- TOML without remarks
    changed_at INTEGER NOT NULL                  -- when they were given last; milliseconds since 1970, UTC
) STRICT;

ALTER TABLE jobs ADD COLUMN source INTEGER REFERENCES sources (id);  -- none: its recording was on disk when it was added
ALTER TABLE jobs ADD COLUMN awaits INTEGER NOT NULL DEFAULT 0        -- 1: its recording is to be fetched before it is worked on
    CHECK (awaits = 0 OR (awaits = 1 AND source IS NOT NULL));

-- A claim passes over calls whose recording is not there without reading them; what is to be fetched is found as fast, and so is what
-- lies there and waits. Whoever looks through the recordings on disk finds the jobs of each.
DROP INDEX jobs_by_state_and_queue;
CREATE INDEX jobs_by_state_and_queue ON jobs (state, priority, rank, id, batch, awaits) WHERE removed = 0;
DROP INDEX jobs_by_batch_and_queue;
CREATE INDEX jobs_by_batch_and_queue ON jobs (batch, priority, rank, id) WHERE state = 'pending' AND removed = 0 AND awaits = 0;
CREATE INDEX jobs_by_fetch_queue ON jobs (batch, priority, rank, id) WHERE state = 'pending' AND removed = 0 AND awaits = 1;
CREATE INDEX jobs_fetched ON jobs (batch, priority, bytes)
    WHERE state = 'pending' AND removed = 0 AND awaits = 0 AND source IS NOT NULL;
CREATE INDEX jobs_of_recording ON jobs (file) WHERE source IS NOT NULL;

-- A job that has ended, or was removed, needs its recording no more: whoever takes it up again looks for it first.
CREATE TRIGGER jobs_let_recordings_go AFTER UPDATE OF state, removed ON jobs
WHEN new.source IS NOT NULL AND new.awaits = 0
    AND (new.removed = 1 OR new.state IN ('completed', 'failed', 'cancelled'))
BEGIN
    UPDATE jobs SET awaits = 1 WHERE id = new.id;
END;
