package surface_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"

	"github.com/google/go-cmp/cmp"
)

// clock is the time of package time, which in a synctest bubble costs nothing.
type clock struct{}

func (clock) Now() time.Time { return time.Now() }

func (clock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// notes keeps what an observer is told. It has no lock: the race detector would see calls from two goroutines.
type notes struct {
	progress    []surface.Progress
	bad         []surface.Range
	transients  []surface.Range
	checkpoints []surface.Checkpoint
	lines       []string
	stretches   []surface.Stretch
	onCheck     func(surface.Checkpoint) error
}

func (n *notes) Progress(p surface.Progress) { n.progress = append(n.progress, p) }
func (n *notes) Bad(r surface.Range)         { n.bad = append(n.bad, r) }
func (n *notes) Transient(r surface.Range)   { n.transients = append(n.transients, r) }
func (n *notes) Log(line string)             { n.lines = append(n.lines, line) }
func (n *notes) Stretch(s surface.Stretch)   { n.stretches = append(n.stretches, s) }
func (n *notes) Checkpoint(c surface.Checkpoint) error {
	n.checkpoints = append(n.checkpoints, c)
	if n.onCheck != nil {
		return n.onCheck(c)
	}
	return nil
}

var (
	nonce = [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	geo   = surface.Geometry{SizeBytes: 1<<20 + 3584, LogicalBytes: 512, PhysicalBytes: 4096}
	stamp = surface.Options{Mode: surface.ModeStamp, Nonce: nonce, BlockBytes: 64 << 10}
)

func run(t *testing.T, dev surface.Device, opt surface.Options) (surface.Result, *notes) {
	t.Helper()
	n := &notes{}
	res, err := surface.Run(context.Background(), dev, clock{}, opt, n)
	if err != nil {
		t.Fatalf("the run ended with %v", err)
	}
	return res, n
}

// ways are a device as it is, and with a queue: the engine works these apart.
func ways(dev surface.Device) []surface.Device {
	return []surface.Device{dev, faultdev.Queued{Device: dev}}
}

// wantBad compares the bad ranges but for the bytes that a mismatch shows.
func wantBad(t *testing.T, got []surface.Range, want ...surface.Range) {
	t.Helper()
	var short []surface.Range
	for _, r := range got {
		r.FirstDiff = nil
		short = append(short, r)
	}
	if d := cmp.Diff(want, short); d != "" {
		t.Errorf("bad ranges (-want +got):\n%s", d)
	}
}

func TestAGoodDriveIsWrittenAndComparedToTheLastByte(t *testing.T) {
	for i, g := range []surface.Geometry{
		geo,
		geo,
		{SizeBytes: 512, LogicalBytes: 512, PhysicalBytes: 512},
		{SizeBytes: 1<<20 + 12288, LogicalBytes: 4096, PhysicalBytes: 4096},
		{SizeBytes: 1<<20 - 1024, LogicalBytes: 1024, PhysicalBytes: 2048},
	} {
		t.Run(fmt.Sprint(i, g), func(t *testing.T) {
			dev := faultdev.New(g)
			opt := stamp
			opt.Passes = 2
			res, n := run(t, ways(dev)[i%2], opt)
			if !res.Complete || res.EndedEarly != "" || res.BadRanges != nil || res.Transients != nil ||
				res.Unread != nil {
				t.Errorf("not a clean result: %+v", res)
			}
			want := surface.Counters{BytesWritten: 2 * g.SizeBytes, BytesVerified: 2 * g.SizeBytes,
				BytesCovered: g.SizeBytes, BytesWriteAttempted: 2 * g.SizeBytes}
			got := res.Counters
			got.Active, got.Answered = 0, 0
			if got != want {
				t.Errorf("counted %+v, want %+v", got, want)
			}
			c := dev.Counts()
			if c.BytesWritten != 2*g.SizeBytes || c.BytesRead != 2*g.SizeBytes || c.Flushes != 2 {
				t.Errorf("the drive saw %+v", c)
			}
			disk, stamped := make([]byte, g.SizeBytes), make([]byte, g.SizeBytes)
			dev.Peek(disk, 0)
			surface.FillStamp(stamped, nonce, 2, 0, g.LogicalBytes)
			if string(disk) != string(stamped) {
				t.Error("the drive does not hold the stamps of the second pass")
			}
			var phases []string
			for _, c := range n.checkpoints {
				phases = append(phases, fmt.Sprintf("%d %s %v", c.Pass, c.Phase, c.Position == g.SizeBytes))
			}
			if d := cmp.Diff([]string{"1 write true", "1 verify true", "2 write true", "2 verify true"},
				phases); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReadModeReadsEveryByteAndCountsZeros(t *testing.T) {
	dev := faultdev.New(geo)
	dev.Poke([]byte{1}, 700)             // sector 1 is not zero
	dev.Poke([]byte{1}, geo.SizeBytes-1) // nor is the last
	dev.Set(faultdev.Fault{Effect: faultdev.FailRead, First: 100, Last: 101, Errno: "ENODATA"})
	res, _ := run(t, dev, surface.Options{Mode: surface.ModeRead, BlockBytes: 64 << 10})
	if !res.Complete || res.BytesCovered != geo.SizeBytes || res.BytesVerified != 0 || res.BytesWriteAttempted != 0 {
		t.Errorf("%+v", res)
	}
	if want := geo.SizeBytes - 4*512; res.ZeroBytes != want {
		t.Errorf("%d zero bytes, want %d", res.ZeroBytes, want)
	}
	wantBad(t, res.BadRanges, surface.Range{FirstLBA: 100, LastLBA: 101, Kind: surface.KindRead, Persistent: true,
		Errno: "ENODATA", Class: surface.ClassMedium, Phase: surface.PhaseRead, Pass: 1})
	if c := dev.Counts(); c.Writes+c.Flushes != 0 {
		t.Errorf("read mode wrote: %+v", c)
	}
}

func TestEachKindOfBadSectorIsNamed(t *testing.T) {
	dev := faultdev.New(geo)
	old := make([]byte, 512)
	surface.FillStamp(old, [16]byte{99}, 1, 950, 512)
	dev.Poke(old, 950*512) // another job's stamp is stale too
	dev.Set(
		faultdev.Fault{Effect: faultdev.FailRead, First: 8, Last: 8, Errno: "ENODATA"},
		faultdev.Fault{Effect: faultdev.FailWrite, First: 9, Last: 10},
		// cannot be read either: listed once, as it was found first
		faultdev.Fault{Effect: faultdev.FailRead, First: 10, Last: 10},
		faultdev.Fault{Effect: faultdev.FlipRead, First: 12, Last: 13, Byte: 3, Mask: 0x81},
		faultdev.Fault{Effect: faultdev.FlipRead, First: 14, Last: 14, Byte: 400, Mask: 1},
		faultdev.Fault{Effect: faultdev.DropWrite, First: 950, Last: 951},
		faultdev.Fault{Effect: faultdev.Misplace, First: 2000, Last: 2001, Delta: -1000},
		faultdev.Fault{Effect: faultdev.FailRead, First: 2054, Last: 2054}, // the very last sector
	)
	res, n := run(t, dev, stamp)
	v, w, m := surface.PhaseVerify, surface.PhaseWrite, surface.ClassMedium
	found := int64(2000)
	want := []surface.Range{
		{FirstLBA: 8, LastLBA: 8, Kind: surface.KindRead, Errno: "ENODATA", Class: m, Phase: v},
		{FirstLBA: 9, LastLBA: 10, Kind: surface.KindWrite, Errno: "EIO", Class: m, Phase: w},
		{FirstLBA: 12, LastLBA: 14, Kind: surface.KindMismatch, FlippedBits: 5, Phase: v},
		{FirstLBA: 950, LastLBA: 951, Kind: surface.KindStale, Phase: v},
		{FirstLBA: 1000, LastLBA: 1001, Kind: surface.KindMisplaced, FoundLBA: &found, Phase: v},
		{FirstLBA: 2000, LastLBA: 2001, Kind: surface.KindStale, Phase: v},
		{FirstLBA: 2054, LastLBA: 2054, Kind: surface.KindRead, Errno: "EIO", Class: m, Phase: v},
	}
	for i := range want {
		want[i].Persistent, want[i].Pass = true, 1
	}
	wantBad(t, res.BadRanges, want...)
	if !res.Complete || res.BytesCovered != geo.SizeBytes {
		t.Errorf("faults must not keep the rest from being tested: %+v", res)
	}
	if lost := geo.SizeBytes - res.BytesWritten; lost != 2*512 {
		t.Errorf("%d bytes not written, want those of 2 sectors", lost)
	}
	if lost := geo.SizeBytes - res.BytesVerified; lost != 4*512 {
		t.Errorf("%d bytes not verified, want those of 4 sectors", lost)
	}
	if diff := res.BadRanges[2].FirstDiff; diff.Offset != 3 || len(diff.Want) != 16 || diff.Want[2:] != diff.Got[2:] ||
		diff.Want == diff.Got {
		t.Errorf("first difference %+v", diff)
	}
	if len(n.bad) < len(want) {
		t.Errorf("only %d ranges were told as they were found", len(n.bad))
	}
	if c := dev.Counts(); c.BytesWritten != res.BytesWriteAttempted {
		t.Errorf("%d bytes reached the drive, %d are said to have been tried", c.BytesWritten, res.BytesWriteAttempted)
	}
}

func TestADriveThatWrapsIsFound(t *testing.T) {
	dev := faultdev.NewWrapped(surface.Geometry{SizeBytes: 2 << 20, LogicalBytes: 512, PhysicalBytes: 512}, 1<<20)
	res, _ := run(t, dev, stamp)
	found := int64(2048)
	wantBad(t, res.BadRanges, surface.Range{FirstLBA: 0, LastLBA: 2047, Kind: surface.KindMisplaced, Persistent: true,
		FoundLBA: &found, Phase: surface.PhaseVerify, Pass: 1})
}

func TestWhatIsGoodOnASecondReadIsATransientAndNoEvidence(t *testing.T) {
	dev := faultdev.New(geo)
	dev.Set(
		// heals when its block is split
		faultdev.Fault{Effect: faultdev.FailRead, First: 8, Last: 8, Times: 1},
		// heals when its unit is read again
		faultdev.Fault{Effect: faultdev.FailRead, First: 200, Last: 200, Times: 2},
		// one flip for each sector
		faultdev.Fault{Effect: faultdev.FlipRead, First: 400, Last: 401, Times: 2, Byte: 9, Mask: 4},
		// good at the last of its three re-reads
		faultdev.Fault{Effect: faultdev.FailRead, First: 1300, Last: 1300, Times: 4},
		faultdev.Fault{Effect: faultdev.FailWrite, First: 600, Last: 600, Times: 1},
		faultdev.Fault{Effect: faultdev.FailWrite, First: 800, Last: 800, Times: 3}, // good only when retried alone
	)
	// One request at a time and no re-read before the fault's own block: what is read elsewhere must not use faults up.
	opt := stamp
	opt.InFlight = 1
	res, n := run(t, dev, opt)
	if !res.Complete || res.BadRanges != nil {
		t.Fatalf("%+v", res)
	}
	got := map[surface.Kind]int{}
	for _, r := range res.Transients {
		got[r.Kind]++
		if r.Persistent {
			t.Errorf("a transient that persists: %+v", r)
		}
	}
	if got[surface.KindMismatch] != 1 || got[surface.KindRead] != 3 || got[surface.KindWrite] == 0 {
		t.Errorf("transients %+v", res.Transients)
	}
	if d := cmp.Diff(res.Transients, n.transients); d != "" || res.TransientsAll != int64(len(n.transients)) {
		t.Errorf("the observer was told others: %s", d)
	}
}

func TestLimitsEndARunEarlyAndSayWhatWasNotRead(t *testing.T) {
	for name, c := range map[string]struct {
		fault faultdev.Fault
		opt   func(*surface.Options)
		want  surface.Early
	}{
		"bad ranges": {faultdev.Fault{Effect: faultdev.FlipRead, First: 512, Last: 600, Mask: 1},
			func(o *surface.Options) { o.BadRangeLimit = 1 }, surface.EarlyBadRanges},
		"bad sectors": {faultdev.Fault{Effect: faultdev.FailRead, First: 512, Last: 2054},
			func(o *surface.Options) { o.BadSectorLimit = 10 }, surface.EarlyBadSectors},
	} {
		t.Run(name, func(t *testing.T) {
			dev := faultdev.New(geo)
			dev.Set(c.fault)
			opt := stamp
			c.opt(&opt)
			res, _ := run(t, dev, opt)
			if res.EndedEarly != c.want || res.Complete {
				t.Fatalf("ended early %q, complete %v", res.EndedEarly, res.Complete)
			}
			if want := (surface.Span{FirstLBA: 512, LastLBA: 2054}); res.BytesCovered != 512*512 || res.Unread == nil ||
				*res.Unread != want {
				t.Errorf("covered %d, unread %+v, want %+v", res.BytesCovered, res.Unread, want)
			}
			if len(res.BadRanges) != 1 || !res.BadRanges[0].Persistent || res.BadRanges[0].FirstLBA != 512 {
				t.Errorf("%+v", res.BadRanges)
			}
		})
	}
}

func TestADeadHeadEndsWithTheErrorBudgetAndEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dev := faultdev.New(geo)
		dev.Set(
			faultdev.Fault{Effect: faultdev.FailRead, First: 1024, Last: 1535},
			faultdev.Fault{Effect: faultdev.Slow, First: 1024, Last: 1535, Delay: 7 * time.Second},
		)
		begin := time.Now()
		opt := stamp
		opt.InFlight = 1
		res, _ := run(t, dev, opt)
		if res.EndedEarly != surface.EarlyErrorTime || res.Complete || res.Unread.FirstLBA != res.Position/512 ||
			res.Unread.LastLBA != 2054 {
			t.Errorf("%+v", res)
		}
		if took := time.Since(begin); took < 30*time.Minute || took > 36*time.Minute { // 5 min more to look beyond it
			t.Errorf("the budget of 30 min ended it after %v", took)
		}
		if len(res.BadRanges) == 0 || !res.BadRanges[0].Persistent || res.BadRanges[0].FirstLBA != 1024 {
			t.Errorf("no evidence in 30 min: %+v", res.BadRanges)
		}
		if at := res.AnswersFrom; at == nil || *at < 1536 {
			t.Errorf("the end of the dead part was not looked for: %v", at)
		}
	})
}

// So slow a drive has time for one or two sectors; what failed again and again is evidence all the same.
func TestADyingDriveIsConfirmedHoweverSlowItFails(t *testing.T) {
	for _, g := range []surface.Geometry{geo, {SizeBytes: 1 << 20, LogicalBytes: 512, PhysicalBytes: 512}} {
		for _, seconds := range []int{7, 30, 90, 180, 400, 800} {
			t.Run(fmt.Sprint(g, seconds), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					dev := faultdev.New(g)
					dev.Set(
						faultdev.Fault{Effect: faultdev.FailRead, First: 1024, Last: 1535},
						faultdev.Fault{Effect: faultdev.Slow, First: 1024, Last: 1535,
							Delay: time.Duration(seconds) * time.Second},
					)
					opt := stamp
					opt.InFlight = 1
					opt.Start = surface.Start{Phase: surface.PhaseVerify, Pass: 1}
					stamps := make([]byte, g.SizeBytes)
					surface.FillStamp(stamps, nonce, 1, 0, 512)
					dev.Poke(stamps, 0)
					res, _ := run(t, dev, opt)
					if res.EndedEarly != surface.EarlyErrorTime || len(res.BadRanges) == 0 ||
						!res.BadRanges[0].Persistent || res.BadRanges[0].FirstLBA != 1024 {
						t.Errorf("%s: %+v", res.EndedEarly, res.BadRanges)
					}
				})
			})
		}
	}
}

