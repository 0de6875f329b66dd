package erase

import (
	"burnish/backend/burnin"
	"burnish/backend/runner/bench"
)

// Drive is what one run does to its drive: what it has written so far, and what must hold before it writes.
type Drive struct {
	run     *bench.Run
	Base    int64   // the kernel's count of sectors written to the drive, when it was held
	Wrote   *Writes // nil until the drive is open for writing
	History writeHistory

	offPaths  []burnin.Counter // paths that the kernel did not count
	whyOff    string           // why one of these cannot be counted
	Uncounted bool             // the kernel's count was seen not to count

	doubt string // a job that had the drive too, and nobody knows whether before this one or after it
}

// NewDrive reads what the job's earlier runs have done.
func NewDrive(run *bench.Run) (*Drive, error) {
	d, err := historyOf(run.Root())
	return &Drive{run: run, History: d}, err
}

// Stage is a stage that may write.
type Stage struct {
	*bench.Stage
	*Drive
	traces Traces
}

// NewStage is a stage of a run that may write.
func NewStage(a *bench.Stage, d *Drive) *Stage { return &Stage{Stage: a, Drive: d} }

// Expect has the stage know what its engine may have left.
func (a *Stage) Expect(t Traces) { a.traces = t }

// Traces are what an engine that Burnish did not write may have left on the drive: sectors that no stamp marks. Without
// such an engine all are nil.
type Traces struct {
	Pattern func(sector []byte) bool // it may be the engine's
	Before  func() int64             // up to which byte, where the stage has no checkpoint yet
	AtTail  func() bool              // whether in the tail
}
