package mirror

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

const aJob = "0123456789abcdefghij"

func TestTheMirrorIsWhatWasSent(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(base, "")
		if err != nil {
			t.Fatal(err)
		}
		m := Mirror{dir}
		content := rapid.SliceOfN(rapid.Byte(), 1, 2000).Draw(t, "content")
		size := 0
		for size < len(content) {
			// Any piece that leaves no gap: growth, what is known, or both.
			off := rapid.IntRange(0, size).Draw(t, "offset")
			end := rapid.IntRange(off, len(content)).Draw(t, "end")
			piece := wire.Data{Job: aJob, File: "run-1.ndjson", Off: int64(off), Bytes: content[off:end]}
			grown, err := m.Write(piece, nil)
			if err != nil || grown != (end > size) {
				t.Fatalf("[%d,%d) with %d there: grown %v, %v", off, end, size, grown, err)
			}
			size = max(size, end)
			if have, err := m.Have(aJob); err != nil || have["run-1.ndjson"] != int64(size) {
				t.Fatalf("have %v, %v; want %d", have, err, size)
			}
		}
		got, err := m.ReadFrom(aJob, "run-1.ndjson", 0, len(content)+10)
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("the mirror differs: %v", err)
		}
	})
}

func TestTheMirrorRefusesWhatCannotBe(t *testing.T) {
	dir := t.TempDir()
	m := Mirror{filepath.Join(dir, "mirror")}
	for name, d := range map[string]wire.Data{
		"a gap":               {Job: aJob, File: "run-1.ndjson", Off: 1, Bytes: []byte("x")},
		"before the start":    {Job: aJob, File: "run-1.ndjson", Off: -1, Bytes: []byte("x")},
		"a way out by a file": {Job: aJob, File: "../../escaped.log", Bytes: []byte("x")},
		"a way out by a job":  {Job: "../../../../escaped", File: "run-1.ndjson", Bytes: []byte("x")},
		"another file":        {Job: aJob, File: "id_rsa", Bytes: []byte("x")},
		"a huge piece":        {Job: aJob, File: "run-1.ndjson", Bytes: make([]byte, wire.MaxChunk+1)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := m.Write(d, nil)
			if reason.CodeOf(err) != reason.NASGarbage {
				t.Fatalf("got the error %v", err)
			}
		})
	}
	if _, err := m.ReadFrom(aJob, "../x", 0, 1); err == nil {
		t.Error("a file outside was read")
	}
	if _, err := m.Have(".."); err == nil {
		t.Error("a directory outside was read")
	}
}

func TestALinkOutOfTheMirrorIsNotFollowed(t *testing.T) {
	outside, m := t.TempDir(), Mirror{t.TempDir()}
	if err := os.Symlink(outside, filepath.Join(m.Dir, aJob)); err != nil {
		t.Skip("no links here")
	}
	if _, err := m.Write(wire.Data{Job: aJob, File: "run-1.ndjson", Bytes: []byte("x")}, nil); err == nil {
		t.Error("it was written through")
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
		t.Errorf("outside: %v, %v", left, err)
	}
}

func TestAFullMirrorTakesNoMore(t *testing.T) {
	m := Mirror{t.TempDir()}
	if _, err := m.Write(wire.Data{Job: aJob, File: "surface_validate.log", Bytes: []byte("x")}, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(m.Dir, aJob, "surface_validate.log"), wire.MaxMirror-1); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Write(wire.Data{Job: aJob, File: "run-1.ndjson", Bytes: []byte("1")}, nil); err != nil {
		t.Errorf("the last byte: %v", err)
	}
	_, err := m.Write(wire.Data{Job: aJob, File: "run-1.ndjson", Off: 1, Bytes: []byte("2")}, nil)
	if reason.CodeOf(err) != reason.MirrorFull {
		t.Fatalf("got the error %v", err)
	}
	other := wire.Data{Job: "another0another0", File: "run-1.ndjson", Bytes: []byte("1")}
	if _, err := m.Write(other, nil); err != nil {
		t.Errorf("another job: %v", err)
	}
}

