package wire_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

func isReason(err error, code reason.Code) bool {
	var said *reason.Said
	return errors.As(err, &said) && said.Code == code
}

func TestARequestComesAfterMagicWhateverStandsBefore(t *testing.T) {
	var in bytes.Buffer
	in.WriteString("hunter2\nand more\n")
	if err := wire.WriteRequest(&in, wire.JobRequest{Job: "j", By: "me"}); err != nil {
		t.Fatal(err)
	}
	in.WriteString("rest")
	r := bufio.NewReader(&in)
	var req wire.JobRequest
	if err := wire.ReadRequestFrom(r, &req); err != nil || req.Job != "j" {
		t.Fatalf("%+v, %v", req, err)
	}
	if rest, _ := io.ReadAll(r); string(rest) != "rest" {
		t.Errorf("the reader is left at %q", rest)
	}
}

func TestErrorsOfARequestNeverQuoteIt(t *testing.T) {
	const secret = "correct horse battery staple"
	for name, in := range map[string]string{
		"no magic":       secret + "\n",
		"nothing":        "",
		"no request":     secret + "\n" + wire.Magic + "\n" + secret,
		"wrong request":  wire.Magic + "\n{\"job\":\"" + secret + "\",\"x\":1}\n",
		"no JSON":        wire.Magic + "\n" + secret + "\n",
		"a long prelude": strings.Repeat(secret+"\n", 10_000) + wire.Magic + "\n{}\n",
		"a long line":    wire.Magic + "\n" + strings.Repeat("x", wire.MaxRequest+1) + "\n",
	} {
		var req wire.JobRequest
		err := wire.ReadRequestFrom(bufio.NewReader(strings.NewReader(in)), &req)
		if !isReason(err, "bad_request") || strings.Contains(err.Error(), "horse") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFramesPastTheirLimits(t *testing.T) {
	long := strings.Repeat("x", wire.MaxFrame)
	if err := wire.NewWriter(io.Discard).Put(wire.FrameReply, long); err == nil {
		t.Error("a frame past the limit was written")
	}
	if _, err := wire.NewReader(strings.NewReader(long+long), 0).Next(); !isReason(err, "nas_too_much") {
		t.Errorf("a line without an end: %v", err)
	}
	r := wire.NewReader(strings.NewReader(strings.Repeat(`{"t":"beat"}`+"\n", 100)), 500)
	var err error
	for err == nil {
		_, err = r.Next()
	}
	if !isReason(err, "nas_too_much") {
		t.Errorf("an answer past its limit: %v", err)
	}
}

func TestATornStreamIsNoEnd(t *testing.T) {
	for in, want := range map[string]error{"": io.EOF, `{"t":"be`: io.ErrUnexpectedEOF} {
		if _, err := wire.NewReader(strings.NewReader(in), 0).Next(); !errors.Is(err, want) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestReasonsFromTheNASKeepTheirOwnTitle(t *testing.T) {
	evil, _ := json.Marshal(reason.Said{Code: "stuck", Title: "All is well", Text: "\x1b[2J\u202eabc", Hint: "rm -rf"})
	_, err := wire.NewReader(strings.NewReader(`{"t":"error","v":`+string(evil)+"}\n"), 0).Next()
	var said *reason.Said
	if !errors.As(err, &said) || said.Title != "No progress" || strings.ContainsAny(said.Text, "\x1b\u202e") {
		t.Errorf("%#v", err)
	}
	if _, err := wire.NewReader(strings.NewReader(`{"t":"error","v":{"code":"made_up"}}`+"\n"), 0).Next(); !isReason(err, "nas_garbage") {
		t.Errorf("a reason that is not registered: %v", err)
	}
}

func TestNamesThatAreNoFilesOfAJob(t *testing.T) {
	for _, bad := range []string{"", "..", "run-0.ndjson", "run-.ndjson", "run-99999.ndjson", "../x.log", "a/b.log",
		"A.log", "job.json", "lock", ".log", "x.log\n", "runner.log.gz", strings.Repeat("a", 40) + ".log"} {
		if wire.ValidFile(bad) {
			t.Errorf("%q counts as a file of a job", bad)
		}
	}
	for _, good := range []string{"run-1.ndjson", "run-9999.ndjson", "surface_validate.log", "runner.log"} {
		if !wire.ValidFile(good) {
			t.Errorf("%q does not count as a file of a job", good)
		}
	}
}

func TestEventsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(rapid.String().Draw(t, "data"))
		if err != nil {
			t.Fatal(err)
		}
		ev := burnin.Event{Seq: rapid.Int64().Draw(t, "seq"), WallMs: rapid.Int64().Draw(t, "t"), Boot: rapid.StringMatching(`[0-9a-f-]{36}`).Draw(t, "boot"), Kind: "fact", Data: text}
		line, err := wire.EncodeEvent(ev)
		if err != nil {
			t.Fatal(err)
		}
		cut := rapid.IntRange(0, len(line)).Draw(t, "cut")
		events, err := wire.DecodeJournal(append(append([]byte(nil), line...), line[:cut]...))
		want := 1
		if cut == len(line) {
			want = 2
		}
		if err != nil || len(events) != want || events[0].Seq != ev.Seq || !bytes.Equal(events[0].Data, ev.Data) {
			t.Fatalf("%d events, %v", len(events), err)
		}
	})
}

// FuzzJournal: whatever stands in a journal, reading and folding it ends without panic and in a legal state.
func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"seq":1,"t":1,"bt":1,"boot":"b","kind":"head","data":{"format":1,"min_reader":1,"job":"0123456789abcdef","run":1,"plan":{"name":"p","stages":[{"kind":"precheck"},{"kind":"final_check"}]}}}` + "\n" +
		`{"seq":2,"t":1,"bt":1,"boot":"b","kind":"running"}` + "\n" + `{"seq":3,"t":1,"bt":1,"boot":"b","kind":"end","data":{"state":"passed"}}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, err := wire.DecodeJournal(data)
		if err != nil {
			return
		}
		job, err := burnin.Fold([][]burnin.Event{events}, nil)
		if err == nil && job.State == burnin.Passed && len(job.Verdict.Missing) > 0 {
			t.Fatalf("passed, but missing %v", job.Verdict.Missing)
		}
		if err == nil && job.State.Ended() && job.State != burnin.Passed && job.Reason == nil {
			t.Fatalf("%s without a reason", job.State)
		}
	})
}

// FuzzFrames: whatever a NAS sends, reading it ends.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("{\"t\":\"reply\",\"v\":{}}\n{\"t\":\"end\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := wire.NewReader(bytes.NewReader(data), 1<<20)
		for {
			if _, err := r.Next(); err != nil {
				return
			}
		}
	})
}
