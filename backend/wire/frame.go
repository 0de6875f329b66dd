package wire

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"burnish/backend/reason"
	"burnish/backend/size"
)

// FrameType says what a frame carries.
type FrameType string

// The frames.
const (
	FrameReply FrameType = "reply" // the answer of a verb
	FrameDrive FrameType = "drive" // one drive of an inventory
	FrameJob   FrameType = "job"   // a job's state at the NAS
	FrameData  FrameType = "data"  // growth of a file
	FrameBeat  FrameType = "beat"  // nothing new, still there
	FrameError FrameType = "error" // the verb failed: a reason
	FrameEnd   FrameType = "end"   // the verb is done
)

// Frame is one line on stdout.
type Frame struct {
	Type  FrameType       `json:"t"`
	Value json.RawMessage `json:"v,omitempty"`
}

// Into decodes the frame's value.
func (f Frame) Into(v any) error {
	if err := json.Unmarshal(f.Value, v); err != nil {
		return reason.New(reason.NASGarbage, "nas", "the runner", "error", fmt.Sprintf("a %s frame: %v", f.Type, err))
	}
	return nil
}

// Writer writes frames. It is for one goroutine.
type Writer struct{ w io.Writer }

// NewWriter writes frames to w, each with one Write.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Put writes one frame. A value of more than MaxFrame is an error and nothing is written.
func (w *Writer) Put(t FrameType, v any) error {
	f := Frame{Type: t}
	if v != nil {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		f.Value = raw
	}
	line, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if len(line)+1 > MaxFrame {
		return fmt.Errorf("a %s frame of %d bytes is over the limit of %d", t, len(line), MaxFrame)
	}
	_, err = w.w.Write(append(line, '\n'))
	return err
}

// Reader reads frames of at most MaxFrame bytes each and limit bytes in all.
type Reader struct {
	lines *lines
}

// NewReader reads from r; limit bounds all frames together, 0 means a stream without an end.
func NewReader(r io.Reader, limit int64) *Reader {
	return &Reader{lines: newLines(r, limit)}
}

// Next gives the next frame. io.EOF means that the stream ended without an end frame, which is a cut; the caller
// decides what that means. The runner's own error arrives as an error of type *reason.Said.
func (r *Reader) Next() (Frame, error) {
	line, err := r.lines.next()
	if err != nil {
		return Frame{}, err
	}
	var f Frame
	if err := json.Unmarshal(line, &f); err != nil || f.Type == "" {
		return Frame{}, reason.New(reason.NASGarbage, "nas", "the runner", "error", "a line that is no frame: "+
			reason.Clean(string(line), 60))
	}
	if f.Type == FrameError {
		var said reason.Said
		if err := f.Into(&said); err != nil {
			return Frame{}, err
		}
		return Frame{}, sanitise(said)
	}
	return f, nil
}

// sanitise makes a reason from the NAS safe to show: a registered code keeps its own title, all text is cleaned.
func sanitise(s reason.Said) *reason.Said {
	e, ok := reason.Lookup(s.Code)
	if !ok {
		return reason.New(reason.NASGarbage, "nas", "the runner", "error", "a reason that is not registered: "+
			string(s.Code))
	}
	return &reason.Said{Code: e.Code, Title: e.Title, Text: reason.Clean(s.Text, 4096),
		Hint: reason.Clean(s.Hint, 4096), Args: s.Args}
}

// lines reads lines that end in \n, each of at most MaxFrame bytes.
type lines struct {
	r     *bufio.Reader
	left  int64
	bound bool
}

func newLines(r io.Reader, limit int64) *lines {
	return &lines{r: bufio.NewReaderSize(r, MaxFrame), left: limit, bound: limit > 0}
}

func (l *lines) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, reason.New(reason.NASTooMuch, "what", "one line", "limit", size.Text(MaxFrame))
	case err == io.EOF && len(line) > 0:
		return nil, io.ErrUnexpectedEOF // a torn line
	case err != nil:
		return nil, err
	}
	if l.left -= int64(len(line)); l.bound && l.left < 0 {
		return nil, reason.New(reason.NASTooMuch, "what", "the answer", "limit", "what such an answer may hold")
	}
	return line[:len(line)-1], nil
}
