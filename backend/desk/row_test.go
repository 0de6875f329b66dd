package desk

import (
	"strings"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/jobs"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

func TestAPauseIsSaidWhileItLasts(t *testing.T) {
	j := burnin.Job{State: burnin.Running, Stages: []burnin.Stage{{Kind: burnin.SurfaceValidate, State: burnin.Running,
		StartedMs: 1}}}
	if r := jobRow("p", j); r.Paused != nil {
		t.Errorf("%+v", r.Paused)
	}
	j.Stages[0].Paused = &burnin.Paused{Why: "too_hot", TempC: 61, LimitC: 60}
	if r := jobRow("p", j); r.Paused == nil || r.Paused.Code != "cooling" || !strings.Contains(r.Paused.Text,
		"61 °C") || strings.Contains(r.Paused.Hint, "resume") {
		t.Errorf("%+v", r.Paused)
	}
	j.Stages[0].Paused.Why = "of another version\x1b[31m"
	if r := jobRow("p", j); r.Paused == nil || r.Paused.Title == "" || strings.Contains(string(r.Paused.Code), "\x1b") {
		t.Errorf("%+v", r.Paused)
	}
	j.State, j.Stages[0].State = burnin.Unknown, burnin.Unknown
	if r := jobRow("p", j); r.Paused != nil {
		t.Error("a job that has ended is paused")
	}
}

func TestAJobThatIsBeingStoppedIsShownAsThat(t *testing.T) {
	d := &Desk{wake: make(chan struct{}, 1), links: map[string]*nasRow{}, drives: map[string]Drive{},
		jobs: map[string]Job{}, meters: map[string]*meter{}, stopping: map[string]bool{},
		Options: Options{Service: &jobs.Service{Now: time.Now}}}
	running := burnin.Job{ID: "j", State: burnin.Running}
	if r := d.put("", running); r.Stopping != nil {
		t.Errorf("%+v", r.Stopping)
	}
	d.setStopping("j", true)
	if s := d.jobs["j"].Stopping; s == nil || s.Code != "stopping" {
		t.Errorf("asked: %+v", s)
	}
	if r := d.put("", running); r.Stopping == nil {
		t.Error("what is heard of it takes the word away")
	}
	d.setStopping("j", false)
	if r := d.put("", running); r.Stopping != nil {
		t.Error("the request did not reach the NAS")
	}
	d.setStopping("j", true)
	if r := d.put("", burnin.Job{ID: "j", State: burnin.Cancelled}); r.Stopping != nil {
		t.Error("it has ended")
	}
	if d.setStopping("j", true); d.jobs["j"].Stopping != nil {
		t.Error("what has ended is stopped")
	}
}

func TestThePhraseIsShownWhereItCanBeTyped(t *testing.T) {
	id := drive.Identity{Serial: "ZR5A", WWN: "5000", Model: "X", SizeBytes: 1 << 30, LogicalBytes: 512,
		Kind: drive.HDD}
	row := func(u drive.Usage) Drive {
		return driveRow(profile.Profile{ID: "p"}, wire.DriveRow{Identity: id, Usage: u}, nil)
	}
	pool := drive.Usage{Class: drive.ExportedPool, PhraseKind: drive.PoolPhrase,
		PoolName: "tank", Parts: []string{"pool tank", "exported\u202e"}}
	if r := row(pool); r.Phrase != "tank" || r.PhraseKind != "pool" || r.Locking != "phrase" ||
		strings.Contains(r.Parts[1], "\u202e") {
		t.Errorf("%+v", r)
	}
	pool.PoolName = "ta\u202enk"
	if r := row(pool); r.Phrase != "" {
		t.Errorf("a phrase that reads as another is shown: %q", r.Phrase)
	}
	if r := row(drive.Usage{Class: drive.Data, PhraseKind: drive.SerialPhrase}); r.Phrase != "ZR5A" {
		t.Errorf("%+v", r)
	}
	if r := row(drive.Usage{Class: drive.Mounted, PhraseKind: drive.NoPhrase}); r.Phrase != "" ||
		r.Locking != "in_use" {
		t.Errorf("%+v", r)
	}
	if r := row(drive.Usage{Class: drive.None}); r.Phrase != "" || r.Locking != "open" {
		t.Errorf("%+v", r)
	}
}

func TestADriveThatShowsAnotherIdentityIsNotJustMissing(t *testing.T) {
	j := jobRow("p", burnin.Job{ID: "j", State: burnin.Unknown, Identity: drive.Identity{Kind: drive.HDD},
		Drive: burnin.DriveOf(drive.Identity{Serial: "ZX1", SizeBytes: 1 << 40, Kind: drive.HDD}, "/dev/sda")})
	list := []wire.DriveRow{
		{Path: "/dev/sdb", Identity: drive.Identity{Serial: "ZX2", WWN: "5000c500000000a2", SizeBytes: 1 << 40,
			Kind: drive.HDD}},
		{Path: "/dev/sdc", Identity: drive.Identity{Serial: "ZX1", WWN: "5000c500000000a1", SizeBytes: 1 << 40,
			Kind: drive.HDD}},
	}
	if d := unseen(j, true, list[:1]); !d.Missing || !strings.HasPrefix(d.UsageText, "it was not there") {
		t.Errorf("%+v", d)
	}
	d := unseen(j, true, list)
	if !d.Missing || !strings.Contains(d.UsageText, "/dev/sdc bears its serial number") || strings.Contains(d.UsageText,
		"sdb") || !strings.Contains(d.WayOut, "as it was") {
		t.Errorf("%+v", d)
	}
}

func TestAJobThatEndsDoesNotSeemToHaveDoneMore(t *testing.T) {
	spec := []burnin.StageSpec{{Kind: burnin.SurfaceValidate, Engine: burnin.EngineStamp}, {Kind: burnin.LongSMART}}
	j := burnin.Job{State: burnin.Running, Identity: drive.Identity{Kind: drive.HDD},
		Drive: burnin.Drive{SizeBytes: 18e12}, Spec: burnin.Plan{Stages: spec},
		Stages: []burnin.Stage{{Kind: burnin.SurfaceValidate, State: burnin.Running, Progress: 0.22, StartedMs: 1},
			{Kind: burnin.LongSMART, State: burnin.Pending}}}
	before := jobRow("p", j).Progress
	j.State, j.Stages[0].State = burnin.Failed, burnin.Failed
	j.Stages[1].State, j.Stages[1].Reason = burnin.Skipped, reason.New("never_reached")
	if after := jobRow("p", j).Progress; after != before || before > 0.16 {
		t.Errorf("%g while it ran, %g after its end", before, after)
	}
}
