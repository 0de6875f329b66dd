package erase

import (
	"errors"
	"os"
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/runner/state"
)

// A job that begins on a drive which another job's kit can still bring back takes that kit over: its own kit holds what
// was there before either of them. So one undo, of the newest job, is the way back for all of them.

// taken is another job's kit, proven to fit what is on the drive now.
type taken struct {
	job  burnin.Job
	kit  *kit
	data *os.File
	may  []drive.Grant // what its drive was allowed to hold, and may hold again
}

func (t *taken) close() { _ = t.data.Close() } // it was read from only

// takeKits opens the kits of other jobs that can be put back onto this drive as it is now; others lists, oldest first
// or in no order, all jobs that had to do with it. What does not fit any more stays where it is and is told.
func (a *Stage) takeKits() (all []*taken, after []string, err error) {
	records, err := recordsOfDrive(a.Dir, a.Req.Drive)
	if err != nil {
		return nil, nil, err
	}
	open := map[string]bool{}
	for _, k := range KnownOf(records) {
		open[k.job] = true
	}
	for _, p := range records {
		if p.id == a.ID || p.err != nil || !p.history.Began && p.history.foreign == "" {
			continue
		}
		after = append(after, p.id)
		if !open[p.id] || !p.open() || !p.Drive.Same(a.Req.Drive) {
			continue
		}
		t, err := a.takeKit(p.id)
		if err != nil {
			return all, after, err
		}
		if t != nil {
			all = append(all, t)
		}
	}
	return all, after, nil
}

// takeKit opens a job's kit and proves that it fits; nil for one that does not.
func (a *Stage) takeKit(id string) (*taken, error) {
	root, err := a.Dir.Root(id)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	req, err := a.Dir.Request(id)
	if err != nil {
		return nil, err
	}
	k, err := ReadKit(root)
	if err != nil {
		a.Say("the undo kit of job %s is left where it is: %v", id, err)
		return nil, nil
	}
	t := &taken{kit: k, may: k.May}
	if t.data, err = root.Open(kitData); err != nil {
		a.Say("the undo kit of job %s is left where it is: %v", id, err)
		return nil, nil
	}
	folded, _, err := state.Fold(root)
	if err != nil {
		t.close()
		return nil, err
	}
	t.job = folded.Job()
	if g := req.Grant; g != nil {
		t.may = append(slices.Clone(t.may), *g)
	}
	misfit, err := k.misfit(a.Own(), t.data, t.job, a.MayWrite)
	if err != nil || misfit != nil {
		t.close()
	}
	if misfit != nil {
		a.Say("the undo kit of job %s does not fit the drive any more and is left where it is: %v", id, misfit)
		return nil, err
	}
	return t, err
}

// spansOf joins the places of the drive that kits are of to spans.
func spansOf(spans []Extent, kits []*taken) []Extent {
	spans = slices.Clone(spans)
	for _, t := range kits {
		spans = append(spans, t.kit.spans()...)
	}
	return Merged(spans)
}

// lay puts into p, which was read from off on, what the kit holds of it.
func (t *taken) lay(p []byte, off int64) error {
	at := int64(0)
	for _, one := range t.kit.Pieces {
		if one.Blank {
			continue
		}
		from, to := max(off, one.Off), min(off+int64(len(p)), one.Off+int64(one.Len))
		if from < to {
			if _, err := t.data.ReadAt(p[from-off:to-off], at+from-one.Off); err != nil {
				return errors.Join(errors.New("the undo kit of job "+t.job.ID), err)
			}
		}
		at += int64(one.Len)
	}
	return nil
}
