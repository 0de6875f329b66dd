// Package profile says what a connection profile is: how a person reaches one NAS, and which machine it is.
//
// Its rules:
//   - A profile holds no secret. Its key file is a path; passwords are kept elsewhere under the profile's ID, and
//     Secrets says where.
//   - What a person typed is checked before it is used anywhere: nothing in a checked profile can be taken for an
//     option, hold a control character, or turn the text around it. Name and state directory become parts of command
//     lines and paths, so that their characters are listed.
//   - Host key and machine id are pinned: once known they are compared, never silently replaced (see Pins).
//
// The package is pure: no I/O, no state, safe from any goroutine. Its errors are reasons: bad_profile for a profile
// that is not right, host_key_changed and nas_changed for one that shows another machine.
package profile

import (
	"fmt"
	"net/netip"
	"path"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/smart"
)

// Sudo says how root rights are had on the NAS.
type Sudo string

// The ways to root.
const (
	SudoNone     Sudo = "none"     // the login is root, or may do all by itself
	SudoNoPasswd Sudo = "nopasswd" // sudo asks nothing
	SudoPassword Sudo = "password" // sudo asks for a password: one of its own, or else that of the login
)

// Keep says where a profile's secrets are kept.
type Keep string

// The places for secrets.
const (
	KeepNone     Keep = ""         // there is nothing to keep
	KeepKeychain Keep = "keychain" // the system's
	KeepFile     Keep = "file"     // sealed by a passphrase, in the data directory
	KeepSession  Keep = "session"  // nowhere: they are asked for, and kept as long as the program runs
)

// Jump is a host that passes the connection on. The zero value is none.
type Jump struct {
	Host    string `json:"host"`
	Port    int    `json:"port"`
	User    string `json:"user"`
	HostKey string `json:"host_key,omitempty"` // as that of a profile
}

// At reports whether both are the same host, whoever logs in there.
func (j Jump) At(other Jump) bool { return j.Host == other.Host && j.Port == other.Port }

// Defaults for what a person leaves out.
const (
	DefaultPort     = 22
	DefaultSlots    = 4
	DefaultKeepDays = 30
)

// MaxKeepDays bounds KeepDays.
const MaxKeepDays = 3650

// MaxSlots bounds how many jobs run at once on one NAS.
const MaxSlots = 64

// Profile is how to reach one NAS.
type Profile struct {
	ID            string `json:"id"`   // as burnin.ValidID; never changes, names the secrets in the keychain
	Name          string `json:"name"` // unique among profiles without regard to case
	Host          string `json:"host"` // a host name or an IP address
	Port          int    `json:"port"`
	User          string `json:"user"`
	KeyFile       string `json:"key_file,omitempty"` // absolute path on this computer; empty with Agent
	Agent         bool   `json:"agent,omitempty"`
	Password      bool   `json:"password,omitempty"` // log in with a password, after the key if there is one
	Jump          Jump   `json:"jump,omitzero"`
	Legacy        bool   `json:"legacy_algorithms,omitempty"` // allow encryption that is known to be weak
	Secrets       Keep   `json:"secrets,omitempty"`
	Sudo          Sudo   `json:"sudo"`
	HostKey       string `json:"host_key,omitempty"`  // "type base64", no comment; empty until pinned
	StateDir      string `json:"state_dir,omitempty"` // on the NAS; empty: the first place that is fit
	VirtualDrives bool   `json:"virtual_drives,omitempty"`
	MachineID     string `json:"machine_id,omitempty"` // empty until pinned
	Hostname      string `json:"hostname,omitempty"`   // as the NAS calls itself; only shown
	Slots         int    `json:"slots"`                // how many jobs run at once, 1 to MaxSlots
	CreatedMs     int64  `json:"created_ms"`
	// SMARTTypes are smartctl's device types (-d) of drives that it cannot read without, by the drive's id
	// (wire.DriveRow.Key).
	SMARTTypes map[string]string `json:"smart_types,omitempty"`
	AutoResume bool              `json:"auto_resume,omitempty"` // jobs that the NAS broke off go on without being asked
	// how long the NAS keeps what was collected of an ended job; 0: until it is cleaned
	KeepDays int `json:"keep_days"`
}

// Limits in bytes.
const (
	maxName     = 64
	maxHost     = 255
	maxUser     = 255
	maxPath     = 1024
	maxHostKey  = 16 << 10
	maxMachine  = 128
	maxHostname = 255
)

// Check finds the first thing that is not right, as a bad_profile reason.
func (p Profile) Check() error {
	for _, check := range []func() *reason.Said{
		p.checkID, p.checkName, p.checkHost, p.checkPort, p.checkUser, p.checkLogin, p.checkJump, p.checkSudo,
		p.checkSecrets,
		p.checkHostKey, p.checkStateDir, p.checkMachine, p.checkSlots, p.checkKeep, p.checkSMARTTypes,
	} {
		if said := check(); said != nil {
			return said
		}
	}
	return nil
}

