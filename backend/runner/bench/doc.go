// Package bench is what a stage has at hand, whatever it is for: the drive as it is held, the plan, the journal to
// write into, the drive's temperature, and the words for how a stage ended.
//
// Its rules:
//   - A stage writes an event, then believes it: Job is the fold of what Put has written.
//   - An Outcome is passed or failed only with evidence; no exit code decides anything.
//   - Every request to the drive is watched: who waits for an answer is known, and a hot drive is left in peace.
//   - Nothing here opens the drive for writing.
//
// A Run and a Stage are of the goroutine that does the stage, but for Put, Job, Warn, Say and the heat, which may be
// used from beside it.
package bench
