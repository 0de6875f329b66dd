package desk

import (
	"errors"
	"net"
	"reflect"
	"strconv"

	"burnish/backend/jobs"
	"burnish/backend/profile"
	"burnish/backend/secret"
)

// Form gives a saved NAS as it was filled in, to be changed or to be the beginning of another. No secret is in it.
func (d *Desk) Form(nasID string) (NASForm, error) {
	p, err := d.saved(nasID)
	if err != nil {
		return NASForm{}, err
	}
	f := NASForm{Name: p.Name, Host: p.Host, Port: p.Port, User: p.User, KeyFile: p.KeyFile, Agent: p.Agent,
		PasswordLogin: p.Password, Sudo: p.Sudo, HostKey: p.Fingerprint(), StateDir: p.StateDir, Keep: p.Secrets,
		VirtualDrives: p.VirtualDrives, Legacy: p.Legacy, Slots: p.Slots, KeepDays: p.KeepDays,
		AutoResume: p.AutoResume}
	if p.Jump != (profile.Jump{}) {
		f.Jump = p.Jump.User + "@" + net.JoinHostPort(p.Jump.Host, strconv.Itoa(p.Jump.Port))
	}
	return f, nil
}

// EditNAS makes a saved NAS what the form says, and forgets these kinds of its secrets. Where that changes how it is
// reached it is tried first; what fails then changes nothing. An empty secret stays as it is kept. CancelAdd ends it.
func (d *Desk) EditNAS(nasID string, f NASForm, forget List[secret.Kind]) (AddResult, error) {
	was, err := d.saved(nasID)
	if err != nil {
		return AddResult{}, err
	}
	p, err := d.profileOf(f)
	if err != nil {
		return AddResult{}, err
	}
	p.ID = was.ID
	w := d.walk(was.ID, StepConnect, StepLogin, StepRights, StepSave)
	ctx, over := d.begun()
	_, err = d.Service.ChangeNAS(ctx, p, jobs.Change{NewNAS: f.given(w), Forget: forget})
	cancelled := over()
	if err != nil {
		// What could not be done after the NAS was saved, such as keeping a password, leaves it changed.
		if now, also := d.saved(was.ID); also == nil && !reflect.DeepEqual(now, was) {
			d.anew(was)
			return w.refused(errors.Join(err, d.lookAround())), nil
		}
		if cancelled {
			return AddResult{Steps: w.steps}, nil
		}
		return w.refused(err), nil
	}
	tried := w.steps[0].State == StepPassed
	w.saved(tried)
	if tried {
		d.anew(was)
	}
	return AddResult{OK: true, NAS: was.ID, Steps: w.steps}, d.lookAround()
}

// saved marks the last step as passed, and those before it as not needed where nothing had to be tried.
func (w *walk) saved(tried bool) {
	if !tried {
		for i := range w.steps {
			w.steps[i].State, w.steps[i].Text = StepSkipped, "not needed"
		}
	}
	last := &w.steps[len(w.steps)-1]
	last.State, last.Text = StepPassed, ""
	w.tell()
}

// anew lets go of the connection to a NAS, which is reached in another way from now on, and looks at its drives.
func (d *Desk) anew(p profile.Profile) {
	d.mu.Lock()
	if l := d.links[p.ID]; l != nil {
		l.stop()
		l.refused = nil
	}
	d.mu.Unlock()
	d.spawn(func() { _ = d.survey(p) })
}
