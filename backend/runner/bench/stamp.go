package bench

import (
	"crypto/sha256"
	"fmt"

	"burnish/backend/burnin"
	"burnish/backend/surface"
)

// Nonce is what marks this job's stamps. It follows from the job's id, so that a resumed run knows its own.
func nonce(job string, stage, attempt int) (n [16]byte) {
	sum := sha256.Sum256(fmt.Appendf(nil, "burnish stamp %s %d %d", job, stage, attempt))
	copy(n[:], sum[:])
	return n
}

// Nonce is what marks the stamps that this stage writes now.
func (a *Stage) Nonce() [16]byte { return nonce(a.ID, a.Index, a.Job().Stages[a.Index].Attempt) }

// Ours reports whether a stamp is of this job, of whatever stage and attempt.
func (a *Stage) Ours(stamp surface.Stamp) bool { return StampOf(a.Job(), stamp) }

func StampOf(job burnin.Job, stamp surface.Stamp) bool {
	for i, s := range job.Stages {
		for attempt := 1; attempt <= s.Begun; attempt++ {
			if stamp.Nonce == nonce(job.ID, i, attempt) {
				return true
			}
		}
	}
	return false
}
