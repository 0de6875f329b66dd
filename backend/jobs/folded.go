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
	"burnish/backend/nas"
	"burnish/backend/store"
)

// A job that has ended is folded once: what its journals amount to is kept in FoldDir beside what they were folded
// from. While that is the same (the bytes of the mirror, the observation, this program) it is not done again. It is a
// cache and nothing more: whatever is wrong with it, the journals are read.
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

// fold folds a job from its mirror and an observation.
func (s *Service) fold(id string, obs *burnin.Observation) (burnin.Job, error) {
	from, err := s.foldedFrom(id, obs)
	if err != nil {
		return burnin.Job{}, err
	}
	file := filepath.Join(s.FoldDir, id+".json")
	if from != "" {
		var kept folded
		if info, err := os.Stat(file); err == nil && info.Size() <= maxFolded {
			data, err := os.ReadFile(file)
			if err == nil && json.Unmarshal(data, &kept) == nil && kept.From == from {
				kept.Job.Identity, kept.Job.Spec, kept.Job.EndedWallMs = kept.Identity, kept.Spec, kept.EndedWallMs
				return kept.Job, nil
			}
		}
	}
	job, err := s.Mirror.Fold(id, obs)
	// one that may go on is known whole
	if err == nil && from != "" && job.State.Ended() && job.State != burnin.Unknown {
		if data, err := json.Marshal(folded{from, job, job.Identity, job.Spec, job.EndedWallMs}); err == nil &&
			len(data) <= maxFolded {
			keepFile(file, data)
		}
	}
	return job, err
}

// foldedFrom identifies all that a fold depends on; empty where nothing is kept.
func (s *Service) foldedFrom(id string, obs *burnin.Observation) (string, error) {
	stamp, err := s.Mirror.Stamp(id)
	if err != nil || stamp == "" || s.FoldDir == "" {
		return "", err
	}
	program, err := os.Executable()
	if err != nil {
		return "", nil
	}
	info, err := os.Stat(program)
	if err != nil {
		return "", nil
	}
	var seen []byte
	if obs != nil {
		part := *obs
		part.SeenMs, part.UpMs, part.Live = 0, 0, nil
		if seen, err = json.Marshal(part); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%d|%d", stamp, seen, info.Size(), info.ModTime().UnixNano()))
	return hex.EncodeToString(sum[:]), nil
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
func (s *Service) roomOf(ctx context.Context, profileID string) (*nas.Room, error) {
	rows, err := s.Store.Jobs(ctx, store.Filter{})
	if err != nil {
		return nil, err
	}
	var used int64
	for _, row := range rows {
		if row.ProfileID != profileID {
			continue
		}
		have, err := s.Mirror.Have(row.ID)
		if err != nil {
			return nil, err
		}
		for _, n := range have {
			used += n
		}
	}
	return nas.NewRoom(used), nil
}
