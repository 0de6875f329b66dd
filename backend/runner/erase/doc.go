// Package erase is the only room that opens a drive for writing, and says when that may be.
//
// Its rules:
//   - Identity and usage are read under the hold and compared with what was agreed to, at the start and again right
//     before a stage writes. What is not proven refuses.
//   - The first destructive act saves what it erases, zeroes it, reads it back, looks what is left, and leaves a person
//     a moment to change their mind. From then on whatever is not this job's own refuses.
//   - Every byte that this run tries to write is counted. The kernel counts all: what it has more is somebody else's.
//   - What was saved goes back only where nobody has written since.
//
// A Drive is of one run, a Stage of its goroutine.
package erase
