package credentials

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"burnish/backend/nas/link"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/secret"
)

// drawer is a place for secrets whose calls fail as told; room is how many it takes before it fails too.
type drawer struct {
	kept map[string]secret.Secret
	err  error
	room int
}

func newDrawer() *drawer { return &drawer{kept: map[string]secret.Secret{}, room: 100} }

func (d *drawer) Get(_ context.Context, account string) (secret.Secret, error) {
	if d.err != nil {
		return secret.Secret{}, d.err
	}
	if s, ok := d.kept[account]; ok {
		return s, nil
	}
	return secret.Secret{}, secret.ErrNotFound
}

func (d *drawer) Set(_ context.Context, account string, s secret.Secret) error {
	if d.err != nil {
		return d.err
	}
	if len(d.kept) >= d.room {
		return fmt.Errorf("%w: full", secret.ErrUnavailable)
	}
	d.kept[account] = s
	return nil
}

func (d *drawer) Delete(_ context.Context, account string) error {
	if d.err != nil {
		return d.err
	}
	if _, ok := d.kept[account]; !ok {
		return secret.ErrNotFound
	}
	delete(d.kept, account)
	return nil
}

func (d *drawer) holds(t *testing.T, want ...string) {
	t.Helper()
	got := slices.Sorted(maps.Keys(d.kept))
	for i := range got {
		got[i] = got[i][strings.LastIndexByte(got[i], '/')+1:]
	}
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("it holds %q, want %q", got, want)
	}
}

// saved is a provider with two places, and a profile that logs in by password.
func saved(where profile.Keep) (*Provider, profile.Profile, *drawer, *drawer) {
	p := profile.Profile{
		ID: "0123456789abcdefghij", Name: "tank", Host: "nas.lan", Port: 22, User: "admin", Password: true,
		Sudo: profile.SudoPassword, Secrets: where, Slots: 4,
	}
	chain, file := newDrawer(), newDrawer()
	return &Provider{Keychain: chain, File: file}, p, chain, file
}

func typed(t *testing.T, l *Provider, p profile.Profile, kinds ...secret.Kind) {
	t.Helper()
	for _, k := range kinds {
		if err := l.Type(t.Context(), p.ID, k, secret.New("secret-"+string(k))); err != nil {
			t.Fatal(err)
		}
	}
}

