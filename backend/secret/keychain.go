package secret

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/zalando/go-keyring"
)

// ring is a system's keychain as its library gives it: calls that may never return, errors without types.
type ring interface {
	Get(service, account string) (string, error)
	Set(service, account, text string) error
	Delete(service, account string) error
}

// systemRing is the keychain of the desktop that this process runs in: Secret Service, macOS Keychain, Windows
// Credential Manager.
type systemRing struct{}

func (systemRing) Get(service, account string) (string, error) {
	if err := reachable(); err != nil {
		return "", err
	}
	return keyring.Get(service, account)
}

func (systemRing) Set(service, account, text string) error {
	if err := reachable(); err != nil {
		return err
	}
	return keyring.Set(service, account, text)
}

func (systemRing) Delete(service, account string) error {
	if err := reachable(); err != nil {
		return err
	}
	return keyring.Delete(service, account)
}

// Patience is how long a keychain may take to answer. A prompt that a person has not answered by then stays on the
// screen; what is typed there helps the next try.
const Patience = 10 * time.Second

// maxLength is what every system's keychain takes, in bytes: the least is that of Windows, in UTF-16.
const maxLength = 1024

// Keychain keeps secrets in the keychain of the system, under one service name.
type Keychain struct {
	service string
	ring    ring
	turn    chan struct{} // holds one token; a call that hangs keeps it
}

// NewKeychain does not touch the keychain yet.
func NewKeychain(service string) *Keychain { return newKeychain(service, systemRing{}) }

func newKeychain(service string, r ring) *Keychain {
	k := &Keychain{service: service, ring: r, turn: make(chan struct{}, 1)}
	k.turn <- struct{}{}
	return k
}

// Get gives the secret of an account: ErrNotFound, ErrUnavailable, ErrDenied.
func (k *Keychain) Get(ctx context.Context, account string) (Secret, error) {
	got := make(chan Secret, 1)
	err := k.call(ctx, func() error {
		text, err := k.ring.Get(k.service, account)
		got <- New(text)
		return err
	})
	if err != nil {
		return Secret{}, err
	}
	return <-got, nil
}

// Set keeps a secret in the place of any other of its account: ErrUnavailable, ErrDenied.
func (k *Keychain) Set(ctx context.Context, account string, s Secret) error {
	if n := len(s.Reveal()); n > maxLength {
		return fmt.Errorf("%w: it has %d bytes and keychains take %d", ErrUnavailable, n, maxLength)
	}
	return k.call(ctx, func() error { return k.ring.Set(k.service, account, s.Reveal()) })
}

// Delete forgets a secret: ErrNotFound, ErrUnavailable, ErrDenied.
func (k *Keychain) Delete(ctx context.Context, account string) error {
	return k.call(ctx, func() error { return k.ring.Delete(k.service, account) })
}

// call asks the keychain on a goroutine of its own, which a keychain that never answers keeps for ever.
func (k *Keychain) call(ctx context.Context, ask func() error) error {
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case <-k.turn:
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fmt.Errorf("%w: the keychain has not answered an earlier question", ErrUnavailable)
	}
	answer := make(chan error, 1)
	go func() {
		err := ask()
		answer <- err
		k.turn <- struct{}{}
	}()
	select {
	case err := <-answer:
		return classify(err)
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fmt.Errorf("%w: the keychain did not answer within %v; it may be waiting for a person", ErrUnavailable,
			Patience)
	}
}

// macDenied are the exit codes of macOS's security(1) for: no interaction allowed, wrong password, cancelled.
var macDenied = map[int]bool{36: true, 51: true, 128: true}

// classify gives the library's errors a type. Of its own it types only two; the others are told apart by their words.
func classify(err error) error {
	var ended *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.As(err, &ended) && macDenied[ended.ExitCode()]:
		return fmt.Errorf("%w: the keychain refused (%w)", ErrDenied, err)
	}
	text := strings.ToLower(err.Error())
	for _, word := range []string{"failed to unlock", "is locked", "islocked", "denied", "dismissed", "cancel"} {
		if strings.Contains(text, word) {
			return fmt.Errorf("%w: the keychain is locked or refuses (%w)", ErrDenied, err)
		}
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
