package runner

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// A last word is what stays of a job that was removed by a computer which did not start it, at gone/JOB.json: the one
// that did learns from it that the job ran. It goes once that computer has heard it, or after keepWords.
const (
	goneDir   = "gone"
	keepWords = 180 * 24 * time.Hour
	maxWord   = 64 << 10 // bytes
)

var wordName = regexp.MustCompile(`^[0-9a-z]{16,32}\.json$|^\.tmp-[0-9]{1,32}$`)

func (d StateDir) word(id string) string { return filepath.Join(d.dir, goneDir, id+".json") }

// leaveWord writes the last word of a job that is about to be removed. One that never said a word leaves none.
func (s *Service) leaveWord(root *os.Root, id, by string, gid int) error {
	t, n, err := fold(root)
	if err != nil || n == 0 {
		return err
	}
	if facts, err := s.Host.Facts(); err == nil { // how a run ended that told no end
		t.Observe(&burnin.Observation{Run: n, BootID: facts.BootID, BootedMs: facts.Booted.UnixMilli(), Complete: true})
	}
	data, err := json.Marshal(burnin.Last(t.Job(), reason.Clean(by, 200), s.Now().UnixMilli()))
	if err != nil {
		return err
	}
	if req, err := s.Dir.request(id); err == nil {
		gid = req.GID // who started it follows without root
	}
	if err := os.MkdirAll(filepath.Join(s.Dir.dir, goneDir), 0o755); err != nil {
		return spaceError("the last word of a job", err)
	}
	return spaceError("the last word of a job", writeSynced(s.Dir.word(id), data, gid))
}

// lastWord reads the last word of a job; nil where there is none, or none that makes sense.
func (d StateDir) lastWord(id string) *burnin.LastWord {
	if !burnin.ValidID(id) {
		return nil
	}
	info, err := os.Lstat(d.word(id))
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxWord {
		return nil
	}
	data, err := os.ReadFile(d.word(id))
	var l burnin.LastWord
	if err != nil || json.Unmarshal(data, &l) != nil {
		return &burnin.LastWord{State: burnin.Unknown, By: "somebody"} // that there is one says that the job ran
	}
	return &l
}

// dropWords removes the last words that were heard and those that nobody came for.
func (s *Service) dropWords(heard []string) error {
	for _, id := range heard {
		if !burnin.ValidID(id) {
			return reason.New("bad_request", "error", "that is no job id")
		}
		if err := os.Remove(s.Dir.word(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	dir := filepath.Join(s.Dir.dir, goneDir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !wordName.MatchString(e.Name()) || len(entries) <= wire.MaxJobs && s.Now().Sub(info.ModTime()) < keepWords {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	_ = os.Remove(dir) // stays while there are words in it
	return nil
}
