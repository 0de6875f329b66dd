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
		"tank": {Host: "tank.lan", Port: 2222, User: "admin", KeyFile: filepath.Join(home(), ".ssh", "id_tank"),
			Jump: profile.Jump{Host: "door.example.org", Port: 2200, User: "fallback"}},
		"door": {Host: "door.example.org", Port: 2200, User: "fallback", Agent: true},
		"six": {Host: "fd00::20", Port: 22, User: "fallback", KeyFile: home() + "/keys/fallback",
			Jump: profile.Jump{Host: "fd00::1", Port: 2201, User: "other"}},
		"plain": {Host: "plain", Port: 22, User: "fallback", Agent: true},
	} {
		want.Name = name
		got, err := c.Profile(name)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// TestAMatchSpoilsOnlyWhatItMayConcern: what names and users tell is judged as ssh does; of the rest only the hosts are
// spoiled whose way or login it may change.
func TestAMatchSpoilsOnlyWhatItMayConcern(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want profile.Profile
	}{
		"of another host": {"Match host b exec true\n User d\nHost a\n User u\n",
			profile.Profile{Host: "a", User: "u"}},
		"of another name": {"Match exec true originalhost b,c*\n User d\nHost a\n User u\n",
			profile.Profile{Host: "a", User: "u"}},
		"that says nothing": {"Host a\n User u\nMatch exec true\n ForwardAgent yes\n SetEnv A=b\n",
			profile.Profile{Host: "a", User: "u"}},
		"of what is said": {"Host a\n User u\n Port 7\nMatch exec true\n User d\n Port 8\n",
			profile.Profile{Host: "a", User: "u", Port: 7}},
		"all": {"Host a\n User u\nMatch all\n User d\n Port 7\n",
			profile.Profile{Host: "a", User: "u", Port: 7}},
		"this host": {"Host a\n HostName a.lan\nMatch host *.lan,!b.lan\n User d\n",
			profile.Profile{Host: "a.lan", User: "d"}},
		"not this host": {"Match !host a\n User d\nMatch host=b\n User e\n",
			profile.Profile{Host: "a", User: "me"}},
		"this login": {"Match localuser me originalhost a\n User d\nMatch user d\n Port 9\n",
			profile.Profile{Host: "a", User: "d", Port: 9}},
		"another login":         {"Match localuser you\n User d\n", profile.Profile{Host: "a", User: "me"}},
		"a comment of the line": {"Host a # mine\n User u # me\n", profile.Profile{Host: "a", User: "u"}},
		"no longer": {"Match host b\n User d\nHost a\n Port 3\n",
			profile.Profile{Host: "a", User: "me", Port: 3}},
	} {
		config, err := read(t, c.text)
		if err != nil {
			t.Fatal(err)
		}
		c.want.Name, c.want.Agent = "a", true
		if c.want.Port == 0 {
			c.want.Port = 22
		}
		got, err := config.Profile("a")
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// TestTheHostKeyOfAnAliasIsFound where ssh keeps it: under the alias, without a port.
func TestTheHostKeyOfAnAliasIsFound(t *testing.T) {
	c, err := read(t, "Host tank\n HostName 192.0.2.7\n Port 2222\n HostKeyAlias tank-key\n ProxyJump door\nHost "+
		"door\n HostKeyAlias door-key\nHost plain\n HostName tank-key\n Port 2222\n")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte("tank-key "+edLine+"\n[tank-key]:2222 "+otherEd+"\ndoor-key "+otherEd+"\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	if host, jump, err := c.HostKeys(file, "tank"); err != nil || host != edLine || jump != otherEd {
		t.Errorf("%q, %q, %v", host, jump, err)
	}
	if host, _, err := c.HostKeys(file, "plain"); err != nil || host != otherEd {
		t.Errorf("%q, %v", host, err)
	}
}

// What ssh would do otherwise is an error that says so, and never left out.
func TestWhatCannotBeFollowedIsSaid(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"Match":             {"Host a\n Port 22\nMatch host a exec \"test -f /x\"\n User d\n", "line 4"},
		"Match with a tab":  {"Match\texec true\n User d\n", "user of a Match"},
		"Match with equals": {"  match = localnetwork=192.0.2.0/24\n HostName d\n", "hostname of a Match"},
		"Match's command":   {"Match exec true\n ProxyCommand nc %h %p\n", "ProxyCommand of a Match"},
		"a certificate":     {"Host a\n CertificateFile ~/.ssh/x-cert.pub\n", "CertificateFile"},
		"another agent":     {"Host *\n IdentityAgent \"~/.1password/agent.sock\"\n", "IdentityAgent"},
		"an interface":      {"Host a\n BindInterface wg0\n", "BindInterface"},
		"other names":       {"CanonicalizeHostname yes\n", "CanonicalizeHostname"},
		"a jump's command":  {"Host a\n ProxyJump b\nHost b\n ProxyCommand nc %h %p\n", "ProxyCommand"},
		"a jump's jump":     {"Host a\n ProxyJump b\nHost b\n ProxyJump c\n", "more than one"},
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
		if !errors.As(err, &said) || said.Code != "import_failed" && said.Code != "bad_profile" ||
			!strings.Contains(said.Text, c.says) || said.Hint == "" {
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
	if err := os.WriteFile(file, []byte("nas.lan "+edLine+"\n[nas.lan]:2222 "+otherEd+" a comment\n"),
		0o600); err != nil {
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
	put("config.d/odd", "Match exec true\n User y\n")
	put("deep", "Host cellar\nInclude "+me+"/.ssh/deep\n") // without an end
	if _, err := Read(file, me, "me"); err == nil {
		t.Error("files that include each other without an end are read")
	}
	put("deep", "Host cellar\n")
	c, err := Read(file, me, "me")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Profile("tank"); err == nil || !strings.Contains(err.Error(), filepath.Join("config.d", "odd")) {
		t.Errorf("a Match block in an included file: %v", err)
	}
	put("config.d/odd", "Host odd*\n User odd\n")
	if c, err = Read(file, me, "me"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"tank", "cellar", "own"}, c.Hosts()); diff != "" {
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
