CREATE TABLE profiles (
    id             TEXT    NOT NULL PRIMARY KEY,
    name           TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    host           TEXT    NOT NULL,
    port           INTEGER NOT NULL,
    user           TEXT    NOT NULL,
    key_file       TEXT    NOT NULL,
    agent          INTEGER NOT NULL CHECK (agent IN (0, 1)),
    sudo           TEXT    NOT NULL,
    host_key       TEXT    NOT NULL,
    state_dir      TEXT    NOT NULL,
    virtual_drives INTEGER NOT NULL CHECK (virtual_drives IN (0, 1)),
    machine_id     TEXT    NOT NULL,
    hostname       TEXT    NOT NULL,
    slots          INTEGER NOT NULL,
    created_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
    id          TEXT    NOT NULL PRIMARY KEY,
    profile_id  TEXT    REFERENCES profiles (id) ON DELETE SET NULL,
    nas         TEXT    NOT NULL,
    drive_id    TEXT    NOT NULL,
    plan        TEXT    NOT NULL,
    request     TEXT    NOT NULL CHECK (json_valid(request)),
    phase       TEXT    NOT NULL CHECK (phase IN ('asked', 'there', 'gone')),
    state       TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'passed', 'failed', 'cancelled', 'unknown')),
    reason      TEXT    CHECK (reason IS NULL OR json_valid(reason)),
    created_ms  INTEGER NOT NULL,
    ended_ms    INTEGER NOT NULL,
    observation TEXT    CHECK (observation IS NULL OR json_valid(observation)),
    seen_ms     INTEGER NOT NULL,
    CHECK (reason IS NOT NULL OR state NOT IN ('failed', 'cancelled', 'unknown'))
) STRICT;

CREATE INDEX jobs_of_profile ON jobs (profile_id);

CREATE TABLE audit (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    t_ms       INTEGER NOT NULL,
    what       TEXT    NOT NULL,
    profile_id TEXT    NOT NULL,
    job        TEXT    NOT NULL,
    drive_id   TEXT    NOT NULL,
    text       TEXT    NOT NULL
) STRICT;
