//go:build linux

package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/runner/bin"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/leak"
	"burnish/backend/testbed/need"
	"burnish/backend/testbed/sshd"
)

// place is a computer with a NAS that takes passwords.
type place struct {
	server *sshd.Server
	user   *sshd.User
	home   string // of the person, with the data directory in it
	state  string // on the NAS
	add    string // the words that add the NAS
}

func newPlace(t *testing.T) *place {
	t.Helper()
	need.Root(t)
	if _, err := bin.Runner("amd64"); err != nil {
		t.Fatalf("%v; run: make runner", err)
	}
	p := &place{server: sshd.Start(t, sshd.Config("PasswordAuthentication yes")),
		user: sshd.NewUser(t, sshd.SudoPassword), home: t.TempDir()}
	dir, err := os.MkdirTemp("/var/lib", "burnish-login-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sweep(t, dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p.state = filepath.Join(dir, "burnish")
	p.add = fmt.Sprintf("nas add box --host %s --port %d --user %s --sudo password --virtual-drives --state-dir %s "+
		"--host-key %s",
		p.server.Host, p.server.Port, p.user.Name, p.state, p.server.HostKeyFingerprint)
	return p
}

// noBus is the environment of a computer without a keychain.
const noBus = "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent/bus"

func (p *place) env(more ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.home, "XDG_DATA_HOME="}, more...)
}

const (
	unlockRing = `printf %s session-password | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1`
	listRing   = `dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets org.freedesktop.Secret.Service.SearchItems dict:string:string:service,burnish | grep -c '/collection/' || true`
)

// session runs a shell script in a desktop session, with the lines on its stdin.
func (p *place) session(t *testing.T, stdin, script string) string {
	t.Helper()
	run := need.Program(t, "dbus-run-session")
	need.Program(t, "gnome-keyring-daemon")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, run, "--", "sh", "-ec", script)
	cmd.Env, cmd.Dir = p.env("XDG_RUNTIME_DIR="+t.TempDir(), "GOTRACEBACK=all"), p.home
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return string(out)
}

// A whole burn-in by password, with everything that is written and started watched for the password; a crash in the
// middle of it too.
func TestAPasswordIsNowhereButInTheKeychain(t *testing.T) {
	need.FUSE(t)
	p := newPlace(t)
	secret := p.user.Password
	drive := disk.Faulty(t, 64<<20)
	drive.Throttle(30_000_000)
	plan := filepath.Join(p.home, "surface.json")
	text := `{"name":"surface","without_smart":true,"stages":[{"kind":"precheck"},{"kind":"surface_validate","engine":"stamp"},{"kind":"final_check"}]}`
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	look := leak.Watch(secret)
	out := p.session(t, secret+"\n", unlockRing+`
burnish `+p.add+` --password-stdin
echo "kept: $(`+listRing+`)"
burnish nas list --json
burnish nas test box
burnish start box --drive `+drive.Path+` --plan `+plan+`
for i in $(seq 200); do burnish jobs --json | grep -q '"stage":"surface_validate"' && break; sleep 0.1; done
burnish watch >crash.txt 2>&1 & sleep 1.5; kill -QUIT $!; wait $! || true; cat crash.txt
for job in $(burnish jobs --json | sed 's/.*"id":"\([^"]*\)".*/\1/'); do burnish stop $job; burnish logs $job; burnish show $job --json; done
burnish clean box
burnish nas remove box
echo "left: $(`+listRing+`)"
`)
	look.End(t, "burnish", "sudo", "sshd")
	for _, want := range []string{"Its passwords are in the keychain", `"login":"password"`, `"secrets":"keychain"`, "kept: 1", "left: 0", "goroutine 1", "stopped_by_person"} {
		if !strings.Contains(out, want) {
			t.Errorf("nobody said %q", want)
		}
	}
	leak.Text(t, "what was printed", out, secret)
	leak.Text(t, "the SSH server's log", p.server.Log(), secret)
	if n := leak.Files(t, []string{secret}, p.home, filepath.Dir(p.state), "/var/log"); n < 5 {
		t.Errorf("only %d files were looked at", n)
	}
}

func TestALockedKeychainIsSaidAndNothingHangs(t *testing.T) {
	p := newPlace(t)
	p.session(t, p.user.Password+"\n", unlockRing+"\nburnish "+p.add+" --password-stdin")
	out := p.session(t, "", `burnish drives box --json && echo "came in" || echo "exit $?"`)
	if !strings.Contains(out, `"code":"keychain_denied"`) || !strings.Contains(out, "exit 2") {
		t.Errorf("got %s", out)
	}
	// Who asks for the keychain gets it or an error; who does not, goes without.
	out = p.session(t, p.user.Password+"\n", "burnish --data-dir other "+p.add+` --password-stdin --secrets keychain --json || echo "exit $?"`)
	if !strings.Contains(out, `"code":"keychain_denied"`) || !strings.Contains(out, "exit 2") {
		t.Errorf("got %s", out)
	}
	out = p.session(t, p.user.Password+"\n", "burnish --data-dir other "+p.add+" --password-stdin --json")
	if !strings.Contains(out, `"secrets":"session"`) {
		t.Errorf("got %s", out)
	}
}

