package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// Copies are this computer's copies of jobs' files.
type Copies interface {
	Journals(job string) ([][]burnin.Event, error)
	Have(job string) (map[string]int64, error) // bytes, by file
	ReadFrom(job, file string, off int64, max int) ([]byte, error)
}

// Gather collects what a report of a job rests on: its journals, and the sum of each of its files.
func Gather(from Copies, job burnin.Job, burnish string, writtenMs int64) (Input, error) {
	in := Input{Job: job, Burnish: burnish, WrittenMs: writtenMs}
	var err error
	if in.Events, err = from.Journals(job.ID); err != nil {
		return in, err
	}
	have, err := from.Have(job.ID)
	if err != nil {
		return in, err
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		sum := sha256.New()
		n, err := io.Copy(sum, &copied{from: from, job: job.ID, file: name, left: have[name]})
		if err != nil {
			return in, err
		}
		in.Files = append(in.Files, File{Name: name, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil))})
	}
	return in, nil
}

// copied reads the copy of a file, as long as it was when it was listed.
type copied struct {
	from      Copies
	job, file string
	off, left int64
}

// piece is how much of a file is read at a time.
const piece = 1 << 20

func (c *copied) Read(p []byte) (int, error) {
	if c.left == 0 || len(p) == 0 {
		return 0, io.EOF
	}
	data, err := c.from.ReadFrom(c.job, c.file, c.off, int(min(int64(len(p)), c.left, piece)))
	if err == nil && len(data) == 0 {
		err = errors.New(c.file + " is shorter than it was")
	}
	c.off, c.left = c.off+int64(len(data)), c.left-int64(len(data))
	return copy(p, data), err
}

// Format is a form in which a report can be had.
type Format string

// The formats.
const (
	FormatHTML Format = "html"
	FormatJSON Format = "json"
	FormatCSV  Format = "csv"
)

// Write writes a report in one of the formats.
func Write(w io.Writer, format Format, in Input) error {
	switch format {
	case FormatJSON:
		return JSON(w, in)
	case FormatCSV:
		return CSV(w, in)
	case FormatHTML:
		name := in.Job.Drive.ID
		if in.Job.Drive.Serial != nil {
			name = *in.Job.Drive.Serial
		}
		return HTML(w, "Burn-in of drive "+reason.Clean(name, 80), in)
	}
	return errors.New("no report format " + string(format) + "; there are html, json and csv")
}
