package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// What jobs of ours know of a drive that no look at it shows: that what one has erased can be brought back, and that
// somebody else wrote to it. It lies in the jobs' directories, so that every computer that asks this NAS knows it, and it
// counts as data: such a drive is erased only for who typed its phrase having been told.

// past is what one job has done to its drive.
type past struct {
	id    string
	drive drive.Identity
	deeds deeds
	kit   bool  // its undo kit is there
	err   error // what it did cannot be read
}

// open reports whether what the job erased can still be brought back, as far as the job itself knows.
func (p past) open() bool {
	return p.kit && p.deeds.began && p.deeds.somethings && !p.deeds.overwrote && !p.deeds.restored && !p.deeds.lost
}

// order reports whether a began to erase their drive before b. It is known where one of them found the other, or both were
// of one start of the machine.
func order(a, b past) (before, known bool) {
	switch {
	case slices.Contains(b.deeds.after, a.id):
		return true, true
	case slices.Contains(a.deeds.after, b.id):
		return false, true
	}
	return b.deeds.last.after(a.deeds.first)
}

// pasts reads what all jobs have done to drives that are meant. What a job did of which nobody knows the drive is not among it.
func (d StateDir) pasts(meant func(drive.Identity) bool) ([]past, error) {
	ids, err := d.ids()
	if err != nil {
		return nil, err
	}
	var all []past
	for _, id := range ids {
		req, err := d.request(id)
		if err != nil || !req.Plan.Destroys() || !meant(req.Drive) {
			continue
		}
		p, err := d.past(id, req)
		if reasonCode(err) == "no_such_job" {
			continue // removed just now
		}
		p.err = err
		all = append(all, p)
	}
	return all, nil
}

func (d StateDir) past(id string, req wire.StartRequest) (past, error) {
	p := past{id: id, drive: req.Drive}
	root, err := d.root(id)
	if err != nil {
		return p, err
	}
	p.deeds, err = deedsOf(root)
	_, kitErr := root.Lstat(kitIndex)
	p.kit = !errors.Is(kitErr, fs.ErrNotExist)
	return p, errors.Join(err, root.Close())
}

// ofDrive gives the pasts of one drive, also where it shows another world-wide name than it did, as behind a USB bridge.
func (d StateDir) ofDrive(id drive.Identity) ([]past, error) {
	return d.pasts(func(other drive.Identity) bool { return alike(id, other) })
}

func alike(a, b drive.Identity) bool {
	serial := func(d drive.Identity) string { return strings.ToUpper(strings.TrimSpace(d.Serial)) }
	return a.Same(b) || serial(a) != "" && serial(a) == serial(b) && a.Part == b.Part && a.SizeBytes == b.SizeBytes
}

// known is one thing that a job knows of its drive.
type known struct{ job, claim, text string }

// knownOf gives what the jobs of one drive know of it and what nothing has settled since. An engine of a later job, which
// was allowed to, has written over it.
func knownOf(all []past) (out []known) {
	settled := func(p past) bool {
		return p.deeds.lost || slices.ContainsFunc(all, func(later past) bool {
			before, sure := order(p, later)
			return later.id != p.id && later.deeds.overwrote && sure && before
		})
	}
	taken := func(p past) bool {
		return slices.ContainsFunc(all, func(later past) bool { return later.kit && slices.Contains(later.deeds.took, p.id) })
	}
	for _, p := range all {
		switch {
		case p.err != nil:
			out = append(out, known{p.id, "burnish damaged " + p.id, "what job " + p.id + " did to it cannot be read: " + reason.Clean(p.err.Error(), 200)})
			continue
		case settled(p):
			continue
		case p.open() && !taken(p):
			out = append(out, known{p.id, "burnish kit " + p.id, "what job " + p.id + " erased can be brought back as long as nothing else is written (burnish undo " + p.id + ")"})
		}
		if p.deeds.foreign != "" && !p.deeds.passed {
			out = append(out, known{p.id, "burnish foreign " + p.id, "somebody else wrote to it while job " + p.id + " had it: " + strings.TrimSuffix(p.deeds.foreign, ".")})
		}
	}
	return out
}

// knows gives, by job, what each alone knows of its drive: it goes with the job's directory.
func (d StateDir) knows() (map[string]string, error) {
	all, err := d.pasts(func(drive.Identity) bool { return true })
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, p := range all {
		of := slices.DeleteFunc(slices.Clone(all), func(o past) bool { return !alike(o.drive, p.drive) })
		for _, k := range knownOf(of) {
			if k.job == p.id && p.err == nil { // a damaged one keeps nobody from cleaning
				out[p.id] = k.text
			}
		}
	}
	return out, nil
}

// withKnown adds to the usage of a drive what jobs know of it.
func withKnown(u drive.Usage, all []known) drive.Usage {
	why := drive.Why{Layer: "earlier jobs", Answer: "none left anything behind", Sure: true}
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

// recall adds to what was found of this run's drive what other jobs know of it.
func (r *run) recall(u drive.Usage) (drive.Usage, error) {
	all, err := r.Dir.ofDrive(r.req.Drive)
	if err != nil {
		return u, err
	}
	var of []known
	for _, k := range knownOf(all) {
		if k.job != r.id {
			of = append(of, k)
		}
	}
	return withKnown(u, of), nil
}

// erasedSince finds a job that has begun to erase the drive of this one after this one did; what lies on the drive now is
// that job's, or came after it. doubt is a job of which nobody knows whether it was before or after: what is on the drive
// decides. Both are empty for none.
func (r *run) erasedSince() (by, doubt string, err error) {
	all, err := r.Dir.pasts(r.req.Drive.Same)
	if err != nil {
		return "", "", err
	}
	me := past{id: r.id, deeds: r.deeds}
	for _, p := range all {
		if p.id == r.id {
			continue
		}
		if p.err != nil {
			return "", "", fmt.Errorf("job %s, which had the same drive: %w", p.id, p.err)
		}
		if !p.deeds.began {
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
