// Package desk is what the window shows and what it may do: a model of all NAS, drives, jobs and questions over package
// jobs, told as one snapshot and numbered deltas.
//
// Its rules:
//   - The page is never believed and never waited for. It listens, takes a Snapshot, and applies the Delta whose number
//     follows; on a gap it takes a snapshot again. Deltas are whole rows, so that one told twice does no harm.
//   - At most four deltas a second, each of at most 200 rows, so that the figures of 600 drives are shown within half a
//     second: what changes faster is told as it is then. Bulk (logs, series, a job whole) is asked for.
//   - A drive whose newest job runs or can be resumed is a row also before the first look, and where it was not there
//     at the last: what happens to it is what a person looks for.
//   - Drives are looked at when a person asks, when jobs start and when one ends; never by a timer, since that wakes
//     drives. The index of this computer is looked at every few seconds: other processes write there too.
//   - A NAS with jobs that have not ended is kept connected, for ever. One without has no connection; its phase is
//     idle.
//   - Nothing is estimated from the clock. What is left is told from bytes moved and the time of their I/O, and is null
//     before there are any.
//   - Text that came from a NAS is cleaned and cut. The page shows it as text.
//
// A Desk is safe for concurrent use; Close ends all that it began. It knows no window: events go to the function that
// it is given. Errors are reasons, as in package jobs.
package desk
