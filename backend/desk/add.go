package desk

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"burnish/backend/jobs"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/secret"
	"burnish/backend/sshconfig"
)

// NASForm is what a person fills in for a new NAS.
type NASForm struct {
	Name          string       `json:"name"`
	Host          string       `json:"host"`
	Port          int          `json:"port"`
	User          string       `json:"user"`
	KeyFile       string       `json:"key_file"`
	Agent         bool         `json:"agent"`
	PasswordLogin bool         `json:"password_login"`
	Password      string       `json:"password"`
	Passphrase    string       `json:"passphrase"`
	Sudo          profile.Sudo `json:"sudo"`
	SudoPassword  string       `json:"sudo_password"`
	HostKey       string       `json:"host_key"`
	Jump          string       `json:"jump"` // user@host:port
	JumpKey       string       `json:"jump_key"`
	StateDir      string       `json:"state_dir"`
	// where passwords are kept; empty: the keychain, or the session where there is none
	Keep          profile.Keep `json:"keep"`
	VirtualDrives bool         `json:"virtual_drives"`
	Legacy        bool         `json:"legacy_algorithms"`
	Slots         int          `json:"slots"`     // 0: as many as usual
	KeepDays      int          `json:"keep_days"` // 0: until it is cleaned
	AutoResume    bool         `json:"auto_resume"`
}

// AddResult says whether a NAS was saved, and how far it got.
type AddResult struct {
	OK       bool       `json:"ok"`
	NAS      string     `json:"nas"`
	ShownKey string     `json:"shown_key"` // SHA256:... of a host key that nobody has confirmed yet
	OfJump   bool       `json:"of_jump"`   // it is that of the jump host
	Steps    List[Step] `json:"steps"`
}

// walk is the way to a NAS, step by step, told as it goes.
type walk struct {
	d     *Desk
	nas   string // empty for one that is being added
	steps []Step
}

func (d *Desk) walk(nas string, ids ...StepID) *walk {
	titles := map[StepID]string{
		StepConnect: "Reach", StepLogin: "Login", StepRights: "Rights", StepSave: "Save", StepRunner: "Runner",
		StepDrives: "Drives",
	}
	w := &walk{d: d, nas: nas}
	for _, id := range ids {
		w.steps = append(w.steps, Step{ID: id, State: StepWaits, Title: titles[id]})
	}
	w.run()
	return w
}

// run marks the first step that waits as running, and tells all.
func (w *walk) run() {
	for i := range w.steps {
		if w.steps[i].State == StepWaits {
			w.steps[i].State = StepRunning
			break
		}
	}
	w.tell()
}

func (w *walk) tell() { tell(w.d, Stepped, Steps{NAS: w.nas, Steps: slices.Clone(w.steps)}) }

// passed marks all steps up to one as passed.
func (w *walk) passed(id StepID, said string) {
	for i := range w.steps {
		w.steps[i].State = StepPassed
		if w.steps[i].ID == id {
			w.steps[i].Text = text(said)
			break
		}
	}
	w.run()
}

// failed marks a step as failed, and as skipped what did not pass. An empty id is the step that was running, which
// failed too where the one that is named had passed.
func (w *walk) failed(id StepID, why *reason.Said) {
	at := slices.IndexFunc(w.steps, func(s Step) bool { return s.ID == id || id == "" && s.State == StepRunning })
	if at >= 0 && w.steps[at].State == StepPassed {
		at = slices.IndexFunc(w.steps, func(s Step) bool { return s.State == StepRunning })
	}
	at = max(at, 0)
	for i := range w.steps {
		switch {
		case i == at:
			w.steps[i].State, w.steps[i].Said = StepFailed, why
		case w.steps[i].State != StepPassed:
			w.steps[i].State = StepSkipped
		}
	}
	w.tell()
}

// stepOf says at which step an error of AddNAS came up.
func stepOf(code reason.Code) StepID {
	switch code {
	case reason.AuthFailed, reason.AgentUnusable, reason.KeyUnusable, reason.PasswordNeeded, reason.PasswordRefused,
		reason.PasswordOff, reason.SecondFactor, reason.SecondFactorRefused,
		reason.PassphraseNeeded, reason.PassphraseWrong, reason.NoShell, reason.LoginNoisy,
		reason.LoginReads:
		return StepLogin
	case reason.NoRoot, reason.SudoRefused, reason.SudoTimeout:
		return StepRights
	case reason.KeychainUnavailable, reason.KeychainDenied, reason.SealedFileDenied, reason.SealedFileUnusable,
		reason.DataDirUnusable, reason.NoSpace:
		return StepSave
	}
	return StepConnect
}

