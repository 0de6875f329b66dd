package jobs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"burnish/backend/burnin"
	"burnish/backend/credentials"
	"burnish/backend/nas"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/secret"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// NewNAS is what a person gives with a new NAS beside its profile.
type NewNAS struct {
	// the fingerprint or the key that the person expects; without one the error says what the NAS shows
	HostKey string
	JumpKey string                        // that of the jump host
	Secrets map[secret.Kind]secret.Secret // what the person typed; what is missing is asked for
	// where to keep them; KeepNone is the keychain, or the session where there is none
	Keep profile.Keep
	Step func(Step) // is told each step as it passes: connect, login, rights; nil for nobody
}

func (n NewNAS) step(name, text string) {
	if n.Step != nil {
		n.Step(Step{name, text})
	}
}

// AddNAS connects to a new NAS, pins the host key and the machine that it shows, and saves the profile and its secrets.
// The profile says where they are kept.
func (s *Service) AddNAS(ctx context.Context, p profile.Profile, with NewNAS) (profile.Profile, error) {
	if _, err := s.store.ProfileNamed(ctx, p.Name); reason.CodeOf(err) != reason.NoSuchNAS {
		if err == nil {
			err = reason.New(reason.NASExists, "nas", p.Name)
		}
		return p, err
	}
	id, err := burnin.NewID(s.Random)
	if err != nil {
		return p, err
	}
	p.ID, p.CreatedMs = id, s.Now().UnixMilli()
	if err := p.Check(); err != nil {
		return p, err
	}
	for kind, text := range with.Secrets {
		if err := s.logins.Type(ctx, p.ID, kind, text); err != nil {
			return p, err
		}
	}
	anyway := context.WithoutCancel(ctx) // who cancels leaves no secret behind, and nothing saved untold
	saved := false
	defer func() {
		if !saved {
			s.logins.Drop(anyway, p)
			s.conns.drop(p.ID)
		}
	}()
	t := s.target(p)
	t.HostKey = with.HostKey
	if t.Jump != nil {
		t.Jump.HostKey = with.JumpKey
	}
	c, err := s.reach(ctx, p, t, with)
	if err != nil {
		return p, err
	}
	defer s.release(c)
	login := c.Facts()
	p.HostKey, p.Jump.HostKey, p.MachineID, p.Hostname = c.HostKey(), c.JumpKey(), login.MachineID, login.Hostname
	if p.Secrets, err = s.logins.Keep(ctx, p, with.Keep); err != nil {
		return p, err
	}
	if err := s.store.AddProfile(ctx, p); err != nil {
		return p, errors.Join(err, s.logins.Forget(anyway, p, func() error { return nil }))
	}
	saved = true
	if err := s.attach(anyway, p); err != nil {
		return p, err
	}
	return p, s.store.Audit(anyway, store.AuditEntry{What: "nas_add", ProfileID: p.ID, Text: s.Who + ": " + p.Name})
}

// reach logs in to a NAS that is tried, and asks whether the login has the rights that it needs. It tells each step as
// it passes.
func (s *Service) reach(ctx context.Context, p profile.Profile, t nas.Target, with NewNAS) (*nas.Conn, error) {
	at := net.JoinHostPort(p.Host, strconv.Itoa(p.Port))
	t.Reached = func() { with.step("connect", at+" answers") }
	c, err := s.login(ctx, p, t)
	if err != nil {
		return nil, err
	}
	login := c.Facts()
	with.step("login", fmt.Sprintf("%s@%s, linux %s", p.User, login.Hostname, login.GOARCH))
	err = c.HasRoot(ctx)
	switch {
	case err == nil:
		with.step("rights", "root")
	case s.looksOn(ctx, c, err):
		with.step("rights", "no root: TrueNAS itself tests its drives")
	default:
		return nil, errors.Join(err, s.release(c))
	}
	return c, nil
}

