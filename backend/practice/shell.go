package practice

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"

	"burnish/backend/nas"
	"burnish/backend/wire"
)

// errNotFound is how a shell ends that does not find what it should start.
var errNotFound = errors.New("not found")

// command does what a command line says, and gives its exit status.
func (n *NAS) command(ctx context.Context, line string, stdin io.Reader, stdout, stderr io.Writer) uint32 {
	script, args, ok := nas.ReadCommand(line)
	err := errNotFound
	if ok {
		fmt.Fprintln(stdout, nas.ScriptBegins)
		err = n.script(ctx, script, args, stdin, stdout)
	}
	var refused *refusal
	switch {
	case err == nil:
		return 0
	case errors.As(err, &refused):
		fmt.Fprintln(stderr, refused.text)
		return refused.status
	case errors.Is(err, errNotFound):
		fmt.Fprintln(stderr, "practice: command not found")
		return 127
	}
	fmt.Fprintln(stderr, err)
	return 1
}

// refusal is a script that ends by saying why.
type refusal struct {
	text   string
	status uint32
}

func (r *refusal) Error() string { return r.text }

// script does what one of the scripts of package nas does, on this machine's directory.
func (n *NAS) script(ctx context.Context, script nas.Script, args []string, stdin io.Reader, stdout io.Writer) error {
	for len(args) < 3 {
		args = append(args, "")
	}
	var lines []string
	var err error
	switch script {
	case nas.ScriptFacts:
		lines = []string{"os=Linux", "arch=x86_64", "uid=0", "gid=" + strconv.Itoa(max(os.Getgid(), 0)),
			"machine=" + n.machine, "system=Practice NAS, simulated", "host=" + Hostname}
	case nas.ScriptInspect:
		lines = n.inspect(args[0], args[1])
	case nas.ScriptMake:
		var bin string
		if bin, err = n.bin(args[0]); err == nil {
			err = os.MkdirAll(bin, 0o755)
		}
	case nas.ScriptUpload:
		err = n.upload(args[0], args[1], args[2], stdin)
	case nas.ScriptUndo, nas.ScriptRemove:
		err = n.removeRunners(args[0], args[1], script == nas.ScriptUndo)
	case nas.ScriptStart:
		return n.start(ctx, args[0], args[1], wire.Verb(args[2]), stdin, stdout)
	default:
		return errNotFound
	}
	if err != nil {
		return err
	}
	for _, l := range append(lines, nas.ScriptDone) {
		if _, err := fmt.Fprintln(stdout, l); err != nil {
			return err
		}
	}
	return nil
}

// bin is the one directory that programs may lie in.
func (n *NAS) bin(dir string) (string, error) {
	if dir != path.Join(StateDir, "bin") {
		return "", &refusal{dir + ": read-only file system", 1}
	}
	return filepath.Join(n.state(), "bin"), nil
}

var program = regexp.MustCompile(`^burnish-runner-[0-9a-f]{8}$`)

// file is where a runner lies.
func (n *NAS) file(dir, name string) (string, error) {
	bin, err := n.bin(dir)
	if err == nil && !program.MatchString(name) {
		err = &refusal{name + ": that is no name of a runner", 1}
	}
	return filepath.Join(bin, name), err
}

// inspect lists a directory and all above it, all of them root's.
func (n *NAS) inspect(dir, name string) []string {
	const owned = "drwxr-xr-x 2 0 0 4096 Jan 1 00:00 "
	var lines []string
	missing, real := 0, dir
	for real != "/" && !n.isDir(real) {
		missing, real = missing+1, path.Dir(real)
	}
	lines = append(lines, "missing "+strconv.Itoa(missing), "real "+real)
	for d := real; ; d = path.Dir(d) {
		lines = append(lines, "dir "+owned+d)
		if d == "/" {
			break
		}
	}
	if missing > 0 {
		return lines
	}
	file, err := n.file(dir, name)
	if err != nil {
		return lines
	}
	if info, err := os.Stat(file); err == nil {
		lines = append(lines, fmt.Sprintf("file -rwxr-xr-x 1 0 0 %d Jan 1 00:00 %s", info.Size(), name))
	}
	return lines
}

// isDir reports whether the machine has a directory.
func (n *NAS) isDir(dir string) bool {
	switch dir {
	case "/", "/root", "/opt", "/usr", "/usr/local", "/usr/local/lib", "/var", "/var/lib":
		return true
	case StateDir:
		return exists(n.state())
	case path.Join(StateDir, "bin"):
		return exists(filepath.Join(n.state(), "bin"))
	}
	return false
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// maxProgram bounds an upload, in bytes.
const maxProgram = 256 << 20

// upload puts a program into its place if it arrived whole.
func (n *NAS) upload(dir, name, sum string, stdin io.Reader) error {
	file, err := n.file(dir, name)
	if err != nil {
		return err
	}
	in := bufio.NewReader(stdin)
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return &refusal{"the upload did not begin", 1}
		}
		if string(bytes.TrimRight(line, "\r\n")) == wire.Magic {
			break
		}
	}
	content, err := io.ReadAll(io.LimitReader(in, maxProgram))
	if err != nil {
		return err
	}
	if got := sha256.Sum256(content); hex.EncodeToString(got[:]) != sum {
		return &refusal{"the upload arrived damaged", 1}
	}
	if exists(file) {
		return nil
	}
	part := file + ".part"
	if err := os.WriteFile(part, content, 0o600); err != nil { // never started, so never executable
		return err
	}
	return os.Rename(part, file)
}

// removeRunners removes the one runner, or all but it.
func (n *NAS) removeRunners(dir, name string, one bool) error {
	bin, err := n.bin(dir)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(bin)
	if err != nil {
		return ignoreGone(err)
	}
	for _, e := range entries {
		if program.MatchString(e.Name()) && (e.Name() == name) == one {
			if err := os.Remove(filepath.Join(bin, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// start answers a verb if the program that would answer it is the one that the desktop knows.
func (n *NAS) start(ctx context.Context, file, sum string, verb wire.Verb, stdin io.Reader, stdout io.Writer) error {
	at, err := n.file(path.Dir(file), path.Base(file))
	if err != nil || !exists(at) {
		return &refusal{nas.SaysMissing, 127}
	}
	f, err := os.Open(at)
	if err != nil {
		return err
	}
	hash := sha256.New()
	_, err = io.Copy(hash, f)
	f.Close()
	if err != nil || hex.EncodeToString(hash.Sum(nil)) != sum {
		return &refusal{nas.SaysChanged, 126}
	}
	return n.service().Serve(ctx, verb, stdin, stdout)
}
