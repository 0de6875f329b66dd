package surface

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Mode is what a run does with the surface.
type Mode string

// The modes.
const (
	ModeRead  Mode = "read"  // reads every byte and compares nothing
	ModeStamp Mode = "stamp" // writes every byte, then reads and compares every byte; destroys all data
)

// Phase is the kind of a sweep.
type Phase string

// The phases. A stamp run goes through write and verify in each pass, a read run through read, a capacity probe and a
// seek pass through their own.
const (
	PhaseWrite  Phase = "write"
	PhaseVerify Phase = "verify"
	PhaseRead   Phase = "read"
	PhaseProbe  Phase = "probe"
	PhaseSeek   Phase = "seek"
)

// Options say what a run does. A zero value of a field that names a default means the default.
type Options struct {
	Mode            Mode
	Nonce           [16]byte      // of the job; a resumed job keeps it
	Zeros           bool          // in stamp mode: zeros are written and compared instead of stamps
	Passes          int           // default 1
	BlockBytes      int           // of one request; default 1 MiB, a multiple of 4096 and of the physical sector
	InFlight        int           // requests under way; default 4
	BadRangeLimit   int           // default 256
	BadSectorLimit  int64         // in physical sectors; default 4096
	ErrorBudget     time.Duration // of I/O in error handling over the whole run; default 30 min
	CheckpointEvery time.Duration // default 30 s
	Start           Start         // zero: at the beginning
}

// Start is where a run begins that goes on with the work of an earlier one. Checkpoint.Rewind gives it.
type Start struct {
	Phase    Phase
	Pass     int   // 1 for the first; 0 for a run from the beginning
	Position int64 // bytes of the sweep that count as done, a multiple of 4096 and of the physical sector
	Bad      []Range
}

// RewindBytes is how far before a checkpoint a broken run goes on: a bridge or controller that keeps quiet about its
// cache may have lost what it said to have flushed.
const RewindBytes = 2 << 30

// startUnit is what a start is a multiple of.
const startUnit = 1 << 20

// Rewind gives where a run goes on that was broken off after this checkpoint, possibly by a power cut. Writes begin
// rewind bytes before it. A verify sweep goes on where it was, unless it had just begun: then the end of the write
// sweep is as doubtful as after a write checkpoint, and all of the verify sweep follows again.
func (p Progress) Rewind(geo Geometry, rewind int64) Start {
	s := Start{Phase: p.Phase, Pass: p.Pass, Position: p.Position}
	switch {
	case p.Phase == PhaseWrite:
		s.Position -= rewind
	case p.Phase == PhaseVerify && p.Position < rewind:
		s.Phase, s.Position = PhaseWrite, geo.SizeBytes-rewind
	}
	s.Position = max(s.Position, 0)
	s.Position -= s.Position % startUnit
	return s
}

// Done is how many bytes over all sweeps come before the start, of a run in this mode.
func (s Start) Done(mode Mode, geo Geometry, passes int) int64 {
	if s.Pass == 0 {
		return 0
	}
	done, _ := mode.done(geo, passes, s.Phase, s.Pass, s.Position)
	return done
}

func (s Start) fits(o Options, g Geometry) bool {
	return s.Pass >= 1 && s.Pass <= o.Passes && slices.Contains(o.Mode.phases(), s.Phase) &&
		s.Position >= 0 && s.Position <= g.SizeBytes && s.Position%int64(max(bufferAlign, g.PhysicalBytes)) == 0
}

// phases are the sweeps of one pass.
func (m Mode) phases() []Phase {
	if m == ModeStamp {
		return []Phase{PhaseWrite, PhaseVerify}
	}
	return []Phase{PhaseRead}
}

// done is how many bytes over all sweeps lie before a position, and how many there are.
func (m Mode) done(geo Geometry, passes int, phase Phase, pass int, pos int64) (done, total int64) {
	n := int64(len(m.phases()))
	sweeps := n*int64(pass-1) + int64(slices.Index(m.phases(), phase))
	return sweeps*geo.SizeBytes + pos, n * int64(passes) * geo.SizeBytes
}

// BadRangeLimit is the default limit of bad ranges.
const BadRangeLimit = 256

// StopGrace is how long an ended context lets Run wait for requests that are under way.
const StopGrace = 5 * time.Second

const (
	progressEvery  = 250 * time.Millisecond
	transientLimit = 256 // transients that are listed; all are counted
)

