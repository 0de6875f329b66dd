// Package sweep goes over the drive with the engines of package surface, and weighs what they find.
//
// Its rules:
//   - A sector is bad when it stays bad on being read again; what heals is a warning, or a doubt about the way to the
//     drive.
//   - Wrong data that a write of somebody else explains is never evidence against the drive.
//   - A checkpoint is told only after a flush, and only while nobody else has written.
//   - A stage that goes on repeats what a lost cache may have taken.
//
// A Stage is of its goroutine. An Observer is told by the engine's goroutine, and watched from another.
package sweep