func bad(hint, format string, args ...any) *reason.Said {
	return reason.New(reason.BadProfile, "what", fmt.Sprintf(format, args...), "hint", hint)
}

func (p Profile) checkID() *reason.Said {
	if !burnin.ValidID(p.ID) {
		return bad("An id is 16 to 32 of the letters a to z and digits.", "%q cannot be a profile's id", p.ID)
	}
	if p.CreatedMs < 0 {
		return bad("Times are unix milliseconds.", "the profile was created at %d", p.CreatedMs)
	}
	return nil
}

func (p Profile) checkSecrets() *reason.Said {
	switch p.Secrets {
	case KeepNone, KeepKeychain, KeepFile, KeepSession:
		return nil
	}
	return bad("Choose keychain, file or session.", "%q is no place for secrets", p.Secrets)
}

func (p Profile) checkName() *reason.Said {
	const hint = "A name is 1 to 64 letters (a to z), digits, '-', '_' and '.', and does not begin with '-' or '.'."
	if p.Name == "" || len(p.Name) > maxName || p.Name[0] == '-' || p.Name[0] == '.' || !only(p.Name, "-_.") {
		return bad(hint, "%q cannot be a NAS's name", p.Name)
	}
	return nil
}

func (p Profile) checkHost() *reason.Said { return checkHost(p.Host) }

func checkHost(host string) *reason.Said {
	const (
		hint     = "Give a host name or an IP address alone: the user goes with --user, the port with --port."
		hostHint = "Give a host name or an IP address alone: user and port have fields of their own."
	)
	if host == "" || len(host) > maxHost || host[0] == '-' {
		return bad(hint, "%q cannot be a host", host).AtWindow(hostHint)
	}
	name := host
	if addr, err := netip.ParseAddr(host); err == nil {
		name = addr.Zone() // a zone may be anything to its parser
	}
	if !only(name, "-_.") {
		return bad(hint, "%q cannot be a host", host).AtWindow(hostHint)
	}
	return nil
}

func (p Profile) checkPort() *reason.Said { return checkPort(p.Port) }

func checkPort(port int) *reason.Said {
	if port < 1 || port > 65535 {
		return bad("A port is 1 to 65535; SSH uses 22.", "%d cannot be a port", port)
	}
	return nil
}

func (p Profile) checkUser() *reason.Said { return checkUser(p.User) }

func checkUser(user string) *reason.Said {
	const hint = "Give the name of the login at the NAS, without spaces."
	if user == "" || len(user) > maxUser || user[0] == '-' || !visible(user) || strings.ContainsFunc(user,
		unicode.IsSpace) {
		return bad(hint, "%q cannot be a user", user)
	}
	return nil
}

// checkJump wants a jump host whole or not at all.
func (p Profile) checkJump() *reason.Said {
	if p.Jump == (Jump{}) {
		return nil
	}
	for _, said := range []*reason.Said{checkHost(p.Jump.Host), checkPort(p.Jump.Port), checkUser(p.Jump.User),
		checkHostKey(p.Jump.HostKey)} {
		if said != nil {
			said.Hint = "A jump host is given as --jump USER@HOST:PORT."
			return said.AtWindow("A jump host is given as USER@HOST:PORT.")
		}
	}
	return nil
}

func (p Profile) checkLogin() *reason.Said {
	switch {
	case p.KeyFile == "" && !p.Agent && !p.Password:
		return bad("Add --key FILE, --agent or --password-stdin.", "neither a key file nor the agent nor a password "+
			"is given").AtWindow("Choose a key file, the agent or a password.")
	case p.KeyFile != "" && p.Agent:
		return bad("Choose one of --key FILE and --agent.", "both a key file and the agent are given").
			AtWindow("Choose one of the two.")
	case p.KeyFile == "":
		return nil
	case len(p.KeyFile) > maxPath || !visible(p.KeyFile) || !filepath.IsAbs(p.KeyFile):
		return bad("Give the key file's absolute path.", "%q cannot be a key file", p.KeyFile)
	}
	return nil
}

func (p Profile) checkSudo() *reason.Said {
	switch p.Sudo {
	case SudoNone, SudoNoPasswd, SudoPassword:
		return nil
	}
	return bad("Choose none, nopasswd or password.", "%q is no way to use sudo", p.Sudo)
}

// checkHostKey wants the canonical form, so that two keys are the same exactly if their lines are.
func (p Profile) checkHostKey() *reason.Said { return checkHostKey(p.HostKey) }