// A run that goes on reads again what it had no time for.
func TestWhatABrokenRunCouldNotConfirmIsNotHeldAgainstTheDrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dev := faultdev.New(geo)
		dev.Set(faultdev.Fault{Effect: faultdev.FailRead, First: 1024, Last: 1024},
			faultdev.Fault{Effect: faultdev.Slow, First: 1024, Last: 1031, Delay: 3 * time.Minute})
		ctx, cancel := context.WithCancelCause(t.Context())
		stopped := errors.New("stopped")
		go func() {
			time.Sleep(11 * time.Minute) // it has failed in its block, alone, and alone once more
			cancel(stopped)
		}()
		n := &notes{}
		opt := surface.Options{Mode: surface.ModeRead, BlockBytes: 64 << 10, InFlight: 1}
		res, err := surface.Run(ctx, dev, clock{}, opt, n)
		if !errors.Is(err, stopped) || len(res.BadRanges) != 1 || res.BadRanges[0].Persistent {
			t.Errorf("%v, %+v", err, res.BadRanges)
		}
		time.Sleep(time.Hour)
	})
}

func TestAPathThatComesBackIsATransientAndOneThatDoesNotEndsTheRun(t *testing.T) {
	for _, effect := range []faultdev.Effect{faultdev.FailRead, faultdev.FailWrite} {
		for _, times := range []int{1, 3, 0} {
			t.Run(fmt.Sprint(effect, times), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					dev := faultdev.New(geo)
					dev.Set(faultdev.Fault{Effect: effect, First: 300, Last: 300, Times: times,
						Class: surface.ClassTransport, Errno: "ETIMEDOUT"})
					n := &notes{}
					res, err := surface.Run(t.Context(), dev, clock{}, stamp, n)
					if len(res.BadRanges) != 0 {
						t.Errorf("the path's fault was put on the drive: %+v", res.BadRanges)
					}
					if times != 0 {
						if err != nil || !res.Complete || len(res.Transients) != 1 ||
							res.Transients[0].Class != surface.ClassTransport || res.BytesVerified != geo.SizeBytes {
							t.Errorf("%v, %+v", err, res)
						}
						if res.Active > time.Second/2 {
							t.Errorf("waiting for the path was counted as I/O: %v", res.Active)
						}
						return
					}
					var dead *surface.DeviceError
					if !errors.Is(err, surface.ErrPath) || !errors.As(err, &dead) || dead.LBA != 256 {
						t.Errorf("ended with %v", err)
					}
					if res.Complete {
						t.Error("complete without the drive's end")
					}
				})
			})
		}
	}
}

