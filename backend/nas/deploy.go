package nas

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"burnish/backend/reason"
	"burnish/backend/wire"
)

// candidates are the state directories that are tried where the profile names none.
var candidates = []string{"/var/lib/burnish", "/root/.burnish", "/opt/burnish", "/usr/local/lib/burnish"}

// placed is where the runner lies.
type placed struct {
	stateDir string
	file     string
	sum      string // SHA-256, hex
}

// build is a runner that is to lie on a NAS.
type build struct {
	program []byte
	sum     string
	name    string
}

func newBuild(program []byte) build {
	sum := sha256.Sum256(program)
	b := build{program: program, sum: hex.EncodeToString(sum[:])}
	b.name = "burnish-runner-" + b.sum[:8]
	return b
}

func (b build) in(stateDir string) placed {
	return placed{stateDir: stateDir, file: path.Join(stateDir, "bin", b.name), sum: b.sum}
}

// StateDir is where Deploy found or put the runner; "" before.
func (c *Conn) StateDir() string { return c.placed().stateDir }

func (c *Conn) placed() placed {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.runner
}

// Deploy makes sure that the runner lies on the NAS in a directory that nobody but root can change, that it is ours
// to the last bit, and that it runs there for this login; it gives the runner's word on itself. What is there already
// is used without root. A directory that turns out unfit is left as it was.
//
// Errors: runner_changed, state_dir_unusable (with what was tried, and why not), no_root, what Options.Runner gives,
// and those of a call.
func (c *Conn) Deploy(ctx context.Context) (wire.VersionReply, error) {
	if c.target.StateDir != "" {
		return c.deployTo(ctx, c.target.StateDir)
	}
	return c.deployTo(ctx, candidates...)
}

// deployTo uses the first of dirs that has the runner already, else the first that it can be put to.
func (c *Conn) deployTo(ctx context.Context, dirs ...string) (wire.VersionReply, error) {
	program, err := c.opts.Runner(c.facts.GOARCH)
	if err != nil {
		return wire.VersionReply{}, err
	}
	d := deployment{c: c, build: newBuild(program)}
	for _, dir := range dirs {
		if v, ok, err := d.find(ctx, dir); ok || err != nil {
			return v, err
		}
	}
	for _, dir := range dirs {
		if v, ok, err := d.put(ctx, dir); ok || err != nil {
			return v, err
		}
	}
	return wire.VersionReply{}, reason.New(reason.StateDirUnusable, "tried", strings.Join(d.tried, "; "))
}

type deployment struct {
	c     *Conn
	build build
	tried []string
}

// unfit notes why a directory cannot be used, unless err is of a kind that ends it all.
func (d *deployment) unfit(dir string, err error) error {
	var failed *scriptError
	if !errors.As(err, &failed) {
		return err
	}
	d.tried = append(d.tried, dir+": "+reason.Clean(failed.Error(), 120))
	return nil
}

// find uses a runner that lies there already.
func (d *deployment) find(ctx context.Context, dir string) (wire.VersionReply, bool, error) {
	p, err := d.c.inspect(ctx, dir, d.build.name, false)
	var failed *scriptError
	switch {
	case errors.As(err, &failed): // it may be hidden from this login and not from root
		return wire.VersionReply{}, false, nil
	case err != nil:
		return wire.VersionReply{}, false, err
	case p.missing > 0, !p.file, p.unsafe != "":
		return wire.VersionReply{}, false, nil
	}
	v, err := d.use(ctx, d.build.in(path.Dir(p.real)))
	if errors.As(err, &failed) {
		return v, false, nil
	}
	return v, err == nil, err
}

// put brings the runner to a directory, as root.
func (d *deployment) put(ctx context.Context, dir string) (wire.VersionReply, bool, error) {
	none := wire.VersionReply{}
	before, err := d.c.inspect(ctx, dir, d.build.name, true)
	if err == nil && before.unsafe != "" {
		err = &scriptError{stderr: before.unsafe}
	}
	if err != nil {
		return none, false, d.unfit(dir, err)
	}
	v, err := d.fill(ctx, dir, before)
	if err == nil {
		return v, true, nil
	}
	var failed *scriptError
	if errors.As(err, &failed) && !before.file {
		if err := d.undo(ctx, dir, before); err != nil {
			return none, false, err
		}
	}
	return none, false, d.unfit(dir, err)
}

