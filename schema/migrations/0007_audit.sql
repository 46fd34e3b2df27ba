-- What was done to the store beside the work itself: who, what, when, why. Rows are only ever added; a call that is forgotten is
-- taken out of them, and nothing else. Times are milliseconds since 1970, UTC.

CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    time   INTEGER NOT NULL,
    who    TEXT NOT NULL,                        -- user of the system
    action TEXT NOT NULL CHECK (action <> ''),   -- a fixed word: 'restore', 'salvage', 'forget'
    call   TEXT NOT NULL COLLATE NOCASE,         -- SID; empty where it is of no one call
    why    TEXT NOT NULL
) STRICT;

CREATE INDEX audit_of_call ON audit (call) WHERE call <> '';

CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN
    SELECT raise(ABORT, 'the audit log is only added to');
END;

CREATE TRIGGER audit_stands BEFORE UPDATE ON audit
WHEN new.call <> '' OR new.id <> old.id OR new.time <> old.time OR new.who <> old.who OR new.action <> old.action
    OR new.why <> old.why
BEGIN
    SELECT raise(ABORT, 'the audit log is only added to');
END;
