// Package nas is a NAS as the desktop sees it: over a link whose login is done it learns what machine it is, puts
// burnish-runner in its place, calls it, follows its journals into a mirror, and comes back after a loss.
//
// Its rules:
//   - A NAS is known by its host key, which package link checks, and its machine id. Another machine is a hard stop.
//   - Every step has a deadline of its own, and ends when its context does. A connection that is silent for three
//     keepalives is closed. What a NAS sends is bounded before it is kept.
//   - Only an end frame is success. An exit code, an end of stream or silence never are.
//   - The runner is hashed on the NAS in the same exec that starts it. A file in its place that has other content is
//     never overwritten and never run.
//   - The secret of sudo goes to sudo by stdin, and nowhere else: not in an argument, the environment, an error.
//   - Words for a shell are quoted by shell.Quote and are arguments of fixed scripts, never part of their text.
//
// Conn and all its methods are safe for concurrent use. What a person must know is a *reason.Said, for one job of many
// inside a *JobError; the other errors are the context's and ErrNoRunner.
package nas
