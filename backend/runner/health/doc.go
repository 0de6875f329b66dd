// Package health asks the drive how it is: its health before and after each stage, and its tests of itself.
//
// Its rules:
//   - What the drive says is weighed by the rules of package smart and by nothing else.
//   - A self-test has passed when a new row of the drive's own log says so. What the tool that starts it says, or how
//     it exits, is no evidence.
//   - A test that somebody else started is left to end.
//   - It only reads.
//
// A Drive is of one run, a Stage of its goroutine.
package health