func TestRefusedGoneAndFlushErrorsEndTheRunAsWhatTheyAre(t *testing.T) {
	for name, c := range map[string]struct {
		fault faultdev.Fault
		want  error
		lba   int64
	}{
		"write protected": {faultdev.Fault{Effect: faultdev.FailWrite, First: 300, Last: 300,
			Class: surface.ClassRefused, Errno: "EROFS"}, surface.ErrRefused, 256},
		"reservation": {faultdev.Fault{Effect: faultdev.FailRead, First: 2054, Last: 2054,
			Class: surface.ClassRefused, Errno: "EBADE"}, surface.ErrRefused, 2048},
		"pulled":        {faultdev.Fault{Effect: faultdev.Vanish, First: 1024, Last: 2054}, surface.ErrGone, 1024},
		"flush":         {faultdev.Fault{Effect: faultdev.FailFlush}, surface.ErrFlush, -1},
		"flush, pulled": {faultdev.Fault{Effect: faultdev.FailFlush, Class: surface.ClassGone}, surface.ErrGone, -1},
	} {
		t.Run(name, func(t *testing.T) {
			dev := faultdev.New(geo)
			dev.Set(c.fault)
			n := &notes{}
			opt := stamp
			opt.InFlight = 1 // else an earlier request may be the first to find the drive gone
			res, err := surface.Run(t.Context(), dev, clock{}, opt, n)
			var dead *surface.DeviceError
			if !errors.Is(err, c.want) || !errors.As(err, &dead) || dead.LBA != c.lba {
				t.Errorf("ended with %v, want %v at LBA %d", err, c.want, c.lba)
			}
			if res.Complete || len(res.BadRanges) != 0 {
				t.Errorf("%+v", res)
			}
			if errors.Is(c.want, surface.ErrFlush) && (len(n.checkpoints) != 0 || dev.Counts().Flushes != 1) {
				t.Errorf("after a failed flush: %d checkpoints, %d flushes", len(n.checkpoints), dev.Counts().Flushes)
			}
		})
	}
}