// terminal is a person's: what a program prints there, and what is typed.
type terminal struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd

	mu   sync.Mutex
	text bytes.Buffer
	over chan struct{}
}

// at starts burnish with a terminal of its own and no keychain.
func (p *place) at(t *testing.T, words string) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	tt := &terminal{t: t, master: master, over: make(chan struct{})}
	tt.cmd = exec.Command("burnish", strings.Fields(words)...)
	tt.cmd.Env, tt.cmd.Dir = p.env(noBus), p.home
	tt.cmd.Stdin, tt.cmd.Stdout, tt.cmd.Stderr = slave, slave, slave
	tt.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	if err := tt.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tt.cmd.Process.Kill() })
	go func() {
		defer close(tt.over)
		for part := make([]byte, 4096); ; {
			n, err := master.Read(part)
			tt.mu.Lock()
			tt.text.Write(part[:n])
			tt.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return tt
}

func (tt *terminal) shown() string {
	tt.mu.Lock()
	defer tt.mu.Unlock()
	return tt.text.String()
}

// types waits for a question and answers it.
func (tt *terminal) types(question, answer string) {
	tt.t.Helper()
	for range 6000 {
		if strings.Contains(tt.shown(), question) && !tt.echoes() { // which is switched off after the question is shown
			io.WriteString(tt.master, answer+"\n")
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	tt.t.Fatalf("%q was never asked:\n%s", question, tt.shown())
}

// echoes reports whether the terminal shows what is typed.
func (tt *terminal) echoes() bool {
	state, err := unix.IoctlGetTermios(int(tt.master.Fd()), unix.TCGETS)
	return err != nil || state.Lflag&unix.ECHO != 0
}

func (tt *terminal) ends(code int) string {
	tt.t.Helper()
	tt.cmd.Wait()
	select {
	case <-tt.over:
	case <-time.After(10 * time.Minute):
	}
	if got := tt.cmd.ProcessState.ExitCode(); got != code {
		tt.t.Errorf("it ended with %d, not %d:\n%s", got, code, tt.shown())
	}
	return tt.shown()
}

// run runs burnish without a terminal and without a keychain.
func (p *place) run(t *testing.T, stdin, words string) (string, int) {
	t.Helper()
	cmd := exec.Command("burnish", strings.Fields(words)...)
	cmd.Env, cmd.Dir, cmd.Stdin = p.env(noBus), p.home, strings.NewReader(stdin)
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

func TestWithoutAKeychainAPersonIsAskedEachTime(t *testing.T) {
	p := newPlace(t)
	secret := p.user.Password
	at := p.at(t, p.add)
	at.types("Password of "+p.user.Name, secret)
	at.types("(empty: the same)", "")
	shown := at.ends(0)
	if !strings.Contains(shown, "asks for them each time") {
		t.Errorf("it does not say that nothing is kept:\n%s", shown)
	}
	leak.Text(t, "the terminal", shown, secret)

	at = p.at(t, "nas test box")
	at.types("Password of "+p.user.Name, secret)
	leak.Text(t, "the terminal", at.ends(0), secret)

	at = p.at(t, "nas test box")
	at.types("Password of "+p.user.Name, "wrong")
	if shown := at.ends(6); !strings.Contains(shown, "refused the password") ||
		strings.Count(shown, "Password of") != 1 {
		t.Errorf("got %s", shown)
	}

	// Ctrl-C at the question ends it and leaves the terminal as it was.
	at = p.at(t, "nas test box")
	at.types("Password of "+p.user.Name, "half\x03")
	at.ends(2)
	if state, err := unix.IoctlGetTermios(int(at.master.Fd()), unix.TCGETS); err != nil || state.Lflag&unix.ECHO == 0 {
		t.Errorf("the terminal shows nothing any more: %v", err)
	}

	out, code := p.run(t, "", "nas test box --json")
	if code != 2 || !strings.Contains(out, `"code":"password_needed"`) {
		t.Errorf("without a terminal: exit %d, %s", code, out)
	}
	leak.Files(t, []string{secret}, p.home)
}

func TestASealedFileKeepsWhereThereIsNoKeychain(t *testing.T) {
	p := newPlace(t)
	secret, passphrase := p.user.Password, "a phrase of my own"
	at := p.at(t, p.add+" --secrets file")
	at.types("Password of "+p.user.Name, secret)
	at.types("(empty: the same)", "")
	at.types("New passphrase", passphrase)
	at.types("once more", passphrase)
	leak.Text(t, "the terminal", at.ends(0), secret, passphrase)
	if st, err := os.Stat(filepath.Join(p.home, "burnish", "secrets.age")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the sealed file: %v, %v", st, err)
	}

	at = p.at(t, "nas test box")
	at.types("Passphrase of the sealed", passphrase)
	at.ends(0)
	at = p.at(t, "nas test box")
	at.types("Passphrase of the sealed", "wrong")
	if shown := at.ends(2); !strings.Contains(shown, "passphrase is wrong") {
		t.Errorf("got %s", shown)
	}
	if out, code := p.run(t, "", "nas test box --json"); code != 2 || !strings.Contains(out, `"code":"sealed_file_denied"`) {
		t.Errorf("without a terminal: exit %d, %s", code, out)
	}
	leak.Files(t, []string{secret, passphrase}, p.home, filepath.Dir(p.state))

	at = p.at(t, "nas remove box")
	at.types("Passphrase of the sealed", passphrase)
	at.ends(0)
}

func TestASudoPasswordOfItsOwnComesAfterTheLogins(t *testing.T) {
	p := newPlace(t)
	secret := p.user.Password
	for name, c := range map[string]struct {
		stdin, words string
		code         int
		says         string
	}{
		"the same, said by an empty line": {secret + "\n\n", p.add + " --password-stdin", 0, "saved"},
		"the same, unsaid":                {secret + "\n", p.add + " --password-stdin", 0, "saved"},
		"its own": {secret + "\r\n" + secret, p.add + " --password-stdin --sudo-password-stdin",
			0, "saved"},
		"its own, missing":  {secret + "\n", p.add + " --password-stdin --sudo-password-stdin", 2, "empty"},
		"its own, wrong":    {secret + "\nwrong\n", p.add + " --password-stdin", 6, "sudo refused the password"},
		"a key and sudo's":  {secret + "\n", p.add + " --key " + p.server.KeyFile, 0, "saved"},
		"a key and nothing": {"", p.add + " --key " + p.server.KeyFile, 2, "empty"},
		"no way in":         {"", p.add, 2, "--password-stdin"},
	} {
		t.Run(name, func(t *testing.T) {
			if out, code := p.run(t, c.stdin, c.words+" --data-dir "+t.TempDir()); code != c.code ||
				!strings.Contains(out, c.says) {
				t.Errorf("exit %d, want %d and %q:\n%s", code, c.code, c.says, out)
			} else {
				leak.Text(t, "what was printed", out, secret)
			}
		})
	}
}

func TestANASThatSSHKnowsIsImported(t *testing.T) {
	p := newPlace(t)
	outer := sshd.Start(t, sshd.Config("AuthorizedKeysFile "+filepath.Join(filepath.Dir(p.server.KeyFile),
		"authorized_keys")))
	ssh := filepath.Join(p.home, ".ssh")
	if err := os.Mkdir(ssh, 0o700); err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("Host tank\n HostName %s\n Port %d\n User %s\n IdentityFile %s\n ProxyJump door\nHost "+
		"door\n HostName %s\n Port %d\n User root\n",
		p.server.Host, p.server.Port, p.user.Name, p.server.KeyFile, outer.Host, outer.Port)
	var known strings.Builder
	for _, s := range []*sshd.Server{p.server, outer} {
		key, err := exec.Command(need.Program(t, "ssh-keygen"), "-y", "-f", s.HostKeyFile).Output()
		if err != nil {
			t.Fatal(err)
		}
		host, port, _ := net.SplitHostPort(s.Addr())
		fmt.Fprintf(&known, "[%s]:%s %s", host, port, key)
	}
	for name, text := range map[string]string{"config": config, "known_hosts": known.String()} {
		if err := os.WriteFile(filepath.Join(ssh, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	from := " --file " + filepath.Join(ssh, "config") + " --known-hosts " + filepath.Join(ssh, "known_hosts")
	out, code := p.run(t, "", "nas import --json"+from)
	if code != 0 || !strings.Contains(out, `"host":"tank"`) || !strings.Contains(out, `"jump":"root@`+outer.Addr()) {
		t.Errorf("exit %d: %s", code, out)
	}
	out, code = p.run(t, p.user.Password+"\n", "nas import tank --sudo password --virtual-drives --json --state-dir "+
		p.state+from)
	if code != 0 || !strings.Contains(out, `"name":"tank"`) || !strings.Contains(out, `"jump":"root@`+outer.Addr()) {
		t.Errorf("exit %d: %s", code, out)
	}
	if !strings.Contains(outer.Log(), "Accepted publickey for root") {
		t.Error("it was not reached through the jump host")
	}
	if err := os.WriteFile(filepath.Join(ssh, "known_hosts"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code = p.run(t, "", "nas import tank --name two --json"+from); code != 2 || !strings.Contains(out, `"code":"jump_key_unknown"`) {
		t.Errorf("exit %d: %s", code, out)
	}
}
