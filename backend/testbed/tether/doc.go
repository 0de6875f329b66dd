// Package tether ties what a test leaves on the machine to the life of the test's process.
//
// t.Cleanup is not run when a test binary is killed, panics or runs into go test's timeout. What would
// then stay behind for good (a daemon, a mount, a loop device, a user account) is tied twice: a child
// started by Start is killed by the kernel when the process ends, and a Will, a shell of its own that
// waits for that moment, removes the rest. Linux only.
package tether