// busy counts the requests that are under way.
type busy struct {
	*faultdev.Device
	now atomic.Int64
}

func (b *busy) ReadAt(p []byte, off int64) (int, error) {
	b.now.Add(1)
	defer b.now.Add(-1)
	return b.Device.ReadAt(p, off)
}

func (b *busy) WriteAt(p []byte, off int64) (int, error) {
	b.now.Add(1)
	defer b.now.Add(-1)
	return b.Device.WriteAt(p, off)
}

func TestCheckpointsAreQuietAndFlushed(t *testing.T) {
	for way := range 2 {
		t.Run(fmt.Sprint(way), func(t *testing.T) { checkpointsAreQuietAndFlushed(t, way) })
	}
}

func checkpointsAreQuietAndFlushed(t *testing.T, way int) {
	synctest.Test(t, func(t *testing.T) {
		dev := &busy{Device: faultdev.New(geo)}
		var slow []faultdev.Fault
		for i := range int64(17) { // no two requests end at the same time
			slow = append(slow, faultdev.Fault{Effect: faultdev.Slow, First: i * 128, Last: i*128 + 127,
				Delay: time.Duration(13+i) * time.Second})
		}
		dev.Set(slow...)
		flushes := int64(0)
		n := &notes{}
		n.onCheck = func(c surface.Checkpoint) error {
			if now := dev.now.Load(); now != 0 {
				t.Errorf("%d requests under way during the checkpoint at %d", now, c.Position)
			}
			now := dev.Counts()
			if now.BytesWritten != c.BytesWriteAttempted {
				t.Errorf("checkpoint says %d bytes tried, the drive saw %d", c.BytesWriteAttempted, now.BytesWritten)
			}
			if c.Phase == surface.PhaseWrite && now.Flushes != flushes+1 {
				t.Errorf("a write checkpoint at %d without a flush", c.Position)
			}
			flushes = now.Flushes
			time.Sleep(5 * time.Second)
			return nil
		}
		begin := time.Now()
		res, err := surface.Run(t.Context(), ways(dev)[way], clock{}, stamp, n)
		if err != nil || !res.Complete {
			t.Fatal(err)
		}
		if len(n.checkpoints) < 4 {
			t.Errorf("%d checkpoints in %v", len(n.checkpoints), time.Since(begin))
		}
		if want := time.Since(begin) - time.Duration(len(n.checkpoints))*5*time.Second; res.Active != want {
			t.Errorf("active %v, want %v: checkpoints are no I/O", res.Active, want)
		}
	})
}

