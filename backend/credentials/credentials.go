// Package credentials answers what a NAS asks at a login: from where a profile keeps its secrets, else from a person.
//
// Its rules:
//   - What is kept is found first. A person is asked for what is not kept, or was refused.
//   - What a person typed is kept in memory until the process ends or the NAS refuses it. It is kept for longer only
//     where the profile says so: in the keychain of the system or in the sealed file, never in the store.
//   - What a NAS refused is not sent to it again while a person can be asked: a few wrong passwords shut a computer
//     out.
//   - A code is asked for each time, and never kept.
//   - A secret is in no error, no question and no audit trail.
//
// A Provider knows no connection and no index: who logs in tells it what came of that.
package credentials

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"burnish/backend/nas/link"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/secret"
)

// Secrets is a place where secrets are kept; package secret has three.
type Secrets interface {
	Get(ctx context.Context, account string) (secret.Secret, error)
	Set(ctx context.Context, account string, s secret.Secret) error
	Delete(ctx context.Context, account string) error
}

// Question is what a person is asked.
type Question struct {
	About About
	NAS   string
	Text  string // to be shown; it may come from the NAS, cleaned
	Echo  bool   // the answer may be seen while it is typed
	Again bool   // the last answer was wrong
}

// About says what a question is about.
type About string

// What a person is asked: the kinds of secrets, and what is none of them.
const (
	AboutLogin      About = About(secret.Login)
	AboutSudo       About = About(secret.Sudo)
	AboutPassphrase About = About(secret.Passphrase)
	AboutJump       About = About(secret.Jump)
	AboutCode       About = "code"     // something that is never kept
	AboutSeal       About = "seal"     // the passphrase of the sealed file
	AboutNewSeal    About = "new_seal" // the passphrase of a sealed file that does not exist yet; to be typed twice
)

// Provider answers what logins ask. Its zero value has no place for secrets and nobody to ask; its fields are set
// before it is used. It is safe for concurrent use.
type Provider struct {
	Keychain Secrets
	File     Secrets
	Person   func(context.Context, Question) (secret.Secret, error) // nil where nobody can be asked

	typed    secret.Memory
	attempts attempts
}

// placeSaid turns what a place of secrets answers into a reason.
func placeSaid(where profile.Keep, what string, err error) error {
	var said *reason.Said
	denied, unavailable := errors.Is(err, secret.ErrDenied), errors.Is(err, secret.ErrUnavailable)
	switch {
	case err == nil || errors.As(err, &said):
		return err
	case where == profile.KeepFile && denied:
		return reason.New(reason.SealedFileDenied, "file", "secrets.age", "error", err)
	case where == profile.KeepFile && unavailable:
		return reason.New(reason.SealedFileUnusable, "file", "secrets.age", "error", err)
	case denied:
		return reason.New(reason.KeychainDenied, "what", what, "error", err)
	case unavailable:
		return reason.New(reason.KeychainUnavailable, "what", what, "error", err)
	}
	return err
}

// Seal asks for the passphrase of the sealed file.
func (l *Provider) Seal(ctx context.Context, fresh bool) (secret.Secret, error) {
	if l.Person == nil {
		return secret.Secret{}, reason.New(reason.SealedFileDenied, "file", "secrets.age",
			"error", "nobody is there to ask for its passphrase")
	}
	if fresh {
		return l.Person(ctx, Question{About: AboutNewSeal, Text: "New passphrase to seal the saved passwords with"})
	}
	return l.Person(ctx, Question{About: AboutSeal, Text: "Passphrase of the sealed passwords"})
}

// place is where a profile keeps its secrets; nil for nowhere.
func (l *Provider) place(where profile.Keep) Secrets {
	switch where {
	case profile.KeepKeychain:
		return l.Keychain
	case profile.KeepFile:
		return l.File
	case profile.KeepNone, profile.KeepSession:
	}
	return nil
}

// find gives a secret that is typed or kept already: secret.ErrNotFound, or why its place cannot be read.
func (l *Provider) find(ctx context.Context, p profile.Profile, kind secret.Kind) (secret.Secret, error) {
	account := secret.Account(p.ID, kind)
	if s, err := l.typed.Get(ctx, account); err == nil {
		return s, nil
	}
	if place := l.place(p.Secrets); place != nil {
		return place.Get(ctx, account)
	}
	return secret.Secret{}, secret.ErrNotFound
}

// Whose names a secret for people.
func Whose(p profile.Profile, kind secret.Kind) string {
	switch kind {
	case secret.Sudo:
		return fmt.Sprintf("sudo password of %s at %s", p.User, p.Name)
	case secret.Passphrase:
		return fmt.Sprintf("passphrase of %s", p.KeyFile)
	case secret.Jump:
		return fmt.Sprintf("password of %s at the jump host %s", p.Jump.User, p.Jump.Host)
	case secret.Login:
	}
	return fmt.Sprintf("password of %s at %s", p.User, p.Name)
}

