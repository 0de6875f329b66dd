package runner_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// photos is a drive with somebody's file system on it.
var photos = drive.Usage{Class: drive.Data, Text: "ext4 file system photos", PhraseKind: drive.SerialPhrase,
	Claims: []string{"content", "label ext a"}}

// granted asks for a job on a drive whose usage somebody saw and unlocked.
func granted(d *memoryDrive, seen drive.Usage) wire.StartRequest {
	req := order(d, stampPlan())
	g := drive.GrantFor(seen)
	g.ID = "grant0000000000000000"
	req.Usage, req.Grant = seen.Class, &g
	return req
}

// used puts noise on a drive and says what uses it.
func (d *memoryDrive) used(t *testing.T, u drive.Usage) []byte {
	t.Helper()
	noise := make([]byte, d.id.SizeBytes)
	rand.Read(noise)
	d.Poke(noise, 0)
	d.usage = u
	return noise
}

func (d *memoryDrive) bytes() []byte {
	all := make([]byte, d.id.SizeBytes)
	d.Peek(all, 0)
	return all
}

// quick is a machine whose runner leaves this long for an undo.
func quick(t *testing.T, grace time.Duration) *machine {
	m := newMachine(t)
	m.grace = grace
	return m
}

func TestAGrantedDriveIsErasedAndSaysWhoAllowedIt(t *testing.T) {
	m := quick(t, time.Millisecond)
	d := m.addDrive("PHOTOS", 40*mib)
	d.used(t, photos)
	d.OnRequest(func(c faultdev.Counts) {
		if c.BytesWritten == 32*mib { // both ends are zeroed: a look finds no label any more
			m.mu.Lock()
			d.usage = drive.Usage{Class: drive.Data, Text: "unknown content", PhraseKind: drive.SerialPhrase,
				Claims: []string{"content"}}
			m.mu.Unlock()
		}
	})
	job := m.run(granted(d, photos))
	if job.State != burnin.Passed {
		t.Fatalf("ended as %s, %v", job.State, job.Reason)
	}
	head, kinds := m.journals(testJob)[0], []burnin.EventKind{}
	if !bytes.Contains(head, []byte(`"grant":{"id":"grant0000000000000000","class":"data","claims":["content","label ext a"]}`)) {
		t.Errorf("the head does not hold the grant:\n%s", head[:400])
	}
	events, err := wire.DecodeJournal(head)
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range events {
		if slices.Contains([]burnin.EventKind{burnin.EvWrites, burnin.EvWiped, burnin.EvOverwrites}, ev.Kind) {
			kinds = append(kinds, ev.Kind)
		}
	}
	if !slices.Equal(kinds, []burnin.EventKind{burnin.EvWrites, burnin.EvWiped, burnin.EvOverwrites}) {
		t.Errorf("the journal tells of %v", kinds)
	}
	if left, _ := filepath.Glob(filepath.Join(m.dir, "jobs", testJob, "undo.*")); len(left) > 0 {
		t.Errorf("left in the job's directory: %v", left)
	}
}

func TestAGrantIsForNothingElse(t *testing.T) {
	tank := drive.Usage{Class: drive.ExportedPool, Text: "pool tank", PhraseKind: drive.PoolPhrase,
		PoolName: "tank", PoolGUID: "1", Claims: []string{"zfs exported_pool 1"}}
	for name, c := range map[string]struct{ seen, found drive.Usage }{
		"mounted since": {photos, drive.Usage{Class: drive.Mounted, Text: "mounted at /mnt",
			Claims: photos.Claims}},
		"made anew since": {photos, drive.Usage{Class: drive.Data,
			Text: "xfs", PhraseKind: drive.SerialPhrase, Claims: []string{"content", "label xfs b"}}},
		"a pool since": {photos, tank},
		"a pool imported": {tank, drive.Usage{Class: drive.Pool,
			PoolName: "tank", PoolGUID: "1", PhraseKind: drive.PoolPhrase}},
		"another pool of that name": {tank, drive.Usage{Class: drive.ExportedPool, PhraseKind: drive.PoolPhrase,
			PoolName: "tank", PoolGUID: "2", Claims: []string{"zfs exported_pool 2"}}},
		"cannot be told any more": {photos, drive.Usage{Class: drive.CannotTell, Text: "zpool hangs",
			PhraseKind: drive.NoPhrase}},
		"a forged one for a mount": {drive.Usage{Class: drive.Mounted, Text: "mounted"},
			drive.Usage{Class: drive.Mounted, Text: "mounted"}},
		"a forged one for the boot": {drive.Usage{Class: drive.Boot}, drive.Usage{Class: drive.Boot,
			Text: "the NAS runs from it", PhraseKind: drive.SerialPhrase}},
	} {
		t.Run(name, func(t *testing.T) {
			m := quick(t, time.Millisecond)
			d := m.addDrive("ELSE", 40*mib)
			before := d.used(t, c.found)
			_, err := m.service().Start(context.Background(), granted(d, c.seen))
			m.wait.Wait()
			want := reason.UsageChanged
			if c.found.Class == drive.CannotTell {
				want = reason.UsageUnread // no answer is no change
			}
			if !isReason(err, want) {
				t.Errorf("start: %v, want %s", err, want)
			}
			if d.Counts().Writes != 0 || !bytes.Equal(before, d.bytes()) {
				t.Errorf("%d writes reached the drive", d.Counts().Writes)
			}
		})
	}
}