func wantSaid(t *testing.T, err error, code reason.Code) {
	t.Helper()
	if reason.CodeOf(err) != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestWhatIsTypedIsKeptWhereThePersonWishes(t *testing.T) {
	for _, c := range []struct {
		wish, want profile.Keep
		broken     error
		room       int
		code       reason.Code
	}{
		{wish: profile.KeepNone, want: profile.KeepKeychain, room: 9},
		{wish: profile.KeepNone, want: profile.KeepSession, broken: secret.ErrUnavailable, room: 9},
		{wish: profile.KeepNone, want: profile.KeepSession, broken: secret.ErrDenied, room: 9},
		{wish: profile.KeepNone, want: profile.KeepSession, room: 1}, // half of it fits: none is left behind
		{wish: profile.KeepKeychain, broken: secret.ErrUnavailable, room: 9, code: "keychain_unavailable"},
		{wish: profile.KeepKeychain, broken: secret.ErrDenied, room: 9, code: "keychain_denied"},
		{wish: profile.KeepSession, want: profile.KeepSession, room: 9},
		{wish: profile.KeepFile, want: profile.KeepFile, room: 9},
	} {
		l, p, chain, file := saved(profile.KeepNone)
		typed(t, l, p, secret.Login, secret.Sudo)
		chain.err, chain.room = c.broken, c.room
		got, err := l.Keep(t.Context(), p, c.wish)
		if c.code != "" {
			wantSaid(t, err, c.code)
		} else if err != nil || got != c.want {
			t.Errorf("%+v: kept in %q, %v", c, got, err)
		}
		inChain, inFile := []string{}, []string{}
		switch got {
		case profile.KeepKeychain:
			inChain = []string{"login", "sudo"}
		case profile.KeepFile:
			inFile = []string{"login", "sudo"}
		}
		chain.holds(t, inChain...)
		file.holds(t, inFile...)
	}
}

func TestAPersonIsAskedOnceAndAgainOnlyAfterARefusal(t *testing.T) {
	l, p, _, _ := saved(profile.KeepSession)
	asked := 0
	l.Person = func(_ context.Context, q Question) (secret.Secret, error) {
		asked++
		if !strings.Contains(q.Text, "admin") || q.NAS != "tank" {
			t.Errorf("asked %+v", q)
		}
		return secret.New("typed"), nil
	}
	ask := func() {
		t.Helper()
		if text, err := l.Answer(t.Context(), p, link.Question{Want: link.WantPassword,
			User: "admin", Host: "nas.lan:22"}); err != nil || text != "typed" {
			t.Errorf("got %q, %v", text, err)
		}
	}
	ask()
	ask()
	if text, err := l.Sudo(t.Context(), p); err != nil || text != "typed" || asked != 1 {
		t.Errorf("sudo: %q, %v, asked %d times; want the login's", text, err, asked)
	}
	l.Refused(t.Context(), p, reason.New("nas_unreachable"))
	ask()
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	l.Refused(t.Context(), p, reason.New("password_refused"))
	ask()
	if asked != 2 {
		t.Errorf("asked %d times after a refusal", asked)
	}
	// A code is good once.
	for range 2 {
		if _, err := l.Answer(t.Context(), p, link.Question{Want: link.WantCode, User: "admin"}); err != nil {
			t.Error(err)
		}
	}
	if asked != 4 {
		t.Errorf("asked %d times after two codes", asked)
	}
}

func TestWithNobodyThereTheErrorSaysWhatIsMissing(t *testing.T) {
	for _, where := range []profile.Keep{profile.KeepSession, profile.KeepKeychain, profile.KeepFile} {
		l, p, _, _ := saved(where)
		if _, err := l.Answer(t.Context(), p, link.Question{Want: link.WantPassword}); !errors.Is(err,
			link.ErrNobody) {
			t.Errorf("%s: %v", where, err)
		}
		_, err := l.Sudo(t.Context(), p)
		wantSaid(t, err, "password_needed")
	}
	l, p, chain, _ := saved(profile.KeepKeychain)
	for broken, code := range map[error]reason.Code{secret.ErrDenied: "keychain_denied",
		secret.ErrUnavailable: "keychain_unavailable"} {
		chain.err = broken
		_, err := l.Answer(t.Context(), p, link.Question{Want: link.WantPassword})
		wantSaid(t, err, code)
	}
}

func TestRemovingANASRemovesItsSecrets(t *testing.T) {
	l, p, chain, _ := saved(profile.KeepKeychain)
	typed(t, l, p, secret.Login, secret.Sudo, secret.Passphrase, secret.Jump)
	if _, err := l.Keep(t.Context(), p, profile.KeepKeychain); err != nil {
		t.Fatal(err)
	}
	chain.holds(t, "jump", "login", "passphrase", "sudo")

	removed := false
	remove := func() error { removed = true; return nil }
	chain.err = secret.ErrDenied
	wantSaid(t, l.Forget(t.Context(), p, remove), "keychain_denied")
	if removed {
		t.Error("a locked keychain removed the profile")
	}
	chain.err = nil
	if err := l.Forget(t.Context(), p, remove); err != nil || !removed {
		t.Errorf("removed: %v, %v", removed, err)
	}
	chain.holds(t)

	// Where the keychain is gone for good the profile can still be removed.
	l, p, chain, _ = saved(profile.KeepKeychain)
	removed, chain.err = false, secret.ErrUnavailable
	if wantSaid(t, l.Forget(t.Context(), p, remove), "secrets_left"); !removed {
		t.Error("the profile stays")
	}
}

func TestASecretIsChangedInItsPlaceOrAllMoveToAnother(t *testing.T) {
	l, p, chain, file := saved(profile.KeepKeychain)
	typed(t, l, p, secret.Login, secret.Sudo)
	if _, err := l.Keep(t.Context(), p, profile.KeepKeychain); err != nil {
		t.Fatal(err)
	}
	p.Secrets = profile.KeepKeychain
	moved := func(now profile.Keep) error { p.Secrets = now; return nil }
	change := func(text string, wish profile.Keep, want profile.Keep) {
		t.Helper()
		err := l.Save(t.Context(), p, secret.Login, secret.New(text), wish, moved)
		if err != nil || p.Secrets != want {
			t.Errorf("kept in %q, %v, want %q", p.Secrets, err, want)
		}
	}
	change("new", profile.KeepNone, profile.KeepKeychain)
	chain.holds(t, "login", "sudo")
	if got := chain.kept[secret.Account(p.ID, secret.Login)].Reveal(); got != "new" {
		t.Errorf("it is %q", got)
	}
	change("newer", profile.KeepFile, profile.KeepFile)
	chain.holds(t)
	file.holds(t, "login", "sudo")
	change("", profile.KeepSession, profile.KeepSession)
	file.holds(t)

	// A place that cannot be used any more is left for another, with what it holds.
	change("again", profile.KeepKeychain, profile.KeepKeychain)
	chain.holds(t, "login", "sudo")
	chain.err = secret.ErrUnavailable
	if err := l.Save(t.Context(), p, secret.Login, secret.New("x"), profile.KeepFile,
		moved); p.Secrets != profile.KeepFile {
		t.Errorf("kept in %q, %v", p.Secrets, err)
	}
	file.holds(t, "login")
}
