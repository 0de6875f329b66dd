// Package runner is what burnish-runner answers on the NAS: the verbs by which the desktop starts, stops, resumes,
// lists, follows, undoes and removes jobs. It is portable; what it needs of a machine comes through the ports of
// package port, so that the practice NAS runs this same code. How one run of a job goes is package run.
//
// The rooms below it, the lowest first; each imports only those before it:
//
//	port       what is needed of a machine
//	state      the directory on the NAS
//	journal    events, stage logs, and the directory that they lie in
//	bench      what a stage has at hand
//	erase      the only room that opens a drive for writing: proofs, the first act, the way back
//	health     what the drive says of itself, and its self-tests
//	sweep      the engines of package surface over the held drive
//	badblocks  the NAS's own badblocks over it
//	run        one run from its lock to its last word
//
// Its rules:
//   - A verb answers with frames, the last of which is an end or an error with a reason.
//   - A request to stop stands before anything is looked at; "stopped" is said when the process is proven gone.
//   - What a job's files say is believed only as far as they are that job's.
//   - Nothing is written outside the state directory; the drive is written to by package erase alone.
//
// A Service may be used by several goroutines.
package runner
