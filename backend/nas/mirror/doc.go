// Package mirror is the desktop's copy of what jobs write on their NAS: journals and logs, byte by byte, and what the
// journals fold to.
//
// Its rules:
//   - How much of a file is there is its size and nothing else; a piece is written at its own offset and leaves no gap.
//   - All that is kept is bounded: of a job, and of all jobs of a NAS. Journals go before logs, and a log is cut.
//   - Nothing outside of the mirror's directory can be reached, whatever a NAS calls its files.
//   - A Cursor reads only what was added since its last fold, and says what folding all journals anew would say.
//
// Mirror and Room are safe for concurrent use, and several processes may share a directory; a Cursor is not.
package mirror
