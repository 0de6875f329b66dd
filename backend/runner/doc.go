// Package runner is what burnish-runner does on the NAS: it executes one plan on one drive, writes the journal, and
// answers the desktop's verbs. It is portable; what it needs of a machine comes through the ports in ports.go, so that
// the practice NAS runs this same code.
//
// Its rules:
//   - One process per run. It takes the run's lock first and holds it until the process ends; a free lock means that
//     nobody works on the job.
//   - The moment of truth, in this order: hold the drive, read identity and usage under the hold, compare them with
//     what was agreed to, and only then write, through the held descriptor and nothing else.
//   - The runner's own state is the fold of the events it has written (burnin.Tracker). It writes an event, then
//     believes it. Every change of state is on the medium (fsync) before the next thing happens.
//   - A stage ends with evidence or with a reason. No exit code decides anything.
//   - A stop request file and a signal end a run as cancelled; a signal alone (NAS shutdown) as unknown, told_to_end.
//   - Nothing is written outside the state directory and the held drive.
//
// Layout of the state directory: bin/burnish-runner-<sha8>, jobs/<id>/{job.json, lock, stop, waiting, live, run-N.ndjson,
// <stage>.log, runner.log, undo.kit, undo.json, undo.ndjson, undoing}, drives/<hash>.lock, slots/{<n>.lock, turn.lock, pool-<hash>.lock, queue.json}.
//
// A Service may be used by several goroutines; a run uses one Service alone.
package runner
