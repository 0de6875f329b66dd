//go:build linux

package desk_test

import (
	"context"
	"testing"
	"time"

	"burnish/backend/demo"
	"burnish/backend/desk"
	"burnish/backend/drive"
	"burnish/backend/practice"
	"burnish/backend/runner/bin"
)

// TestADriveThatVanishedStaysInTheTable: it leaves the bus in the middle of its test, so that the NAS lists it no more.
// Its row stays, with what its job knows.
func TestADriveThatVanishedStaysInTheTable(t *testing.T) {
	if _, err := bin.Runner("amd64"); err != nil {
		t.Skip("needs the embedded runner: make runner")
	}
	id := drive.Identity{Serial: "GONE1", WWN: "5000C500GONE1", Model: "Practice", SizeBytes: 8 << 20, LogicalBytes: 512, PhysicalBytes: 4096, Kind: drive.HDD, Transport: "sata"}
	svc, closeAll, err := demo.Open(context.Background(), t.TempDir(), "test", bin.Runner, []demo.Case{{Drive: practice.Drive{Identity: id, Path: "/dev/sda", Bay: "7", GoneAfter: 9 << 20}}})
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t: t}
	d, err := desk.Open(desk.Options{Service: svc, Emit: p.emit, Dialogs: noDialogs{}, Version: "test", Practice: demo.Name, Home: t.TempDir(), User: "me", Look: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Close()
		if err := closeAll(); err != nil {
			t.Error(err)
		}
	})
	p.load(d)
	nas := d.Snapshot().NAS[0].ID
	if err := d.Survey(nas); err != nil {
		t.Fatal(err)
	}
	s := p.until("the drive is there, and what the NAS is", func(s desk.Snapshot) bool { return len(s.Drives) == 1 && s.NAS[0].Platform != "" })
	if r := s.Drives[0]; r.Missing || r.Bay != "7" {
		t.Errorf("%+v", r)
	}
	made, err := d.Start(desk.Order{NAS: nas, Drives: []string{id.ID()}, Plan: "standard", WithoutSMART: true, Declared: "unknown"})
	if err != nil {
		t.Fatal(err)
	}
	s = p.until("it has vanished and is still shown", func(s desk.Snapshot) bool {
		return len(s.Drives) == 1 && s.Drives[0].Missing && len(s.Jobs) == 1 && !s.Jobs[0].CanStop
	})
	if r, j := s.Drives[0], s.Jobs[0]; r.Job != made[0].ID || *r.Serial != "GONE1" || r.DestructiveOK || r.ReadOK || r.Path != "/dev/sda" || j.State != "unknown" || j.Reason.Code != "drive_vanished" {
		t.Errorf("%+v\n%+v", r, j)
	}
}