// AddNAS tries a NAS, saves it, and goes the rest of the way to its drives. Where the host key is not known yet nothing
// is saved and the result has what the NAS shows; the person compares it, and it comes back as HostKey. After CancelAdd
// nothing is saved and the steps stay as they were.
func (d *Desk) AddNAS(f NASForm) (AddResult, error) {
	p, err := d.profileOf(f)
	if err != nil {
		return AddResult{}, err
	}
	w := d.walk("", StepConnect, StepLogin, StepRights, StepSave, StepRunner, StepDrives)
	ctx, over := d.begun()
	with := f.given(w)
	p, err = d.Service.AddNAS(ctx, p, with)
	if over() {
		if err == nil { // it was saved before it saw that
			return AddResult{Steps: w.steps}, d.Service.RemoveNAS(d.ctx, p.ID)
		}
		return AddResult{Steps: w.steps}, nil
	}
	if err != nil {
		return w.refused(err), nil
	}
	w.passed(StepSave, kept(p.Secrets))
	err = d.lookAround()
	if err == nil {
		err = d.test(p, w)
	}
	if err != nil {
		w.failed("", asSaid(err))
	}
	return AddResult{OK: true, NAS: p.ID, Steps: w.steps}, nil
}

// given is what the form has beside the profile; each step is told as it passes.
func (f NASForm) given(w *walk) jobs.NewNAS {
	with := jobs.NewNAS{HostKey: strings.TrimSpace(f.HostKey), JumpKey: strings.TrimSpace(f.JumpKey), Keep: f.Keep,
		Secrets: map[secret.Kind]secret.Secret{},
		Step:    func(s jobs.Step) { w.passed(StepID(s.Name), s.Text) }}
	for kind, typed := range map[secret.Kind]string{secret.Login: f.Password, secret.Passphrase: f.Passphrase,
		secret.Sudo: f.SudoPassword} {
		if typed != "" {
			with.Secrets[kind] = secret.New(typed)
		}
	}
	return with
}

// refused tells at which step a NAS was refused, and asks about a host key that nobody knows.
func (w *walk) refused(err error) AddResult {
	why := asSaid(err)
	w.failed(stepOf(why.Code), why)
	r := AddResult{Steps: w.steps}
	if why.Code == reason.HostKeyUnknown || why.Code == reason.JumpKeyUnknown {
		r.ShownKey, r.OfJump = why.Args["shown"].String(), why.Code == reason.JumpKeyUnknown
	}
	return r
}

// trial is a try to add a NAS that has saved nothing yet.
type trial struct{ cancel context.CancelFunc }

// begun notes a try to add a NAS. over ends what CancelAdd can do to it, and reports whether that came before.
func (d *Desk) begun() (ctx context.Context, over func() (cancelled bool)) {
	ctx, cancel := context.WithCancel(d.ctx)
	t := &trial{cancel}
	d.mu.Lock()
	d.adding[t] = true
	d.mu.Unlock()
	return ctx, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		cancelled := !d.adding[t]
		delete(d.adding, t)
		cancel()
		return cancelled
	}
}

// CancelAdd ends the tries to add a NAS that have saved nothing yet; they save nothing then.
func (d *Desk) CancelAdd() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for t := range d.adding {
		t.cancel()
		delete(d.adding, t)
	}
}

