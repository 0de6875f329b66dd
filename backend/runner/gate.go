package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// A gate is what jobs that are started together wait at once they hold their drives. It is settled once, by a file that
// is linked into place whole, gates/ID: open, or closed with why. Whoever comes first settles it: who started them, when
// all hold; a job that is refused; a job that has waited too long. So all go on or none does, whoever dies meanwhile.
// Nothing is written to a drive before its job has passed.
const (
	gatesDir   = "gates"
	gateOpen   = "open"
	gateClosed = "closed: "
	maxGate    = 4096 // bytes
	// gateSpare is how much longer a job waits at its gate than who started it waits for all of them to hold.
	gateSpare = 30 * time.Second
)

var gateName = regexp.MustCompile(`^[0-9a-z]{16,32}$|^\.tmp-[0-9]{1,32}$`)

// gateWait is how long jobs that are started together may take to hold their drives: many look at once.
func gateWait(jobs int) time.Duration { return startWait + time.Duration(jobs)*3*time.Second }

func (d StateDir) gate(id string) string { return filepath.Join(d.dir, gatesDir, id) }

// gateSays reads how a gate was settled; empty where it is not yet.
func (d StateDir) gateSays(id string) (string, error) {
	info, err := os.Lstat(d.gate(id))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxGate {
		return gateClosed + "what settled it makes no sense", nil
	}
	data, err := os.ReadFile(d.gate(id))
	return string(data), err
}

// settle settles a gate, unless that was done already, and gives how it is settled now.
func (d StateDir) settle(id, how string) (string, error) {
	if err := os.MkdirAll(filepath.Join(d.dir, gatesDir), 0o755); err != nil {
		return "", spaceError("the gate of the jobs", err)
	}
	f, err := os.CreateTemp(filepath.Join(d.dir, gatesDir), ".tmp-*")
	if err != nil {
		return "", spaceError("the gate of the jobs", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(reason.Clean(how, maxGate-8))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", spaceError("the gate of the jobs", err)
	}
	if err := os.Link(f.Name(), d.gate(id)); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", spaceError("the gate of the jobs", err)
	}
	if err := syncDir(filepath.Join(d.dir, gatesDir)); err != nil {
		return "", err
	}
	return d.gateSays(id)
}

// shutFor closes the gate of a job that was refused.
func (d StateDir) shutFor(gate, drive string, why *reason.Said) (string, error) {
	return d.settle(gate, gateClosed+fmt.Sprintf("%s was refused (%s)", drive, why.Title))
}

// dropGates removes the gates that no job stands behind.
func (d StateDir) dropGates() error {
	dir := filepath.Join(d.dir, gatesDir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	ids, err := d.ids()
	if err != nil {
		return err
	}
	needed := map[string]bool{}
	for _, id := range ids {
		if req, err := d.request(id); err == nil {
			needed[req.Gate] = true
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil // it may be any
		}
	}
	for _, e := range entries {
		if needed[e.Name()] || !gateName.MatchString(e.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	_ = os.Remove(dir) // stays while there are gates in it
	return nil
}

// throughGate waits until the gate of the run's job opens. The drive is held meanwhile, and nothing was done to it.
func (r *run) throughGate(ctx context.Context) *reason.Said {
	if r.req.Gate == "" || r.passedGate {
		return nil
	}
	wait := gateWait(r.req.Together) + gateSpare
	if r.again {
		wait = 0 // who started it waits for the first run alone
	}
	limit := time.NewTimer(wait)
	defer limit.Stop()
	for {
		how, err := r.Dir.gateSays(r.req.Gate)
		if err != nil {
			return r.fault("the gate of the jobs", err)
		}
		if how != "" {
			return gaveUp(how)
		}
		select {
		case <-ctx.Done():
			return r.interrupted(ctx)
		case <-limit.C:
			late := gateClosed + fmt.Sprintf("not all of them held their drives within %s", gateWait(r.req.Together).Round(time.Second))
			if how, err = r.Dir.settle(r.req.Gate, late); err != nil {
				how = late // who opens it has given up long before
			}
			return gaveUp(how)
		case <-time.After(r.poll()):
		}
	}
}

// gaveUp is the reason of a job behind a gate that was settled like this; nil where it is open.
func gaveUp(how string) *reason.Said {
	if how == gateOpen {
		return nil
	}
	return reason.New("start_given_up", "why", strings.TrimPrefix(how, gateClosed))
}

// hasBegun reports whether a job has ever passed its gate: what a stage did stands in its journals.
func hasBegun(j burnin.Job) bool {
	for _, s := range j.Stages {
		if s.StartedMs != 0 {
			return true
		}
	}
	return false
}