// idle answers every read well and moves nothing.
type idle struct{ *faultdev.Device }

func (idle) ReadAt(p []byte, off int64) (int, error) { return len(p), nil }

func TestAReadThatMovesNothingDoesNotPassForGoodData(t *testing.T) {
	// the buffer still holds all of it
	g := surface.Geometry{SizeBytes: 64 << 10, LogicalBytes: 512, PhysicalBytes: 512}
	opt := stamp
	opt.InFlight = 1
	for _, dev := range ways(idle{faultdev.New(g)}) {
		res, _ := run(t, dev, opt)
		if len(res.BadRanges) == 0 || res.BadRanges[0].FirstLBA != 0 ||
			res.BadRanges[len(res.BadRanges)-1].LastLBA != 127 {
			t.Errorf("a drive that was never read: %+v", res.BadRanges)
		}
	}
}

func TestASectorListedInOnePassIsNotListedOrReadAgainInTheNext(t *testing.T) {
	dev := faultdev.New(geo)
	dev.Set(
		faultdev.Fault{Effect: faultdev.FailRead, First: 5, Last: 5},
		faultdev.Fault{Effect: faultdev.DropWrite, First: 200, Last: 200},
	)
	var before faultdev.Counts
	n := &notes{}
	n.onCheck = func(c surface.Checkpoint) error {
		if c.Pass == 1 && c.Phase == surface.PhaseVerify {
			dev.Set(
				faultdev.Fault{Effect: faultdev.FailWrite, First: 5, Last: 5},
				faultdev.Fault{Effect: faultdev.DropWrite, First: 200, Last: 200},
			)
			before = dev.Counts()
		}
		return nil
	}
	opt := stamp
	opt.Passes = 2
	res, err := surface.Run(t.Context(), dev, clock{}, opt, n)
	if err != nil || !res.Complete {
		t.Fatal(err)
	}
	wantBad(t, res.BadRanges,
		surface.Range{FirstLBA: 5, LastLBA: 5, Kind: surface.KindRead, Persistent: true, Errno: "EIO",
			Class: surface.ClassMedium, Phase: surface.PhaseVerify, Pass: 1},
		surface.Range{FirstLBA: 200, LastLBA: 200, Kind: surface.KindStale, Persistent: true,
			Phase: surface.PhaseVerify, Pass: 1})
	if read := dev.Counts().BytesRead - before.BytesRead; read != geo.SizeBytes {
		t.Errorf("the second pass read %d bytes, want each byte once", read)
	}
}