// Step is one step of a test of a NAS.
type Step struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// TestNAS goes the whole way to a NAS: login, rights, runner, drives. It tells each step as it passes.
func (s *Service) TestNAS(ctx context.Context, nasID string, step func(Step)) error {
	c, p, err := s.connect(ctx, nasID)
	if err != nil {
		return err
	}
	defer s.release(c)
	login := c.Facts()
	step(Step{"login", fmt.Sprintf("%s@%s, linux %s, machine %s", p.User, login.Hostname, login.GOARCH,
		login.MachineID)})
	v, err := c.Version(ctx)
	if err != nil {
		return err
	}
	step(Step{"runner", fmt.Sprintf("version %s in %s", v.Version, c.StateDir())})
	rows, err := c.Inventory(ctx, lookAt(p))
	if err != nil {
		return err
	}
	step(Step{"drives", reason.Count(len(rows), "drive")})
	return nil
}

// EditNAS changes how jobs of a NAS are treated. Which NAS it is and how it is reached stay what they were.
func (s *Service) EditNAS(ctx context.Context, nasID string, change func(*profile.Profile)) (profile.Profile, error) {
	before, err := s.Profile(ctx, nasID)
	if err != nil {
		return before, err
	}
	p, wanted := before, before
	change(&wanted)
	p.AutoResume, p.KeepDays, p.Slots = wanted.AutoResume, wanted.KeepDays, wanted.Slots
	if err := s.store.UpdateProfile(ctx, p); err != nil {
		return before, err
	}
	text := fmt.Sprintf("%s: %s, auto resume %v, keep days %d, slots %d", s.Who, p.Name, p.AutoResume, p.KeepDays,
		p.Slots)
	return p, s.store.Audit(ctx, store.AuditEntry{What: "nas_edit", ProfileID: p.ID, Text: text})
}

// UseKeyFile changes the private key that a NAS is logged in to with.
func (s *Service) UseKeyFile(ctx context.Context, nasID, file string) error {
	p, err := s.Profile(ctx, nasID)
	if err != nil {
		return err
	}
	p.KeyFile = file
	return s.store.UpdateProfile(ctx, p)
}

// RemoveNAS forgets a profile and its secrets. Jobs that have not ended keep it from being removed; what ended stays
// readable.
func (s *Service) RemoveNAS(ctx context.Context, nasID string) error {
	p, err := s.Profile(ctx, nasID)
	if err != nil {
		return err
	}
	if err := s.logins.Forget(ctx, p, func() error { return s.store.RemoveProfile(ctx, p.ID) }); err != nil {
		return err
	}
	s.conns.drop(p.ID)
	return s.store.Audit(ctx, store.AuditEntry{What: "nas_remove", ProfileID: p.ID, Text: s.Who + ": " + p.Name})
}

// Drives lists the drives of a NAS as they are now.
func (s *Service) Drives(ctx context.Context, nasID string) ([]wire.DriveRow, error) {
	c, p, rows, err := s.survey(ctx, nasID)
	if reason.CodeOf(err) == reason.NoRoot {
		return s.rootlessDrives(ctx, p, err)
	}
	if err != nil {
		return nil, err
	}
	defer s.release(c)
	s.tend(ctx, c, p, true)
	return rows, s.review(ctx, p, rows)
}

// SaveSecret saves a secret of a NAS, or with an empty one none, where the person wishes; see
// credentials.Provider.Save. It gives where its secrets are kept now: no_such_nas.
func (s *Service) SaveSecret(ctx context.Context, nasID string, kind secret.Kind, fresh secret.Secret,
	wish profile.Keep) (profile.Keep, error) {
	p, err := s.Profile(ctx, nasID)
	if err != nil {
		return "", err
	}
	was := p
	err = s.logins.Save(ctx, was, kind, fresh, wish, func(now profile.Keep) error {
		moved := was
		moved.Secrets = now
		if err := s.store.UpdateProfile(ctx, moved); err != nil {
			return err
		}
		p = moved
		return nil
	})
	if p.Secrets == was.Secrets && (err != nil || fresh.Empty()) {
		return p.Secrets, err
	}
	return p.Secrets, errors.Join(err, s.store.Audit(ctx, store.AuditEntry{What: "nas_password", ProfileID: p.ID,
		Text: s.Who + ": " + credentials.Whose(p, kind) + ", kept: " + string(p.Secrets)}))
}
