ALTER TABLE jobs ADD COLUMN adopted INTEGER NOT NULL DEFAULT 0 CHECK (adopted IN (0, 1));

CREATE TABLE edges (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT    NOT NULL UNIQUE,
    kind       TEXT    NOT NULL,
    profile_id TEXT    NOT NULL,
    job        TEXT    NOT NULL,
    batch      TEXT    NOT NULL,
    ends       INTEGER NOT NULL CHECK (ends IN (0, 1)),
    found_ms   INTEGER NOT NULL,
    due_ms     INTEGER NOT NULL,
    told_ms    INTEGER NOT NULL DEFAULT 0,
    event      TEXT    NOT NULL CHECK (json_valid(event))
) STRICT;

CREATE INDEX edges_untold ON edges (seq) WHERE told_ms = 0;
CREATE INDEX edges_of_job ON edges (job);
