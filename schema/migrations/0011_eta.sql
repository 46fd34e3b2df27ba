-- What the stages of each attempt took, and what was predicted of the end of runs: from both it is learnt when a run will end. Times
-- are seconds, moments milliseconds since 1970, UTC.

ALTER TABLE attempts ADD COLUMN model TEXT NOT NULL DEFAULT '';       -- by which words were found; empty: not timed
ALTER TABLE attempts ADD COLUMN workers INTEGER NOT NULL DEFAULT 0;   -- at work beside each other
ALTER TABLE attempts ADD COLUMN audio REAL NOT NULL DEFAULT 0;        -- length of the recording
ALTER TABLE attempts ADD COLUMN sound REAL NOT NULL DEFAULT 0;        -- this and what follows: all 0 when it failed
ALTER TABLE attempts ADD COLUMN words REAL NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN analysis REAL NOT NULL DEFAULT 0;

CREATE INDEX attempts_by_model ON attempts (model, workers, id) WHERE model <> '';

-- Only of runs that went to their end, and of stretches in which nobody paused them or added calls.
CREATE TABLE eta_predictions (
    id        INTEGER PRIMARY KEY,
    made_at   INTEGER NOT NULL,
    host      TEXT NOT NULL,
    model     TEXT NOT NULL,                     -- this and the next: as in attempts
    workers   INTEGER NOT NULL,
    percent   INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 99),  -- of the calls that had ended
    remaining REAL NOT NULL CHECK (remaining >= 0),
    lower     REAL NOT NULL CHECK (lower BETWEEN 0 AND remaining),
    upper     REAL NOT NULL CHECK (upper >= remaining),
    widened   REAL NOT NULL CHECK (widened > 0),
    came      REAL NOT NULL CHECK (came >= 0)
) STRICT;

CREATE INDEX eta_predictions_of ON eta_predictions (host, model, workers, id);
