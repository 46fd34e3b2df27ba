-- Where copies of what is stored have gone, so that forgetting a call can say who still holds it.

CREATE TABLE store_identity (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    name   TEXT NOT NULL,                        -- tells a backup of this store from one of another
    traces INTEGER NOT NULL DEFAULT 0 CHECK (traces IN (0, 1))  -- of forgotten calls may still be in free parts of the file
) STRICT;
INSERT INTO store_identity (id, name) VALUES (1, lower(hex(randomblob(16))));

CREATE TABLE kept_copies (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('store', 'report')),  -- store: a backup, or one that was set aside
    path       TEXT NOT NULL UNIQUE,             -- absolute; a file, or a report's folder
    written_at TEXT NOT NULL                     -- ISO 8601, UTC
) STRICT;

CREATE TABLE report_calls (
    id        INTEGER PRIMARY KEY,
    report    INTEGER NOT NULL REFERENCES kept_copies (id) ON DELETE CASCADE,
    recording TEXT NOT NULL REFERENCES recordings (sha256) ON DELETE CASCADE,
    UNIQUE (recording, report)
) STRICT;
