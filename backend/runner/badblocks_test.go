package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/runner/port"
	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// fakeBadblocks works as badblocks 1.47 does, with what is wrong with it: it ends with 0 whatever it finds, numbers
// corrupt blocks too high by a batch, tells phantoms behind write errors, and does not compare a batch with a read
// error.
type fakeBadblocks struct {
	d                         *memoryDrive
	s                         port.Spawn
	block, batch, last, first int64

	done   chan struct{}
	kill   chan struct{}
	once   sync.Once
	errors [3]int
	listed map[int64]bool
	stop   func(f *fakeBadblocks, phase int) string // its last words, to end before that phase
}

func (f *fakeBadblocks) PID() int              { return 1 }
func (f *fakeBadblocks) Pause(bool)            {}
func (f *fakeBadblocks) Done() <-chan struct{} { return f.done }
func (f *fakeBadblocks) Kill()                 { f.once.Do(func() { close(f.kill) }) }
func (f *fakeBadblocks) Ended() (bool, string) {
	<-f.done
	select {
	case <-f.kill:
		return false, "signal: killed"
	default:
		return true, "by itself, exit code 0"
	}
}

// withBadblocks installs it.
func (m *machine) withBadblocks(stop func(*fakeBadblocks, int) string) *machine {
	m.badblocks = func(d *memoryDrive, s port.Spawn) (port.Process, error) {
		number := func(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }
		at := slices.Index(s.Args, port.DriveArg)
		f := &fakeBadblocks{d: d, s: s, done: make(chan struct{}), kill: make(chan struct{}), listed: map[int64]bool{},
			stop:  stop,
			block: number(s.Args[slices.Index(s.Args, "-b")+1]), batch: number(s.Args[slices.Index(s.Args, "-c")+1]),
			last: number(s.Args[at+1]), first: number(s.Args[at+2])}
		go f.run()
		return f, nil
	}
	return m
}

func (f *fakeBadblocks) bad(n int64, kind int) {
	if !f.listed[n] {
		f.listed[n] = true
		f.errors[kind]++
		fmt.Fprintln(f.s.Stdout, n)
	}
}

func (f *fakeBadblocks) run() {
	defer close(f.done)
	say := func(format string, args ...any) { fmt.Fprintf(f.s.Stderr, format, args...) }
	say("Checking for bad blocks in read-write mode\nFrom block %d to %d\n", f.first, f.last)
	counts := func() string { return fmt.Sprintf("(%d/%d/%d errors)", f.errors[0], f.errors[1], f.errors[2]) }
	for phase := range 8 {
		if f.stop != nil {
			if words := f.stop(f, phase); words != "" {
				say("%s\n", words)
				return
			}
		}
		pattern := [4]byte{0xaa, 0x55, 0xff, 0}[phase/2]
		name := fmt.Sprintf("Testing with pattern 0x%02x: ", pattern)
		if phase%2 == 1 {
			name = "Reading and comparing: "
		}
		say("%s", name)
		for n := f.first; n <= f.last; n += f.batch {
			select {
			case <-f.kill:
				return
			default:
			}
			say("%6.2f%% done, 0:00 elapsed. %s%s", float64(n)/float64(f.last+1)*100, counts(),
				strings.Repeat("\b", 42))
			buf := surface.AlignedBuffer(int(min(f.batch, f.last+1-n) * f.block))
			if phase%2 == 0 {
				f.write(buf, n, pattern)
			} else {
				f.read(buf, n, pattern)
			}
		}
		say("done                                                 \n")
	}
	say("Pass completed, %d bad blocks found. %s\n", len(f.listed), counts())
}

func (f *fakeBadblocks) write(buf []byte, n int64, pattern byte) {
	buf[0] = pattern
	for n := 1; n < len(buf); n *= 2 { // a byte at a time is slow with the race detector
		copy(buf[n:], buf[:n])
	}
	if _, err := f.d.WriteAt(buf, n*f.block); err == nil {
		return
	}
	for i := int64(0); i < int64(len(buf))/f.block; i++ {
		if _, err := f.d.WriteAt(buf[i*f.block:(i+1)*f.block], (n+i)*f.block); err != nil {
			f.bad(n+i, 1)
			f.bad(n+i+f.batch, 1) // the phantom
		}
	}
}

func (f *fakeBadblocks) read(buf []byte, n int64, pattern byte) {
	if _, err := f.d.ReadAt(buf, n*f.block); err != nil {
		for i := int64(0); i < int64(len(buf))/f.block; i++ {
			if _, err := f.d.ReadAt(buf[i*f.block:(i+1)*f.block], (n+i)*f.block); err != nil {
				f.bad(n+i, 0)
			}
		}
		return
	}
	want := bytes.Repeat([]byte{pattern}, int(f.block))
	for i := int64(0); i < int64(len(buf))/f.block; i++ {
		if !bytes.Equal(buf[i*f.block:(i+1)*f.block], want) {
			f.bad(n+i+f.batch, 2)
		}
	}
}

