package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// EncodeEvent gives an event as a journal line with its newline.
func EncodeEvent(ev burnin.Event) ([]byte, error) {
	line, err := json.Marshal(ev)
	if err != nil {
		return nil, err
	}
	if len(line)+1 > MaxFrame {
		return nil, fmt.Errorf("a journal line of %d bytes is over the limit of %d", len(line), MaxFrame)
	}
	return append(line, '\n'), nil
}

// ReadLines hands the events of a journal on, one at a time, by the rules of DecodeJournal, each with its line and that
// with its newline; its bytes are good until each returns. An error of each ends it. Where no more than most bytes are
// there, no more memory is taken for them.
func ReadLines(r io.Reader, most int64, each func(line []byte, ev burnin.Event) error) error {
	lines := bufio.NewReaderSize(r, int(min(most, MaxFrame)+1))
	for n := 1; ; n++ {
		line, err := lines.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			return tooLong(n)
		case err != nil:
			return err
		}
		ev, err := event(line[:len(line)-1], n)
		if err == nil {
			err = each(line, ev)
		}
		if err != nil {
			return err
		}
	}
}

func tooLong(n int) error {
	return reason.New(reason.NASTooMuch, "what", fmt.Sprintf("line %d of the journal", n),
		"limit", fmt.Sprintf("%d bytes", MaxFrame))
}

func event(line []byte, n int) (burnin.Event, error) {
	var ev burnin.Event
	if err := json.Unmarshal(line, &ev); err != nil || ev.Kind == "" {
		return ev, reason.New(reason.NASGarbage, "nas", "the journal", "error", fmt.Sprintf("line %d is no event", n))
	}
	return ev, nil
}

// DecodeJournal reads a journal. A last line without its newline was torn by a crash or is still on its way: it is no
// event and no error. Any other line that is no event is an error that names the line.
func DecodeJournal(data []byte) ([]burnin.Event, error) {
	var events []burnin.Event
	for n := 1; ; n++ {
		line, rest, whole := bytes.Cut(data, []byte{'\n'})
		if !whole {
			return events, nil
		}
		data = rest
		if len(line) > MaxFrame {
			return nil, tooLong(n)
		}
		ev, err := event(line, n)
		if err != nil {
			return nil, err
		}
		events = append(events, ev)
	}
}
