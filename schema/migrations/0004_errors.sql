-- Errors as they happened: ids, fixed words and numbers only (see ErrorRecord). What may name a person stands in jobs
-- alone, and goes with it. Times are milliseconds since 1970, UTC.

CREATE TABLE errors (
    id          INTEGER PRIMARY KEY,
    time        INTEGER NOT NULL,
    code        TEXT NOT NULL CHECK (code <> ''),
    severity    TEXT NOT NULL CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
    outcome     TEXT NOT NULL CHECK (outcome IN ('failed', 'retried', 'went on')),
    call        TEXT NOT NULL,                   -- SID, or SHA-256 of the recording; empty when unknown
    file_type   TEXT NOT NULL,
    job         INTEGER REFERENCES jobs (id) ON DELETE SET NULL,
    batch       INTEGER REFERENCES batches (id) ON DELETE SET NULL,
    stage       TEXT NOT NULL,
    operation   TEXT NOT NULL,
    host        TEXT NOT NULL,
    worker      TEXT NOT NULL,
    attempt     INTEGER NOT NULL,
    cause       TEXT NOT NULL,
    free_memory INTEGER NOT NULL,                -- bytes
    free_disk   INTEGER NOT NULL,                -- bytes
    load        REAL NOT NULL,
    version     TEXT NOT NULL
) STRICT;

CREATE INDEX errors_by_time ON errors (time, id);
CREATE INDEX errors_by_code ON errors (code, time);
CREATE INDEX errors_of_job ON errors (job);
CREATE INDEX errors_of_batch ON errors (batch);
CREATE INDEX errors_of_call ON errors (call);
