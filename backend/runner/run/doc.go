// Package run executes one run of a job: it holds the drive, waits for its turn, goes through the stages of the plan,
// and says how it ended.
//
// Its rules:
//   - One process per run. It takes the run's lock first and holds it until the process ends; a free lock means that
//     nobody works on the job.
//   - The drive is held first, then read, then compared (package erase), and only then may a stage write.
//   - A stop request file and a signal end a run as cancelled; a signal alone (the NAS shuts down) as unknown,
//     told_to_end.
//   - A drive that is gone is no failed drive: it has its chance to come back.
//
// Execute is called once in a process; the practice NAS calls it from several goroutines, one for each run.
package run
