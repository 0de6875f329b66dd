package practice_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/nas"
	"burnish/backend/nas/link"
	"burnish/backend/nas/mirror"
	"burnish/backend/practice"
	"burnish/backend/reason"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// desk is the desktop's side of a practice NAS. All of it runs in a synctest bubble, where waits take no time.
type desk struct {
	t      *testing.T
	n      *practice.NAS
	dir    string
	mirror mirror.Mirror
	grows  *mirror.Cursor // of the one job
	opt    nas.Options
	data   string // the data directory of the last office
}

func open(t *testing.T, drives ...practice.Drive) *desk { t.Helper(); return openOff(t, 0, drives...) }

// openOff is a NAS whose wall clock is so far off.
func openOff(t *testing.T, off time.Duration, drives ...practice.Drive) *desk {
	t.Helper()
	dir := t.TempDir()
	n, err := practice.Open(practice.Options{Dir: dir, Drives: drives, Imported: []uint64{77},
		Version: "test", Poll: time.Second, Rewind: 64 << 10, Off: off})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, n: n, dir: dir, mirror: mirror.Mirror{Dir: t.TempDir()}}
	d.opt = nas.Options{Options: link.Options{Dial: n.Dial}, Runner: func(string) ([]byte, error) {
		return []byte("the runner's program"), nil
	}}
	return d
}

func (d *desk) target() nas.Target {
	return nas.Target{Target: link.Target{Name: "practice", Host: practice.Host, User: practice.User,
		KeyFile: d.n.KeyFile(), HostKey: d.n.HostKey()}}
}

