package credentials

import (
	"context"
	"maps"
	"strings"
	"sync"

	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/secret"
)

// passwords are what a login sends, beside codes.
var passwords = []secret.Kind{secret.Login, secret.Jump, secret.Passphrase}

// attempts remembers what was sent to a NAS and what became of it, by the secret's account, so that nothing wrong
// is sent twice and nothing right is asked for again. The zero value is ready; it is safe for concurrent use.
type attempts struct {
	mu    sync.Mutex
	given map[string]secret.Secret // sent last
	wrong map[string]secret.Secret // refused last
	right map[string]secret.Secret // taken last
	last  map[string]secret.Kind   // by profile: which password, of the jump host or the login, was sent last
}

func set[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}

func same(m map[string]secret.Secret, account string, s secret.Secret) bool {
	had, ok := m[account]
	return ok && had.Reveal() == s.Reveal()
}

// give notes what is sent as a kind of secret.
func (h *attempts) give(p profile.Profile, kind secret.Kind, s secret.Secret) {
	h.mu.Lock()
	defer h.mu.Unlock()
	set(&h.given, secret.Account(p.ID, kind), s)
	if kind == secret.Login || kind == secret.Jump {
		set(&h.last, p.ID, kind)
	}
}

// refused reports whether the NAS refused this secret when it got it last.
func (h *attempts) refused(p profile.Profile, kind secret.Kind, s secret.Secret) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return same(h.wrong, secret.Account(p.ID, kind), s)
}

// failed reports whether the NAS refused what it got last as a kind of secret.
func (h *attempts) failed(p profile.Profile, kind secret.Kind) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.wrong[secret.Account(p.ID, kind)]
	return ok
}

// blame notes that what was sent as a kind is wrong.
func (h *attempts) blame(p profile.Profile, kind secret.Kind) {
	h.mu.Lock()
	defer h.mu.Unlock()
	account := secret.Account(p.ID, kind)
	if s, ok := h.given[account]; ok {
		set(&h.wrong, account, s)
		delete(h.right, account)
	}
}

// blamed names the password that a refused login sent last. Where a code was asked for too, and the password was right
// before, it is none: the code was wrong, or came twice.
func (h *attempts) blamed(p profile.Profile, coded bool) (kind secret.Kind, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kind, ok = h.last[p.ID]
	account := secret.Account(p.ID, kind)
	return kind, ok && !(coded && same(h.right, account, h.given[account]))
}

// praise notes that what was sent as a kind was right, and reports whether another was refused before it.
func (h *attempts) praise(p profile.Profile, kind secret.Kind) (better bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	account := secret.Account(p.ID, kind)
	s, ok := h.given[account]
	if !ok {
		return false
	}
	set(&h.right, account, s)
	_, better = h.wrong[account]
	delete(h.wrong, account)
	return better
}

// forget forgets a profile.
func (h *attempts) forget(p profile.Profile) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range []map[string]secret.Secret{h.given, h.wrong, h.right} {
		maps.DeleteFunc(m, func(account string, _ secret.Secret) bool {
			return strings.HasPrefix(account, secret.Account(p.ID, ""))
		})
	}
	delete(h.last, p.ID)
}

// Refused forgets what was typed and is wrong, so that the next try asks.
func (l *Provider) Refused(ctx context.Context, p profile.Profile, err error) {
	var kind secret.Kind
	switch coded := reason.CodeOf(err) == reason.SecondFactorRefused; {
	case coded, reason.CodeOf(err) == reason.PasswordRefused:
		var ok bool
		if kind, ok = l.attempts.blamed(p, coded); !ok {
			return
		}
	case reason.CodeOf(err) == reason.SudoRefused:
		kind = secret.Sudo
	case reason.CodeOf(err) == reason.PassphraseWrong:
		kind = secret.Passphrase
	default:
		return
	}
	l.attempts.blame(p, kind)
	l.Drop(ctx, p, kind)
}

// Accepted notes that a NAS took what it was sent. What a person typed in place of a kept secret that it refused is
// kept in its place from now on.
func (l *Provider) Accepted(ctx context.Context, p profile.Profile, kinds ...secret.Kind) {
	for _, kind := range kinds {
		if !l.attempts.praise(p, kind) {
			continue
		}
		account, place := secret.Account(p.ID, kind), l.place(p.Secrets)
		if s, err := l.typed.Get(ctx, account); err == nil && place != nil && place.Set(ctx, account, s) == nil {
			l.Drop(ctx, p, kind)
		} // else it is kept as long as this process lives
	}
}

// LoggedIn notes that a login went well: all that was sent for it was right.
func (l *Provider) LoggedIn(ctx context.Context, p profile.Profile) { l.Accepted(ctx, p, passwords...) }
