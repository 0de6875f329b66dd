// Package secret keeps what nobody else may read: passwords and passphrases of saved NAS, and the addresses, keys and
// passwords of the ways to tell notices.
//
// Its rules:
//   - A Secret prints as "(secret)" in every verb, in JSON and in logs; Reveal is the one way to its text. An error of
//     this package never holds one.
//   - Secrets go to the keychain of the system (Keychain), to a file that a passphrase or a key seals (File), or
//     nowhere but the memory of this process (Memory). Nothing is chosen or replaced silently: that is the caller's.
//   - A keychain is asked only when a secret is wanted, because to ask may show a person a prompt. It gets ten seconds:
//     some never answer.
//   - Private keys are not kept: they stay in their files or in the agent, and some keychains take only 2.5 KiB.
//
// Keychain, File and Memory are safe for concurrent use, File by several processes too. Their errors wrap ErrNotFound,
// ErrUnavailable or ErrDenied, or are the context's.
package secret

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// What a store may answer instead of a secret.
var (
	ErrNotFound    = errors.New("no such secret")
	ErrUnavailable = errors.New("secrets cannot be kept here")     // there is no keychain, or it does not work
	ErrDenied      = errors.New("access to the secrets is denied") // it is locked, or the passphrase is wrong
)

// hidden is what is seen of a secret.
const hidden = "(secret)"

// Secret is a text that does not show itself. The text lies behind a pointer, so that it stays hidden also where it is
// printed as a part of something else, without its methods. The zero value is empty.
type Secret struct{ text *string }

// New hides a text.
func New(text string) Secret { return Secret{&text} }

// Reveal gives the text to whoever must send it.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty reports whether there is nothing to hide.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// Format answers every verb of fmt alike.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) } // fmt tells of f

// String is what others than fmt print.
func (s Secret) String() string { return hidden }

// MarshalText is what encoders write.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue is what logs hold.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// Kind says what a secret opens.
type Kind string

// The kinds.
const (
	Login      Kind = "login"      // the password of the login
	Sudo       Kind = "sudo"       // the password that sudo asks for
	Passphrase Kind = "passphrase" // that of the private key
	Jump       Kind = "jump"       // the password of the login at the jump host
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Login, Sudo, Passphrase, Jump} }

// Account is the name under which a profile's secret is kept.
func Account(profileID string, kind Kind) string {
	return "profile/" + profileID + "/" + string(kind)
}

// WayAccount is the name under which the secrets of a way to tell notices are kept.
func WayAccount(wayID string) string { return "way/" + wayID }
