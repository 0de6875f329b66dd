package runner

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

// leaveWord writes the last word of a job that is about to be removed. One that never said a word leaves none.
func (s *Service) leaveWord(root *os.Root, id, by string, gid int) error {
	t, n, err := state.Fold(root)
	if err != nil || n == 0 {
		return err
	}
	if facts, err := s.Host.Facts(); err == nil { // how a run ended that told no end
		t.Observe(&burnin.Observation{Run: n, BootID: facts.BootID, BootedMs: facts.Booted.UnixMilli(), Complete: true})
	}
	data, err := json.Marshal(burnin.Last(t.Job(), reason.Clean(by, 200), s.Wall().UnixMilli()))
	if err != nil {
		return err
	}
	if req, err := s.Dir.Request(id); err == nil {
		gid = req.GID // who started it follows without root
	}
	if err := os.MkdirAll(filepath.Join(s.Dir.Dir, state.GoneDir), 0o755); err != nil {
		return state.SpaceError("the last word of a job", err)
	}
	return state.SpaceError("the last word of a job", state.WriteSynced(s.Dir.Word(id), data, gid))
}

// dropWords removes the last words that were heard and those that nobody came for.
func (s *Service) dropWords(heard []string) error {
	for _, id := range heard {
		if !burnin.ValidID(id) {
			return reason.New(reason.BadRequest, "error", "that is no job id")
		}
		if err := os.Remove(s.Dir.Word(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	dir := filepath.Join(s.Dir.Dir, state.GoneDir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !state.WordName.MatchString(e.Name()) || len(entries) <= wire.MaxJobs &&
			s.Wall().Sub(info.ModTime()) < state.KeepWords {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	_ = os.Remove(dir) // stays while there are words in it
	return nil
}
