package erase

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

// writeHistory is what a job's runs have done to its drive so far, as far as it decides what may be found there.
type writeHistory struct {
	Began      bool         // the first destructive act was begun
	rest       *drive.Grant // it is done: what claims of before are left, nil until then
	Overwrote  bool         // an engine wrote beyond what was saved
	Somethings bool         // the undo kit holds something
	Restored   bool         // what the first destructive act erased is back
	Lost       bool         // a later job has written over the drive
	after      []string     // jobs that had begun to erase the drive before this one
	took       []string     // those of them whose kits this one's holds too

	passed  bool   // its newest run ended so
	foreign string // what somebody else wrote to the drive while this job counted on it, in words; empty for nothing
	counted bool   // that was found by the kernel's count: no look at the drive shows where

	first, last moment // when it first, and last, told of any of these writes
}

// moment is a time since a machine started. Moments of two starts cannot be compared, nor is the wall clock asked: it
// may have been wrong once.
type moment struct {
	boot string
	ms   int64
}

// after reports whether a moment came later than another of the same start of the machine.
func (m moment) after(other moment) (after, known bool) {
	return m.ms > other.ms, m.boot != "" && m.boot == other.boot
}

// apply takes in one event.
func (d *writeHistory) apply(kind burnin.EventKind, data []byte) error {
	switch kind {
	case burnin.EvWrites:
		var act *burnin.FirstAct
		if err := json.Unmarshal(data, &act); err != nil {
			return err
		}
		d.Began = true
		if act == nil { // of a runner that knew no grants: it began with drives that held nothing
			d.rest, d.Overwrote = &drive.Grant{}, true
			return nil
		}
		d.Somethings, d.after, d.took = act.SavedBytes > 0, act.After, act.Took
	case burnin.EvWiped:
		var wiped burnin.Wiped
		if err := json.Unmarshal(data, &wiped); err != nil {
			return err
		}
		d.rest = &wiped.Rest
	case burnin.EvOverwrites:
		d.Overwrote = true
	case burnin.EvRestored:
		d.Restored = true
	case burnin.EvLost:
		d.Lost = true
	case burnin.EvStage:
		var change burnin.StageChange
		if err := json.Unmarshal(data, &change); err != nil {
			return err
		}
		d.heard(change.Reason)
	case burnin.EvEnd:
		var end burnin.End
		if err := json.Unmarshal(data, &end); err != nil {
			return err
		}
		d.passed = end.State == burnin.Passed
		d.heard(end.Reason)
	default: // no other line tells of a write
	}
	return nil
}

// otherAt is the argument of a refusal that says at which LBA there is what this job cannot have left there.
const otherAt = "lba"

// otherData refuses a drive for such a sector.
func otherData(expected, what string, lba int64) *reason.Said {
	return reason.New(reason.UsageChanged, "expected", expected,
		"found", fmt.Sprintf("%sother data at LBA %d", what, lba), otherAt, lba)
}

// heard takes from why a stage or a run ended that somebody else wrote to the drive.
func (d *writeHistory) heard(said *reason.Said) {
	switch {
	case said == nil:
	case said.Code == reason.ForeignWrites:
		d.foreign, d.counted = said.Text, true
	case said.Code == reason.UsageChanged:
		if lba, ok := said.Args[otherAt].Int(); ok {
			d.foreign = fmt.Sprintf("It found other data at LBA %d", lba)
		} else if _, where, told := strings.Cut(said.Text, "other data at LBA "); told && len(said.Args) == 0 {
			d.foreign = "It found other data at LBA " + where // a journal of before reasons kept their values
		}
	}
}

// tellsWrites are what the lines hold that are read for writes: nearly all of a journal, which may be long, are not.
var tellsWrites = [][]byte{[]byte(`"writes"`), []byte(`"wiped"`), []byte(`"overwrites"`), []byte(`"restored"`),
	[]byte(`"lost"`), []byte(`"end"`), []byte(`"foreign_writes"`), []byte(`"usage_changed"`)}

// historyOf reads it from all journals of a job.
func historyOf(root *os.Root) (writeHistory, error) {
	var d writeHistory
	names := []string{}
	for i := 1; i <= state.Runs(root); i++ {
		names = append(names, state.RunName(i))
	}
	for _, name := range append(names, wire.UndoJournal) {
		data, err := root.ReadFile(name)
		if name == wire.UndoJournal && errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return d, err
		}
		for line := range bytes.Lines(data) {
			if !slices.ContainsFunc(tellsWrites, func(part []byte) bool { return bytes.Contains(line, part) }) {
				continue
			}
			events, err := wire.DecodeJournal(line)
			if err != nil {
				return d, fmt.Errorf("%s: %w", name, err)
			}
			for _, ev := range events {
				if err := d.apply(ev.Kind, ev.Data); err != nil {
					return d, fmt.Errorf("%s, line %d: %w", name, ev.Seq, err)
				}
				d.note(ev)
			}
		}
	}
	return d, nil
}

// note notes when the drive was written to.
func (d *writeHistory) note(ev burnin.Event) {
	switch ev.Kind {
	case burnin.EvWrites, burnin.EvWiped, burnin.EvOverwrites:
		d.last = moment{ev.Boot, ev.BootMs}
		if d.first == (moment{}) {
			d.first = d.last
		}
	default: // nothing was written
	}
}

// told puts an event and takes it in.
func (e *Drive) told(kind burnin.EventKind, data any) error {
	if err := e.run.Put(kind, data); err != nil {
		return err
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return e.History.apply(kind, raw)
}
