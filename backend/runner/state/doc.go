// Package state is the directory on the NAS under which everything of Burnish lies: jobs, locks, slots and the queue.
//
// Its rules:
//   - Ids and file names are checked before they become paths, and opened through os.Root: no request reaches outside.
//   - What is made is there whole or not at all, and on the medium before anybody is told of it.
//   - Only names that are Burnish's own are ever removed; what a person put beside them stays.
//   - A full or read-only disk is told apart from every other error (SpaceError).
//
// Layout: bin/burnish-runner-<sha8>, jobs/<id>/{job.json, lock, stop, waiting, live, checkpoint, run-N.ndjson,
// <stage>.log, runner.log}, drives/<hash>.lock, slots/{<n>.lock, turn.lock, pool-<hash>.lock, queue.json}.
//
// A Dir is a name and may be used by any goroutine; what several processes do at once is settled by locks on files.
package state
