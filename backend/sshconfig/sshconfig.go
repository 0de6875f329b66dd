// Package sshconfig reads what a person has told ssh about a host, so that it need not be typed again.
//
// Of ssh_config(5) it takes HostName, User, Port, IdentityFile, ProxyJump and HostKeyAlias. Where the file would make
// ssh reach this host in a way that Burnish does not go (see cannot), or a Match that only ssh can judge may say how it
// is reached, that is an error which names the keyword and the line; other hosts of the file are not concerned. Host
// keys come from known_hosts, where the person has accepted them.
//
// It reads files and holds no state; a Config may be used from any goroutine. Its errors are import_failed.
package sshconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"burnish/backend/profile"
	"burnish/backend/reason"
)

// Config is one file of ssh's configuration, with what it includes.
type Config struct {
	file string
	home string
	user string
	read []line
}

// Read reads a configuration. home is the person's home directory and user the name of their login here, which is what
// ssh takes where the file names none.
func Read(file, home, user string) (*Config, error) {
	c := &Config{file: file, home: home, user: user}
	var err error
	if c.read, err = c.lines(file, 0); err != nil {
		return nil, c.bad(err, "Mend it, give the file with --file, or add the NAS with: burnish nas add").
			AtWindow("Mend it, or fill in the form.")
	}
	return c, nil
}

func (c *Config) bad(err any, hint string) *reason.Said {
	return reason.New(reason.ImportFailed, "file", c.file, "error", err, "hint", hint)
}

// byHand is what to do about a host that cannot be taken over.
const byHand = "Add the NAS with: burnish nas add NAME --host HOST --user USER --key FILE (ssh -G HOST shows the " +
	"values)."

// formHint says so at the window.
const formHint = "Fill in the form by hand (ssh -G HOST shows the values)."

// Hosts lists the names that the file gives settings for, without patterns, in its order.
func (c *Config) Hosts() []string { return names(c.read) }

// cannot are the keywords by which ssh reaches a host, or signs in, in a way that Burnish does not, and the value that
// means nothing of the kind.
var cannot = []struct{ key, name, nothing string }{
	{"proxycommand", "ProxyCommand", "none"}, {"bindaddress", "BindAddress", ""}, {"bindinterface", "BindInterface",
		""},
	{"canonicalizehostname", "CanonicalizeHostname", "no"}, {"pkcs11provider", "PKCS11Provider", "none"},
	{"securitykeyprovider", "SecurityKeyProvider", "internal"}, {"certificatefile", "CertificateFile", "none"},
	{"addressfamily", "AddressFamily", "any"}, {"knownhostscommand", "KnownHostsCommand", "none"},
}

// follows are the keywords that are followed.
var follows = []string{"hostname", "user", "port", "identityfile", "proxyjump", "hostkeyalias", "identityagent"}

// known gives what the file says of a host, or why it cannot be followed.
func (c *Config) known(name string) (*settings, error) {
	s := c.settings(name)
	for _, k := range cannot {
		if v := s.get(k.key); v != "" && !strings.EqualFold(v, k.nothing) {
			hint, window := byHand, formHint
			if k.key == "proxycommand" {
				hint = "Use ProxyJump there, or add the NAS with --jump USER@HOST:PORT."
				window = "Use ProxyJump there, or fill in the form by hand, with a jump host."
			}
			return s, c.bad(fmt.Errorf("%s has %s %s, which Burnish does not follow", name, k.name, v), hint).
				AtWindow(window)
		}
		if l, ok := s.doubts[k.key]; ok {
			return s, c.doubt(name, k.name, l)
		}
	}
	for _, key := range follows {
		if l, ok := s.doubts[key]; ok {
			return s, c.doubt(name, key, l)
		}
	}
	agent := s.get("identityagent")
	if agent != "" && agent != "SSH_AUTH_SOCK" && agent != "$SSH_AUTH_SOCK" && agent != "none" &&
		agent != os.Getenv("SSH_AUTH_SOCK") && len(s.values["identityfile"]) == 0 {
		return s, c.bad(fmt.Errorf("%s has IdentityAgent %s, which Burnish does not follow", name, agent),
			"Set SSH_AUTH_SOCK to it before Burnish starts and add the NAS with --agent, or give a key with --key "+
				"FILE.").
			AtWindow("Set SSH_AUTH_SOCK to it before Burnish starts and choose the agent, or choose a key file.")
	}
	return s, nil
}

