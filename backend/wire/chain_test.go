package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/wire"
)

// record is the journals of a job as they lie on the NAS.
type record struct {
	runs [][]byte
	undo []byte
	torn []byte // behind the last line of the newest run
}

func (r record) check(withTorn bool) (wire.Chained, error) {
	var runs []io.Reader
	for i, run := range r.runs {
		if withTorn && i == len(r.runs)-1 {
			run = append(slices.Clone(run), r.torn...)
		}
		runs = append(runs, bytes.NewReader(run))
	}
	if r.undo == nil {
		return wire.CheckChain(runs, nil)
	}
	return wire.CheckChain(runs, bytes.NewReader(r.undo))
}

func (r record) clone() record {
	c := record{undo: slices.Clone(r.undo), torn: r.torn}
	for _, run := range r.runs {
		c.runs = append(c.runs, slices.Clone(run))
	}
	return c
}

// file gives the one that is counted by i: the runs, then the undo journal.
func (r *record) file(i int) *[]byte {
	if i < len(r.runs) {
		return &r.runs[i]
	}
	return &r.undo
}

// write adds a line as a writer of links does, or as one of before that.
func write(t *rapid.T, file []byte, c *wire.Chain, links bool) []byte {
	data, err := json.Marshal(rapid.StringN(0, 20, 60).Draw(t, "what"))
	if err != nil {
		t.Fatal(err)
	}
	ev := burnin.Event{Seq: int64(bytes.Count(file, []byte{'\n'})) + 1, WallMs: rapid.Int64Range(1, 1<<40).Draw(t, "t"),
		Boot: "b", Kind: burnin.EvFact, Data: data}
	if links {
		ev.Link = c.Link()
	}
	line, err := wire.EncodeEvent(ev)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Add(line, ev.Link); err != nil {
		t.Fatal(err)
	}
	return append(file, line...)
}

// honest makes what runners write: each run by one writer, of before links or not, and the undo journal by any.
func honest(t *rapid.T, old bool) record {
	var r record
	writer := func(what string) bool { return !old || rapid.Bool().Draw(t, what) }
	link := wire.FirstLink
	for range rapid.IntRange(1, 4).Draw(t, "runs") {
		c, run, links := wire.NewChain(link), []byte{}, writer("links")
		for range rapid.IntRange(0, 5).Draw(t, "lines") {
			run = write(t, run, c, links)
		}
		// Who comes next reads it anew.
		again := wire.NewChain(link)
		if err := again.AddAll(run); err != nil || again.Link() != c.Link() {
			t.Fatalf("read anew it is %s, not %s: %v", again.Link(), c.Link(), err)
		}
		link, r.runs = c.Behind(), append(r.runs, run)
	}
	if rapid.Bool().Draw(t, "undone") {
		c := wire.NewChain(wire.HeadLink(r.runs[0]))
		for range rapid.IntRange(1, 4).Draw(t, "lines of the undo") {
			r.undo = write(t, r.undo, c, writer("the undo's links"))
		}
	}
	r.torn = []byte(rapid.SampledFrom([]string{"", `{"seq":`, `{"seq":9,"t":1,"kind":"fact"}`}).Draw(t, "torn"))
	return r
}

func lines(file []byte) [][]byte { return slices.Collect(bytes.Lines(file)) }

// forge changes one thing of the files that have lines; false where it came to change nothing.
func forge(t *rapid.T, r *record) (what string, changed bool) {
	files := len(r.runs)
	if r.undo != nil {
		files++
	}
	n := rapid.IntRange(0, files-1).Draw(t, "file")
	f := r.file(n)
	all := lines(*f)
	was := slices.Clone(*f)
	if len(all) == 0 {
		return "", false
	}
	i := rapid.IntRange(0, len(all)-1).Draw(t, "line")
	switch what = rapid.SampledFrom([]string{"a byte", "a line left out", "a line twice", "two lines swapped",
		"cut", "a stretch left out", "two runs swapped", "a run left out", "no links"}).Draw(t, "forged"); what {
	case "a byte":
		at := rapid.IntRange(0, len(*f)-1).Draw(t, "at")
		(*f)[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
	case "a line left out":
		*f = bytes.Join(slices.Delete(slices.Clone(all), i, i+1), nil)
	case "a line twice":
		*f = bytes.Join(slices.Insert(slices.Clone(all), i, all[i]), nil)
	case "two lines swapped":
		j := rapid.IntRange(0, len(all)-1).Draw(t, "with")
		all = slices.Clone(all)
		all[i], all[j] = all[j], all[i]
		*f = bytes.Join(all, nil)
	case "cut":
		*f = (*f)[:rapid.IntRange(0, len(*f)-1).Draw(t, "at")]
	case "a stretch left out":
		from := rapid.IntRange(0, len(*f)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, len(*f)).Draw(t, "to")
		*f = slices.Concat((*f)[:from], (*f)[to:])
	case "two runs swapped":
		j := rapid.IntRange(0, len(r.runs)-1).Draw(t, "with")
		if n >= len(r.runs) || bytes.Equal(r.runs[n], r.runs[j]) {
			return what, false
		}
		r.runs[n], r.runs[j] = r.runs[j], r.runs[n]
		return what, true
	case "a run left out":
		if n >= len(r.runs) {
			return what, false
		}
		r.runs = slices.Delete(r.runs, n, n+1)
		return what, true
	case "no links":
		var out []byte
		for _, l := range all {
			var ev burnin.Event
			if err := json.Unmarshal(l, &ev); err != nil {
				t.Fatal(err)
			}
			ev.Link = ""
			line, err := wire.EncodeEvent(ev)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, line...)
		}
		*f = out
	}
	return what, !bytes.Equal(was, *f)
}

