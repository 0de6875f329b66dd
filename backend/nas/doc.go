// Package nas is the desktop's side of a NAS: it dials, checks who answers, puts burnish-runner in its place, calls
// it, follows its journals into a mirror, and comes back after a loss.
//
// Its rules:
//   - A NAS is known by its host key and its machine id. Without a pinned host key nothing is sent but the key
//     exchange; another key or another machine is a hard stop. There is no way around the check.
//   - Every step has a deadline of its own, and ends when its context does. A connection that is silent for three
//     keepalives is closed. What a NAS sends is bounded before it is kept.
//   - Only an end frame is success. An exit code, an end of stream or silence never are.
//   - The runner is hashed on the NAS in the same exec that starts it. A file in its place that has other content is
//     never overwritten and never run.
//   - A secret goes to the login, or to sudo by stdin, and nowhere else: not in an argument, the environment, an error.
//     A login sends a password once; what the server refused is tried again after a quarter of an hour at the earliest.
//   - What a login needs and Target does not hold is asked for through Target.Ask: passwords, passphrases, codes. A
//     jump host is checked as the NAS is, and never gets the NAS's password.
//   - Words for a shell are quoted by quote and are arguments of fixed scripts, never part of their text.
//
// Conn, Mirror and all their methods are safe for concurrent use; two processes may share a Mirror's directory.
// What a person must know is a *reason.Said, for one job of many inside a *JobError; the other errors are the
// context's and ErrNoRunner.
package nas