func TestUsageThatChangesWhileAGrantedJobWaitsIsRefused(t *testing.T) {
	m := quick(t, time.Millisecond)
	d := m.addDrive("LATE", 40*mib)
	before := d.used(t, photos)
	req := granted(d, photos)
	req.Slots = 1
	slot, err := m.Take(filepath.Join(m.dir, "slots", "0.lock"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.service().Start(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	d.usage = drive.Usage{Class: drive.Data, Text: "xfs", PhraseKind: drive.SerialPhrase,
		Claims: []string{"label xfs b"}}
	m.mu.Unlock()
	slot.Close()
	m.wait.Wait()
	job := foldRaw(t, m.journals(testJob), nil)
	if job.State != burnin.Unknown || job.Reason.Code != "usage_changed" || !bytes.Equal(before, d.bytes()) {
		t.Errorf("ended as %s, %v", job.State, job.Reason)
	}
}

func TestALabelThatAppearsDuringATestIsSomebodys(t *testing.T) {
	m := quick(t, time.Millisecond)
	d := m.addDrive("DURING", 40*mib)
	d.used(t, photos)
	d.OnRequest(func(c faultdev.Counts) {
		if c.BytesWritten == 16*mib {
			m.mu.Lock()
			d.usage = drive.Usage{Class: drive.Data, Text: "xfs", PhraseKind: drive.SerialPhrase,
				Claims: []string{"content", "label xfs b"}}
			m.mu.Unlock()
		}
	})
	job := m.run(granted(d, photos))
	if job.State != burnin.Unknown || job.Reason.Code != "usage_changed" {
		t.Errorf("ended as %s, %v", job.State, job.Reason)
	}
}

// stopInGrace starts a job and stops it while all can still be undone.
func stopInGrace(t *testing.T, m *machine, req wire.StartRequest) {
	t.Helper()
	if _, err := m.service().Start(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	for range 600_000 {
		if runs := m.journals(testJob); len(runs) > 0 && bytes.Contains(runs[len(runs)-1], []byte(`"kind":"wiped"`)) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if reply, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob,
		By: "somebody"}); err != nil || !reply.Stopped {
		t.Fatalf("stop: %+v, %v", reply, err)
	}
	m.wait.Wait()
}

func TestAWrongStartIsUndone(t *testing.T) {
	m := quick(t, time.Minute)
	d := m.addDrive("UNDO", 50*mib+512)
	before := d.used(t, photos)
	mbr := make([]byte, 512) // one partition amid the drive, whose ends are erased too
	copy(mbr[446:], []byte{0, 0, 2, 0, 0x83, 0, 0, 0, 0, 0x90, 0, 0, 0, 0x20, 0, 0})
	mbr[510], mbr[511] = 0x55, 0xaa
	copy(before, mbr)
	d.Poke(before, 0)
	stopInGrace(t, m, granted(d, photos))
	if job := foldRaw(t, m.journals(testJob), nil); job.State != burnin.Cancelled {
		t.Errorf("ended as %s, %v", job.State, job.Reason)
	}
	wiped := d.bytes()
	for _, place := range []int64{0, 18 * mib, 22*mib - 512, 50 * mib} {
		if !bytes.Equal(wiped[place:place+512], make([]byte, 512)) {
			t.Errorf("byte %d was not erased", place)
		}
	}
	info, err := os.Stat(filepath.Join(m.dir, "jobs", testJob, "undo.kit"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the undo kit: %v, %v", info, err)
	}
	reply, err := m.service().Undo(context.Background(), wire.JobRequest{Job: testJob, By: "somebody"})
	if err != nil || reply.RestoredBytes == 0 {
		t.Fatalf("undo: %+v, %v", reply, err)
	}
	if !bytes.Equal(before, d.bytes()) {
		t.Fatal("the drive is not what it was")
	}
	if d.held {
		t.Error("the drive is still held")
	}
	if _, err := m.service().Undo(context.Background(), wire.JobRequest{Job: testJob}); err != nil ||
		!bytes.Equal(before, d.bytes()) {
		t.Errorf("asked again: %v", err)
	}
}

func TestWhatCannotBeUndoneIsLeftAlone(t *testing.T) {
	long(t)
	undo := func(m *machine) error {
		_, err := m.service().Undo(context.Background(), wire.JobRequest{Job: testJob})
		return err
	}
	for name, c := range map[string]struct {
		then func(m *machine, d *memoryDrive)
		code reason.Code
	}{
		"somebody wrote to it since": {func(_ *machine, d *memoryDrive) { d.Poke([]byte("mine"), 5000) },
			"cannot_undo"},
		"mounted since": {func(_ *machine, d *memoryDrive) {
			d.usage = drive.Usage{Class: drive.Mounted,
				Text: "mounted"}
		}, "usage_changed"},
		"another drive": {func(_ *machine, d *memoryDrive) { d.id.Serial = "OTHER" }, "identity_changed"},
		"it is running": {func(m *machine, _ *memoryDrive) {
			_, _ = m.Take(filepath.Join(m.dir, "jobs", testJob,
				"lock"), -1)
		}, "cannot_undo"},
	} {
		t.Run(name, func(t *testing.T) {
			m := quick(t, time.Minute)
			d := m.addDrive("LEFT", 40*mib)
			d.used(t, photos)
			stopInGrace(t, m, granted(d, photos))
			c.then(m, d)
			before, writes := d.bytes(), d.Counts().Writes
			if err := undo(m); !isReason(err, c.code) {
				t.Errorf("undo: %v", err)
			}
			if d.Counts().Writes != writes || !bytes.Equal(before, d.bytes()) {
				t.Error("it wrote all the same")
			}
		})
	}
	t.Run("the test went on", func(t *testing.T) {
		m := quick(t, time.Millisecond)
		d := m.addDrive("ON", 40*mib)
		d.used(t, photos)
		m.run(granted(d, photos))
		if err := undo(m); !isReason(err, "cannot_undo") {
			t.Errorf("undo: %v", err)
		}
	})
	t.Run("nothing was on it", func(t *testing.T) {
		m := quick(t, time.Minute) // which is not waited for
		d := m.addDrive("BLANK", 40*mib)
		if job := m.run(order(d, stampPlan())); job.State != burnin.Passed {
			t.Fatalf("ended as %s", job.State)
		}
		if err := undo(m); !isReason(err, "cannot_undo") {
			t.Errorf("undo: %v", err)
		}
	})
}

// TestACrashInTheFirstActLosesNothingThatWasSaved cuts the power between the undo kit and the end of the erasing: the
// kit of a later run must not be made of what was half erased.
func TestACrashInTheFirstActLosesNothingThatWasSaved(t *testing.T) {
	m := quick(t, time.Minute)
	d := m.addDrive("CRASH", 40*mib)
	before := d.used(t, photos)
	d.OnRequest(func(c faultdev.Counts) {
		if c.BytesWritten == 3*mib {
			d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 0, Last: 1 << 30})
		}
	})
	if job := m.run(granted(d, photos)); job.State != burnin.Unknown {
		t.Fatalf("ended as %s, %v", job.State, job.Reason)
	}
	d.OnRequest(nil) // first: a late request would have it vanish again
	d.Set()
	if _, err := m.service().Resume(context.Background(), testJob); err != nil {
		t.Fatal(err)
	}
	for range 600_000 {
		if bytes.Contains(m.journals(testJob)[1], []byte(`"kind":"wiped"`)) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob, By: "somebody"}); err != nil {
		t.Fatal(err)
	}
	m.wait.Wait()
	if _, err := m.service().Undo(context.Background(), wire.JobRequest{Job: testJob}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, d.bytes()) {
		t.Error("the drive is not what it was")
	}
}

// TestADriveThatReadsBadlyIsSavedAsFarAsItReads: what cannot be read cannot be brought back, all else can.
func TestADriveThatReadsBadlyIsSavedAsFarAsItReads(t *testing.T) {
	m := quick(t, time.Minute)
	d := m.addDrive("HOLES", 40*mib)
	before := d.used(t, photos)
	d.Set(faultdev.Fault{Effect: faultdev.FailRead, First: 1000, Last: 1002, Errno: "ENODATA"})
	stopInGrace(t, m, granted(d, photos))
	d.Set()
	reply, err := m.service().Undo(context.Background(), wire.JobRequest{Job: testJob})
	if err != nil || reply.LostBytes != 3*512 {
		t.Fatalf("undo: %+v, %v", reply, err)
	}
	clear(before[1000*512 : 1003*512])
	if !bytes.Equal(before, d.bytes()) {
		t.Error("more is lost than could not be read")
	}
}
