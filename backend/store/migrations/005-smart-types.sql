ALTER TABLE profiles ADD COLUMN smart_types TEXT NOT NULL DEFAULT '{}'; -- JSON: device types by drive id
