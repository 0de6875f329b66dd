//go:build linux

package desk_test

import (
	"context"
	"testing"

	"burnish/backend/desk"
	"burnish/backend/practice"
	"burnish/backend/secret"
)

// TestANASIsChangedAfterItWasTried: what cannot be reached in another way stays as it was, secrets included.
func TestANASIsChangedAfterItWasTried(t *testing.T) {
	d, _, svc := onPractice(t, "ONE1", practice.Drive{}, true)
	ring := &keychain{told: func() {}}
	svc.UseKeychain(ring)
	first := again(t, svc)
	first.Sudo, first.SudoPassword = "password", "hunter2"
	added, err := d.AddNAS(first)
	if err != nil || !added.OK || ring.count != 1 {
		t.Fatalf("%+v, %v, %d secrets", added, err, ring.count)
	}
	if s := added.Steps[0]; s.ID != desk.StepConnect || s.State != desk.StepPassed || s.Text == "" {
		t.Errorf("%+v", s)
	}
	form, err := d.Form(added.NAS)
	if err != nil || form.SudoPassword != "" || form.Sudo != "password" || form.KeyFile != first.KeyFile {
		t.Fatalf("%+v, %v", form, err)
	}

	bad := form
	bad.KeyFile, bad.Name = "/nowhere/key", "other"
	r, err := d.EditNAS(added.NAS, bad, nil)
	if err != nil || r.OK || r.Steps[0].State != desk.StepSkipped || r.Steps[1].State != desk.StepFailed ||
		r.Steps[2].State != desk.StepSkipped {
		t.Errorf("%+v, %v", r, err)
	}
	if p, err := svc.ProfileNamed(context.Background(), "again"); err != nil || p.KeyFile != first.KeyFile {
		t.Errorf("what failed was saved: %+v, %v", p, err)
	}
	taken := form
	if taken.Name = d.Snapshot().NAS[0].Name; taken.Name == form.Name {
		taken.Name = d.Snapshot().NAS[1].Name
	}
	if r, err := d.EditNAS(added.NAS, taken, nil); err != nil || r.OK {
		t.Errorf("%+v, %v", r, err)
	}

	form.Name, form.Slots = "renamed", 7
	if r, err = d.EditNAS(added.NAS, form, nil); err != nil || !r.OK || r.Steps[0].State != desk.StepSkipped {
		t.Errorf("%+v, %v", r, err)
	}
	form.StateDir = "/var/lib/elsewhere"
	if r, err = d.EditNAS(added.NAS, form, nil); err != nil || !r.OK || r.Steps[0].State != desk.StepPassed {
		t.Errorf("%+v, %v", r, err)
	}
	p, err := svc.ProfileNamed(context.Background(), "renamed")
	if err != nil || p.ID != added.NAS || p.Slots != 7 || p.StateDir != form.StateDir || p.MachineID == "" {
		t.Errorf("%+v, %v", p, err)
	}

	if s, err := ring.Memory.Get(context.Background(), secret.Account(p.ID, secret.Sudo)); err != nil ||
		s.Reveal() != "hunter2" {
		t.Error("the kept password is gone", err)
	}
	form.SudoPassword = "hunter3"
	if r, err = d.EditNAS(added.NAS, form, nil); err != nil || !r.OK {
		t.Errorf("%+v, %v", r, err)
	}
	if s, err := ring.Memory.Get(context.Background(), secret.Account(p.ID, secret.Sudo)); err != nil ||
		s.Reveal() != "hunter3" {
		t.Error("the new password is not kept", err)
	}
	form.SudoPassword = ""
	if r, err = d.EditNAS(added.NAS, form, desk.List[secret.Kind]{secret.Sudo}); err != nil || !r.OK {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := ring.Memory.Get(context.Background(), secret.Account(p.ID, secret.Sudo)); err == nil {
		t.Error("what was to be forgotten is still kept")
	}
}