func TestAnErrorOfACheckpointStopsTheRun(t *testing.T) {
	dev := faultdev.New(geo)
	foreign := errors.New("somebody else wrote")
	res, err := surface.Run(t.Context(), dev, clock{}, stamp,
		&notes{onCheck: func(surface.Checkpoint) error { return foreign }})
	if !errors.Is(err, foreign) || res.Complete || res.BytesVerified != 0 || dev.Counts().Reads != 0 {
		t.Errorf("%v, %+v", err, res)
	}
}

func TestARequestThatHangsDoesNotHoldUpAStop(t *testing.T) {
	for way := range 4 {
		class := []surface.ErrorClass{"", surface.ClassMedium}[way/2] // hangs in a lane, or in error handling
		synctest.Test(t, func(t *testing.T) {
			dev := faultdev.New(geo)
			hang := faultdev.Fault{Effect: faultdev.Slow, First: 1024, Last: 1024, Delay: time.Hour}
			if class == "" {
				dev.Set(hang)
			} else {
				bad := faultdev.Fault{Effect: faultdev.FailWrite, First: 1024, Last: 1024, Class: class}
				dev.Set(bad)
				dev.OnRequest(func(c faultdev.Counts) {
					if c.BytesWritten%(64<<10) != 0 { // the block was split
						dev.OnRequest(nil)
						dev.Set(bad, hang)
					}
				})
			}
			stuck := errors.New("stuck")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(10*time.Minute, func() { cancel(stuck) })
			begin := time.Now()
			res, err := surface.Run(ctx, ways(dev)[way%2], clock{}, stamp, &notes{})
			if !errors.Is(err, stuck) || res.Complete {
				t.Errorf("ended with %v", err)
			}
			if took := time.Since(begin); took > 10*time.Minute+surface.StopGrace {
				t.Errorf("the stop took until %v", took)
			}
			if len(res.Unanswered) != 1 || res.Unanswered[0].FirstLBA != 1024 {
				t.Errorf("unanswered: %+v", res.Unanswered)
			}
			for _, p := range res.BadRanges {
				t.Errorf("a hang is no bad range: %+v", p)
			}
			time.Sleep(time.Hour) // until the drive answers after all
		})
	}
}

