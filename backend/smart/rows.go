package smart

// Row is one line of a table that shows two captures side by side.
type Row struct {
	ID         int64  `json:"id,omitempty"` // ATA attribute
	Name       string `json:"name"`
	Before     *int64 `json:"before"` // the one number that is meant; nil where unknown, or where only the text says it
	After      *int64 `json:"after"`
	BeforeText string `json:"before_text,omitempty"` // ATA: smartctl's reading of the raw value
	AfterText  string `json:"after_text,omitempty"`
	Value      *int64 `json:"value,omitempty"` // ATA, after: normalised, higher is better
	Worst      *int64 `json:"worst,omitempty"`
	Thresh     *int64 `json:"thresh,omitempty"`
	Changed    bool   `json:"changed"`
	Says       string `json:"says,omitempty"` // what it means, where it matters
}

// Rows puts two captures of one drive side by side: first the figures and counters that a drive of any kind may have,
// then the ATA attributes as they stand in the drive. What neither capture says is left out.
func Rows(before, after Health) []Row {
	var out []Row
	add := func(name, says string, of func(*Health) *int64) {
		if from, to := of(&before), of(&after); from != nil || to != nil {
			out = append(out, Row{Name: name, Before: from, After: to, Changed: !same(from, to), Says: says})
		}
	}
	for _, f := range figures {
		add(f.name, "", f.of)
	}
	for _, r := range rules {
		if r.counter != nil {
			add(r.ID, r.Says, r.counter)
		}
	}
	old := map[int64]Attribute{}
	for _, a := range before.Attributes {
		old[a.ID] = a
	}
	for _, a := range after.Attributes {
		was, known := old[a.ID]
		row := Row{ID: a.ID, Name: a.Name, After: a.Count, AfterText: a.Text, Value: a.Value, Worst: a.Worst, Thresh: a.Thresh}
		if known {
			row.Before, row.BeforeText = was.Count, was.Text
			row.Changed = !same(was.Raw, a.Raw)
		}
		out = append(out, row)
	}
	return out
}
