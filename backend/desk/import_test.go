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

	"burnish/backend/desk"
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
		knownhosts.Line([]string{"[nas.lan]:2222"},
			key) + "\n": strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))),
		knownhosts.Line([]string{"nas.lan"}, key) + "\n": "",
		"what is this\n": "",
	} {
		put("known_hosts", known)
		hosts, err := d.ImportHosts()
		if err != nil || len(hosts) != 1 || hosts[0].Reason != nil || hosts[0].HostKey != want {
			t.Errorf("known %q: %+v, %v", known, hosts, err)
		}
	}
}

// TestAHostIsTakenAsPeopleWriteIt: with the user and the port in it, in brackets, with blanks; what is given twice and
// differs is told.
func TestAHostIsTakenAsPeopleWriteIt(t *testing.T) {
	d, _ := open(t, t.TempDir(), t.TempDir())
	for _, c := range []struct {
		form desk.NASForm
		says string // in the refusal
	}{
		{desk.NASForm{Host: " 127.0.0.1:1 ", User: "u", Port: 22}, "127.0.0.1:1)"},
		{desk.NASForm{Host: "ssh://u@[::1]:1/"}, "[::1]:1)"},
		{desk.NASForm{Host: "u@127.0.0.1", Port: 1}, "127.0.0.1:1)"},
		{desk.NASForm{Host: "127.0.0.1:1", User: "u", Port: 2}, "port 1, and 2"},
		{desk.NASForm{Host: "u@127.0.0.1", User: "v", Port: 1}, `"u", and "v"`},
		{desk.NASForm{Host: "u:hunter2@127.0.0.1", Port: 1}, "password"},
	} {
		c.form.Name, c.form.Password, c.form.PasswordLogin = "box", "x", true
		r, err := d.AddNAS(c.form)
		said := ""
		if err != nil {
			said = err.Error()
		}
		for _, s := range r.Steps {
			if s.Said != nil {
				said += s.Said.Error()
			}
		}
		if !strings.Contains(said, c.says) || strings.Contains(said, "hunter2") {
			t.Errorf("%+v: %q, want %q in it", c.form, said, c.says)
		}
	}
}