// TestHonestJournalsAreNeverAccused: whichever runners wrote them, and wherever they are cut.
func TestHonestJournalsAreNeverAccused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := honest(t, true)
		whole, err := r.check(false)
		if err != nil {
			t.Fatal(err)
		}
		if torn, err := r.check(true); err != nil || torn != whole {
			t.Fatalf("with the torn rest of a line: %+v, not %+v: %v", torn, whole, err)
		}
		for n := len(r.runs); n > 0; n-- { // as a copy is while it comes
			part := r.clone()
			part.runs, part.undo = part.runs[:n], nil
			last := part.file(n - 1)
			*last = (*last)[:rapid.IntRange(0, len(*last)).Draw(t, "so far")]
			if _, err := part.check(false); err != nil {
				t.Fatalf("%d runs, the last one of %d bytes: %v", n, len(*last), err)
			}
		}
	})
}

// TestWhatIsForgedIsTold: whoever knows the newest link is told of each change, whichever runners wrote the journals.
func TestWhatIsForgedIsTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := honest(t, true)
		known, err := r.check(false)
		if err != nil {
			t.Fatal(err)
		}
		if what, changed := forge(t, &r); changed {
			if seen, err := r.check(false); err == nil && seen == known {
				t.Fatalf("nobody is told of %s", what)
			}
		}
	})
}

// TestTheChainAloneTellsWhatIsForgedBeforeItsEnd: without a link that was kept elsewhere too, where all lines bear one.
func TestTheChainAloneTellsWhatIsForgedBeforeItsEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := honest(t, false)
		end := &r.runs[len(r.runs)-1]
		c := wire.NewChain("")
		for i, run := range r.runs { // a line more at the end of all, which nobody touches
			if i == 0 {
				c = wire.NewChain(wire.FirstLink)
			} else {
				c = wire.NewChain(c.Behind())
			}
			if err := c.AddAll(run); err != nil {
				t.Fatal(err)
			}
		}
		*end = write(t, *end, c, true)
		r.undo = nil
		forged := r.clone()
		last := forged.file(len(r.runs) - 1)
		kept := lines(*last)
		*last = bytes.Join(kept[:len(kept)-1], nil)
		runs := len(forged.runs)
		what, changed := forge(t, &forged)
		if !changed || len(forged.runs) != runs || what == "two runs swapped" {
			return
		}
		*last = append(*last, kept[len(kept)-1]...)
		var broken *wire.ChainError
		if _, err := forged.check(false); err == nil {
			t.Fatalf("nobody is told of %s", what)
		} else if errors.As(err, &broken) && (broken.Run < 1 || broken.Line < 1) {
			t.Fatalf("it names no line: %v", err)
		}
	})
}

// linked is a journal of so many lines, each of which bears its link.
func linked(t *testing.T, before string, lines int, kind burnin.EventKind) []byte {
	t.Helper()
	c := wire.NewChain(before)
	var out []byte
	for i := range lines {
		ev := burnin.Event{Seq: int64(i + 1), Kind: kind, Link: c.Link()}
		line, err := wire.EncodeEvent(ev)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Add(line, ev.Link); err != nil {
			t.Fatal(err)
		}
		out = append(out, line...)
	}
	return out
}

func TestABrokenChainNamesItsPlace(t *testing.T) {
	run := linked(t, wire.FirstLink, 3, burnin.EvFact)
	undo := linked(t, wire.HeadLink(run), 1, burnin.EvRestored)
	other := linked(t, wire.FirstLink, 1, burnin.EvWarning)
	changed := bytes.Replace(run, []byte(`"seq":2`), []byte(`"seq":7`), 1)
	for name, c := range map[string]struct {
		run, line int
		err       string
		files     [][]byte
	}{
		"a line that was changed, by the next": {1, 3, "line 3 of run 1", [][]byte{changed, nil}},
		"another job's undo":                   {0, 1, "line 1 of the undo journal", [][]byte{other, undo}},
	} {
		_, err := wire.CheckChain([]io.Reader{bytes.NewReader(c.files[0])}, bytes.NewReader(c.files[1]))
		var broken *wire.ChainError
		if !errors.As(err, &broken) || broken.Run != c.run || broken.Line != c.line ||
			!strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := wire.CheckChain([]io.Reader{bytes.NewReader(run)}, bytes.NewReader(undo)); err != nil {
		t.Error(err)
	}
}
