package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/secret"
	"burnish/backend/store"
)

// Change is what a person wants otherwise of a saved NAS. What is missing in Secrets stays as it is kept.
type Change struct {
	NewNAS
	Forget []secret.Kind // that are kept no longer
}

// ChangeNAS makes a saved NAS what the person wants of it. Where that changes how it is reached it is tried first, and
// only then saved: it must be the same machine with the same host key. Errors as of AddNAS, and nas_has_jobs for
// another directory on the NAS while jobs there have not ended.
func (s *Service) ChangeNAS(ctx context.Context, wanted profile.Profile, with Change) (profile.Profile, error) {
	was, err := s.Profile(ctx, wanted.ID)
	if err != nil {
		return was, err
	}
	p := wanted
	p.CreatedMs, p.HostKey, p.MachineID, p.Hostname, p.Secrets, p.SMARTTypes = was.CreatedMs, was.HostKey,
		was.MachineID, was.Hostname, was.Secrets, was.SMARTTypes
	if p.Jump.HostKey = ""; p.Jump.At(was.Jump) {
		p.Jump.HostKey = was.Jump.HostKey
	}
	if err := s.mayChange(ctx, was, p); err != nil {
		return was, err
	}
	with.Forget = append(with.Forget, outdated(was, p)...)
	fresh := with.Secrets
	tried := reached(p) != reached(was) || len(fresh) > 0
	if tried {
		if p, fresh, err = s.tryChange(ctx, was, p, with); err != nil {
			return was, err
		}
	}
	if err := ctx.Err(); err != nil {
		return was, err
	}
	// The trial may have taken minutes, and other processes have the same index.
	now, err := s.Profile(ctx, p.ID)
	if err != nil {
		return was, err
	}
	p.SMARTTypes, p.Secrets = now.SMARTTypes, now.Secrets
	if err := s.mayChange(ctx, now, p); err != nil {
		return was, err
	}
	return p, s.saveChange(context.WithoutCancel(ctx), was, &p, with, fresh)
}

// reached is how a NAS is reached, and by whom.
func reached(p profile.Profile) any {
	return struct {
		host      string
		port      int
		user, key string
		agent     bool
		password  bool
		jump      profile.Jump
		legacy    bool
		sudo      profile.Sudo
		stateDir  string
	}{p.Host, p.Port, p.User, p.KeyFile, p.Agent, p.Password, p.Jump, p.Legacy, p.Sudo, p.StateDir}
}

// outdated are the secrets that a login in the new way never uses, or that are another user's or another host's: they
// are neither sent there nor kept. The login's stays where only a key is named: a server may want both.
func outdated(was, p profile.Profile) (kinds []secret.Kind) {
	if p.KeyFile != was.KeyFile {
		kinds = append(kinds, secret.Passphrase)
	}
	if !p.Jump.At(was.Jump) || p.Jump.User != was.Jump.User {
		kinds = append(kinds, secret.Jump)
	}
	if p.User != was.User {
		kinds = append(kinds, secret.Login, secret.Sudo)
	}
	if p.Sudo != profile.SudoPassword && was.Sudo == profile.SudoPassword {
		kinds = append(kinds, secret.Sudo)
	}
	if !p.Password && was.Password {
		kinds = append(kinds, secret.Login)
	}
	return kinds
}

// mayChange refuses what cannot be before anything is tried.
func (s *Service) mayChange(ctx context.Context, was, p profile.Profile) error {
	if err := p.Check(); err != nil {
		return err
	}
	if other, err := s.store.ProfileNamed(ctx, p.Name); err == nil && other.ID != p.ID {
		return reason.New(reason.NASExists, "nas", p.Name)
	}
	if p.StateDir == was.StateDir {
		return nil
	}
	rows, err := s.store.Jobs(ctx, store.Filter{NotEnded: true})
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r store.Job) bool { return r.ProfileID != p.ID })
	if len(rows) > 0 {
		return reason.New(reason.NASHasJobs, "nas", was.Name, "count", len(rows))
	}
	return nil
}

