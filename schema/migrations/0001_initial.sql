-- Recordings by the SHA-256 of their bytes, and what each stage found in them.

CREATE TABLE recordings (
    sha256     TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    bytes      INTEGER NOT NULL CHECK (bytes >= 0),
    first_seen TEXT NOT NULL                     -- ISO 8601, UTC
) STRICT, WITHOUT ROWID;

-- One row for each way a stage has been run on a recording. What makes two runs of a stage the same is
-- in the unique key, so that a stage is done again only when something that it reads has changed.
CREATE TABLE stage_results (
    id          INTEGER PRIMARY KEY,
    recording   TEXT NOT NULL REFERENCES recordings (sha256) ON DELETE CASCADE,
    stage       TEXT NOT NULL CHECK (stage IN ('audio', 'transcribe', 'analyze')),
    version     INTEGER NOT NULL,                -- of the stage's code
    input       TEXT NOT NULL,                   -- hash of what the stage was given
    settings    TEXT NOT NULL,                   -- hash of the settings that it reads
    result      BLOB NOT NULL,                   -- CBOR
    seconds     REAL NOT NULL,                   -- wall time that the stage took
    finished_at TEXT NOT NULL,                   -- ISO 8601, UTC
    UNIQUE (recording, stage, version, input, settings)
) STRICT;
