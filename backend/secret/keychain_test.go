package secret

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zalando/go-keyring"
)

// fakeRing is a keychain of the tests' own; hang, if set, is what its calls wait for.
type fakeRing struct {
	kept map[string]string
	err  error
	hang chan struct{}
}

func (r *fakeRing) wait() error {
	if r.hang != nil {
		<-r.hang
	}
	return r.err
}

func (r *fakeRing) Get(service, account string) (string, error) {
	if err := r.wait(); err != nil {
		return "", err
	}
	if text, ok := r.kept[service+account]; ok {
		return text, nil
	}
	return "", keyring.ErrNotFound
}

func (r *fakeRing) Set(service, account, text string) error {
	if err := r.wait(); err != nil {
		return err
	}
	r.kept[service+account] = text
	return nil
}

func (r *fakeRing) Delete(service, account string) error {
	if err := r.wait(); err != nil {
		return err
	}
	if _, ok := r.kept[service+account]; !ok {
		return keyring.ErrNotFound
	}
	delete(r.kept, service+account)
	return nil
}

func TestAKeychainKeeps(t *testing.T) {
	testStore(t, newKeychain("burnish", &fakeRing{kept: map[string]string{}}))
}

func TestAKeychainThatNeverAnswersIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRing{kept: map[string]string{"burnisha": plain}, hang: make(chan struct{})}
		k := newKeychain("burnish", r)
		for range 3 { // the later ones wait for the first, which still hangs
			begin := time.Now()
			if _, err := k.Get(t.Context(), "a"); !errors.Is(err, ErrUnavailable) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(begin); took != Patience {
				t.Errorf("it took %v", took)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := k.Delete(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		close(r.hang) // somebody answers the prompt
		if got, err := k.Get(t.Context(), "a"); err != nil || got.Reveal() != plain {
			t.Errorf("got %q, %v", got.Reveal(), err)
		}
	})
}

func TestAKeychainsWordsGetAType(t *testing.T) {
	for text, want := range map[string]error{
		"failed to unlock correct collection '/org/freedesktop/secrets/collection/login'": ErrDenied,
		"Cannot create an item in a locked collection: the collection is locked":          ErrDenied,
		"Access denied.": ErrDenied,
		"The name org.freedesktop.secrets was not provided by any .service files": ErrUnavailable,
		"dial unix /nonexistent/bus: connect: no such file or directory":          ErrUnavailable,
		"exec: \"dbus-launch\": executable file not found in $PATH":               ErrUnavailable,
	} {
		k := newKeychain("burnish", &fakeRing{err: errors.New(text)})
		if _, err := k.Get(t.Context(), "a"); !errors.Is(err, want) || !strings.Contains(fmt.Sprint(err), text) {
			t.Errorf("%q is %v, want %v", text, err, want)
		}
	}
	for err, want := range map[error]error{keyring.ErrUnsupportedPlatform: ErrUnavailable,
		keyring.ErrNotFound: ErrNotFound, keyring.ErrSetDataTooBig: ErrUnavailable} {
		if _, got := newKeychain("burnish", &fakeRing{err: err}).Get(t.Context(), "a"); !errors.Is(got, want) {
			t.Errorf("%v is %v", err, got)
		}
	}
}

func TestWhatNoKeychainTakesIsRefusedBeforeIt(t *testing.T) {
	k := newKeychain("burnish", &fakeRing{kept: map[string]string{}})
	if err := k.Set(t.Context(), "a", New(strings.Repeat("x", maxLength+1))); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}
