//go:build linux

// Package linux is the Linux machine behind the runner's ports: block devices, locks, processes, clocks.
//
// Its rules:
//   - A drive is opened once, O_RDONLY|O_EXCL, and locked with flock, so that udev leaves it alone. All I/O goes
//     through that inode, reopened as /proc/self/fd/N; no name is looked up twice.
//   - Locks are OFD locks: they belong to the open file, vanish with the process however it ends, and can be asked
//     about without root.
//   - Tools run without a shell, with their own PATH, LC_ALL=C and nothing else in the environment, in a process group
//     of their own, and die with the runner.
package linux