func classicPlan() burnin.Plan {
	return burnin.Plan{Name: "classic", WithoutSMART: true, Stages: []burnin.StageSpec{
		{Kind: burnin.Precheck}, {Kind: burnin.SurfaceValidate, Engine: burnin.EngineBadblocks, WindowMiB: 16},
		{Kind: burnin.FinalCheck}}}
}

func TestClassicPassesACleanDriveToTheLastByte(t *testing.T) {
	m := newMachine(t).withBadblocks(nil)
	d := m.addDrive("CLASSIC", 40*mib+7*512)
	job := m.run(order(d, classicPlan()))
	s := job.Stages[1]
	if job.State != burnin.Passed || job.Verdict.Coverage != burnin.CoverageVerified ||
		s.BytesCovered != d.id.SizeBytes {
		t.Fatalf("ended as %s (%v), covered %d of %d", job.State, job.Reason, s.BytesCovered, d.id.SizeBytes)
	}
	if s.BytesWritten < 4*40*mib || s.BytesVerified < 4*40*mib {
		t.Errorf("written %d, verified %d", s.BytesWritten, s.BytesVerified)
	}
	if !strings.Contains(m.log(burnin.SurfaceValidate), "the last 3584 bytes are no whole block") {
		t.Errorf("the log does not speak of the tail:\n%s", m.log(burnin.SurfaceValidate))
	}
}

func TestClassicNamesTheFaultsAndNotWhatBadblocksMakesOfThem(t *testing.T) {
	long(t)
	const c = 1024 * 8 // sectors in a batch
	for name, test := range map[string]struct {
		faults []faultdev.Fault
		want   map[int64]surface.Kind
	}{
		"a read error": {[]faultdev.Fault{{Effect: faultdev.FailRead, First: 40_001, Last: 40_001}},
			map[int64]surface.Kind{40_001: surface.KindRead}},
		"a write error, and its phantom": {[]faultdev.Fault{{Effect: faultdev.FailWrite, First: 20_002, Last: 20_003}},
			map[int64]surface.Kind{20_002: surface.KindWrite, 20_003: surface.KindWrite}},
		"a flipped bit, its number too high": {[]faultdev.Fault{{Effect: faultdev.FlipRead, First: 33_000, Last: 33_000,
			Byte: 100, Mask: 8}},
			map[int64]surface.Kind{33_000: surface.KindMismatch}},
		"a flipped bit hidden by a read error": {[]faultdev.Fault{{Effect: faultdev.FlipRead, First: c + 80,
			Last: c + 80, Byte: 1, Mask: 1}, {Effect: faultdev.FailRead, First: c + 160, Last: c + 160}},
			map[int64]surface.Kind{c + 80: surface.KindMismatch, c + 160: surface.KindRead}},
		"dropped writes": {[]faultdev.Fault{{Effect: faultdev.DropWrite, First: 50_000, Last: 50_000}},
			map[int64]surface.Kind{50_000: surface.KindStale}},
		"a flipped bit in the tail": {[]faultdev.Fault{{Effect: faultdev.FlipRead, First: 81_925, Last: 81_925, Byte: 9,
			Mask: 1}},
			map[int64]surface.Kind{81_925: surface.KindMismatch}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t).withBadblocks(nil)
			d := m.addDrive("FAULTY", 40*mib+7*512)
			d.Set(test.faults...)
			job := m.run(order(d, classicPlan()))
			if job.State != burnin.Failed || job.Reason.Code != "surface_errors" {
				t.Fatalf("ended as %s, %v\n%s", job.State, job.Reason, m.log(burnin.SurfaceValidate))
			}
			got := map[int64]surface.Kind{}
			for _, r := range job.Stages[1].BadRanges {
				for lba := r.FirstLBA; lba <= r.LastLBA; lba++ {
					got[lba] = r.Kind
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("listed %v, injected %v", got, test.want)
			}
		})
	}
}

func TestClassicSeesWhatBadblocksCannot(t *testing.T) {
	m := newMachine(t).withBadblocks(nil)
	d := m.addDrive("WRAPS", 40*mib)
	d.Device = faultdev.NewWrapped(d.Geometry(), 20*mib)
	if job := m.run(order(d, classicPlan())); job.State != burnin.Failed || job.Reason.Code != "fake_capacity" {
		t.Errorf("a drive that wraps ended as %s, %v", job.State, job.Reason)
	}
}

