// Package sshconfig reads what a person has told ssh about a host, so that it need not be typed again.
//
// Of ssh_config(5) it takes HostName, User, Port, IdentityFile and ProxyJump. What would make ssh reach a host in a way
// that Burnish cannot go (ProxyCommand, a chain of jump hosts, Match) is an error, never left out in silence. Host keys
// come from known_hosts, where the person has accepted them.
//
// It reads files and holds no state; a Config may be used from any goroutine. Its errors are import_failed.
package sshconfig

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/kevinburke/ssh_config"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"burnish/backend/profile"
	"burnish/backend/reason"
)

// Config is one file of ssh's configuration, with what it includes.
type Config struct {
	file   string
	home   string
	user   string
	parsed *ssh_config.Config
	names  []string
}

// maxFile bounds a configuration, in bytes.
const maxFile = 1 << 20

// Read reads a configuration. home is the person's home directory and user the name of their login here, which is what
// ssh takes where the file names none.
func Read(file, home, user string) (*Config, error) {
	c := &Config{file: file, home: home, user: user}
	text, err := readAtMost(file)
	if err != nil {
		return nil, c.bad(err, "Give the file with --file.")
	}
	c.parsed, err = c.parse(text)
	if err != nil {
		return nil, err
	}
	c.names = c.hosts(text, 0)
	return c, nil
}

// readAtMost reads a file of a bounded size.
func readAtMost(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errors.New("it is too long")
	}
	return text, err
}

// parse reads the text of a file, as far as Burnish can follow it.
func (c *Config) parse(text []byte) (*ssh_config.Config, error) {
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if end := strings.IndexAny(line, " \t="); end > 0 && strings.EqualFold(line[:end], "match") {
			return nil, c.bad(fmt.Errorf("line %d has a Match block, which only ssh itself can judge", n+1),
				"Add the NAS with: burnish nas add NAME --host HOST --user USER --key FILE (ssh -G HOST shows the values).")
		}
	}
	parsed, err := ssh_config.DecodeBytes(c.anchored(text))
	if err != nil {
		return nil, c.bad(err, "Mend the file, or add the NAS with: burnish nas add")
	}
	return parsed, nil
}

func (c *Config) bad(err any, hint string) error {
	return reason.New("import_failed", "file", c.file, "error", err, "hint", hint)
}

// Hosts lists the names that the file gives settings for, without patterns, in its order.
func (c *Config) Hosts() []string { return c.names }

// maxIncludes is how deep files may name further ones, as for ssh itself.
const maxIncludes = 16

