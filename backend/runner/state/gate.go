package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"burnish/backend/reason"
)

// StartWait is how long a run may take to hold its drive.
const StartWait = 90 * time.Second

// A gate is what jobs that are started together wait at once they hold their drives. It is settled once, by a file that
// is linked into place whole, gates/ID: open, or closed with why. Whoever comes first settles it: who started them,
// when all hold; a job that is refused; a job that has waited too long. So all go on or none does, whoever dies
// meanwhile. Nothing is written to a drive before its job has passed.
const (
	GatesDir   = "gates"
	GateOpen   = "open"
	GateClosed = "closed: "
	maxGate    = 4096 // bytes
	// GateSpare is how much longer a job waits at its gate than who started it waits for all of them to hold.
	GateSpare = 30 * time.Second
)

var gateName = regexp.MustCompile(`^[0-9a-z]{16,32}$|^\.tmp-[0-9]{1,32}$`)

// GateWait is how long jobs that are started together may take to hold their drives: many look at once.
func GateWait(jobs int) time.Duration { return StartWait + time.Duration(jobs)*3*time.Second }

func (d Dir) gate(id string) string { return filepath.Join(d.Dir, GatesDir, id) }

// GateSays reads how a gate was settled; empty where it is not yet.
func (d Dir) GateSays(id string) (string, error) {
	info, err := os.Lstat(d.gate(id))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxGate {
		return GateClosed + "what settled it makes no sense", nil
	}
	data, err := os.ReadFile(d.gate(id))
	return string(data), err
}

// Settle settles a gate, unless that was done already, and gives how it is settled now.
func (d Dir) Settle(id, how string) (string, error) {
	if err := os.MkdirAll(filepath.Join(d.Dir, GatesDir), 0o755); err != nil {
		return "", SpaceError("the gate of the jobs", err)
	}
	f, err := os.CreateTemp(filepath.Join(d.Dir, GatesDir), ".tmp-*")
	if err != nil {
		return "", SpaceError("the gate of the jobs", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(reason.Clean(how, maxGate-8))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", SpaceError("the gate of the jobs", err)
	}
	if err := os.Link(f.Name(), d.gate(id)); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", SpaceError("the gate of the jobs", err)
	}
	if err := SyncDir(filepath.Join(d.Dir, GatesDir)); err != nil {
		return "", err
	}
	return d.GateSays(id)
}

// ShutFor closes the gate of a job that was refused.
func (d Dir) ShutFor(gate, drive string, why *reason.Said) (string, error) {
	return d.Settle(gate, GateClosed+fmt.Sprintf("%s was refused (%s)", drive, why.Title))
}

// DropGates removes the gates that no job stands behind.
func (d Dir) DropGates() error {
	dir := filepath.Join(d.Dir, GatesDir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	ids, err := d.Ids()
	if err != nil {
		return err
	}
	needed := map[string]bool{}
	for _, id := range ids {
		if req, err := d.Request(id); err == nil {
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

// GaveUp is the reason of a job behind a gate that was settled like this; nil where it is open.
func GaveUp(how string) *reason.Said {
	if how == GateOpen {
		return nil
	}
	return reason.New(reason.StartGivenUp, "why", strings.TrimPrefix(how, GateClosed))
}
