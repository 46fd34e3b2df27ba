-- The queue: batches of jobs, their attempts, and what the last edits changed. Times are milliseconds since 1970, UTC.

CREATE TABLE batches (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE CHECK (name <> ''),
    settings     TEXT NOT NULL,                  -- JSON
    created_at   INTEGER NOT NULL,
    finish_by    INTEGER,
    retries      INTEGER NOT NULL DEFAULT 0,
    retry_budget INTEGER NOT NULL
) STRICT;

CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY,
    batch       INTEGER NOT NULL REFERENCES batches (id),
    sid         TEXT NOT NULL COLLATE NOCASE CHECK (sid <> ''),
    order_id    TEXT NOT NULL COLLATE NOCASE,
    chain       TEXT NOT NULL COLLATE NOCASE,
    store       TEXT NOT NULL COLLATE NOCASE,
    agent       TEXT NOT NULL COLLATE NOCASE,
    phone       TEXT NOT NULL COLLATE NOCASE,
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
    started_key INTEGER AS (coalesce(started_at, 0)),  -- what a list is sorted by
    ended_key   INTEGER AS (coalesce(ended_at, 0)),
    moves       INTEGER NOT NULL DEFAULT 0,      -- made so far, edits and their undoing included
    removed     INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),  -- gone, but the edit can be taken back
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state = 'waiting') = (not_before IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX jobs_call ON jobs (batch, sid COLLATE BINARY) WHERE removed = 0;
-- A claim, and the two kinds of jobs that become pending again at their time, each found at once however long the queue is.
CREATE INDEX jobs_by_state_and_queue ON jobs (state, priority, rank, id, batch) WHERE removed = 0;
CREATE INDEX jobs_by_batch_and_queue ON jobs (batch, priority, rank, id) WHERE state = 'pending' AND removed = 0;
CREATE INDEX jobs_waiting ON jobs (not_before) WHERE state = 'waiting' AND removed = 0;
CREATE INDEX jobs_running ON jobs (lease_until) WHERE state = 'running' AND removed = 0;
CREATE INDEX jobs_removed ON jobs (id) WHERE removed = 1;
-- Pages of the list, by each column that it may be sorted by (by state: above). The batch, and the state where it does not cost a claim
-- more, are at the end so that jobs of others are passed over without being read.
CREATE INDEX jobs_by_queue ON jobs (priority, rank, id, batch) WHERE removed = 0;
CREATE INDEX jobs_by_sid ON jobs (sid, id, batch) WHERE removed = 0;
CREATE INDEX jobs_by_chain ON jobs (chain, id, batch) WHERE removed = 0;
CREATE INDEX jobs_by_store ON jobs (store, id, batch) WHERE removed = 0;
CREATE INDEX jobs_by_agent ON jobs (agent, id, batch) WHERE removed = 0;
CREATE INDEX jobs_by_start ON jobs (started_key, id, state, batch) WHERE removed = 0;
CREATE INDEX jobs_by_end ON jobs (ended_key, id, state, batch) WHERE removed = 0;
CREATE INDEX jobs_by_batch ON jobs (batch, id) WHERE removed = 0;
CREATE INDEX jobs_by_error ON jobs (error_code, id) WHERE error_code <> '' AND removed = 0;

CREATE TABLE attempts (
    id          INTEGER PRIMARY KEY,
    job         INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    worker      TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL,
    end         TEXT NOT NULL CHECK (end IN ('complete', 'fail', 'wait', 'return', 'cancel')),
    stage       TEXT NOT NULL,
    error_code  TEXT NOT NULL,
    error_what  TEXT NOT NULL,
    error_cause TEXT NOT NULL
) STRICT;

CREATE INDEX attempts_of_job ON attempts (job, id);

-- The jobs that the last edit changed, as they were before; one that has made a further move since has moved on.
CREATE TABLE edited_jobs (
    job         INTEGER NOT NULL PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    moves       INTEGER NOT NULL,
    batch       INTEGER NOT NULL,
    priority    INTEGER NOT NULL,
    rank        INTEGER NOT NULL,
    state       TEXT NOT NULL,
    stage       TEXT NOT NULL,
    progress    REAL NOT NULL,
    attempts    INTEGER NOT NULL,
    not_before  INTEGER,
    ended_at    INTEGER,
    error_code  TEXT NOT NULL,
    error_what  TEXT NOT NULL,
    error_cause TEXT NOT NULL
) STRICT;
