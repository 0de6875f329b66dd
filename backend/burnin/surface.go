package burnin

import (
	"fmt"
	"slices"

	"burnish/backend/surface"
)

// Checkpoint is a place from which a surface stage can go on. Before it everything was done, and what was written was
// flushed.
type Checkpoint struct {
	Stage    int   `json:"stage"`
	Phase    Phase `json:"phase"`
	Pass     int   `json:"pass"`
	Position int64 `json:"position"` // bytes of the sweep
	Done     int64 `json:"done"`     // bytes over all sweeps
	Covered  int64 `json:"covered"`
	// Mark is where a stamped block was left in what lies before, for the end of the stage to find (badblocks): the
	// byte.
	Mark *int64 `json:"mark,omitempty"`
	// Zero is how many bytes of zeros a read scan has met in all runs of the stage, Healed what was bad and then good.
	Zero   int64   `json:"zero,omitempty"`
	Healed *Healed `json:"healed,omitempty"`
	// KernelSectors is the kernel's count of sectors written to the drive at that moment, in the boot named Boot.
	KernelSectors int64  `json:"kernel_sectors,omitempty"`
	Boot          string `json:"boot,omitempty"`
}

// Healed is what gave an error or wrong data and was right when tried again, over all runs of a stage.
type Healed struct {
	Count     int64 `json:"count"`               // places
	Accidents int64 `json:"accidents,omitempty"` // events behind them; 0 where a runner did not count them
	Data      bool  `json:"data,omitempty"`      // one of them held wrong data
	LBA       int64 `json:"lba"`                 // of the first
	Answered  int64 `json:"answered,omitempty"`  // requests among which they came; 0 where a runner did not count them
}

// HealedData tells it as it is now.
type HealedData struct {
	Stage  int    `json:"stage"`
	Healed Healed `json:"healed"`
}

// Resumed says where a stage goes on after an earlier run of it was broken off.
type Resumed struct {
	Phase    string `json:"phase"` // empty: from its beginning
	Pass     int    `json:"pass"`
	FromByte int64  `json:"from_byte"`      // of that sweep
	Repeated int64  `json:"repeated_bytes"` // written or read once more; over all resumes where a stage shows it
}

// Map is how fast a drive was from one place to the next, in one sweep: compact, one number for each of its equal
// parts.
type Map struct {
	Stage int     `json:"stage"`
	Phase Phase   `json:"phase"`
	Pass  int     `json:"pass"`
	First int     `json:"first"` // index of the first part told here
	Parts int     `json:"parts"` // into how many the drive is divided
	KBps  []int64 `json:"kbps"`  // 1000 bytes per second; 0 for a part that was not gone over
	Mean  []int64 `json:"mean"`  // time of a request, microseconds
	P99   []int64 `json:"p99"`
	Max   []int64 `json:"max"`
	Slow  int64   `json:"slow,omitempty"` // requests that took longer than a second
}

// maxParts bounds a map, maxMaps how many a stage has.
const (
	maxParts = 1000
	maxMaps  = 256
)

func (m *Map) columns() []*[]int64 { return []*[]int64{&m.KBps, &m.Mean, &m.P99, &m.Max} }

// mapPart puts a piece of a sweep's map into the whole. Nothing that another copy of the stage shares is changed.
func (s *Stage) mapPart(d Map) error {
	n := len(d.KBps)
	if d.Parts < 1 || d.Parts > maxParts || d.First < 0 || n > d.Parts || d.First > d.Parts-n {
		return fmt.Errorf("map: %d parts from part %d on of %d", n, d.First, d.Parts)
	}
	whole := Map{Stage: d.Stage, Phase: d.Phase, Pass: d.Pass, Parts: d.Parts}
	at := slices.IndexFunc(s.Map, func(m Map) bool {
		return m.Phase == d.Phase && m.Pass == d.Pass &&
			m.Parts == d.Parts
	})
	if at >= 0 {
		whole = s.Map[at]
	}
	from, to := d.columns(), whole.columns()
	for i := range to {
		if len(*from[i]) != n {
			return fmt.Errorf("map: columns of different length")
		}
		column := make([]int64, d.Parts)
		copy(column, *to[i])
		copy(column[d.First:], *from[i])
		*to[i] = column
	}
	whole.Slow += d.Slow
	s.Map = slices.Clone(s.Map)
	switch {
	case at >= 0:
		s.Map[at] = whole
	case len(s.Map) >= maxMaps:
		return fmt.Errorf("map: more than %d sweeps", maxMaps)
	default:
		s.Map = append(s.Map, whole)
	}
	return nil
}

func (s *Stage) checkpoint(d Checkpoint) {
	s.Checkpoint = &d
	s.Done = max(s.Done, d.Done)
	s.ZeroBytes = d.Zero
	if d.Healed != nil {
		s.Healed = *d.Healed
	}
	if d.Mark != nil {
		s.Marks = append(slices.Clip(s.Marks), *d.Mark)
	}
}

// resume begins a stage again. What was found bad and stayed bad is evidence still; what could not be confirmed before
// the run was broken off lies behind the place where it goes on, and is looked at again.
func (s *Stage) resume(d *Resumed) {
	s.BadRanges = slices.DeleteFunc(slices.Clone(s.BadRanges), func(r surface.Range) bool { return !r.Persistent })
	if s.BadRanges == nil {
		s.BadRanges = []surface.Range{}
	}
	if d == nil {
		s.Checkpoint, s.Done, s.Map, s.Marks, s.ZeroBytes = nil, 0, nil, nil, 0
		return
	}
	all := *d
	if s.Resumed != nil {
		all.Repeated += s.Resumed.Repeated
	}
	s.Resumed = &all
}