// fill makes what is missing, uploads, and lets the runner speak.
func (d *deployment) fill(ctx context.Context, dir string, p place) (wire.VersionReply, error) {
	if p.missing > 0 {
		if _, err := d.c.runRoot(ctx, nil, makeScript, path.Join(dir, "bin")); err != nil {
			return wire.VersionReply{}, err
		}
		var err error
		if p, err = d.c.inspect(ctx, dir, d.build.name, true); err != nil {
			return wire.VersionReply{}, err
		}
		if p.missing > 0 || p.unsafe != "" {
			return wire.VersionReply{}, &scriptError{stderr: "somebody else changes it"}
		}
	}
	if !p.file {
		content := io.MultiReader(strings.NewReader(wire.Magic+"\n"), strings.NewReader(string(d.build.program)))
		if _, err := d.c.runRoot(ctx, content, uploadScript, p.real, d.build.name, d.build.sum); err != nil {
			return wire.VersionReply{}, err
		}
	}
	return d.use(ctx, d.build.in(path.Dir(p.real)))
}

// use lets the runner say its version, as the login, and keeps it if it does. A runner that does not run there is a
// *scriptError.
func (d *deployment) use(ctx context.Context, at placed) (wire.VersionReply, error) {
	ctx, cancel := context.WithTimeout(ctx, d.c.opts.ScriptTimeout)
	defer cancel()
	v, err := d.c.versionOf(ctx, at)
	var none *noAnswerError
	switch {
	case errors.Is(err, ErrNoRunner):
		return v, &scriptError{stderr: "the login cannot reach the runner there"}
	case errors.As(err, &none):
		return v, &scriptError{status: none.status, stderr: none.stderr}
	case err != nil:
		return v, err
	case v.Protocol != wire.Protocol:
		return v, d.c.garbage("its runner speaks protocol " + strconv.Itoa(v.Protocol))
	}
	d.c.mu.Lock()
	d.c.runner = at
	d.c.mu.Unlock()
	return v, nil
}

func (d *deployment) undo(ctx context.Context, dir string, before place) error {
	_, err := d.c.runRoot(ctx, nil, undoScript, path.Join(dir, "bin"), d.build.name, strconv.Itoa(before.missing))
	var failed *scriptError
	if errors.As(err, &failed) {
		return nil // it could not be written to before, so nothing is left there
	}
	return err
}

// RemoveOld removes runners of other versions from the state directory. The caller knows that no job needs them.
func (c *Conn) RemoveOld(ctx context.Context) error {
	at := c.placed()
	if at.file == "" {
		return ErrNoRunner
	}
	_, err := c.runRoot(ctx, nil, removeScript, path.Dir(at.file), path.Base(at.file))
	var failed *scriptError
	if errors.As(err, &failed) {
		return c.garbage("old runners could not be removed: " + failed.Error())
	}
	return err
}

const makeScript = setPath + `umask 022; mkdir -p -- "$1" && echo ` + scriptDone

// uploadScript: $1 directory, $2 name, $3 SHA-256; the program stands on stdin behind Magic. The file gets its name
// when it is whole. What an upload before this one left behind, whose shell is gone, goes.
const uploadScript = setPath + `umask 022; cd -P -- "$1" || exit 1; ` +
	`for o in .burnish-runner-*.[0-9]*; do [ -f "$o" ] || continue; kill -0 "${o##*.}" 2>/dev/null || rm -f -- "$o"; done; ` +
	`t=.$2.$$; trap "rm -f $t" 0; trap "exit 1" 1 2 13 15; ` +
	`while IFS= read -r l; do [ "$l" = ` + wire.Magic + ` ] && break; done; ` +
	`cat > "$t" || exit 1; h=$(sha256sum < "$t") || exit 1; ` +
	`[ "${h%% *}" = "$3" ] || { echo "the upload arrived damaged" >&2; exit 1; }; ` +
	`chmod 0755 "$t" || exit 1; sync "$t" 2>/dev/null || sync; ` +
	`[ -e "$2" ] || mv -- "$t" "$2" || exit 1; echo ` + scriptDone

// undoScript: $1 directory, $2 name, $3 how many directories were made.
const undoScript = setPath + `rm -f -- "$1/$2" || exit 1; d=$1; n=$3; ` +
	`while [ "$n" -gt 0 ]; do rmdir -- "$d" 2>/dev/null; d=${d%/*}; n=$((n-1)); done; echo ` + scriptDone

const removeScript = setPath + `cd -P -- "$1" || exit 1; for o in burnish-runner-*; do [ -f "$o" ] || continue; [ "$o" = "$2" ] && continue; ` +
	`rm -f -- "$o" || exit 1; done; echo ` + scriptDone