func (d *desk) dial() *nas.Conn {
	d.t.Helper()
	c, err := nas.Dial(context.Background(), d.target(), d.opt)
	if err == nil {
		_, err = c.Deploy(context.Background())
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

const job = "0123456789abcdefghij"

func order(p practice.Drive, plan burnin.Plan) wire.StartRequest {
	return wire.StartRequest{Job: job, CreatedMs: 1, Plan: plan, Drive: p.Identity, Usage: drive.None, Slots: 4}
}

// sweep is a plan of one sweep alone.
func sweep() burnin.Plan {
	return burnin.Plan{Name: "sweep", WithoutSMART: true, Stages: []burnin.StageSpec{
		{Kind: burnin.Precheck}, {Kind: burnin.SurfaceValidate, Engine: burnin.EngineStamp, BlockBytes: 64 << 10},
		{Kind: burnin.FinalCheck}}}
}

func standard(t *testing.T) burnin.Plan {
	p, ok := burnin.PlanNamed("standard")
	if !ok {
		t.Fatal("there is no plan standard")
	}
	return p
}

// disk is a sound drive of a size.
func disk(serial string, size int64) practice.Drive {
	return practice.Drive{Path: "/dev/sda", TempC: 30, SMART: &practice.SMART{Hours: 9, Short: time.Minute,
		Long: time.Hour},
		Identity: drive.Identity{Serial: serial, WWN: "5000C500" + serial, Model: "Practice", SizeBytes: size,
			LogicalBytes: 512, PhysicalBytes: 512, Kind: drive.HDD}}
}

// until follows a job until stop says so or the job has ended, and folds what the mirror has.
func (d *desk) until(c *nas.Conn, stop func(burnin.Job) bool) burnin.Job {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last burnin.Job
	err := c.Follow(ctx, d.mirror, nil, []string{job}, false, func(_ string, st *wire.JobStatus) {
		if st == nil {
			return
		}
		last = d.fold(st)
		if last.State.Ended() && !st.LockHeld || stop != nil && stop(last) {
			cancel()
		}
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		d.t.Fatalf("follow: %v", err)
	}
	return last
}

func (d *desk) fold(st *wire.JobStatus) burnin.Job {
	d.t.Helper()
	obs, err := d.mirror.Observe(*st, time.Now().UnixMilli())
	if err != nil {
		d.t.Fatal(err)
	}
	if d.grows == nil {
		d.grows = d.mirror.Cursor(job)
	}
	j, err := d.grows.Fold(&obs)
	if err != nil {
		d.t.Fatal(err)
	}
	return j
}

func (d *desk) start(c *nas.Conn, req wire.StartRequest) {
	d.t.Helper()
	if _, err := c.Start(context.Background(), req); err != nil {
		d.t.Fatal(err)
	}
}

// run starts a job on the first drive and gives what came of it.
func run(t *testing.T, p practice.Drive, plan burnin.Plan) burnin.Job {
	t.Helper()
	d := open(t, p)
	defer d.n.Close()
	c := d.dial()
	defer c.Close()
	d.start(c, order(p, plan))
	return d.until(c, nil)
}

func sweepStage(j burnin.Job) burnin.Stage {
	for _, s := range j.Stages {
		if s.Kind == burnin.SurfaceValidate {
			return s
		}
	}
	return burnin.Stage{}
}

// A fault at any LBA is named by just that LBA; without it the drive passes, to the last byte.
func TestAFaultIsNamedByItsLBAAndItsAbsencePasses(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const size = 1<<20 + 7*512
	for i := range 8 {
		lba := random.Int64N(size / 512)
		if i == 0 {
			lba = size/512 - 1
		}
		synctest.Test(t, func(t *testing.T) {
			p := disk("F1", size)
			kind := "read"
			if i%2 == 0 {
				p.Weak = []int64{lba}
			} else {
				kind = "mismatch"
				p.Faults = []faultdev.Fault{{Effect: faultdev.FlipRead, First: lba, Last: lba, Byte: 77, Mask: 1}}
			}
			j := run(t, p, sweep())
			bad := sweepStage(j).BadRanges
			if j.State != burnin.Failed || j.Reason == nil || j.Reason.Code != "surface_errors" || len(bad) != 1 ||
				bad[0].FirstLBA != lba || bad[0].LastLBA != lba || string(bad[0].Kind) != kind || !bad[0].Persistent {
				t.Errorf("%s at LBA %d: %s, %v, %+v", kind, lba, j.State, j.Reason, bad)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		j := run(t, disk("F1", size), sweep())
		if j.State != burnin.Passed || j.Verdict.Coverage != burnin.CoverageVerified || j.BytesCovered != size {
			t.Errorf("%s, %v, covered %d", j.State, j.Reason, j.BytesCovered)
		}
	})
}

// Each kind of drive comes to what its fault is, and to nothing else, by the standard plan.
func TestWhatIsWrongIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*practice.Drive)
		state  burnin.State
		code   reason.Code
	}{
		"sound": {func(*practice.Drive) {}, burnin.Passed, ""},
		"nvme":  {func(p *practice.Drive) { p.Identity.Kind = drive.NVMe }, burnin.Passed, ""},
		"failing test": {func(p *practice.Drive) { p.SMART.Fails, p.SMART.FailsLBA = true, 99 }, burnin.Failed,
			"selftest_failed"},
		"nvme failing": {func(p *practice.Drive) { p.Identity.Kind, p.SMART.Fails = drive.NVMe, true }, burnin.Failed,
			"selftest_failed"},
		"wraps": {func(p *practice.Drive) { p.RealBytes = p.Identity.SizeBytes / 2 }, burnin.Failed,
			"fake_capacity"},
		"vanishes": {func(p *practice.Drive) { p.GoneAfter = 9 * p.Identity.SizeBytes / 2 }, burnin.Unknown,
			"drive_vanished"},
		"pending": {func(p *practice.Drive) { p.Pending = []int64{9000, 9001} }, burnin.Passed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := disk("W1", 9<<20)
				c.change(&p)
				j := run(t, p, standard(t))
				code := reason.Code("")
				if j.Reason != nil {
					code = j.Reason.Code
				}
				if j.State != c.state || code != c.code {
					t.Errorf("%s, %v", j.State, j.Reason)
				}
			})
		})
	}
}