func TestADrivePulledUnderBadblocksIsNotFailed(t *testing.T) {
	m := newMachine(t).withBadblocks(nil)
	d := m.addDrive("PULLED", 40*mib)
	d.OnRequest(func(c faultdev.Counts) {
		if c.BytesWritten == 32*mib+4*(1<<20) { // within badblocks, which goes on and lists all as bad
			d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 0, Last: 1 << 30})
		}
	})
	stopAt := func(f *fakeBadblocks, phase int) string {
		if phase == 3 {
			d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 0, Last: 1 << 30})
		}
		return ""
	}
	m.withBadblocks(stopAt)
	job := m.run(order(d, classicPlan()))
	if job.State != burnin.Unknown || job.Reason.Code != "drive_vanished" || len(job.Stages[1].BadRanges) != 0 {
		t.Errorf("ended as %s (%v), %d bad ranges", job.State, job.Reason, len(job.Stages[1].BadRanges))
	}
}

func TestBadblocksThatDoesNotDoItsWorkIsNoPass(t *testing.T) {
	for name, words := range map[string]string{
		"refused":     "/proc/self/fd/3 is apparently in use by the system; it's not safe to run badblocks!",
		"interrupted": "Interrupted at block 17",
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t).withBadblocks(func(f *fakeBadblocks, phase int) string {
				if phase == 2 {
					return words
				}
				return ""
			})
			d := m.addDrive("REFUSED", 40*mib)
			job := m.run(order(d, classicPlan()))
			if job.State != burnin.Unknown || job.Reason.Code != "engine_failed" || !strings.Contains(job.Reason.Text,
				words) {
				t.Errorf("ended as %s, %v", job.State, job.Reason)
			}
		})
	}
}

func TestWhatBadblocksSawAndNobodySeesAgainIsADoubt(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("ONCE", 40*mib)
	m.withBadblocks(func(f *fakeBadblocks, phase int) string {
		switch phase {
		case 1:
			d.Set(faultdev.Fault{Effect: faultdev.FlipRead, First: 9000, Last: 9000, Byte: 3, Mask: 2, Times: 1})
		}
		return ""
	})
	job := m.run(order(d, classicPlan()))
	if job.State != burnin.Unknown || job.Reason.Code != "path_suspect" {
		t.Errorf("ended as %s, %v", job.State, job.Reason)
	}
}

func TestAStopEndsBadblocksAndAResumeGoesOnWithTheNextWindow(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("WINDOWS", 64*mib)
	reached := make(chan struct{})
	var hold sync.Once
	m.withBadblocks(func(f *fakeBadblocks, phase int) string {
		if f.first == 32*mib/f.block && phase == 3 {
			hold.Do(func() {
				close(reached)
				<-f.kill // hangs until it is ended
			})
		}
		return ""
	})
	if _, err := m.service().Start(context.Background(), order(d, classicPlan())); err != nil {
		t.Fatal(err)
	}
	<-reached
	begin := time.Now()
	m.killAll()
	m.wait.Wait()
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("the end took %v", took)
	}
	job := foldRaw(t, m.journals(testJob), nil)
	if job.State != burnin.Unknown || job.Reason.Code != "told_to_end" {
		t.Fatalf("ended as %s, %v", job.State, job.Reason)
	}
	if meters := job.Stages[1].Checkpoint; meters == nil || meters.Position != 32*mib {
		t.Fatalf("checkpoint %+v", meters)
	}
	before := d.Counts().BytesWritten
	job = m.resume()
	if job.State != burnin.Passed || job.Stages[1].BytesCovered != 64*mib {
		t.Fatalf("ended as %s (%v), covered %d", job.State, job.Reason, job.Stages[1].BytesCovered)
	}
	if wrote := d.Counts().BytesWritten - before; wrote != 4*32*mib+2*4096+32*mib {
		t.Errorf("the resumed run wrote %d bytes, want the second half four times, its two marks, and both ends once",
			wrote)
	}
	if r := job.Stages[1].Resumed; r == nil || r.FromByte != 32*mib {
		t.Errorf("resumed %+v", r)
	}
}

func TestAPersonsStopEndsBadblocks(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("STOPPED", 64*mib)
	reached := make(chan struct{})
	m.withBadblocks(func(f *fakeBadblocks, phase int) string {
		if phase == 1 && f.first == 0 {
			close(reached)
			<-f.kill
		}
		return ""
	})
	if _, err := m.service().Start(context.Background(), order(d, classicPlan())); err != nil {
		t.Fatal(err)
	}
	<-reached
	if reply, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob,
		By: "somebody"}); err != nil || !reply.Stopped {
		t.Fatalf("%+v, %v", reply, err)
	}
	if job := foldRaw(t, m.journals(testJob), nil); job.State != burnin.Cancelled ||
		!strings.Contains(m.log(burnin.SurfaceValidate), "badblocks was ended and is gone") {
		t.Errorf("ended as %s (%v)", job.State, job.Reason)
	}
}
