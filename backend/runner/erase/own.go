package erase

import (
	"burnish/backend/runner/bench"
)

// Own gives the drive that is open for writing to the run's own code.
func (a *Stage) Own() bench.Direct { return bench.NewDirect(a.Wrote, a.Asker()) }
