// Package disk makes block devices for tests: healthy ones (Loop), and real ones with faults that the test sets
// and heals while they are in use (Faulty). Linux only, and as root.
//
// # How a faulty disk is built
//
// A Medium, which is a sparse file and the faults, lives in the test's process behind a small NBD server on a Unix
// socket. nbdfuse shows the server as a file, and a loop device with direct I/O makes that file a block device.
// So the faults are met by whatever opens the device: the code under test, badblocks, fio, dd. All LBAs are in
// sectors of 512 bytes, whatever logical sector the device has.
//
// # What a reader of the device sees
//
//   - An error is EIO and nothing else. Real drives answer a medium error with ENODATA, a lost link with ENOLINK and
//     so on; loop knows EIO only. Code that tells them apart needs another fake.
//   - With O_DIRECT a read of one sector arrives as a read of 512 bytes: neighbours of a bad sector are fine. A read
//     without O_DIRECT goes through the page cache, which reads whole pages and ahead, and keeps what it has read:
//     it may never arrive here.
//   - A large read or write is taken apart on its way, at 1,280 KiB by loop and at 1 MiB by FUSE, and earlier where
//     the buffer lies in many pieces of memory: 512 KiB to 1 MiB arrive at a time (kernel 6.18). One EIO among them
//     fails the whole call, with nothing read at all; but the other parts have been carried out, so that sectors
//     behind a failed one may be written. Times counts what arrives.
//   - There is one request at a time, whatever the queue depth: nbdfuse (libnbd 1.14) sends the next after the answer.
//     A request that hangs therefore holds up all others, as on many a real drive.
//   - BLKDISCARD succeeds and does nothing. BLKZEROOUT becomes writes of zeros.
//   - fsync on the device arrives as one flush. There is no volatile cache below it: what was written, stays.
//   - A thread that waits for a hanging request cannot be killed until the fault is healed.
//   - Where udev runs, it reads each new block device: compare counts with those at a known moment, not with zero.
//
// # Settings of the machine
//
// A loop device keeps the settings of its queue when it is detached. Loop and Faulty give it the usual ones (usual, in
// queue.go) and put what they found back; a test of others sets them by Tune.
//
// # Errors, concurrency, ends
//
// Loop and Faulty end the test when they fail and must be called on its goroutine, in parallel tests too. A
// Medium's methods may be called from any goroutine. Everything is taken down at the end of the test, after its own
// later cleanups; who leaves a device open or mounted fails the test with the process named. A test binary that is
// killed leaves nothing behind either, see package tether.
package disk
