//go:build linux

package nas

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"

	"burnish/backend/nas/link"
	"burnish/backend/testbed/sshd"
)

// keyFile writes a private key and gives its file and public half.
func keyFile(t testing.TB, key any) (string, ssh.PublicKey) {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, signer.PublicKey()
}

func TestAnUnknownHostKeyIsNamedAndNothingMoreIsSaid(t *testing.T) {
	s := startServer(t)
	target := targetOf(s)
	target.HostKey = ""
	_, err := Dial(testContext(t), target, testOptions())
	if text := wantCode(t, err, "host_key_unknown"); !strings.Contains(text, s.HostKeyFingerprint) {
		t.Errorf("%q does not name %s", text, s.HostKeyFingerprint)
	}
	if strings.Contains(s.Log(), "root") {
		t.Errorf("a login was tried:\n%s", s.Log())
	}
}

func TestAPinnedHostKeyIsAcceptedWholeOrByFingerprint(t *testing.T) {
	s := startServer(t)
	c := dial(t, targetOf(s), testOptions())
	whole := targetOf(s)
	whole.HostKey = c.HostKey()
	if again := dial(t, whole, testOptions()); again.HostKey() != c.HostKey() {
		t.Errorf("pinned %q, was shown %q", c.HostKey(), again.HostKey())
	}
}

func TestAChangedHostKeyIsAHardStop(t *testing.T) {
	s := startServer(t)
	target := targetOf(s)
	whole := target
	whole.HostKey = dial(t, target, testOptions()).HostKey()
	known := s.HostKeyFingerprint
	s.ReplaceHostKey()
	for name, target := range map[string]Target{"fingerprint": target, "whole key": whole} {
		_, err := Dial(testContext(t), target, testOptions())
		text := wantCode(t, err, "host_key_changed")
		if !strings.Contains(text, known) || !strings.Contains(text, s.HostKeyFingerprint) {
			t.Errorf("%s: %q names not both of %s and %s", name, text, known, s.HostKeyFingerprint)
		}
	}
}

// A server with several keys shows the one that is pinned, whichever it is.
func TestEachOfSeveralHostKeysMayBeThePinnedOne(t *testing.T) {
	edSecret, ecSecret, rsaSecret := keysOfAllTypes(t)
	edFile, edKey := keyFile(t, edSecret)
	ecFile, ecKey := keyFile(t, ecSecret)
	rsaFile, rsaKey := keyFile(t, rsaSecret)
	s := startServer(t, sshd.Config("HostKey "+edFile, "HostKey "+ecFile), sshd.HostKey(rsaFile))
	for _, key := range []ssh.PublicKey{edKey, ecKey, rsaKey} {
		for _, pinned := range []string{string(ssh.MarshalAuthorizedKey(key)), ssh.FingerprintSHA256(key)} {
			target := targetOf(s)
			target.HostKey = pinned
			c := dial(t, target, testOptions())
			if c.HostKey()+"\n" != string(ssh.MarshalAuthorizedKey(key)) {
				t.Errorf("pinned %s, was shown %s", pinned, c.HostKey())
			}
		}
	}

	t.Run("none of them", func(t *testing.T) {
		target := targetOf(s)
		target.HostKey = "SHA256:" + strings.Repeat("A", 43)
		var dials atomic.Int64
		o := testOptions()
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			dials.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
		_, err := Dial(testContext(t), target, o)
		if text := wantCode(t, err, "host_key_changed"); !strings.Contains(text, ssh.FingerprintSHA256(edKey)) {
			t.Errorf("%q does not name the key that is shown first", text)
		}
		if n := dials.Load(); n > 4 { // the first dial, and one for each other type of key
			t.Errorf("%d dials", n)
		}
	})

	t.Run("a type that is gone", func(t *testing.T) {
		_, other, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		_, otherKey := keyFile(t, other)
		only := startServer(t, sshd.HostKey(ecFile))
		target := targetOf(only)
		target.HostKey = string(ssh.MarshalAuthorizedKey(otherKey))
		_, err = Dial(testContext(t), target, testOptions())
		if text := wantCode(t, err, "host_key_changed"); !strings.Contains(text, ssh.FingerprintSHA256(ecKey)) {
			t.Errorf("%q does not name the key that is shown", text)
		}
	})
}

func keysOfAllTypes(t *testing.T) (ed25519.PrivateKey, *ecdsa.PrivateKey, *rsa.PrivateKey) {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return ed, ec, old
}

func TestAPinThatIsNoneIsRefusedBeforeTheDial(t *testing.T) {
	for _, pinned := range []string{"SHA256:short", "MD5:00:11", "ssh-ed25519 AAAA", "SHA256:"} {
		target := link.Target{Name: "n", Host: "192.0.2.1", User: "u", KeyFile: "k", HostKey: pinned}
		_, err := link.Dial(testContext(t), target, link.Options{})
		wantCode(t, err, "bad_profile")
	}
}