// obtain finds a secret or asks a person for it. instead may stand in for one that is not kept.
func (l *Provider) obtain(ctx context.Context, p profile.Profile, kind secret.Kind, again bool,
	instead ...secret.Kind) (string, error) {
	cause := errors.New("none is saved")
	kinds := append([]secret.Kind{kind}, instead...)
	if again {
		kinds = nil
	}
	for _, k := range kinds {
		s, err := l.find(ctx, p, k)
		if err == nil && l.Person != nil && l.attempts.refused(p, kind, s) {
			continue
		}
		if err == nil {
			l.attempts.give(p, kind, s)
			return s.Reveal(), nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if errors.Is(err, secret.ErrNotFound) {
			continue
		}
		cause = placeSaid(p.Secrets, "the "+Whose(p, kind), err)
		if l.Person == nil || p.Secrets == profile.KeepFile {
			return "", cause
		}
	}
	if l.Person == nil {
		return "", fmt.Errorf("%w and %w", cause, link.ErrNobody)
	}
	text := Whose(p, kind)
	s, err := l.Person(ctx, Question{About: About(kind), NAS: p.Name, Text: strings.ToUpper(text[:1]) + text[1:],
		Again: again || l.attempts.failed(p, kind)})
	if err != nil {
		return "", err
	}
	l.attempts.give(p, kind, s)
	return s.Reveal(), l.typed.Set(ctx, secret.Account(p.ID, kind), s)
}

// Answer is nas.Target.Ask for a profile.
func (l *Provider) Answer(ctx context.Context, p profile.Profile, q link.Question) (string, error) {
	switch {
	case q.Want == link.WantCode && l.Person == nil:
		return "", link.ErrNobody
	case q.Want == link.WantCode:
		s, err := l.Person(ctx, Question{About: AboutCode, NAS: p.Name, Text: q.User + " at " + q.Host + ": " +
			q.Prompt, Echo: q.Echo})
		return s.Reveal(), err
	case q.Want == link.WantPassphrase:
		return l.obtain(ctx, p, secret.Passphrase, q.Again)
	case q.Jump:
		return l.obtain(ctx, p, secret.Jump, false)
	}
	return l.obtain(ctx, p, secret.Login, false)
}

// Sudo is nas.Target.SudoPassword for a profile. Where sudo has no password of its own it is that of the login.
func (l *Provider) Sudo(ctx context.Context, p profile.Profile) (string, error) {
	var instead []secret.Kind
	if p.Password {
		instead = append(instead, secret.Login)
	}
	text, err := l.obtain(ctx, p, secret.Sudo, false, instead...)
	if errors.Is(err, link.ErrNobody) {
		return "", reason.New(reason.PasswordNeeded, "user", p.User, "nas", p.Name,
			"error", "sudo asks for a password: "+err.Error())
	}
	return text, err
}

// Keep moves what was typed for a profile to where it is to be kept, and says where that is. Without a wish that is the
// keychain, or nowhere if there is none that works.
func (l *Provider) Keep(ctx context.Context, p profile.Profile, wish profile.Keep) (profile.Keep, error) {
	held := map[secret.Kind]secret.Secret{}
	for _, kind := range secret.Kinds() {
		if s, err := l.typed.Get(ctx, secret.Account(p.ID, kind)); err == nil {
			held[kind] = s
		}
	}
	where := wish
	if where == profile.KeepNone {
		where = profile.KeepKeychain
	}
	switch {
	case where == profile.KeepSession:
		return where, nil
	case len(held) == 0:
		return profile.KeepNone, nil
	}
	err := l.setAll(ctx, p, where, held)
	if wish == profile.KeepNone && (errors.Is(err, secret.ErrUnavailable) || errors.Is(err, secret.ErrDenied)) {
		return profile.KeepSession, nil
	}
	if err != nil {
		return "", placeSaid(where, "the secrets of "+p.Name, err)
	}
	l.Drop(ctx, p) // from now on the place is asked, which others may change
	return where, nil
}

// setAll keeps all secrets or none.
func (l *Provider) setAll(ctx context.Context, p profile.Profile, where profile.Keep,
	all map[secret.Kind]secret.Secret) error {
	place := l.place(where)
	if place == nil {
		return fmt.Errorf("%w: this program has none", secret.ErrUnavailable)
	}
	for kind, s := range all {
		if err := place.Set(ctx, secret.Account(p.ID, kind), s); err != nil {
			return errors.Join(err, l.deleteAll(context.WithoutCancel(ctx), p, where, all)) // also of who cancelled
		}
	}
	return nil
}

// deleteAll forgets these kinds; those that are not there are no error.
func (l *Provider) deleteAll(ctx context.Context, p profile.Profile, where profile.Keep,
	kinds map[secret.Kind]secret.Secret) error {
	var errs []error
	for kind := range kinds {
		if err := l.place(where).Delete(ctx, secret.Account(p.ID, kind)); err != nil &&
			!errors.Is(err, secret.ErrNotFound) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// kept gives all secrets of a profile that its place has.
func (l *Provider) kept(ctx context.Context, p profile.Profile) (map[secret.Kind]secret.Secret, error) {
	all := map[secret.Kind]secret.Secret{}
	place := l.place(p.Secrets)
	if place == nil {
		return all, nil
	}
	for _, kind := range secret.Kinds() {
		s, err := place.Get(ctx, secret.Account(p.ID, kind))
		switch {
		case err == nil:
			all[kind] = s
		case !errors.Is(err, secret.ErrNotFound):
			return all, err
		}
	}
	return all, nil
}

// Save saves a secret of a profile, or with an empty one none, where the person wishes: the place where the profile
// keeps its secrets, if there is no wish. Another wish moves all its secrets there. moved is called then, with where
// they are kept from now on, before they are forgotten where they were. Errors: keychain_unavailable, keychain_denied,
// sealed_file_denied, sealed_file_unusable.
func (l *Provider) Save(ctx context.Context, p profile.Profile, kind secret.Kind, fresh secret.Secret,
	wish profile.Keep, moved func(profile.Keep) error) error {
	before := p.Secrets
	if place := l.place(before); place != nil && (wish == before || wish == profile.KeepNone) {
		if fresh.Empty() {
			return nil
		}
		return placeSaid(before, "the "+Whose(p, kind), place.Set(ctx, secret.Account(p.ID, kind), fresh))
	}
	// A place that does not work any more can be left behind, with what it holds.
	old, _ := l.kept(ctx, p)
	if !fresh.Empty() {
		old[kind] = fresh
	}
	for k, held := range old {
		if err := l.Type(ctx, p.ID, k, held); err != nil {
			return err
		}
	}
	now, err := l.Keep(ctx, p, wish)
	if err != nil {
		return err
	}
	if err := moved(now); err != nil {
		return err
	}
	if l.place(before) == nil {
		return nil
	}
	return placeSaid(before, "the secrets of "+p.Name, l.deleteAll(ctx, p, before, old))
}

// Type takes what a person typed for a profile.
func (l *Provider) Type(ctx context.Context, profileID string, kind secret.Kind, s secret.Secret) error {
	return l.typed.Set(ctx, secret.Account(profileID, kind), s)
}

// Typed gives what was typed for a profile, or was asked of a person; false for nothing.
func (l *Provider) Typed(ctx context.Context, profileID string, kind secret.Kind) (secret.Secret, bool) {
	s, err := l.typed.Get(ctx, secret.Account(profileID, kind))
	return s, err == nil
}

// Lend gives a login that is tried under another id what is kept for a profile of these kinds, but for what was typed
// for the trial. It reports what was lent; what cannot be read is asked for.
func (l *Provider) Lend(ctx context.Context, p profile.Profile, trial string,
	kinds ...secret.Kind) map[secret.Kind]secret.Secret {
	lent := map[secret.Kind]secret.Secret{}
	for _, kind := range kinds {
		if _, typed := l.Typed(ctx, trial, kind); typed {
			continue
		}
		if s, err := l.find(ctx, p, kind); err == nil && l.Type(ctx, trial, kind, s) == nil {
			lent[kind] = s
		}
	}
	return lent
}

// Lose forgets these kinds of a profile's secrets, where they are kept and what was typed.
func (l *Provider) Lose(ctx context.Context, p profile.Profile, kinds ...secret.Kind) error {
	if len(kinds) == 0 {
		return nil
	}
	l.Drop(ctx, p, kinds...)
	if l.place(p.Secrets) == nil {
		return nil
	}
	gone := map[secret.Kind]secret.Secret{}
	for _, kind := range kinds {
		gone[kind] = secret.Secret{}
	}
	return placeSaid(p.Secrets, "the secrets of "+p.Name, l.deleteAll(ctx, p, p.Secrets, gone))
}

// Anew forgets what a NAS refused and took: it is reached in another way from now on.
func (l *Provider) Anew(p profile.Profile) { l.attempts.forget(p) }

// Drop forgets what was typed for a profile.
func (l *Provider) Drop(ctx context.Context, p profile.Profile, kinds ...secret.Kind) {
	if len(kinds) == 0 {
		kinds = secret.Kinds()
	}
	for _, kind := range kinds {
		_ = l.typed.Delete(ctx, secret.Account(p.ID, kind)) // it may not have been typed
	}
}

// Forget deletes all secrets of a profile. remove, which forgets the profile itself, is called between the look at
// them, which may fail and change nothing, and their end.
func (l *Provider) Forget(ctx context.Context, p profile.Profile, remove func() error) error {
	held, err := l.kept(ctx, p)
	if err != nil && (ctx.Err() != nil || !errors.Is(err, secret.ErrUnavailable)) {
		return placeSaid(p.Secrets, "the secrets of "+p.Name, err)
	}
	if err := remove(); err != nil {
		return err
	}
	l.Drop(ctx, p)
	l.attempts.forget(p)
	if err == nil && len(held) > 0 {
		err = l.deleteAll(ctx, p, p.Secrets, held)
	}
	if err != nil {
		return reason.New(reason.SecretsLeft, "nas", p.Name, "accounts", secret.Account(p.ID, "*"), "error", err)
	}
	return nil
}
