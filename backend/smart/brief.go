package smart

// What a brief health keeps at most.
const (
	briefAttributes = 64
	briefRows       = 32 // more than any drive's log holds, but for ATA's extended log, whose newest they are
	briefErrors     = 8
	briefText       = 80
)

// Brief gives the health without what is only text for people and with its logs cut to their newest rows, so that many
// of them can be kept. It can be compared like the whole one; both captures of a comparison must be brief, or neither.
func (h Health) Brief() Health {
	h.Messages, h.Notice = nil, cut(h.Notice)
	h.Attributes = capped(h.Attributes, briefAttributes)
	for i := range h.Attributes {
		h.Attributes[i].Name, h.Attributes[i].Text = cut(h.Attributes[i].Name), cut(h.Attributes[i].Text)
	}
	h.SelfTests = capped(h.SelfTests, briefRows)
	for i := range h.SelfTests {
		h.SelfTests[i].Text = cut(h.SelfTests[i].Text)
	}
	h.ErrorLog = capped(h.ErrorLog, briefErrors)
	for i := range h.ErrorLog {
		h.ErrorLog[i].Text = cut(h.ErrorLog[i].Text)
	}
	return h
}

// capped copies the first max rows; no rows stay an empty list and an unknown list stays unknown.
func capped[T any](rows []T, max int) []T {
	if rows == nil {
		return nil
	}
	return append([]T{}, rows[:min(len(rows), max)]...)
}

// cut keeps whole runes.
func cut(s string) string {
	for i := range s {
		if i > briefText {
			return s[:i]
		}
	}
	return s
}
