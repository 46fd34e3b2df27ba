-- Windows of speech that were heard while the transcript of their call is not whole: what a run that ended meanwhile need not hear
-- again. They go when the transcript comes.

CREATE TABLE heard_windows (
    id        INTEGER PRIMARY KEY,
    recording TEXT NOT NULL REFERENCES recordings (sha256) ON DELETE CASCADE,
    version   INTEGER NOT NULL,                  -- of the stage's code; with the next two, the key of the transcript
    input     TEXT NOT NULL,
    settings  TEXT NOT NULL,
    channel   INTEGER NOT NULL,
    number    INTEGER NOT NULL,                  -- from 0, in the order of the channel's windows
    result    BLOB NOT NULL,                     -- CBOR
    seconds   REAL NOT NULL,                     -- of wall time that it took
    heard_at  TEXT NOT NULL,                     -- ISO 8601, UTC
    UNIQUE (recording, version, input, settings, channel, number)
) STRICT;