func (o Options) complete(g Geometry) (Options, error) {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&o.Passes, 1)
	set(&o.BlockBytes, 1<<20)
	set(&o.InFlight, 4)
	set(&o.BadRangeLimit, BadRangeLimit)
	if o.BadSectorLimit == 0 {
		o.BadSectorLimit = 4096
	}
	if o.ErrorBudget == 0 {
		o.ErrorBudget = 30 * time.Minute
	}
	if o.CheckpointEvery == 0 {
		o.CheckpointEvery = 30 * time.Second
	}
	switch {
	case o.Mode != ModeRead && o.Mode != ModeStamp:
		return o, fmt.Errorf("surface: unknown mode %q; it is read or stamp", o.Mode)
	case o.BlockBytes < 0 || o.BlockBytes%bufferAlign != 0 || o.BlockBytes%g.PhysicalBytes != 0:
		return o, fmt.Errorf("surface: a block of %d bytes is not a multiple of %d and of the physical sector of %d",
			o.BlockBytes, bufferAlign, g.PhysicalBytes)
	case min(int64(o.Passes), int64(o.InFlight), int64(o.BadRangeLimit), o.BadSectorLimit, int64(o.ErrorBudget),
		int64(o.CheckpointEvery)) < 0:
		return o, errors.New("surface: an option is negative")
	case o.Start.Pass != 0 && !o.Start.fits(o, g):
		return o, fmt.Errorf("surface: a run of %d passes over %d bytes cannot start in pass %d, %s, at byte %d",
			o.Passes, g.SizeBytes, o.Start.Pass, o.Start.Phase, o.Start.Position)
	}
	return o, nil
}

// Counters are in bytes, over all sweeps so far.
type Counters struct {
	BytesWritten  int64 // the drive said that it wrote them
	BytesVerified int64 // read and compared, good or bad; 0 in read mode
	// distinct bytes of the drive that were checked: read and, in stamp mode, compared; or answered with an error
	BytesCovered int64
	// asked to be written, each retry included: the most that the kernel may have counted
	BytesWriteAttempted int64
	ZeroBytes           int64 // read mode: in sectors that hold only zeros
	TransientsAll       int64 // places that were bad at first, and good when tried again
	Accidents           int64 // events behind these; see Accidental
	DataHealed          bool  // one of these held wrong data
	// requests that were answered, errors and retries included. A run in which this stands still is stuck
	Answered int64
	Active   time.Duration // time of I/O, without checkpoints and without waiting for a path to come back
}

// Progress is where a run is. It is told only after bytes were moved or requests answered.
type Progress struct {
	Phase    Phase
	Pass     int   // 1 for the first
	Position int64 // bytes of this sweep that are done, all from 0 on
	Done     int64 // bytes over all sweeps that are done, those of the runs before this one included
	Total    int64 // of Done at the end
	Counters
}

// Checkpoint is a quiescent moment: no request is under way, and in a write sweep everything before Position was
// written and flushed.
type Checkpoint struct{ Progress }

// Observer is told what happens, from Run's own goroutine and in order. While a method works, the run waits.
type Observer interface {
	Progress(Progress)
	Bad(Range)                   // bad sectors found in one block, none of which was told before
	Transient(Range)             // was bad, then good; see Result.Transients
	Checkpoint(Checkpoint) error // an error ends the run with that error
	Stretch(Stretch)             // one part of the drive was gone over in this sweep
	Log(line string)             // for people
}

// Early says why a run ended before its end without an error.
type Early string

// The reasons to end early. Each is reached by evidence that is in the result.
const (
	EarlyBadRanges  Early = "bad_range_limit"
	EarlyBadSectors Early = "bad_sector_limit"
	EarlyErrorTime  Early = "error_budget"
)

// Span is a run of logical sectors, both ends included.
type Span struct {
	FirstLBA int64 `json:"first_lba"`
	LastLBA  int64 `json:"last_lba"`
}

// Result is what a run did. It is valid whatever error came with it.
type Result struct {
	Progress          // where it ended
	BadRanges []Range // sorted, merged, without overlap
	// bad at first, good when tried again; a block as a whole where no sector of it failed alone. The first 256, and
	// the first with wrong data
	Transients []Range
	EndedEarly Early // "" unless a limit was met
	// ended early: what the last sweep did not finish; of its first block some sectors may be listed as bad
	Unread      *Span
	AnswersFrom *int64 // ended early: an LBA beyond the place where it ended that could be read; nil if none was found
	Unanswered  []Span // requests that were under way when Run gave up to wait for them
	Complete    bool   // each sweep went over every byte of the drive
}

// The errors that end a run, each as a *DeviceError.
var (
	ErrPath    = errors.New("the path to the drive does not work")
	ErrRefused = errors.New("the drive refused the request")
	ErrGone    = errors.New("the drive is gone")
	ErrFlush   = errors.New("the drive could not flush its write cache")
)

// DeviceError ends a run. It unwraps to one of ErrPath, ErrRefused, ErrGone and ErrFlush, and to the *IOError.
type DeviceError struct {
	Kind error
	Op   string // "read", "write" or "flush"
	LBA  int64  // first logical sector of the request; -1 for a flush
	Err  error
}

func (e *DeviceError) Error() string {
	if e.LBA < 0 {
		return fmt.Sprintf("surface: %v: %v", e.Kind, e.Err)
	}
	return fmt.Sprintf("surface: %v, at LBA %d: %v", e.Kind, e.LBA, e.Err)
}

func (e *DeviceError) Unwrap() []error { return []error{e.Kind, e.Err} }
