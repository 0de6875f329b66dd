//go:build linux

package desk_test

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// A host key that a person has accepted for ssh is not asked about again; a file of known hosts that cannot be read
// keeps nobody from the import.
func TestAnImportedHostBringsTheKeyThatSSHKnows(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, ".ssh")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("config", "Host tank\n HostName nas.lan\n Port 2222\n IdentityFile ~/.ssh/id\n")
	d, _ := open(t, t.TempDir(), home)
	for known, want := range map[string]string{
		knownhosts.Line([]string{"[nas.lan]:2222"}, key) + "\n": strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))),
		knownhosts.Line([]string{"nas.lan"}, key) + "\n":        "",
		"what is this\n": "",
	} {
		put("known_hosts", known)
		hosts, err := d.ImportHosts()
		if err != nil || len(hosts) != 1 || hosts[0].Reason != nil || hosts[0].HostKey != want {
			t.Errorf("known %q: %+v, %v", known, hosts, err)
		}
	}
}
