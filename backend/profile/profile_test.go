package profile

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"burnish/backend/reason"
)

const (
	keyLine   = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
	otherLine = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"
)

func good(t interface{ TempDir() string }) Profile {
	return Profile{
		ID: "0123456789abcdefghij", Name: "tank", Host: "nas.lan", Port: DefaultPort, User: "root",
		KeyFile: filepath.Join(t.TempDir(), "id_ed25519"), Sudo: SudoNone, HostKey: keyLine,
		StateDir: "/var/lib/burnish", MachineID: "4c4c4544004d", Hostname: "truenas", Slots: DefaultSlots,
		KeepDays: DefaultKeepDays, CreatedMs: 1,
	}
}

func TestAGoodProfileIsGoodInAllItsForms(t *testing.T) {
	for name, change := range map[string]func(*Profile){
		"as it is":           func(*Profile) {},
		"by agent":           func(p *Profile) { p.KeyFile, p.Agent = "", true },
		"not pinned yet":     func(p *Profile) { p.HostKey, p.MachineID, p.Hostname = "", "", "" },
		"no state directory": func(p *Profile) { p.StateDir = "" },
		"IPv4":               func(p *Profile) { p.Host = "192.168.1.20" },
		"IPv6":               func(p *Profile) { p.Host = "fd00::20" },
		"IPv6 with a zone":   func(p *Profile) { p.Host = "fe80::1%eth0.5" },
		"longest name":       func(p *Profile) { p.Name = strings.Repeat("n", 64) },
		"all kinds in name":  func(p *Profile) { p.Name = "_Rack-1.shelf_2" },
		"a domain's user":    func(p *Profile) { p.User = `LAB\jörg@example` },
		"last port":          func(p *Profile) { p.Port = 65535 },
		"sudo with password": func(p *Profile) { p.Sudo = SudoPassword },
		"pool as state":      func(p *Profile) { p.StateDir = "/mnt/tank/apps/burnish-1.0" },
		"most slots":         func(p *Profile) { p.Slots = MaxSlots },
		"by password":        func(p *Profile) { p.KeyFile, p.Password, p.Secrets = "", true, KeepKeychain },
		"key and password":   func(p *Profile) { p.Password, p.Secrets = true, KeepFile },
		"through a host":     func(p *Profile) { p.Jump = Jump{"bastion.lan", 2222, "me", ""} },
		"the host pinned":    func(p *Profile) { p.Jump = Jump{"fd00::1", 22, "me", otherLine} },
	} {
		p := good(t)
		change(&p)
		if err := p.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestABadProfileIsRefusedAndTheErrorNamesWhatIsBad(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Profile)
		says   string
	}{
		"empty id":               {func(p *Profile) { p.ID = "" }, "id"},
		"id as a path":           {func(p *Profile) { p.ID = "../../0123456789abc" }, "id"},
		"empty name":             {func(p *Profile) { p.Name = "" }, "name"},
		"long name":              {func(p *Profile) { p.Name = strings.Repeat("n", 65) }, "name"},
		"name as option":         {func(p *Profile) { p.Name = "-rf" }, "name"},
		"hidden name":            {func(p *Profile) { p.Name = ".tank" }, "name"},
		"name with a slash":      {func(p *Profile) { p.Name = "a/b" }, "name"},
		"name in Cyrillic":       {func(p *Profile) { p.Name = "tаnk" }, "name"},
		"empty host":             {func(p *Profile) { p.Host = "" }, "host"},
		"host as option":         {func(p *Profile) { p.Host = "-oProxyCommand=x" }, "host"},
		"host with user":         {func(p *Profile) { p.Host = "root@nas" }, "--user"},
		"host with port":         {func(p *Profile) { p.Host = "nas:22" }, "--port"},
		"host with spaces":       {func(p *Profile) { p.Host = "nas lan" }, "host"},
		"host with newline":      {func(p *Profile) { p.Host = "nas\nlan" }, "host"},
		"zone with a space":      {func(p *Profile) { p.Host = "fe80::1%a b" }, "host"},
		"long host":              {func(p *Profile) { p.Host = strings.Repeat("h", 256) }, "host"},
		"port 0":                 {func(p *Profile) { p.Port = 0 }, "port"},
		"port too high":          {func(p *Profile) { p.Port = 65536 }, "port"},
		"empty user":             {func(p *Profile) { p.User = "" }, "user"},
		"user as option":         {func(p *Profile) { p.User = "-l" }, "user"},
		"user with a space":      {func(p *Profile) { p.User = "ro ot" }, "user"},
		"user that turns text":   {func(p *Profile) { p.User = "ro\u202eot" }, "user"},
		"user not UTF-8":         {func(p *Profile) { p.User = "r\xff" }, "user"},
		"no way in":              {func(p *Profile) { p.KeyFile = "" }, "--agent"},
		"two ways in":            {func(p *Profile) { p.Agent = true }, "both"},
		"key relative":           {func(p *Profile) { p.KeyFile = "id_ed25519" }, "key file"},
		"key with NUL":           {func(p *Profile) { p.KeyFile += "\x00" }, "key file"},
		"sudo by another word":   {func(p *Profile) { p.Sudo = "doas" }, "sudo"},
		"sudo unsaid":            {func(p *Profile) { p.Sudo = "" }, "sudo"},
		"host key as words":      {func(p *Profile) { p.HostKey = "trust me" }, "host key"},
		"host key with options":  {func(p *Profile) { p.HostKey = `command="x" ` + keyLine }, "host key"},
		"host key with comment":  {func(p *Profile) { p.HostKey = keyLine + " root@nas" }, "host key"},
		"two host keys":          {func(p *Profile) { p.HostKey = keyLine + "\n" + otherLine }, "host key"},
		"vast host key":          {func(p *Profile) { p.HostKey = strings.Repeat("A", 1<<20) }, "host key"},
		"state dir relative":     {func(p *Profile) { p.StateDir = "var/lib" }, "state directory"},
		"state dir is the root":  {func(p *Profile) { p.StateDir = "/" }, "state directory"},
		"state dir goes up":      {func(p *Profile) { p.StateDir = "/var/lib/../../etc" }, "state directory"},
		"state dir with slash":   {func(p *Profile) { p.StateDir = "/var/lib/" }, "state directory"},
		"state dir with a space": {func(p *Profile) { p.StateDir = "/var/my lib" }, "state directory"},
		"state dir as command":   {func(p *Profile) { p.StateDir = "/var/$(reboot)" }, "state directory"},
		"machine id as text":     {func(p *Profile) { p.MachineID = "a b" }, "machine id"},
		"hostname with escape":   {func(p *Profile) { p.Hostname = "nas\x1b[2J" }, "host name"},
		"a device type that is an option": {func(p *Profile) { p.SMARTTypes = map[string]string{"A1": "--set"} },
			"device type"},
		"a device type of a RAID box": {func(p *Profile) { p.SMARTTypes = map[string]string{"A1": "jmb39x,0"} },
			"device type"},
		"kept for less than no time": {func(p *Profile) { p.KeepDays = -1 }, "kept"},
		"kept for ever":              {func(p *Profile) { p.KeepDays = MaxKeepDays + 1 }, "kept"},
		"no slots":                   {func(p *Profile) { p.Slots = 0 }, "at once"},
		"too many slots":             {func(p *Profile) { p.Slots = MaxSlots + 1 }, "at once"},
		"secrets in the open":        {func(p *Profile) { p.Secrets = "plain" }, "secrets"},
		"jump without user":          {func(p *Profile) { p.Jump = Jump{Host: "bastion", Port: 22} }, "user"},
		"jump without port":          {func(p *Profile) { p.Jump = Jump{Host: "bastion", User: "me"} }, "port"},
		"jump as option":             {func(p *Profile) { p.Jump = Jump{"-oProxyCommand=x", 22, "me", ""} }, "host"},
		"jump with a bad key":        {func(p *Profile) { p.Jump = Jump{"bastion", 22, "me", "trust me"} }, "host key"},
		"made before 1970":           {func(p *Profile) { p.CreatedMs = -1 }, "created"},
	} {
		p := good(t)
		c.change(&p)
		var said *reason.Said
		if err := p.Check(); !errors.As(err, &said) || said.Code != "bad_profile" {
			t.Errorf("%s: got %v", name, err)
		} else if !strings.Contains(said.Text+" "+said.Hint, c.says) {
			t.Errorf("%s: %q (%q) does not name %q", name, said.Text, said.Hint, c.says)
		}
	}
}

