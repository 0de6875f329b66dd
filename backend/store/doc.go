// Package store keeps what this computer knows: one SQLite file, burnish.db, in the data directory.
//
// Its rules:
//   - It is an index. What a job is stands in its journals; state and reason here are a cache that may be written again
//     at any time. Only profiles, intents, grants, the audit trail and what was told have their one home here.
//   - An intent is stored before a NAS is asked: AddIntents returns when it is on the disk (synchronous=FULL). After a
//     crash the same id is asked again, which a NAS answers with the job that it has.
//   - Several processes share the file (window, start --wait, stop). Each write is one short immediate transaction that
//     may be repeated without harm; what is older never replaces what is newer. Nobody holds a transaction across a
//     call to a NAS.
//   - Only a file whose application_id is ours is opened for SQL; any other is refused untouched. So is one of a newer
//     schema. Only creating and migrating are exclusive (migrate.lock, which is never deleted): a new file appears
//     whole, by rename; an older one is copied (burnish-vN-TIME.db) before its first change.
//   - A database of ours that is damaged is moved to burnish-damaged-TIME.db and a new one begun; Aside names it. So is
//     whatever else lies in its place in a directory that has been ours (it has a mirror, or our mark in migrate.lock),
//     but for a sound database of another program. An index without jobs is filled again by Refill.
//   - Directory and files are for their owner alone (0700, 0600). No secret is ever stored.
//   - All text is data: bound as parameter, bounded in size. Times are unix milliseconds, 0 where not yet.
//
// The schema (migrations/NNN-name.sql; PRAGMA user_version is the last NNN):
//   - profiles: the saved connections; names are unique without regard to case.
//   - jobs: one row per job. request is the frozen intent; phase says what the NAS knows of it; state, reason, ended_ms
//     are the cached fold; observation and seen_ms are what was last seen. A job outlives its profile under the name
//     that the NAS had.
//   - audit: what was done to profiles and drives, append-only.
//   - grants: permissions to erase drives in use (package unlock). One is spent in the transaction that stores the
//     intent of the start it was given for; ended says how it ended, and whether it has expired is asked of the clock.
//   - edges: what happened and people may be told of, one row for each key for ever. The end of a job is stored in the
//     transaction that notes its state, so that whichever process finds it, it is stored once; told_ms is set when it
//     was told. An index that was filled again holds no edge of a job that has ended: it may have been told before.
//
// Concurrency: a Store may be used from any goroutine; writes take turns on one connection, reads run beside them on up
// to four. A context that ends gives its own error and leaves nothing half done.
//
// Errors are reasons: no_space (free some, then do the same again; what was stored stays), data_dir_unusable (the
// directory cannot be written, the file is damaged or not ours, or another process kept it locked for long),
// newer_data, no_such_nas, nas_exists, nas_has_jobs, no_such_job, no_such_grant, grant_expired, wrong_use. Others are
// faults of the caller.
package store