// What a drive is used for is read from its bytes.
func TestUsageIsReadFromTheBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := func(guid uint64, exported bool) *practice.Pool {
			return &practice.Pool{Name: "tank", GUID: guid, Vdev: 5, Hostname: "attic", Exported: exported}
		}
		var drives []practice.Drive
		want := []drive.Class{drive.None, drive.ExportedPool, drive.Pool, drive.Remote}
		for i, p := range []*practice.Pool{nil, pool(1234, true), pool(77, false), pool(1234, false)} {
			d := disk(fmt.Sprintf("U%d", i), 4<<20)
			d.Pool = p
			drives = append(drives, d)
		}
		d := open(t, drives...)
		defer d.n.Close()
		c := d.dial()
		defer c.Close()
		rows, err := c.Inventory(context.Background(), wire.InventoryRequest{})
		if err != nil || len(rows) != len(want) {
			t.Fatalf("%d drives, %v", len(rows), err)
		}
		for i, row := range rows {
			if row.Usage.Class != want[i] {
				t.Errorf("%s is %s (%s), not %s", row.Identity.Serial, row.Usage.Class, row.Usage.Text, want[i])
			}
		}
		if u := rows[1].Usage; u.PoolName != "tank" || u.PoolGUID != "1234" || u.PhraseKind != drive.PoolPhrase {
			t.Errorf("the exported pool is %+v", u)
		}
		req := order(drives[1], sweep())
		if _, err := c.Start(context.Background(), req); err == nil {
			t.Error("a drive of an exported pool was started without a grant")
		}
	})
}

// slow makes a drive take a quarter of a minute for each MiB.
func slow(p practice.Drive) practice.Drive {
	p.BytesPerSecond = 1 << 20 / 15
	return p
}

func sweeping(j burnin.Job) bool {
	s := sweepStage(j)
	return s.State == burnin.Running && s.BytesVerified > 0
}

// cutAmid gives a NAS whose power was cut while a job swept a drive, and is back.
func cutAmid(t *testing.T, p practice.Drive) *desk {
	t.Helper()
	d := open(t, p)
	c := d.dial()
	d.start(c, order(p, sweep()))
	d.until(c, sweeping)
	if err := d.n.PowerCut(); err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	c.Close()
	return d
}

func TestAPowerCutIsUnknownAndTheJobGoesOnAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := slow(disk("P1", 8<<20))
		d := cutAmid(t, p)
		defer d.n.Close()
		c := d.dial()
		defer c.Close()
		j := d.until(c, nil)
		if j.State != burnin.Unknown || j.Reason == nil || j.Reason.Code != "nas_restarted" {
			t.Fatalf("after the cut: %s, %v", j.State, j.Reason)
		}
		if _, err := c.Resume(context.Background(), job); err != nil {
			t.Fatal(err)
		}
		j = d.until(c, nil)
		if j.State != burnin.Passed || len(j.Runs) != 2 || j.BytesCovered != p.Identity.SizeBytes {
			t.Errorf("resumed: %s, %v, %d runs, covered %d", j.State, j.Reason, len(j.Runs), j.BytesCovered)
		}
	})
}

func TestStopEndsTheRunAndFreesTheDrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := slow(disk("S1", 4<<20))
		d := open(t, p)
		defer d.n.Close()
		c := d.dial()
		defer c.Close()
		d.start(c, order(p, sweep()))
		d.until(c, sweeping)
		reply, err := c.Stop(context.Background(), job, "a test")
		if err != nil || !reply.Stopped || !reply.WasRunning {
			t.Fatalf("%+v, %v", reply, err)
		}
		if j := d.until(c, nil); j.State != burnin.Cancelled {
			t.Errorf("%s, %v", j.State, j.Reason)
		}
		again := order(p, sweep())
		again.Job = "abcdefghij0123456789"
		d.start(c, again) // the drive is free, and holds nothing but our stamps
		if _, err := c.Stop(context.Background(), again.Job, "a test"); err != nil {
			t.Error(err)
		}
		done, err := c.Clean(context.Background(), wire.CleanRequest{Jobs: []string{job, again.Job}, Runner: true})
		if err != nil || !done.RunnerRemoved || len(done.Removed) != 2 {
			t.Errorf("%+v, %v", done, err)
		}
	})
}

