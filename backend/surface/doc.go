// Package surface tests the surface of one drive: every byte of it is written and compared (Stamp) or only read (Read).
//
// # What counts
//
// A Result says what was done in bytes; nothing is concluded from the end of a loop or from an exit code. Complete is
// true only when each sweep went over every byte of the drive, the tail included. Bad sectors are listed as ranges of
// logical sectors, each sector once over the whole run, and nothing is hidden by a neighbour: a block that was answered
// with an error is split down to physical sectors, and where one of these fails, to logical sectors.
//
// What was found bad is read three more times, with other places of the drive read in between. What stays bad is a bad
// range with Persistent true: evidence against the drive. What was good at least once is a transient, which is a doubt
// about memory or path (data) or a warning (an error that healed), never a bad range. A bad range with Persistent false
// was found just before the run ended and could not be read again; a physical sector that failed alone twice by then is
// Persistent all the same.
//
// # Errors
//
// An error of class ClassMedium is about a sector and is listed. ClassTransport is about the path: the request is tried
// again, then the run ends with ErrPath. ClassRefused and ClassGone end it at once with ErrRefused and ErrGone, a
// failed flush with ErrFlush: a cache that could not be emptied has no LBA. These are all *DeviceError. A run that met
// a limit (too many bad ranges or sectors, too much time in error handling) ends without an error, with
// Result.EndedEarly and Result.Unread.
//
// # Concurrency
//
// Run keeps Options.InFlight requests under way, which start strictly in the order of their addresses, and calls the
// Observer only from its own goroutine. A Device that is a Queuer is worked by one goroutine, any other by one for each
// request. When its context ends it starts nothing more and returns as soon as the requests
// under way were answered, or after StopGrace; those that were not are in Result.Unanswered. Such a request still holds
// its buffer and the device, so the device must not be given to anybody else.
package surface