// tryChange goes the way to a NAS as it would be, under an id of its own: what is kept stays as it is, and nobody else
// gets the connection. It gives what the NAS told, and the secrets that were typed.
func (s *Service) tryChange(ctx context.Context, was, p profile.Profile, with Change) (profile.Profile,
	map[secret.Kind]secret.Secret, error) {
	id, err := burnin.NewID(s.Random)
	if err != nil {
		return p, nil, err
	}
	trial := p
	trial.ID, trial.Secrets = id, profile.KeepSession
	anyway := context.WithoutCancel(ctx)
	defer func() {
		s.logins.Drop(anyway, trial)
		s.logins.Anew(trial)
		s.conns.drop(trial.ID)
	}()
	for kind, text := range with.Secrets {
		if err := s.logins.Type(ctx, trial.ID, kind, text); err != nil {
			return p, nil, err
		}
	}
	lend := slices.DeleteFunc(secret.Kinds(), func(k secret.Kind) bool { return slices.Contains(with.Forget, k) })
	lent := s.logins.Lend(ctx, was, trial.ID, lend...)
	t := s.target(trial)
	if t.Jump != nil && t.Jump.HostKey == "" {
		t.Jump.HostKey = with.JumpKey
	}
	c, err := s.reach(ctx, trial, t, with.NewNAS)
	if err != nil {
		return p, nil, err
	}
	defer s.release(c)
	return s.learned(anyway, p, trial, c, lent)
}

// learned is what a trial that went well has brought.
func (s *Service) learned(ctx context.Context, p, trial profile.Profile, c *nas.Conn,
	lent map[secret.Kind]secret.Secret) (profile.Profile, map[secret.Kind]secret.Secret, error) {
	login := c.Facts()
	p.Hostname, p.MachineID = login.Hostname, cmp.Or(p.MachineID, login.MachineID)
	if p.HostKey == "" {
		p.HostKey = c.HostKey()
	}
	if p.Jump != (profile.Jump{}) {
		p.Jump.HostKey = c.JumpKey()
	}
	fresh := map[secret.Kind]secret.Secret{}
	for _, kind := range secret.Kinds() {
		typed, ok := s.logins.Typed(ctx, trial.ID, kind)
		if was, had := lent[kind]; ok && (!had || was.Reveal() != typed.Reveal()) {
			fresh[kind] = typed
		}
	}
	return p, fresh, nil
}

// saveChange saves what was tried, its secrets last: where they cannot be kept, the error says so and the rest stands.
func (s *Service) saveChange(ctx context.Context, was profile.Profile, p *profile.Profile, with Change,
	fresh map[secret.Kind]secret.Secret) error {
	if err := s.store.UpdateProfile(ctx, *p); err != nil {
		return err
	}
	if p.Name != was.Name {
		if err := s.store.RenameProfile(ctx, p.ID, p.Name); err != nil {
			return err
		}
	}
	s.conns.drop(p.ID)
	s.logins.Anew(*p)
	errs := []error{s.logins.Lose(ctx, was, with.Forget...)}
	for kind, text := range fresh {
		kept, err := s.SaveSecret(ctx, p.ID, kind, text, with.Keep)
		p.Secrets, errs = kept, append(errs, err)
	}
	if len(fresh) == 0 && was.Secrets != profile.KeepNone && with.Keep != profile.KeepNone && with.Keep != was.Secrets {
		kept, err := s.SaveSecret(ctx, p.ID, secret.Login, secret.Secret{}, with.Keep)
		p.Secrets, errs = kept, append(errs, err)
	}
	text := s.Who + ": " + was.Name + ": " + strings.Join(differences(was, *p), ", ")
	return errors.Join(append(errs, s.store.Audit(ctx, store.AuditEntry{What: "nas_edit", ProfileID: p.ID,
		Text: text}))...)
}

// differences lists what is otherwise, for the audit trail.
func differences(was, now profile.Profile) (all []string) {
	for _, one := range []struct {
		name     string
		was, now any
	}{
		{"name", was.Name, now.Name}, {"host", was.Host, now.Host}, {"port", was.Port, now.Port},
		{"user", was.User, now.User}, {"key", was.KeyFile, now.KeyFile}, {"agent", was.Agent, now.Agent},
		{"password login", was.Password, now.Password}, {"jump host", was.Jump.Host, now.Jump.Host},
		{"jump host's port", was.Jump.Port, now.Jump.Port}, {"jump host's user", was.Jump.User, now.Jump.User},
		{"place of secrets", was.Secrets, now.Secrets},
		{"sudo", was.Sudo, now.Sudo}, {"directory", was.StateDir, now.StateDir},
		{"weak encryption", was.Legacy, now.Legacy}, {"virtual drives", was.VirtualDrives, now.VirtualDrives},
		{"slots", was.Slots, now.Slots}, {"keep days", was.KeepDays, now.KeepDays},
		{"auto resume", was.AutoResume, now.AutoResume},
	} {
		if one.was != one.now {
			all = append(all, fmt.Sprintf("%s %v, was %v", one.name, one.now, one.was))
		}
	}
	return all
}
