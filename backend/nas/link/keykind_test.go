package link

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/crypto/ssh"

	"burnish/backend/reason"
)

// TestAFileThatIsNoPrivateKeyIsNamedForWhatItIs, and how to make one of it.
func TestAFileThatIsNoPrivateKeyIsNamedForWhatItIs(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	private := pem.EncodeToMemory(block)
	public, err := ssh.NewPublicKey(key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	wide := []byte("\xff\xfe")
	for _, u := range utf16.Encode([]rune(string(private))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, c := range map[string]struct {
		file        string
		text        []byte
		says, hints string
	}{
		"public":          {"id_x.pub", ssh.MarshalAuthorizedKey(public), "a public key", "/id_x."},
		"public, no .pub": {"id_x", ssh.MarshalAuthorizedKey(public), "a public key", "without .pub"},
		"public, RFC 4716": {"id_x", []byte("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n"),
			"a public key", "authorized keys"},
		"public, PEM": {"id_x", []byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
			"a public key", "authorized keys"},
		"PuTTY 2": {"id x.ppk", []byte("PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: none\r\n"), "PuTTY",
			"-O private-openssh"},
		"PuTTY 3":        {"id.ppk", []byte("PuTTY-User-Key-File-3: ssh-ed25519\n"), "PuTTY", "Export OpenSSH key"},
		"BOM":            {"id", append([]byte("\xef\xbb\xbf"), private...), "byte order mark", "tail -c +4"},
		"UTF-16":         {"id", wide, "UTF-16", "iconv"},
		"PuTTY with BOM": {"id", []byte("\xef\xbb\xbfPuTTY-User-Key-File-3: x\n"), "PuTTY", "puttygen"},
		"public with BOM": {"id", append([]byte("\xef\xbb\xbf"), ssh.MarshalAuthorizedKey(public)...), "a public key",
			"authorized keys"},
		"SSH.com": {"id", []byte("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nAAAA\n"), "SSH.com",
			"ssh-keygen -i"},
		"PKCS 8, locked": {"id", []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE " +
			"KEY-----\n"), "PKCS 8", "ssh-keygen -p"},
		"a certificate": {"id", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
			"certificate", "belongs to it"},
		"DER":       {"id", der, "DER", "openssl pkey"},
		"nothing":   {"id", []byte(" \r\n"), "empty", "OpenSSH"},
		"something": {"id", []byte("dear diary\n"), "no private key", "OpenSSH"},
	} {
		file := filepath.Join(t.TempDir(), c.file)
		if err := os.WriteFile(file, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadKey(file, nil)
		var said *reason.Said
		if !errors.As(err, &said) || said.Code != reason.KeyUnusable {
			t.Fatalf("%s: %v", name, err)
		}
		if !strings.Contains(said.Text, c.says) || !strings.Contains(said.Hint, c.hints) {
			t.Errorf("%s: %q, %q; want %q and %q", name, said.Text, said.Hint, c.says, c.hints)
		}
	}
	// Line ends of Windows are no fault of a key.
	file := filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(private), "\n", "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := loadKey(file, nil); err != nil || s == nil {
		t.Errorf("CRLF: %v", err)
	}
}
