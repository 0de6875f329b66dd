package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/nas/mirror"
	"burnish/backend/store"
)

// A job that has ended is folded once: what its journals amount to is kept in FoldDir beside what they were folded
// from. While that is the same (the bytes of the mirror, this program) it is not done again. It is a cache and nothing
// more: whatever is wrong with it, the journals are read.
type folded struct {
	From string     `json:"from"`
	Job  burnin.Job `json:"job"`
	// What a job does not show and a desktop needs of one that is over.
	Identity    drive.Identity `json:"identity"`
	Spec        burnin.Plan    `json:"spec"`
	EndedWallMs int64          `json:"ended_wall_ms"`
}

// maxFolded bounds a job that is kept folded, in bytes.
const maxFolded = 8 << 20

// fold folds a job from its mirror and an observation: of one that goes on, what is new; of one that has ended,
// nothing.
func (s *Service) fold(id string, obs *burnin.Observation) (burnin.Job, error) {
	c := s.folds.of(s.mirror, id)
	c.mu.Lock()
	defer c.mu.Unlock()
	file := filepath.Join(s.foldDir, id+".json")
	if !c.began {
		if job, is := s.readFolded(file, id); is {
			s.folds.forget(id)
			return job, nil
		}
	}
	job, err := c.fold.Fold(obs)
	c.began = err == nil
	switch {
	case err != nil:
		s.folds.forget(id)
	case job.State.Ended() && job.State != burnin.Unknown: // one that may go on is known whole
		s.folds.forget(id)
		if from := s.foldedFrom(c.fold.Stamp()); from != "" {
			if data, err := json.Marshal(
				folded{from, job, job.Identity, job.Spec, job.EndedWallMs},
			); err == nil &&
				len(data) <= maxFolded {
				keepFile(file, data)
			}
		}
	}
	return job, err
}

// readFolded gives a job that is kept folded, if its journals are what they were. Its runs told how they ended: what
// was seen of it changes nothing.
func (s *Service) readFolded(file, id string) (job burnin.Job, is bool) {
	info, err := os.Stat(file)
	if s.foldDir == "" || err != nil || info.Size() > maxFolded {
		return job, false
	}
	stamp, err := s.mirror.Stamp(id)
	if err != nil {
		return job, false
	}
	var kept folded
	data, err := os.ReadFile(file)
	if from := s.foldedFrom(stamp); err != nil || json.Unmarshal(data, &kept) != nil || from == "" ||
		kept.From != from {
		return job, false
	}
	kept.Job.Identity, kept.Job.Spec, kept.Job.EndedWallMs = kept.Identity, kept.Spec, kept.EndedWallMs
	return kept.Job, true
}

// foldedFrom identifies all that the fold of an ended job depends on; empty where nothing is kept.
func (s *Service) foldedFrom(stamp string) string {
	program, err := os.Executable()
	if stamp == "" || s.foldDir == "" || err != nil {
		return ""
	}
	info, err := os.Stat(program)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d|%d", stamp, info.Size(), info.ModTime().UnixNano()))
	return hex.EncodeToString(sum[:])
}

// keepFile writes a file all or nothing, where it can.
func keepFile(path string, data []byte) {
	if os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if f.Close() == nil && err == nil {
		_ = os.Rename(f.Name(), path)
	}
}

// roomOf is the room that is left in the mirror for the jobs of a NAS.
func (s *Service) roomOf(ctx context.Context, profileID string) (*mirror.Room, error) {
	rows, err := s.store.Jobs(ctx, store.Filter{})
	if err != nil {
		return nil, err
	}
	var used int64
	for _, row := range rows {
		if row.ProfileID != profileID {
			continue
		}
		have, err := s.mirror.Have(row.ID)
		if err != nil {
			return nil, err
		}
		for _, n := range have {
			used += n
		}
	}
	return mirror.NewRoom(used), nil
}
