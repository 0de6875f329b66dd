CREATE TABLE ways (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    way        TEXT    NOT NULL CHECK (json_valid(way)), -- without its secrets
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT    NOT NULL UNIQUE,
    event    TEXT    NOT NULL CHECK (json_valid(event)),
    noted_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE deliveries (
    way      TEXT    NOT NULL REFERENCES ways (id) ON DELETE CASCADE,
    notice   INTEGER NOT NULL REFERENCES notices (seq) ON DELETE CASCADE,
    message  TEXT    NOT NULL, -- of several notices the same, if they are told as one; empty before the first try
    state    TEXT    NOT NULL CHECK (state IN ('waiting', 'told', 'given_up')),
    tries    INTEGER NOT NULL,
    first_ms INTEGER NOT NULL, -- of the tries; 0 before the first
    last_ms  INTEGER NOT NULL,
    next_ms  INTEGER NOT NULL,
    answer   TEXT    NOT NULL, -- to the last try, without secrets
    PRIMARY KEY (way, notice)
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_waiting ON deliveries (way, next_ms) WHERE state = 'waiting';
CREATE INDEX deliveries_tried ON deliveries (way, last_ms);

CREATE TABLE notice_settings (
    one   INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    quiet TEXT    NOT NULL CHECK (json_valid(quiet))
) STRICT, WITHOUT ROWID;