// hostile holds what an attacker or a cat on the keyboard may give.
func hostile() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[-._a-zA-Z0-9]{0,70}`),
		rapid.SampledFrom([]string{"", "-", "--", ".", "..", "a/../b", "$(id)", "`id`", "a;b", "a|b", "a b", "\x00",
			"a\nb", "\u202e", "ａ", "%s", "~", "'\"", "-oProxyCommand=id"}),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "bytes")) }),
	)
}

func TestWhatPassesTheCheckIsHarmlessAsWordAndPath(t *testing.T) {
	base := good(t)
	rapid.Check(t, func(t *rapid.T) {
		p := base
		field := rapid.SampledFrom([]*string{&p.Name, &p.Host, &p.User, &p.StateDir, &p.MachineID, &p.Hostname,
			&p.KeyFile}).Draw(t, "field")
		*field = hostile().Draw(t, "value")
		err := p.Check()
		var said *reason.Said
		if err != nil {
			if !errors.As(err, &said) || said.Code != "bad_profile" || said.Hint == "" ||
				strings.ContainsFunc(said.Text, unicode.IsControl) {
				t.Fatalf("%q: %v", *field, err)
			}
			return
		}
		harmless(t, p)
	})
}

// harmless is written without the package's own helpers: it is the meaning of Check, not its way.
func harmless(t interface{ Fatalf(string, ...any) }, p Profile) {
	for what, s := range map[string]string{"name": p.Name, "host": p.Host, "user": p.User, "state dir": p.StateDir,
		"machine id": p.MachineID} {
		if strings.HasPrefix(s, "-") && what != "machine id" || strings.ContainsAny(s,
			" \t\r\n\x00\x1b\u00a0\u2028\u202e\u2066") {
			t.Fatalf("%s %q passed", what, s)
		}
	}
	for what, s := range map[string]string{"name": p.Name, "host": strings.ReplaceAll(strings.ReplaceAll(p.Host, ":",
		""), "%", ""), "state dir": strings.ReplaceAll(p.StateDir, "/", "")} {
		if strings.ContainsAny(s, "$`'\"\\;|&<>(){}[]*?~#!%=:,^@/") {
			t.Fatalf("%s %q passed", what, s)
		}
	}
	if p.Name == "" || p.Name[0] == '.' || len(p.Name) > 64 || strings.Contains("/"+p.StateDir+"/", "/../") {
		t.Fatalf("name %q, state dir %q passed", p.Name, p.StateDir)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("tank", "nas.lan", "root", keyLine, "/var/lib/burnish")
	f.Add("-", "-oProxyCommand=id", "a b", `command="id" `+keyLine, "/a/../b")
	base := good(f)
	f.Fuzz(func(t *testing.T, name, host, user, key, dir string) {
		p := base
		p.Name, p.Host, p.User, p.HostKey, p.StateDir = name, host, user, key, dir
		if p.Check() != nil {
			return
		}
		harmless(t, p)
		if (p.Fingerprint() == "") != (key == "") || strings.ContainsAny(key, "\r\n\"") {
			t.Fatalf("host key %q passed", key)
		}
	})
}

func TestAPinIsSetOnceAndNeverMovesToAnotherMachine(t *testing.T) {
	known := good(t)
	fresh := known
	fresh.HostKey, fresh.MachineID = "", ""
	if err := fresh.Pins(known); err != nil {
		t.Errorf("the first pin is refused: %v", err)
	}
	if err := known.Pins(known); err != nil {
		t.Errorf("the same machine is refused: %v", err)
	}
	for code, change := range map[reason.Code]func(*Profile){
		"host_key_changed": func(p *Profile) { p.HostKey = otherLine },
		"nas_changed":      func(p *Profile) { p.MachineID = "ffff" },
	} {
		next := known
		change(&next)
		var said *reason.Said
		if err := known.Pins(next); !errors.As(err, &said) || said.Code != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	for what, change := range map[string]func(*Profile){
		"host key":   func(p *Profile) { p.HostKey = "" },
		"machine id": func(p *Profile) { p.MachineID = "" },
	} {
		next := known
		change(&next)
		if known.Pins(next) == nil {
			t.Errorf("the pinned %s was dropped", what)
		}
	}
}
