// Package practice is a NAS that is not there: the runner's own code over simulated drives, reached by the desktop's
// own code through an SSH server in this process, without a socket.
//
// What is simulated and what is not:
//   - A drive is bytes in memory, a list of faults, a SMART model and a speed. It knows no verdict and no reason: what
//     comes of it is found by the runner and judged by the same code as for any drive. This package may not import
//     package reason.
//   - Dial, host key, login by a key, deployment, calls, follow and mirror are package nas, unchanged. The server has
//     no shell: it knows the fixed scripts of package nas by their text and does what they say on a directory of its
//     own. The runner's program is uploaded and its hash is checked before each call; then the same verbs are answered
//     by runner.Service in this process, since no process of this computer could open drives in memory.
//   - A run is a goroutine. It ends only by itself, by PowerCut or by Close, so its process counts as gone when its
//     lock is free; a request to stop reaches it by the stop file alone. badblocks and nvme-cli are not installed here.
//   - What a drive is used for is read from its bytes: labels by package label, and the rest by samples. Which pools
//     are imported is a fact of the simulated machine (Options.Imported).
//   - Time is that of package time, so that a synctest bubble passes days of it in no time. Moving bytes takes as long
//     as the drive's speed says; reading labels takes none.
//
// The bytes of the drives live as long as the NAS does: opening it again is a machine that was switched on again with
// blank drives. A NAS is safe for concurrent use. Errors are those of the files below its directory.
package practice
