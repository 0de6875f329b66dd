ALTER TABLE profiles ADD COLUMN password INTEGER NOT NULL DEFAULT 0 CHECK (password IN (0, 1));
ALTER TABLE profiles ADD COLUMN legacy   INTEGER NOT NULL DEFAULT 0 CHECK (legacy IN (0, 1));
ALTER TABLE profiles ADD COLUMN secrets  TEXT    NOT NULL DEFAULT '' CHECK (secrets IN ('', 'keychain', 'file', 'session'));

ALTER TABLE profiles ADD COLUMN jump_host TEXT    NOT NULL DEFAULT '';
ALTER TABLE profiles ADD COLUMN jump_port INTEGER NOT NULL DEFAULT 0;
ALTER TABLE profiles ADD COLUMN jump_user TEXT    NOT NULL DEFAULT '';
ALTER TABLE profiles ADD COLUMN jump_key  TEXT    NOT NULL DEFAULT '';
