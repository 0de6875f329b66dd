// Package badblocks goes over the drive with the NAS's own badblocks, window by window.
//
// Its rules:
//   - What badblocks says is a hint where to look: only what our own engine then finds counts.
//   - Its exit code and its "done" prove nothing; its lists are read whole or the window has failed.
//   - It works on the held descriptor and dies with this process.
//   - What it may leave on the drive without a stamp is told to package erase, which decides what is ours.
//
// A stage is of its goroutine.
package badblocks