// A connection that breaks in the middle changes nothing; the mirror ends byte-identical.
func TestABrokenConnectionLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := slow(disk("B1", 2<<20))
		d := open(t, p)
		defer d.n.Close()
		c := d.dial()
		d.start(c, order(p, sweep()))
		for range 3 {
			d.until(c, sweeping)
			d.n.Disconnect()
			<-c.Done()
			c.Close()
			c = d.dial()
		}
		defer c.Close()
		if j := d.until(c, nil); j.State != burnin.Passed {
			t.Fatalf("%s, %v", j.State, j.Reason)
		}
		for _, file := range []string{"run-1.ndjson", "surface_validate.log"} {
			there, err := os.ReadFile(filepath.Join(d.dir, "nas", "jobs", job, file))
			here, hereErr := os.ReadFile(filepath.Join(d.mirror.Dir, job, file))
			if err != nil || hereErr != nil || !bytes.Equal(there, here) {
				t.Errorf("%s: %d bytes there, %d here, %v, %v", file, len(there), len(here), err, hereErr)
			}
		}
	})
}

func TestTheDoorIsADoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, disk("D1", 1<<20))
		defer d.n.Close()
		other := open(t, disk("D1", 1<<20))
		defer other.n.Close()
		code := func(err error) reason.Code {
			var said *reason.Said
			if !errors.As(err, &said) {
				t.Fatalf("no reason: %v", err)
			}
			return said.Code
		}
		target := d.target()
		target.KeyFile = other.n.KeyFile()
		if _, err := nas.Dial(context.Background(), target, d.opt); code(err) != "auth_failed" {
			t.Errorf("another key: %v", err)
		}
		target = d.target()
		target.HostKey = other.n.HostKey()
		if _, err := nas.Dial(context.Background(), target, d.opt); code(err) != "host_key_changed" {
			t.Errorf("another host key: %v", err)
		}
		c := d.dial()
		defer c.Close()
		files, err := filepath.Glob(filepath.Join(d.dir, "nas", "bin", "*"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%v, %v", files, err)
		}
		if err := os.WriteFile(files[0], []byte("another program"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Version(context.Background()); code(err) != "runner_changed" {
			t.Errorf("a changed runner: %v", err)
		}
	})
}

// A drive whose siblings end after its own sweeps is still compared with them.
func TestADriveThatWasFirstIsComparedWithItsSiblingsAtLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, others := slow(disk("FIRST", 2<<20)), []practice.Drive{slow(disk("NEXT1", 2<<20)),
			slow(disk("NEXT2", 2<<20))}
		first.BytesPerSecond /= 2
		for i := range others {
			others[i].SMART = &practice.SMART{Hours: 9, Short: time.Minute, Long: time.Minute}
		}
		d := open(t, append(others, first)...)
		defer d.n.Close()
		c := d.dial()
		defer c.Close()
		d.start(c, order(first, standard(t)))
		swept := d.until(c, func(j burnin.Job) bool { return sweepStage(j).State == burnin.Passed })
		told := func(w reason.Said) bool { return w.Code != reason.SlowAnswers } // these drives take 15 s for a MiB
		if swept.State != burnin.Running || slices.ContainsFunc(swept.Warnings, told) {
			t.Fatalf("after its sweeps: %s, %v", swept.State, swept.Warnings)
		}
		for i, p := range others {
			req := order(p, standard(t))
			req.Job = fmt.Sprintf("sibling%013d", i)
			d.start(c, req)
		}
		j := d.until(c, nil)
		said := slices.DeleteFunc(j.Warnings, func(w reason.Said) bool { return !told(w) })
		if j.State != burnin.Passed || len(said) != 2 || said[0].Code != reason.SlowForModel {
			t.Errorf("%s, %v", j.State, j.Warnings)
		}
	})
}
