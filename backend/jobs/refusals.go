package jobs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"burnish/backend/reason"
)

// refusals collect why drives of one start are refused: all are told, each by its drive, for none of them is started.
type refusals struct {
	of   int // drives of the start
	each []refusal
}

type refusal struct {
	drive string
	said  *reason.Said
}

// add keeps a reason and reports whether err was one; what is none ends the start at once.
func (r *refusals) add(drive string, err error) bool {
	var said *reason.Said
	if !errors.As(err, &said) {
		return false
	}
	r.each = append(r.each, refusal{drive, said})
	return true
}

// err is nil without refusals. That of the one drive of a start is told as it is. Of several the code is that of the
// first which is for safety, or of the first.
func (r *refusals) err() error {
	if len(r.each) == 0 {
		return nil
	}
	lead := r.each[max(0, slices.IndexFunc(r.each,
		func(o refusal) bool { return o.said.Kind() == reason.Refusal }))].said
	if r.of == 1 {
		return lead
	}
	told := *lead
	var texts, hints, window []string
	for _, one := range r.each {
		text := one.said.Text
		if one.said.Code != lead.Code {
			text, told.Title = one.said.Title+": "+text, "Some of the drives were refused"
		}
		if _, names := one.said.Args["drive"]; !names {
			text = one.drive + ": " + text
		}
		texts = append(texts, text)
		hints, window = once(hints, one.said.Hint), once(window, one.said.Window().Hint)
	}
	told.Text = fmt.Sprintf("%s None of the %d drives was started.", strings.Join(texts, " "), r.of)
	told.Hint = strings.Join(hints, " ")
	return told.AtWindow(strings.Join(window, " "))
}

// once adds a sentence that is not among them yet.
func once(all []string, s string) []string {
	if s == "" || slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}
