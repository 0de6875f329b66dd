// Package journal is what a run says of itself: its events, the logs of its stages, and the directory that they lie in.
//
// Its rules:
//   - An event is on the medium before anybody believes it; a line that could not be written whole, or not be synced,
//     is taken back at once. After the first error nothing more is written but the last word.
//   - A full disk holds the run up and costs no line. The last word has its room set aside.
//   - A directory that somebody removed is put back from the files that the run holds open, all of them or none.
//
// All of it may be used by several goroutines of one run.
package journal
