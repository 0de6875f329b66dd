package credentials

import (
	"context"
	"testing"

	"burnish/backend/nas/link"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/secret"
)

// talk is a login with somebody there, who answers in turn.
type talk struct {
	*testing.T
	*Provider
	p       profile.Profile
	answers []string
	asked   []Question
}

func talking(t *testing.T, where profile.Keep, answers ...string) (*talk, *drawer) {
	l, p, chain, _ := saved(where)
	k := &talk{T: t, Provider: l, p: p, answers: answers}
	l.Person = func(_ context.Context, q Question) (secret.Secret, error) {
		k.asked = append(k.asked, q)
		if len(k.asked) > len(k.answers) {
			t.Fatalf("asked too often: %+v", k.asked)
		}
		return secret.New(k.answers[len(k.asked)-1]), nil
	}
	return k, chain
}

// sends is what goes to the NAS as the password of the login, or the jump host.
func (k *talk) sends(want string, jump bool) {
	k.Helper()
	if text, err := k.Answer(k.Context(), k.p, link.Question{Want: link.WantPassword, Jump: jump}); err != nil ||
		text != want {
		k.Errorf("sent %q, %v; want %q", text, err, want)
	}
}

func (k *talk) sudos(want string) {
	k.Helper()
	if text, err := k.Sudo(k.Context(), k.p); err != nil || text != want {
		k.Errorf("sudo got %q, %v; want %q", text, err, want)
	}
}

func (k *talk) refuses(code reason.Code) {
	k.Refused(k.Context(), k.p, reason.New(code))
}

func (k *talk) wasAsked(times int) {
	k.Helper()
	if len(k.asked) != times {
		k.Errorf("asked %d times, want %d", len(k.asked), times)
	}
}

func TestAKeptPasswordThatIsWrongIsAskedForAndTheRightOneIsKept(t *testing.T) {
	k, chain := talking(t, profile.KeepKeychain, "new")
	account := secret.Account(k.p.ID, secret.Login)
	chain.kept[account] = secret.New("old")
	k.sends("old", false)
	k.refuses("password_refused")
	k.sends("new", false)
	if k.wasAsked(1); !k.asked[0].Again {
		t.Error("nobody said that the kept one was wrong")
	}
	k.Accepted(t.Context(), k.p, secret.Login)
	if got := chain.kept[account].Reveal(); got != "new" {
		t.Errorf("kept is %q", got)
	}
	k.sends("new", false)
	k.wasAsked(1)
}

func TestAPasswordThatIsChangedElsewhereIsTriedWithoutAQuestion(t *testing.T) {
	k, chain := talking(t, profile.KeepKeychain)
	account := secret.Account(k.p.ID, secret.Login)
	chain.kept[account] = secret.New("old")
	k.sends("old", false)
	k.refuses("password_refused")
	chain.kept[account] = secret.New("newer") // by another program
	k.sends("newer", false)
}

func TestALoginsPasswordThatSudoRefusesIsNotSentToItAgain(t *testing.T) {
	k, _ := talking(t, profile.KeepSession, "of the login", "of sudo")
	k.sends("of the login", false)
	k.sudos("of the login")
	k.refuses("sudo_refused")
	k.sudos("of sudo")
	k.sends("of the login", false)
	k.sudos("of sudo")
	k.wasAsked(2)
}

func TestARightPasswordIsNotBlamedForACode(t *testing.T) {
	k, _ := talking(t, profile.KeepSession, "right")
	k.sends("right", false)
	k.Accepted(t.Context(), k.p, secret.Login)
	k.refuses("second_factor_refused")
	k.sends("right", false)
	k.wasAsked(1)

	k, _ = talking(t, profile.KeepSession, "perhaps", "right")
	k.sends("perhaps", false)
	k.refuses("second_factor_refused")
	k.sends("right", false)
}

func TestOnlyThePasswordThatWasRefusedIsAskedForAgain(t *testing.T) {
	k, _ := talking(t, profile.KeepSession, "of the door", "wrong", "right")
	k.sends("of the door", true)
	k.sends("wrong", false)
	k.refuses("password_refused")
	k.sends("of the door", true)
	k.sends("right", false)
}

func TestWithNobodyThereWhatIsKeptIsSent(t *testing.T) {
	k, chain := talking(t, profile.KeepKeychain)
	k.Person = nil
	chain.kept[secret.Account(k.p.ID, secret.Login)] = secret.New("old")
	for range 2 {
		k.sends("old", false)
		k.refuses("password_refused")
	}
}

func TestASealedFileThatNobodyOpensKeepsTheNAS(t *testing.T) {
	l, p, _, file := saved(profile.KeepFile)
	for _, err := range []error{secret.ErrDenied, link.ErrNobody} {
		file.err = err
		remove := func() error { t.Error("the NAS is removed"); return nil }
		if err := l.Forget(t.Context(), p, remove); err == nil || reason.CodeOf(err) == "secrets_left" {
			t.Errorf("removed: %v", err)
		}
	}
}
