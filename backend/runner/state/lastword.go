package state

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"burnish/backend/burnin"
)

// A last word is what stays of a job that was removed by a computer which did not start it, at gone/JOB.json: the one
// that did learns from it that the job ran. It goes once that computer has heard it, or after keepWords.
const (
	GoneDir   = "gone"
	KeepWords = 180 * 24 * time.Hour
	maxWord   = 64 << 10 // bytes
)

var WordName = regexp.MustCompile(`^[0-9a-z]{16,32}\.json$|^\.tmp-[0-9]{1,32}$`)

func (d Dir) Word(id string) string { return filepath.Join(d.Dir, GoneDir, id+".json") }

// LastWord reads the last word of a job; nil where there is none, or none that makes sense.
func (d Dir) LastWord(id string) *burnin.LastWord {
	if !burnin.ValidID(id) {
		return nil
	}
	info, err := os.Lstat(d.Word(id))
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxWord {
		return nil
	}
	data, err := os.ReadFile(d.Word(id))
	var l burnin.LastWord
	if err != nil || json.Unmarshal(data, &l) != nil {
		return &burnin.LastWord{State: burnin.Unknown, By: "somebody"} // that there is one says that the job ran
	}
	return &l
}