// hosts lists the hosts of a file and of those that it includes. A file that cannot be read or followed adds none: what
// is asked for by its name is told why.
func (c *Config) hosts(text []byte, depth int) []string {
	var names []string
	add := func(more ...string) {
		for _, name := range more {
			if name != "" && !strings.ContainsAny(name, "*?!") && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, file := range c.includes(text) {
		if depth == maxIncludes {
			break
		}
		if inner, err := readAtMost(file); err == nil {
			add(c.hosts(inner, depth+1)...)
		}
	}
	parsed, err := c.parse(text)
	if err != nil {
		return names
	}
	for _, h := range parsed.Hosts {
		for _, p := range h.Patterns {
			add(p.String())
		}
	}
	return names
}

// includes lists the files that a text includes.
func (c *Config) includes(text []byte) []string {
	var files []string
	for _, line := range strings.Split(string(text), "\n") {
		for _, pattern := range c.patterns(line) {
			found, _ := filepath.Glob(pattern) // a pattern that is none matches nothing
			files = append(files, found...)
		}
	}
	return files
}

// patterns are what a line includes, whole: names that are not absolute are those of ~/.ssh.
func (c *Config) patterns(line string) []string {
	words := strings.FieldsFunc(line, func(r rune) bool { return unicode.IsSpace(r) || r == '=' || r == '"' })
	if len(words) < 2 || !strings.EqualFold(words[0], "include") {
		return nil
	}
	for i, pattern := range words[1:] {
		if rest, ok := strings.CutPrefix(pattern, "~/"); ok {
			pattern = filepath.Join(c.home, rest)
		}
		if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(c.home, ".ssh", pattern)
		}
		words[i+1] = pattern
	}
	return words[1:]
}

// anchored writes what a text includes whole: the library would look in the home that the system has for its own user.
func (c *Config) anchored(text []byte) []byte {
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if patterns := c.patterns(line); patterns != nil {
			lines[i] = "Include " + strings.Join(patterns, " ")
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// get gives a setting, empty where there is none.
func (c *Config) get(host, setting string) (string, error) {
	value, err := c.parsed.Get(host, setting)
	if err != nil {
		return "", c.bad(fmt.Errorf("%s of %s: %w", setting, host, err), "Mend the file, or add the NAS with: burnish nas add")
	}
	return value, nil
}

// reach is how ssh would reach a host.
type reach struct {
	host, user string
	port       int
}

func (c *Config) reach(name string) (reach, error) {
	r := reach{host: name, user: c.user, port: profile.DefaultPort}
	for setting, take := range map[string]func(string) error{
		"HostName": func(v string) (err error) { r.host, err = expand(v, map[byte]string{'h': name}); return err },
		"User":     func(v string) error { r.user = v; return nil },
		"Port":     func(v string) (err error) { r.port, err = strconv.Atoi(v); return err },
	} {
		v, err := c.get(name, setting)
		if err != nil {
			return r, err
		}
		if v == "" {
			continue
		}
		if err := take(v); err != nil {
			return r, c.bad(fmt.Errorf("%s of %s is %q: %w", setting, name, v, err), "Add the NAS with: burnish nas add")
		}
	}
	return r, nil
}

// Profile gives what the file says of a host as the beginning of a profile: host, port, user, key file or agent, jump
// host. Its name is the host's in the file.
func (c *Config) Profile(name string) (profile.Profile, error) {
	r, err := c.reach(name)
	if err != nil {
		return profile.Profile{}, err
	}
	p := profile.Profile{Name: name, Host: r.host, Port: r.port, User: r.user}
	if p.KeyFile, err = c.identity(name, r); err != nil {
		return p, err
	}
	p.Agent = p.KeyFile == ""
	command, err := c.get(name, "ProxyCommand")
	if err != nil {
		return p, err
	}
	if command != "" && command != "none" {
		return p, c.bad(fmt.Errorf("%s is reached by a ProxyCommand, which Burnish does not run", name), "Use ProxyJump there, or add the NAS with --jump USER@HOST:PORT.")
	}
	p.Jump, err = c.jump(name)
	return p, err
}

// identity chooses the key file: the first named one that is there, else the first. Where none is named it is what ssh
// itself takes, if no agent is there to be asked; empty is the agent.
func (c *Config) identity(name string, r reach) (string, error) {
	named, err := c.parsed.GetAll(name, "IdentityFile")
	if err != nil {
		return "", c.bad(fmt.Errorf("IdentityFile of %s: %w", name, err), "Mend the file, or add the NAS with: burnish nas add")
	}
	if len(named) == 0 && os.Getenv("SSH_AUTH_SOCK") == "" && runtime.GOOS != "windows" { // there the agent has a name of its own
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
		return "", c.bad(fmt.Errorf("IdentityFile %q: %w", file, err), "Give the key with --key FILE.")
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(c.home, ".ssh", file)
	}
	return file, nil
}

func (c *Config) jump(name string) (profile.Jump, error) {
	text, err := c.get(name, "ProxyJump")
	if err != nil || text == "" || text == "none" {
		return profile.Jump{}, err
	}
	if strings.Contains(text, ",") {
		return profile.Jump{}, c.bad(fmt.Errorf("%s is reached through more than one jump host (%s)", name, text), "Burnish goes through one. Reach the NAS another way, or run Burnish nearer to it.")
	}
	j, err := ParseJump(strings.TrimPrefix(text, "ssh://"), "")
	if err != nil {
		return j, err
	}
	r, err := c.reach(j.Host) // it may be a name of this file
	if err != nil {
		return j, err
	}
	if j.User == "" {
		j.User = r.user
	}
	if j.Port == 0 {
		j.Port = r.port
	}
	j.Host = r.host
	return j, nil
}

// ParseJump reads a jump host as ssh writes it: [user@]host[:port]. What is left out is user and port 0; its error is
// bad_profile.
func ParseJump(text, user string) (profile.Jump, error) {
	j := profile.Jump{User: user, Host: text}
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		j.User, j.Host = text[:at], text[at+1:]
	}
	if host, port, err := net.SplitHostPort(j.Host); err == nil {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return j, reason.New("bad_profile", "what", fmt.Sprintf("%q cannot be a port", port), "hint", "A jump host is given as --jump USER@HOST:PORT.")
		}
		j.Host, j.Port = host, n
	}
	j.Host = strings.TrimSuffix(strings.TrimPrefix(j.Host, "["), "]")
	return j, nil
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
		return "", reason.New("import_failed", "file", file, "error", err, "hint", "Give the host key with --host-key SHA256:...")
	}
	// The file is asked whether a key is known that cannot be: the answer names those that are.
	address := net.JoinHostPort(host, strconv.Itoa(port))
	var known *knownhosts.KeyError
	if !errors.As(ask(address, &net.TCPAddr{}, noKey{}), &known) {
		return "", nil
	}
	for _, kind := range []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSA} {
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
