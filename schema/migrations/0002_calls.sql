-- What is known of the calls beside their sound: from a manifest, a file's name or a telephony source. One row for
-- each file in which a recording was seen.

CREATE TABLE calls (
    id         INTEGER PRIMARY KEY,
    recording  TEXT NOT NULL REFERENCES recordings (sha256) ON DELETE CASCADE,
    file       TEXT NOT NULL,                    -- absolute path
    path       TEXT NOT NULL,                    -- as shown
    sid        TEXT NOT NULL,                    -- empty where unknown, like all that follow
    order_id   TEXT NOT NULL,
    chain      TEXT NOT NULL,
    store      TEXT NOT NULL,
    agent      TEXT NOT NULL,
    phone      TEXT NOT NULL,
    started_at TEXT NOT NULL,                    -- ISO 8601, local time of the store
    UNIQUE (recording, file)
) STRICT;

CREATE INDEX stage_results_newest ON stage_results (recording, stage, version, finished_at);