func TestBadSettingsAreRefusedBeforeAnyIO(t *testing.T) {
	for _, c := range []struct {
		g   surface.Geometry
		opt surface.Options
	}{
		{surface.Geometry{SizeBytes: 1000, LogicalBytes: 512, PhysicalBytes: 512}, stamp},
		{surface.Geometry{SizeBytes: 5200, LogicalBytes: 520, PhysicalBytes: 520}, stamp},
		{surface.Geometry{SizeBytes: 4096, LogicalBytes: 4096, PhysicalBytes: 512}, stamp},
		{geo, surface.Options{}},
		{geo, surface.Options{Mode: surface.ModeStamp, BlockBytes: 5000}},
		{geo, surface.Options{Mode: surface.ModeStamp, Passes: -1}},
	} {
		dev := faultdev.New(c.g)
		if res, err := surface.Run(t.Context(), dev, clock{}, c.opt, &notes{}); err == nil || res.Complete ||
			dev.Counts() != (faultdev.Counts{}) {
			t.Errorf("%+v %+v: %v", c.g, c.opt, err)
		}
	}
}

func TestProgressIsOnlyToldForAnswersAndNeverOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dev := faultdev.New(geo)
		dev.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 2054, Delay: 100 * time.Millisecond})
		n := &notes{}
		begin := time.Now()
		if _, err := surface.Run(t.Context(), dev, clock{}, stamp, n); err != nil {
			t.Fatal(err)
		}
		if most := int(time.Since(begin)/(250*time.Millisecond)) + 2; len(n.progress) > most {
			t.Errorf("%d reports in %v", len(n.progress), time.Since(begin))
		}
		var last int64 = -1
		for _, p := range n.progress[:len(n.progress)-1] {
			if p.Answered <= last {
				t.Errorf("progress without an answer: %+v", p)
			}
			last = p.Answered
		}
	})
}