func checkHostKey(line string) *reason.Said {
	if line == "" {
		return nil
	}
	const hint = "Remove the profile and add it again; compare the fingerprint with the NAS's own."
	if len(line) > maxHostKey {
		return bad(hint, "the host key has %d bytes", len(line))
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil || strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(key)), "\n") != line {
		return bad(hint, "%q is no host key of the form: type base64", reason.Clean(line, 60))
	}
	return nil
}

// checkStateDir allows only characters that no shell and no unit file reads as anything else.
func (p Profile) checkStateDir() *reason.Said {
	if p.StateDir == "" {
		return nil
	}
	const hint = "Give an absolute path on the NAS of letters (a to z), digits and / . _ - +, such as /var/lib/burnish."
	d := p.StateDir
	if len(d) > maxPath || d == "/" || !path.IsAbs(d) || path.Clean(d) != d || !only(d, "/._-+") {
		return bad(hint, "%q cannot be the state directory", d)
	}
	return nil
}

// checkMachine looks at what the NAS told of itself.
func (p Profile) checkMachine() *reason.Said {
	const hint = "Check that this is the NAS you mean."
	if len(p.MachineID) > maxMachine || !only(p.MachineID, "-_") {
		return bad(hint, "the NAS gives %q as its machine id", reason.Clean(p.MachineID, maxMachine))
	}
	if len(p.Hostname) > maxHostname || !visible(p.Hostname) {
		return bad(hint, "the NAS gives %q as its host name", reason.Clean(p.Hostname, maxHostname))
	}
	return nil
}

func (p Profile) checkSlots() *reason.Said {
	if p.Slots < 1 || p.Slots > MaxSlots {
		return bad(fmt.Sprintf("From 1 to %d jobs can run at once; %d is usual.", MaxSlots, DefaultSlots),
			"%d jobs cannot run at once", p.Slots)
	}
	return nil
}

func (p Profile) checkKeep() *reason.Said {
	if p.KeepDays < 0 || p.KeepDays > MaxKeepDays {
		return bad(fmt.Sprintf("From 1 to %d days, or 0 for as long as nobody cleans it.", MaxKeepDays),
			"ended jobs cannot be kept for %d days", p.KeepDays)
	}
	return nil
}

// TypeHint says which device types can be given.
const TypeHint = "Types are sat, sntjmicron, sntasmedia, sntrealtek, usbjmicron, usbsunplus, usbprolific, " +
	"usbcypress, scsi, ata, nvme, auto, as in smartctl -d; none takes a drive's type away."

// maxTypes bounds the drives of a profile that have a device type.
const maxTypes = 1024

func (p Profile) checkSMARTTypes() *reason.Said {
	if len(p.SMARTTypes) > maxTypes {
		return bad(TypeHint, "%d drives have a device type", len(p.SMARTTypes))
	}
	for id, typ := range p.SMARTTypes {
		if !smart.IsDeviceType(typ) || id == "" || len(id) > maxPath || !visible(id) {
			return bad(TypeHint, "%q cannot be the device type of the drive %q", reason.Clean(typ, 40),
				reason.Clean(id, 120))
		}
	}
	return nil
}

// Fingerprint gives the pinned host key's SHA256:… form, empty while none is pinned or where it is no key.
func (p Profile) Fingerprint() string { return fingerprint(p.HostKey) }

func fingerprint(line string) string {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return ""
	}
	return ssh.FingerprintSHA256(key)
}

// Pins compares next, a newer state of the same profile, with what p has pinned. A pin may be set once; another value,
// or none, is host_key_changed or nas_changed. Another jump host, or none, has a key of its own.
func (p Profile) Pins(next Profile) error {
	if p.HostKey != "" && next.HostKey != p.HostKey {
		return reason.New(reason.HostKeyChanged, "nas", p.Name, "known", p.Fingerprint(),
			"shown", named(next.Fingerprint()))
	}
	if p.Jump.HostKey != "" && p.Jump.At(next.Jump) && next.Jump.HostKey != p.Jump.HostKey {
		return reason.New(reason.HostKeyChanged, "nas", "the jump host of "+p.Name,
			"known", fingerprint(p.Jump.HostKey), "shown", named(fingerprint(next.Jump.HostKey)))
	}
	if p.MachineID != "" && next.MachineID != p.MachineID {
		return reason.New(reason.NASChanged, "nas", p.Name, "known", p.MachineID, "shown", named(next.MachineID))
	}
	return nil
}

func named(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// only reports whether s is made of ASCII letters, digits and the characters of more.
func only(s, more string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte(more, c) < 0 {
			return false
		}
	}
	return true
}

// visible reports whether s is valid UTF-8 of characters that are seen where they stand: no control characters, none
// that turn or join the text around them. Spaces are visible.
func visible(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) })
}
