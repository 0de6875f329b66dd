package erase

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

// What jobs of ours know of a drive that no look at it shows: that what one has erased can be brought back, and that
// somebody else wrote to it. It lies in the jobs' directories, so that every computer that uses this state directory
// knows it, and it counts as data: such a drive is erased only for who typed its phrase having been told.

// Record is what one job has done to its drive.
type Record struct {
	id      string
	Drive   drive.Identity
	history writeHistory
	kit     bool  // its undo kit is there
	err     error // what it did cannot be read
}

// open reports whether what the job erased can still be brought back, as far as the job itself knows.
func (p Record) open() bool {
	h := p.history
	return p.kit && h.Began && h.Somethings && !h.Overwrote && !h.Restored && !h.Lost
}

// order reports whether a began to erase their drive before b. It is known where one of them found the other, or both
// were of one start of the machine.
func order(a, b Record) (before, known bool) {
	switch {
	case slices.Contains(b.history.after, a.id):
		return true, true
	case slices.Contains(a.history.after, b.id):
		return false, true
	}
	return b.history.last.after(a.history.first)
}

// RecordsOf reads what all jobs have done to drives that are meant. A job of which nobody knows the drive is not
// among it.
func RecordsOf(d state.Dir, meant func(drive.Identity) bool) ([]Record, error) {
	ids, err := d.Ids()
	if err != nil {
		return nil, err
	}
	var all []Record
	for _, id := range ids {
		req, err := d.Request(id)
		if err != nil || !req.Plan.Destroys() || !meant(req.Drive) {
			continue
		}
		p, err := recordOf(d, id, req)
		if state.ReasonCode(err) == reason.NoSuchJob {
			continue // removed just now
		}
		p.err = err
		all = append(all, p)
	}
	return all, nil
}

func recordOf(d state.Dir, id string, req wire.StartRequest) (Record, error) {
	p := Record{id: id, Drive: req.Drive}
	root, err := d.Root(id)
	if err != nil {
		return p, err
	}
	p.history, err = historyOf(root)
	_, kitErr := root.Lstat(kitIndex)
	p.kit = !errors.Is(kitErr, fs.ErrNotExist)
	return p, errors.Join(err, root.Close())
}

// recordsOfDrive gives those of one drive, also where it shows another world-wide name than it did, as behind a USB
// bridge.
func recordsOfDrive(d state.Dir, id drive.Identity) ([]Record, error) {
	return RecordsOf(d, func(other drive.Identity) bool { return Alike(id, other) })
}

func Alike(a, b drive.Identity) bool {
	serial := func(d drive.Identity) string { return strings.ToUpper(strings.TrimSpace(d.Serial)) }
	return a.Same(b) || serial(a) != "" && serial(a) == serial(b) && a.Part == b.Part && a.SizeBytes == b.SizeBytes
}

// known is one thing that a job knows of its drive.
type known struct{ job, claim, text string }

// KnownOf gives what the jobs of one drive know of it and what nothing has settled since. An engine of a later job,
// which was allowed to, has written over it.
func KnownOf(all []Record) (out []known) {
	settled := func(p Record) bool {
		return p.history.Lost || slices.ContainsFunc(all, func(later Record) bool {
			before, sure := order(p, later)
			return later.id != p.id && later.history.Overwrote && sure && before
		})
	}
	taken := func(p Record) bool {
		return slices.ContainsFunc(all, func(later Record) bool {
			return later.kit && slices.Contains(later.history.took,
				p.id)
		})
	}
	for _, p := range all {
		switch {
		case p.err != nil:
			out = append(out, known{p.id, "burnish damaged " + p.id,
				"what job " + p.id + " did to it cannot be read: " + reason.Clean(p.err.Error(), 200)})
			continue
		case settled(p):
			continue
		case p.open() && !taken(p):
			out = append(out, known{p.id, "burnish kit " + p.id, "what job " + p.id + " erased can be brought back " +
				"by its undo, as long as nothing else is written"})
		}
		if p.history.foreign != "" && !p.history.passed {
			out = append(out, known{p.id, "burnish foreign " + p.id, "somebody else wrote to it while job " + p.id +
				" had it: " + strings.TrimSuffix(p.history.foreign, ".")})
		}
	}
	return out
}

// OpenJobs gives, by job, what each alone knows of its drive: it goes with the job's directory.
func OpenJobs(d state.Dir) (map[string]string, error) {
	all, err := RecordsOf(d, func(drive.Identity) bool { return true })
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, p := range all {
		of := slices.DeleteFunc(slices.Clone(all), func(o Record) bool { return !Alike(o.Drive, p.Drive) })
		for _, k := range KnownOf(of) {
			if k.job == p.id && p.err == nil { // a damaged one keeps nobody from cleaning
				out[p.id] = k.text
			}
		}
	}
	return out, nil
}

// WithKnown adds to the usage of a drive what jobs know of it.
func WithKnown(u drive.Usage, all []known) drive.Usage {
	why := drive.Why{Layer: drive.LayerEarlier, Answer: "none left anything behind", Sure: true}
	if len(all) == 0 {
		u.Why = append(slices.Clone(u.Why), why)
		return u
	}
	claims := slices.Clone(u.Claims)
	var texts []string
	for _, k := range all {
		claims, texts = append(claims, k.claim), append(texts, k.text)
	}
	slices.Sort(claims)
	why.Answer = strings.Join(texts, "; ")
	text, parts := u.Text, u.Parts
	data := drive.Usage{Class: drive.Data, Text: why.Answer, PhraseKind: drive.SerialPhrase, Why: []drive.Why{why}}
	if u.Class == drive.Data && text != "" {
		data.Text = text + "; " + why.Answer
	}
	if u = drive.Worse(u, data); u.Class == drive.Data {
		u.Text, u.PhraseKind = data.Text, drive.SerialPhrase
		if len(parts) > 0 {
			u.Parts = append(slices.Clone(parts), texts...)
		}
	}
	u.Claims = slices.Compact(claims)
	return u
}

// Recall adds to what was found of this run's drive what other jobs know of it.
func (e *Drive) Recall(u drive.Usage) (drive.Usage, error) {
	all, err := recordsOfDrive(e.run.Dir, e.run.Req.Drive)
	if err != nil {
		return u, err
	}
	var of []known
	for _, k := range KnownOf(all) {
		if k.job != e.run.ID {
			of = append(of, k)
		}
	}
	return WithKnown(u, of), nil
}

// erasedSince finds a job that has begun to erase the drive of this one after this one did; what lies on the drive now
// is that job's, or came after it. doubt is a job of which nobody knows whether it was before or after: what is on the
// drive decides. Both are empty for none.
func (e *Drive) erasedSince() (by, doubt string, err error) {
	all, err := RecordsOf(e.run.Dir, e.run.Req.Drive.Same)
	if err != nil {
		return "", "", err
	}
	me := Record{id: e.run.ID, history: e.History}
	for _, p := range all {
		if p.id == e.run.ID {
			continue
		}
		if p.err != nil {
			return "", "", fmt.Errorf("job %s, which had the same drive: %w", p.id, p.err)
		}
		if !p.history.Began {
			continue
		}
		switch before, sure := order(me, p); {
		case !sure:
			doubt = p.id
		case before:
			return p.id, "", nil
		}
	}
	return "", doubt, nil
}