// profileOf makes a profile of what was filled in.
func (d *Desk) profileOf(f NASForm) (profile.Profile, error) {
	at, err := profile.ParseAddress(f.Host)
	if err != nil {
		return profile.Profile{}, err
	}
	if at.Port != 0 && f.Port == profile.DefaultPort {
		f.Port = 0 // the form has it where nobody typed a port
	}
	if at, err = at.With(f.User, f.Port); err != nil {
		return profile.Profile{}, err
	}
	p := profile.Profile{
		Name: strings.TrimSpace(f.Name), Host: at.Host, Port: at.Port, User: at.User,
		KeyFile: strings.TrimSpace(f.KeyFile),
		Agent:   f.Agent, Password: f.PasswordLogin, Sudo: f.Sudo,
		StateDir: strings.TrimSpace(f.StateDir), VirtualDrives: f.VirtualDrives,
		Legacy: f.Legacy, Slots: cmp.Or(f.Slots, profile.DefaultSlots), KeepDays: f.KeepDays, AutoResume: f.AutoResume,
	}
	if p.Sudo == "" {
		p.Sudo = profile.SudoNone
	}
	if rest, ok := strings.CutPrefix(p.KeyFile, "~/"); ok {
		p.KeyFile = filepath.Join(d.Home, rest)
	}
	if f.Jump != "" {
		jump, err := sshconfig.ParseJump(f.Jump, p.User)
		if err != nil {
			return p, err
		}
		if jump.Port == 0 {
			jump.Port = profile.DefaultPort
		}
		p.Jump = jump
	}
	return p, nil
}

func kept(where profile.Keep) string {
	switch where {
	case profile.KeepKeychain:
		return "Passwords are in the keychain of this computer."
	case profile.KeepFile:
		return "Passwords are in the sealed file."
	case profile.KeepSession:
		return "Passwords are not kept: Burnish asks for them each time it starts."
	case profile.KeepNone:
	}
	return "There is no password to keep."
}

// test goes the way to a saved NAS and shows its drives.
func (d *Desk) test(p profile.Profile, w *walk) error {
	err := d.Service.TestNAS(d.ctx, p.ID, func(s jobs.Step) { w.passed(StepID(s.Name), s.Text) })
	if err == nil {
		d.spawn(func() { _ = d.survey(p) })
	}
	return err
}

// TestNAS goes the whole way to a NAS and tells each step.
func (d *Desk) TestNAS(nasID string) (List[Step], error) {
	p, err := d.saved(nasID)
	if err != nil {
		return nil, err
	}
	w := d.walk(p.ID, StepLogin, StepRunner, StepDrives)
	if err := d.test(p, w); err != nil {
		w.failed("", asSaid(err))
	}
	return w.steps, nil
}

// RemoveNAS forgets a NAS and its secrets.
func (d *Desk) RemoveNAS(nasID string) error {
	p, err := d.saved(nasID)
	if err != nil {
		return err
	}
	return errors.Join(d.Service.RemoveNAS(d.ctx, p.ID), d.lookAround())
}

// FoundHost is a host of ssh's configuration.
type FoundHost struct {
	Name    string       `json:"name"`
	Host    string       `json:"host"`
	User    string       `json:"user"`
	Port    int          `json:"port"`
	KeyFile string       `json:"key_file"` // empty: the agent
	Agent   bool         `json:"agent"`
	Jump    string       `json:"jump"`
	HostKey string       `json:"host_key"` // as ssh knows it; empty if it does not
	Reason  *reason.Said `json:"reason"`   // why it cannot be taken over
}

// ImportHosts lists the hosts of ~/.ssh/config.
func (d *Desk) ImportHosts() (List[FoundHost], error) {
	file := filepath.Join(d.Home, ".ssh", "config")
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	config, err := sshconfig.Read(file, d.Home, d.User)
	if err != nil {
		return nil, err
	}
	var hosts List[FoundHost]
	for _, name := range config.Hosts() {
		p, err := config.Profile(name)
		h := FoundHost{Name: word(name), Host: word(p.Host), User: word(p.User), Port: p.Port, KeyFile: p.KeyFile,
			Agent: p.Agent}
		if p.Jump.Host != "" {
			h.Jump = p.Jump.User + "@" + net.JoinHostPort(p.Jump.Host, strconv.Itoa(p.Jump.Port))
		}
		if err != nil {
			h.Reason = asSaid(err)
		} else if key, _, err := config.HostKeys(filepath.Join(d.Home, ".ssh", "known_hosts"), name); err == nil {
			h.HostKey = key // else the person is asked, as for a host that ssh does not know
		}
		hosts = append(hosts, h)
	}
	return hosts, nil
}

// PickKey lets the person choose a key file; empty if none was chosen.
func (d *Desk) PickKey() (string, error) {
	return d.Dialogs.OpenFile("Choose a private key", filepath.Join(d.Home, ".ssh"))
}