func TestAStoppedRunIsNeverComplete(t *testing.T) {
	clean := faultdev.New(geo)
	run(t, clean, stamp)
	all := clean.Counts()
	total := all.Reads + all.Writes + all.Flushes
	stopped := errors.New("stopped by a person")
	for at := int64(2); at <= 2*total+1; at++ {
		dev, at, way := faultdev.New(geo), at/2, at%2
		ctx, cancel := context.WithCancelCause(t.Context())
		var seen atomic.Int64
		dev.OnRequest(func(faultdev.Counts) {
			if seen.Add(1) == at {
				cancel(stopped)
			}
		})
		res, err := surface.Run(ctx, ways(dev)[way], clock{}, stamp, &notes{})
		if !errors.Is(err, stopped) || res.Complete || res.BytesVerified >= geo.SizeBytes ||
			res.BytesCovered >= geo.SizeBytes || len(res.BadRanges)+len(res.Unanswered) != 0 {
			t.Fatalf("stopped at request %d of %d: %v, %+v", at, total, err, res)
		}
		before := dev.Counts()
		if before.BytesWritten != res.BytesWriteAttempted {
			t.Fatalf("stopped at request %d: %d bytes tried, the drive saw %d", at, res.BytesWriteAttempted,
				before.BytesWritten)
		}
	}
}

// broken fails as a queue after some answers.
type broken struct {
	surface.Queue
	left int
	err  error
}

func (b *broken) Next() (int, error) {
	if b.left--; b.left < 0 {
		return -1, b.err
	}
	return b.Queue.Next()
}

type brokenQueue struct {
	faultdev.Queued
	err error
}

func (d brokenQueue) Queue(slots, n int) (surface.Queue, error) {
	q, err := d.Queued.Queue(slots, n)
	return &broken{q, 5, d.err}, err
}

func TestAQueueThatFailsEndsTheRunAndAccusesNoSector(t *testing.T) {
	lost := errors.New("no more answers")
	res, err := surface.Run(t.Context(), brokenQueue{faultdev.Queued{Device: faultdev.New(geo)}, lost}, clock{}, stamp,
		&notes{})
	if !errors.Is(err, lost) || res.Complete || len(res.BadRanges)+len(res.Transients)+len(res.Unanswered) != 0 {
		t.Errorf("%v, %+v", err, res)
	}
}
