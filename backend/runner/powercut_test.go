//go:build linux

package runner_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"burnish/backend/testbed/disk"
	"burnish/backend/wire"
)

// followed collects the files of the jobs as a desktop's mirror has them.
func (m *machine) followed() map[string][]byte {
	m.t.Helper()
	var stream bytes.Buffer
	if err := m.service().Follow(context.Background(), wire.FollowRequest{Once: true,
		Jobs: []wire.FollowJob{{Job: testJob}}}, wire.NewWriter(&stream)); err != nil {
		m.t.Fatal(err)
	}
	files := map[string][]byte{}
	for in := wire.NewReader(&stream, 1<<30); ; {
		f, err := in.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			m.t.Fatal(err)
		}
		if f.Type == wire.FrameData {
			var d wire.Data
			if err := jsonInto(f.Value, &d); err != nil {
				m.t.Fatal(err)
			}
			files[d.File] = append(files[d.File], d.Bytes...)
		}
	}
}

func TestAPowerCutTakesNothingThatWasFollowed(t *testing.T) {
	m := newMachine(t)
	fs := m.onExt4("")
	d := slowly(m)
	if _, err := m.service().Start(context.Background(), order(d, stampPlan())); err != nil {
		t.Fatal(err)
	}
	await(t, "the sweep is at work", func() bool { return d.Counts().BytesWritten > 40*mib })
	time.Sleep(50 * time.Millisecond)
	had := m.followed()
	disk.CutPower(t, m.dir)
	fs.unmount()
	fs.mount()
	lines := 0
	for name, was := range had {
		lines += bytes.Count(was, []byte("\n"))
		is, err := os.ReadFile(filepath.Join(m.dir, "jobs", testJob, name))
		if err != nil || !bytes.HasPrefix(is, was) {
			t.Errorf("%s had %d bytes when it was followed, and has %d that begin with %d of them (%v)", name, len(was),
				len(is), same(is, was), err)
		}
	}
	if len(had) < 3 || lines < 10 {
		t.Errorf("only %d files with %d lines were followed", len(had), lines)
	}
}