func (c *Config) doubt(name, keyword string, l line) error {
	return c.bad(fmt.Errorf("%s may have the %s of a Match block that only ssh itself can judge (%s)", name, keyword,
		l.place()), byHand).AtWindow(formHint)
}

// reach is how ssh would reach a host.
type reach struct {
	host, user string
	port       int
}

func (c *Config) reach(s *settings) (reach, error) {
	r := reach{host: s.name, user: c.user, port: profile.DefaultPort}
	for _, setting := range []struct {
		name string
		take func(string) error
	}{
		{"HostName", func(v string) (err error) { r.host, err = expand(v, map[byte]string{'h': s.name}); return err }},
		{"User", func(v string) error { r.user = v; return nil }},
		{"Port", func(v string) (err error) { r.port, err = strconv.Atoi(v); return err }},
	} {
		v := s.get(strings.ToLower(setting.name))
		if v == "" {
			continue
		}
		if err := setting.take(v); err != nil {
			return r, c.bad(fmt.Errorf("%s of %s is %q: %w", setting.name, s.name, v, err), byHand).
				AtWindow(formHint)
		}
	}
	return r, nil
}

// Profile gives what the file says of a host as the beginning of a profile: host, port, user, key file or agent, jump
// host. Its name is the host's in the file.
func (c *Config) Profile(name string) (profile.Profile, error) {
	s, err := c.known(name)
	if err != nil {
		return profile.Profile{}, err
	}
	r, err := c.reach(s)
	if err != nil {
		return profile.Profile{}, err
	}
	p := profile.Profile{Name: name, Host: r.host, Port: r.port, User: r.user}
	if p.KeyFile, err = c.identity(s, r); err != nil {
		return p, err
	}
	p.Agent = p.KeyFile == ""
	p.Jump, _, err = c.jump(s)
	return p, err
}

// HostKeys gives the host keys that the person has accepted for a host and for its jump host, as KnownKey does; ssh
// keeps them under the HostKeyAlias where there is one.
func (c *Config) HostKeys(knownHosts, name string) (host, jump string, err error) {
	p, err := c.Profile(name)
	if err != nil {
		return "", "", err
	}
	s := c.settings(name)
	if host, err = knownAs(knownHosts, s, p.Host, p.Port); err != nil || p.Jump.Host == "" {
		return host, "", err
	}
	_, through, err := c.jump(s)
	if err != nil {
		return host, "", err
	}
	jump, err = knownAs(knownHosts, through, p.Jump.Host, p.Jump.Port)
	return host, jump, err
}

func knownAs(knownHosts string, s *settings, host string, port int) (string, error) {
	if alias := s.get("hostkeyalias"); alias != "" {
		host, port = alias, profile.DefaultPort // ssh keeps an alias without a port
	}
	return KnownKey(knownHosts, host, port)
}

// identity chooses the key file: the first named one that is there, else the first. Where none is named it is what ssh
// itself takes, if no agent is there to be asked; empty is the agent.
func (c *Config) identity(s *settings, r reach) (string, error) {
	named := s.values["identityfile"]
	// there the agent has a name of its own
	if len(named) == 0 && os.Getenv("SSH_AUTH_SOCK") == "" && runtime.GOOS != "windows" {
		for _, usual := range []string{"id_rsa", "id_ecdsa", "id_ed25519"} {
			if file := filepath.Join(c.home, ".ssh", usual); exists(file) {
				named = []string{file}
			}
		}
	}
	first := ""
	for _, text := range named {
		if text == "none" {
			break
		}
		file, err := c.keyFile(text, r)
		if err != nil {
			return "", err
		}
		if exists(file) {
			return file, nil
		}
		if first == "" {
			first = file
		}
	}
	return first, nil
}