func TestTwoWritersDoNoHarm(t *testing.T) {
	m := Mirror{t.TempDir()}
	content := make([]byte, 1<<20)
	for i := range content {
		content[i] = byte(i * i >> 7)
	}
	var writers sync.WaitGroup
	for n := range 2 {
		writers.Go(func() {
			for off, step := 0, 3000+1000*n; off < len(content); off += step {
				end := min(off+step, len(content))
				if _, err := m.Write(wire.Data{Job: aJob, File: "run-1.ndjson", Off: int64(off),
					Bytes: content[off:end]}, nil); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	if got, err := os.ReadFile(filepath.Join(m.Dir, aJob, "run-1.ndjson")); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the mirror differs: %v", err)
	}
}

func journalOf(t *testing.T, kinds ...burnin.EventKind) []byte {
	t.Helper()
	var all []byte
	for i, kind := range kinds {
		line, err := wire.EncodeEvent(burnin.Event{Seq: int64(i + 1), Kind: kind, Data: json.RawMessage("{}")})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, line...)
	}
	return all
}

func TestJournalsAreReadInTheOrderOfTheirRuns(t *testing.T) {
	m := Mirror{t.TempDir()}
	if runs, err := m.Journals(aJob); err != nil || len(runs) != 0 {
		t.Errorf("of a job that is not there: %v, %v", runs, err)
	}
	torn := journalOf(t, burnin.EvHead, burnin.EvHeld)
	for file, content := range map[string][]byte{
		"run-1.ndjson":  journalOf(t, burnin.EvHead, burnin.EvEnd),
		"run-2.ndjson":  torn[:len(torn)-3],
		"run-10.ndjson": journalOf(t, burnin.EvHead), // 3 to 9 have not arrived
	} {
		if _, err := m.Write(wire.Data{Job: aJob, File: file, Bytes: content}, nil); err != nil {
			t.Fatal(err)
		}
	}
	runs, err := m.Journals(aJob)
	if err != nil || len(runs) != 2 || len(runs[0]) != 2 || len(runs[1]) != 1 {
		t.Errorf("runs %v, %v", runs, err)
	}
}

func TestAnObservationIsCompleteOnceAllJournalsAreThere(t *testing.T) {
	m := Mirror{t.TempDir()}
	head := journalOf(t, burnin.EvHead)
	status := wire.JobStatus{Job: aJob, Run: 2, BootID: "b", Sizes: map[string]int64{
		"run-1.ndjson": int64(len(head)), "run-2.ndjson": int64(len(head)), "surface_validate.log": 1000,
	}}
	for _, step := range []struct {
		file     string
		bytes    []byte
		complete bool
	}{
		{"run-1.ndjson", head, false},
		{"run-2.ndjson", head[:len(head)-1], false},
		{"run-2.ndjson", head, true},
	} {
		if _, err := m.Write(wire.Data{Job: aJob, File: step.file, Bytes: step.bytes}, nil); err != nil {
			t.Fatal(err)
		}
		if obs, err := m.Observe(status, 7); err != nil || obs.Complete != step.complete || obs.Run != 2 ||
			obs.SeenMs != 7 {
			t.Errorf("after %s: %+v, %v", step.file, obs, err)
		}
	}
	status.Run, status.Sizes["run-3.ndjson"] = 3, 0 // a run that has not said a word is there to be known of
	for _, complete := range []bool{false, true} {
		if obs, err := m.Observe(status, 7); err != nil || obs.Complete != complete {
			t.Errorf("with an empty journal that has come (%t): %+v, %v", complete, obs, err)
		}
		if _, err := m.Write(wire.Data{Job: aJob, File: "run-3.ndjson"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if runs, err := m.Journals(aJob); err != nil || len(runs) != 3 || len(runs[2]) != 0 {
		t.Errorf("runs %v, %v", runs, err)
	}
	status.Run = 4 // its journal was not there yet when the NAS looked
	if obs, err := m.Observe(status, 7); err != nil || obs.Complete {
		t.Errorf("with a run that has no journal: %+v, %v", obs, err)
	}
}
