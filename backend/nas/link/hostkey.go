package link

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"burnish/backend/reason"
)

// hostKeyAlgorithms are the ways a server may prove its key, in order of preference; those of one inner list are of
// one type of key. SHA-1 and DSA are not among them.
var hostKeyAlgorithms = [][]string{
	{ssh.KeyAlgoED25519},
	{ssh.KeyAlgoECDSA256},
	{ssh.KeyAlgoECDSA384},
	{ssh.KeyAlgoECDSA521},
	{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256},
}

// legacyHostKeyAlgorithms come after those, for a NAS that may use them. DSA, which no server of the last ten years
// offers by itself, is not among them either.
var legacyHostKeyAlgorithms = [][]string{{ssh.KeyAlgoRSA}}

// groups are the algorithms that are accepted.
func groups(legacy bool) [][]string {
	if legacy {
		return slices.Concat(hostKeyAlgorithms, legacyHostKeyAlgorithms)
	}
	return hostKeyAlgorithms
}

// algorithmsOf gives the ways in which a type of key proves itself; nil for a type that is not accepted.
func algorithmsOf(keyType string, legacy bool) []string {
	if keyType == ssh.KeyAlgoRSA {
		if legacy {
			return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
		}
		keyType = ssh.KeyAlgoRSASHA512
	}
	for _, group := range groups(legacy) {
		if slices.Contains(group, keyType) {
			return group
		}
	}
	return nil
}

// pin is the host key that a NAS is known by: whole, or only its fingerprint; neither before the first dial.
type pin struct {
	key         ssh.PublicKey
	fingerprint string
	legacy      bool // weak types of keys are accepted
}

// parsePin reads what a profile holds.
func parsePin(t Target) (pin, error) {
	text := strings.TrimSpace(t.HostKey)
	bad := func(what string) (pin, error) {
		return pin{}, reason.New(reason.BadProfile, "what", "the host key of "+t.Name+" "+what,
			"hint", "Give it as SHA256:... (ssh-keygen -lf shows it on the NAS).")
	}
	if text == "" {
		return pin{legacy: t.LegacyAlgorithms}, nil
	}
	if hash, ok := strings.CutPrefix(text, "SHA256:"); ok {
		hash = strings.TrimRight(hash, "=")
		if sum, err := base64.RawStdEncoding.DecodeString(hash); err != nil || len(sum) != 32 {
			return bad("is no SHA256 fingerprint")
		}
		return pin{fingerprint: "SHA256:" + hash, legacy: t.LegacyAlgorithms}, nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil {
		return bad("is no public key")
	}
	if algorithmsOf(key.Type(), t.LegacyAlgorithms) == nil {
		return bad("is of a type that is not accepted: " + key.Type())
	}
	return pin{key: key, fingerprint: ssh.FingerprintSHA256(key), legacy: t.LegacyAlgorithms}, nil
}

func (p pin) none() bool { return p.fingerprint == "" }

func (p pin) fits(key ssh.PublicKey) bool {
	if p.key != nil {
		return bytes.Equal(p.key.Marshal(), key.Marshal())
	}
	return p.fingerprint == ssh.FingerprintSHA256(key)
}

// first are the algorithms to ask for at the first dial: of several keys, a server shows the one that is pinned.
func (p pin) first() []string {
	if p.key != nil {
		return algorithmsOf(p.key.Type(), p.legacy)
	}
	return p.all()
}

// all are the algorithms that are accepted at all.
func (p pin) all() []string { return slices.Concat(groups(p.legacy)...) }

var errHostKey = errors.New("the host key is not the pinned one")

// keyCheck is the host key callback of one dial. It keeps what was shown.
type keyCheck struct {
	pin      pin
	shown    ssh.PublicKey
	accepted bool
	accept   func() // called when the key is right
}

func (c *keyCheck) check(_ string, _ net.Addr, key ssh.PublicKey) error {
	right := !c.pin.none() && c.pin.fits(key)
	if !c.accepted { // later calls are for new session keys, while others read what was shown
		c.shown = key
		if right {
			c.accepted = true
			c.accept()
		}
	}
	if !right {
		return errHostKey
	}
	return nil
}

// refused reports whether the handshake ended because of the key.
func (c *keyCheck) refused() bool { return c.shown != nil && !c.accepted }

// without takes the algorithms of a key's type out of the list.
func without(algorithms []string, key ssh.PublicKey) []string {
	shown := algorithmsOf(key.Type(), true)
	return slices.DeleteFunc(slices.Clone(algorithms), func(a string) bool { return slices.Contains(shown, a) })
}

// noSuchHostKey reports whether the server has no host key of the types that were asked for.
func noSuchHostKey(err error) bool {
	var none *ssh.AlgorithmNegotiationError
	return errors.As(err, &none) && none.What == "host key"
}
