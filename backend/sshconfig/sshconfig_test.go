package sshconfig

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"burnish/backend/profile"
	"burnish/backend/reason"
)

func read(t *testing.T, text string) (*Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Read(file, home(), "me")
}

func home() string {
	if runtime.GOOS == "windows" {
		return `C:\Users\me`
	}
	return "/home/me"
}

const usual = `
# comments, = and quotes are ssh's own
host tank TANK-alias
  hostname %h.lan
  User=admin
  Port 2222
  IdentityFile "~/.ssh/id_tank"
  ProxyJump door

Host door
  HostName door.example.org
  Port 2200
Host six
  HostName fd00::20
  IdentityFile %d/keys/%r
  ProxyJump other@[fd00::1]:2201
Host plain *.example.org !not
  IdentityFile none
  ProxyJump none
  ProxyCommand none
Host *
  User fallback
`

func TestWhatSSHKnowsBecomesAProfile(t *testing.T) {
	c, err := read(t, usual)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"tank", "TANK-alias", "door", "six", "plain"}, c.Hosts()); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]profile.Profile{
		"tank":  {Host: "tank.lan", Port: 2222, User: "admin", KeyFile: filepath.Join(home(), ".ssh", "id_tank"), Jump: profile.Jump{Host: "door.example.org", Port: 2200, User: "fallback"}},
		"door":  {Host: "door.example.org", Port: 2200, User: "fallback", Agent: true},
		"six":   {Host: "fd00::20", Port: 22, User: "fallback", KeyFile: home() + "/keys/fallback", Jump: profile.Jump{Host: "fd00::1", Port: 2201, User: "other"}},
		"plain": {Host: "plain", Port: 22, User: "fallback", Agent: true},
	} {
		want.Name = name
		got, err := c.Profile(name)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// What ssh would do otherwise is an error that says so, and never left out.
func TestWhatCannotBeFollowedIsSaid(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"Match":             {"Host a\n User b\nMatch host c\n User d\n", "Match"},
		"Match with a tab":  {"Match\thost c\n User d\n", "Match"},
		"Match with equals": {"  match = all\n User d\n", "Match"},
		"a command":         {"Host a\n ProxyCommand nc %h %p\n", "ProxyCommand"},
		"a chain":           {"Host a\n ProxyJump b,c\n", "more than one"},
		"no port":           {"Host a\n Port ssh\n", "Port"},
		"a jump's port":     {"Host a\n ProxyJump b:0\n", "port"},
		"a strange word":    {"Host a\n HostName %n.lan\n", "%n"},
		"a strange key":     {"Host a\n IdentityFile %C\n", "%C"},
		"vast":              {strings.Repeat("# x\n", maxFile), "too long"},
	} {
		config, err := read(t, c.text)
		if err == nil {
			_, err = config.Profile("a")
		}
		var said *reason.Said
		if !errors.As(err, &said) || said.Code != "import_failed" && said.Code != "bad_profile" || !strings.Contains(said.Text, c.says) || said.Hint == "" {
			t.Errorf("%s: got %v, want an error that names %q", name, err, c.says)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none"), home(), "me"); err == nil {
		t.Error("a file that is not there was read")
	}
}

const (
	edLine  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
	otherEd = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"
)

func TestAnAcceptedHostKeyIsFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte("nas.lan "+edLine+"\n[nas.lan]:2222 "+otherEd+" a comment\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		host string
		port int
		want string
	}{{"nas.lan", 22, edLine}, {"nas.lan", 2222, otherEd}, {"other.lan", 22, ""}, {"nas.lan", 23, ""}} {
		if got, err := KnownKey(file, c.host, c.port); err != nil || got != c.want {
			t.Errorf("%s:%d: %q, %v", c.host, c.port, got, err)
		}
	}
	if got, err := KnownKey(filepath.Join(t.TempDir(), "none"), "nas.lan", 22); got != "" || err != nil {
		t.Errorf("without a file: %q, %v", got, err)
	}
	if err := os.WriteFile(file, []byte("nas.lan nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := KnownKey(file, "nas.lan", 22); err == nil {
		t.Error("a damaged file was read")
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(usual, "tank")
	f.Add("Host a\n ProxyJump ssh://u@h:1\n IdentityFile ~\n", "a")
	f.Fuzz(func(t *testing.T, text, name string) {
		if strings.Contains(strings.ToLower(text), "include") {
			return // it reads other files
		}
		c, err := read(t, text)
		if err != nil {
			return
		}
		for _, host := range append(c.Hosts(), name) {
			p, err := c.Profile(host)
			if err == nil && p.KeyFile != "" && !filepath.IsAbs(p.KeyFile) {
				t.Errorf("key file %q", p.KeyFile)
			}
		}
	})
}

func TestIncludedFilesNameHostsToo(t *testing.T) {
	me := t.TempDir()
	put := func(name, text string) string {
		t.Helper()
		file := filepath.Join(me, ".ssh", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	file := put("config", "Include config.d/*\nInclude \"nowhere\"\nHost own\n HostName own.lan\n")
	put("config.d/nas", "Host tank\n HostName tank.lan\nInclude "+me+"/.ssh/deep\n")
	put("config.d/odd", "Match host x\n User y\n")
	put("deep", "Host cellar\nInclude "+me+"/.ssh/deep\n") // without an end
	_, err := Read(file, me, "me")
	if err == nil {
		t.Error("a Match block in an included file is passed over")
	}
	put("config.d/odd", "Host odd*\n")
	if _, err := Read(file, me, "me"); err == nil {
		t.Error("files that include each other without an end are read")
	}
	put("deep", "Host cellar\n")
	c, err := Read(file, me, "me")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"cellar", "tank", "own"}, c.Hosts()); diff != "" {
		t.Error(diff)
	}
	if p, err := c.Profile("tank"); err != nil || p.Host != "tank.lan" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestTheKeyIsTheFirstThatIsThere(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there the agent is always asked")
	}
	me := t.TempDir()
	if err := os.MkdirAll(filepath.Join(me, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(me, ".ssh", "config")
	key := func(agent, text, want string) {
		t.Helper()
		t.Setenv("SSH_AUTH_SOCK", agent)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Read(file, me, "me")
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.Profile("tank")
		if want != "" {
			want = filepath.Join(me, ".ssh", want)
		}
		if err != nil || p.KeyFile != want || p.Agent != (want == "") {
			t.Errorf("agent %q, %q: key %q, agent %v, %v; want %q", agent, text, p.KeyFile, p.Agent, err, want)
		}
	}
	two := "Host tank\n IdentityFile ~/.ssh/gone\n IdentityFile ~/.ssh/id_tank\n"
	key("", two, "gone")
	key("", "Host tank\n", "")
	for _, name := range []string{"id_tank", "id_ed25519"} {
		if err := os.WriteFile(filepath.Join(me, ".ssh", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key("", two, "id_tank")
	key("", "Host tank\n", "id_ed25519")
	key("/run/agent", "Host tank\n", "")
	key("", "Host tank\n IdentityFile none\n", "")
}
