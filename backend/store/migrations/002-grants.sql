CREATE TABLE grants (
    id         TEXT    NOT NULL PRIMARY KEY,
    profile_id TEXT    NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    machine_id TEXT    NOT NULL,
    drive_id   TEXT    NOT NULL,
    drive      TEXT    NOT NULL CHECK (json_valid(drive)),
    scope      TEXT    NOT NULL CHECK (json_valid(scope)),
    text       TEXT    NOT NULL,
    given_to   TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL CHECK (expires_ms > created_ms),
    ended      TEXT    NOT NULL CHECK (ended IN ('', 'spent', 'locked', 'changed')),
    ended_ms   INTEGER NOT NULL,
    job        TEXT    NOT NULL,
    CHECK ((job <> '') = (ended = 'spent'))
) STRICT;

CREATE INDEX grants_of_profile ON grants (profile_id);
