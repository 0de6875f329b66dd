//go:build linux

package desk_test

import (
	"testing"

	"burnish/backend/desk"
	"burnish/backend/practice"
)

// TestADriveThatVanishedStaysInTheTable: it leaves the bus in the middle of its test, so that the NAS lists it no more.
// Its row stays, with what its job knows.
func TestADriveThatVanishedStaysInTheTable(t *testing.T) {
	d, p, _ := onPractice(t, "GONE1", practice.Drive{Bay: "7", GoneAfter: 9 << 20}, false)
	nas := d.Snapshot().NAS[0].ID
	if err := d.Survey(nas); err != nil {
		t.Fatal(err)
	}
	s := p.until("the drive is there, and what the NAS is", func(s desk.Snapshot) bool {
		return len(s.Drives) == 1 &&
			s.NAS[0].Platform != ""
	})
	if r := s.Drives[0]; r.Missing || r.Bay != "7" {
		t.Errorf("%+v", r)
	}
	made, err := d.Start(desk.StartOrder{NAS: nas, Drives: []string{s.Drives[0].ID}, Plan: "standard", WithoutSMART: true,
		Declared: "unknown"})
	if err != nil {
		t.Fatal(err)
	}
	s = p.until("it has vanished and is still shown", func(s desk.Snapshot) bool {
		return len(s.Drives) == 1 && s.Drives[0].Missing && len(s.Jobs) == 1 && !s.Jobs[0].CanStop
	})
	if r, j := s.Drives[0], s.Jobs[0]; r.Job != made[0].ID || *r.Serial != "GONE1" || r.DestructiveOK || r.ReadOK ||
		r.Path != "/dev/sda" || j.State != "unknown" || j.Reason.Code != "drive_vanished" {
		t.Errorf("%+v\n%+v", r, j)
	}
}
