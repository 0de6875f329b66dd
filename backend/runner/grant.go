package runner

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/wire"
)

// deeds is what a job's runs have done to its drive so far, as far as it decides what may be found there.
type deeds struct {
	began      bool         // the first destructive act was begun
	rest       *drive.Grant // it is done: what claims of before are left, nil until then
	overwrote  bool         // an engine wrote beyond what was saved
	somethings bool         // the undo kit holds something
	firstMs    int64        // when the first destructive act was first begun, by the NAS's clock
	lastMs     int64        // when the last of these events was told
}

// apply takes in one event.
func (d *deeds) apply(kind burnin.EventKind, data []byte) error {
	switch kind {
	case burnin.EvWrites:
		var act *burnin.FirstAct
		if err := json.Unmarshal(data, &act); err != nil {
			return err
		}
		d.began = true
		if act == nil { // of a runner that knew no grants: it began with drives that held nothing
			d.rest, d.overwrote = &drive.Grant{}, true
			return nil
		}
		d.somethings = act.SavedBytes > 0
	case burnin.EvWiped:
		var wiped burnin.Wiped
		if err := json.Unmarshal(data, &wiped); err != nil {
			return err
		}
		d.rest = &wiped.Rest
	case burnin.EvOverwrites:
		d.overwrote = true
	}
	return nil
}

// deedsOf reads the deeds from all journals of a job.
func deedsOf(root *os.Root) (deeds, error) {
	var d deeds
	for i := 1; i <= runs(root); i++ {
		data, err := root.ReadFile(runName(i))
		if err != nil {
			return d, err
		}
		for line := range bytes.Lines(data) {
			if !bytes.Contains(line, []byte(`"writes"`)) && !bytes.Contains(line, []byte(`"wiped"`)) && !bytes.Contains(line, []byte(`"overwrites"`)) {
				continue // nearly all lines, of a journal that may be long
			}
			events, err := wire.DecodeJournal(line)
			if err != nil {
				return d, fmt.Errorf("%s: %w", runName(i), err)
			}
			for _, ev := range events {
				if err := d.apply(ev.Kind, ev.Data); err != nil {
					return d, fmt.Errorf("%s, line %d: %w", runName(i), ev.Seq, err)
				}
				if d.began {
					d.firstMs, d.lastMs = cmp.Or(d.firstMs, ev.WallMs), max(d.lastMs, ev.WallMs)
				}
			}
		}
	}
	return d, nil
}

// told puts an event and takes it in.
func (r *run) told(kind burnin.EventKind, data any) error {
	if err := r.j.put(kind, data); err != nil {
		return err
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return r.deeds.apply(kind, raw)
}

// startable applies the lock rules to what was found under the hold: before the first destructive act what a person
// allowed, after it what was left and what the job itself wrote. In between, of what was allowed any part may be gone.
func (r *run) startable(id drive.Identity, u drive.Usage) drive.Startable {
	switch {
	case r.deeds.rest != nil:
		return drive.StartableAgain(id, u, r.deeds.rest)
	case r.deeds.began && r.req.Grant != nil:
		return drive.StartableAgain(id, u, r.req.Grant)
	}
	return drive.StartableUnder(id, u, r.req.Grant)
}

// expected says in words what the drive was to be used for.
func (r *run) expected() string {
	if r.deeds.rest != nil {
		return "what this job left there"
	}
	return string(r.req.Usage)
}
