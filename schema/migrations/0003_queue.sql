-- The queue: batches of jobs, their attempts, and what the last edits changed. Times are milliseconds since 1970, UTC.

CREATE TABLE batches (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE CHECK (name <> ''),
    settings     TEXT NOT NULL CHECK (json_valid(settings)),
    created_at   INTEGER NOT NULL,
    finish_by    INTEGER,
    retries      INTEGER NOT NULL DEFAULT 0,
    retry_budget INTEGER NOT NULL
) STRICT;

CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY,
    batch       INTEGER NOT NULL REFERENCES batches (id),
    sid         TEXT NOT NULL CHECK (sid <> ''),
    order_id    TEXT NOT NULL,
    chain       TEXT NOT NULL,
    store       TEXT NOT NULL,
    agent       TEXT NOT NULL,
    phone       TEXT NOT NULL,
    call_time   TEXT NOT NULL,                   -- ISO 8601, local time of the store
    file        TEXT NOT NULL,                   -- absolute path
    path        TEXT NOT NULL,                   -- as shown
    bytes       INTEGER NOT NULL,
    priority    INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 5),
    rank        INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'paused', 'running', 'waiting', 'completed', 'failed', 'cancelled')),
    stage       TEXT NOT NULL DEFAULT '',
    progress    REAL NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    added_at    INTEGER NOT NULL,
    not_before  INTEGER,
    started_at  INTEGER,
    ended_at    INTEGER,
    worker      TEXT NOT NULL DEFAULT '',
    lease_until INTEGER,
    error_code  TEXT NOT NULL DEFAULT '',        -- of the catalog; with its sentence and cause
    error_what  TEXT NOT NULL DEFAULT '',
    error_cause TEXT NOT NULL DEFAULT '',
    recording   TEXT REFERENCES recordings (sha256) ON DELETE SET NULL,
    duration    REAL NOT NULL DEFAULT 0,         -- seconds
    processing  REAL NOT NULL DEFAULT 0,         -- seconds
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state = 'waiting') = (not_before IS NOT NULL)),
    UNIQUE (batch, sid)
) STRICT;
