// Package bin holds burnish-runner as built for the machines of NAS, gzipped, for the desktop to put there. The files
// are made by `make runner` and not kept in git; a checkout without them still builds and tests, and Runner says what
// is missing.
package bin

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"io"
	"io/fs"

	"burnish/backend/reason"
)

//go:embed all:*
var files embed.FS

// Arches are the machines that runners are built for, by Go's names. All are linux.
func Arches() []string { return []string{"amd64", "arm64"} }

// Name is the file that holds the runner for an architecture.
func Name(arch string) string { return "burnish-runner-linux-" + arch + ".gz" }

// Runner gives the program for an architecture; runner_not_embedded if this build does not hold it.
func Runner(arch string) ([]byte, error) {
	zipped, err := files.ReadFile(Name(arch))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, reason.New(reason.RunnerNotEmbedded, "arch", arch)
	}
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