func exists(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular()
}

func (c *Config) keyFile(file string, r reach) (string, error) {
	if rest, ok := strings.CutPrefix(file, "~/"); ok {
		file = filepath.Join(c.home, rest)
	}
	file, err := expand(file, map[byte]string{'d': c.home, 'h': r.host, 'r': r.user, 'u': c.user})
	if err != nil {
		return "", c.bad(fmt.Errorf("IdentityFile %q: %w", file, err), "Give the key with --key FILE.").
			AtWindow("Choose a key file.")
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(c.home, ".ssh", file)
	}
	return file, nil
}

// jump gives the jump host of a host, and what the file says of it.
func (c *Config) jump(s *settings) (profile.Jump, *settings, error) {
	text := s.get("proxyjump")
	if text == "" || text == "none" {
		return profile.Jump{}, nil, nil
	}
	if strings.Contains(text, ",") {
		return profile.Jump{}, nil, c.bad(fmt.Errorf("%s is reached through more than one jump host (%s)", s.name,
			text), "Burnish goes through one. Reach the NAS another way, or run Burnish nearer to it.")
	}
	j, err := ParseJump(text, "")
	if err != nil {
		return j, nil, err
	}
	through, err := c.known(j.Host) // it may be a name of this file
	if err != nil {
		return j, nil, err
	}
	if further := through.get("proxyjump"); further != "" && further != "none" {
		return j, nil, c.bad(fmt.Errorf("%s is reached through %s, which is reached through more than one jump host "+
			"itself (%s)", s.name, j.Host, further),
			"Burnish goes through one. Reach the NAS another way, or run Burnish nearer to it.")
	}
	r, err := c.reach(through)
	if err != nil {
		return j, nil, err
	}
	if j.User == "" {
		j.User = r.user
	}
	if j.Port == 0 {
		j.Port = r.port
	}
	j.Host = r.host
	return j, through, nil
}

// ParseJump reads a jump host as ssh writes it: [user@]host[:port]. What is left out is user and port 0; its error is
// bad_profile.
func ParseJump(text, user string) (profile.Jump, error) {
	a, err := profile.ParseAddress(text)
	if err != nil {
		return profile.Jump{}, err
	}
	if a.User == "" {
		a.User = user
	}
	return profile.Jump{Host: a.Host, Port: a.Port, User: a.User}, nil
}

// expand replaces the %-words of ssh that are given; any other is an error.
func expand(text string, words map[byte]string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			b.WriteByte(text[i])
			continue
		}
		if i++; i == len(text) {
			return text, errors.New("it ends with a %")
		}
		word, ok := words[text[i]]
		switch {
		case text[i] == '%':
			b.WriteByte('%')
		case ok:
			b.WriteString(word)
		default:
			return text, fmt.Errorf("the token %%%c is not known", text[i])
		}
	}
	return b.String(), nil
}

// KnownKey gives the host key that the person has accepted for a host, as a line "type base64"; empty where there is
// none. Of several it is the one of the best type.
func KnownKey(file, host string, port int) (string, error) {
	ask, err := knownhosts.New(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", reason.New(reason.ImportFailed, "file", file, "error", err, "hint", "Give the host key with "+
			"--host-key SHA256:...").
			AtWindow("Compare the host key that the NAS shows with its own.")
	}
	// The file is asked whether a key is known that cannot be: the answer names those that are.
	address := net.JoinHostPort(host, strconv.Itoa(port))
	var known *knownhosts.KeyError
	if !errors.As(ask(address, &net.TCPAddr{}, noKey{}), &known) {
		return "", nil
	}
	for _, kind := range []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoRSA} {
		for _, k := range known.Want {
			if k.Key.Type() == kind {
				return strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(k.Key)), "\n"), nil
			}
		}
	}
	return "", nil
}

// noKey is no host's key.
type noKey struct{}

func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return nil }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.New("no key") }
