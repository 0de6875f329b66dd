package smart

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Declared is what a person says a drive is; it sharpens some rules.
type Declared string

// What a drive can be declared as.
const (
	DeclaredNew     Declared = "new"
	DeclaredUsed    Declared = "used"
	DeclaredUnknown Declared = "unknown"
)

// Figure is a text, a whole number, or nil where nothing was said.
//
//contract:json string | number | null
type Figure any

// Finding is one rule that speaks of a drive, with the figures that made it. Before is nil where there was no earlier
// capture or it did not say.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Item     string   `json:"item,omitempty"` // which attribute, warning or row, where a rule has several
	Before   Figure   `json:"before"`
	After    Figure   `json:"after"`
	Says     string   `json:"says"`
	Source   string   `json:"source"`
}

// Judge gives what one capture says of the drive. swept tells that all of the drive was written before it.
func Judge(h Health, declared Declared, swept bool) []Finding {
	var out []Finding
	for i := range rules {
		r := &rules[i]
		if severity := r.severity(declared, swept); severity != "" {
			for _, now := range r.holding(&h) {
				out = append(out, r.finding(severity, now.item, nil, now.value))
			}
		}
	}
	return guessed(out, &h)
}

// Compare gives what changed for the worse between two captures of one drive; nothing for two equal ones. What a
// capture does not say is not compared, except that a condition which the earlier one did not mention counts as new.
func Compare(before, after Health, declared Declared) []Finding {
	var out []Finding
	for i := range rules {
		r := &rules[i]
		switch {
		case r.pair != nil:
			if from, to, holds := r.pair(&before, &after); holds {
				out = append(out, r.finding(r.Rising, "", from, to))
				if r.ID == "other_drive" {
					return out
				}
			}
		case r.counter != nil:
			from, to := r.counter(&before), r.counter(&after)
			switch {
			case from == nil || to == nil || *from == *to:
			case *to > *from != r.level && r.Rising != "":
				out = append(out, r.finding(r.Rising, "", *from, *to))
			case *to < *from && r.Fell != "":
				out = append(out, r.finding(worse(r.Fell, r.severity(declared, false)), "", *from, *to))
			}
		case !r.first:
			out = append(out, r.arisen(&before, &after, declared)...)
		}
	}
	return guessed(out, &before, &after)
}

// Review gives all that two captures of one drive say: what it came with, what changed, and what is left at the end.
// Each rule speaks once per item, in its worst severity. swept tells that all of the drive was written in between.
func Review(before, after Health, declared Declared, swept bool) []Finding {
	out := Compare(before, after, declared)
	for _, f := range out {
		if f.Rule == "other_drive" {
			return out
		}
	}
	at := map[string]int{}
	for i, f := range out {
		at[f.Rule+"\x00"+f.Item] = i
	}
	add := func(f Finding) {
		key := f.Rule + "\x00" + f.Item
		i, known := at[key]
		if !known {
			at[key] = len(out)
			out = append(out, f)
			return
		}
		out[i].Severity = worse(out[i].Severity, f.Severity)
	}
	for i := range rules {
		r := &rules[i]
		if severity := r.severity(declared, false); severity != "" {
			for _, was := range r.holding(&before) {
				add(r.finding(severity, was.item, was.value, r.value(&after, was.item)))
			}
		}
		if severity := r.severity(declared, swept); severity != "" && !r.first {
			for _, now := range r.holding(&after) {
				add(r.finding(severity, now.item, r.value(&before, now.item), now.value))
			}
		}
	}
	return guessed(out, &before, &after)
}

// severity of the rule where it holds in one capture.
func (r *Rule) severity(declared Declared, swept bool) Severity {
	s := r.Held
	if declared == DeclaredNew {
		s = worse(s, r.New)
	}
	if swept {
		s = worse(s, r.Swept)
	}
	return s
}

// readings of the rule in one capture; a counter is one of them.
func (r *Rule) readings(h *Health) []reading {
	switch {
	case r.read != nil:
		return r.read(h)
	case r.counter != nil:
		if n := r.counter(h); n != nil {
			return []reading{{value: *n, holds: *n > 0 && !r.level || *n < fullLevel && r.level}}
		}
	}
	return nil
}

func (r *Rule) holding(h *Health) []reading {
	var out []reading
	for _, x := range r.readings(h) {
		if x.holds {
			out = append(out, x)
		}
	}
	return out
}

func (r *Rule) value(h *Health, item string) any {
	for _, x := range r.readings(h) {
		if x.item == item {
			return x.value
		}
	}
	return nil
}

// arisen gives the conditions that hold after and did not before. A rule that says nothing of a single capture, as on
// rows of the error log, needs an earlier one that had the log at all.
func (r *Rule) arisen(before, after *Health, declared Declared) []Finding {
	severity := worse(r.Rising, r.severity(declared, false))
	if severity == "" || r.Held == "" && before.ErrorLogCount == nil {
		return nil
	}
	old := map[string]reading{}
	for _, was := range r.readings(before) {
		old[was.item] = was
	}
	var out []Finding
	if r.since != nil {
		for _, now := range r.since(before, after) {
			if now.holds {
				out = append(out, r.finding(severity, now.item, r.value(before, now.item), now.value))
			}
		}
		return out
	}
	for _, now := range r.holding(after) {
		if was, known := old[now.item]; !known || !was.holds {
			out = append(out, r.finding(severity, now.item, was.value, now.value))
		}
	}
	return out
}

func (r *Rule) finding(severity Severity, item string, from, to any) Finding {
	return Finding{Rule: r.ID, Severity: severity, Item: item, Before: from, After: to, Says: r.Says, Source: r.Source}
}

// String gives the finding as one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s %s %s: %v -> %v", f.Severity, f.Rule, f.Item, f.Before, f.After)
}

// Figures gives what the finding rests on, for people: which item, and its value before and after.
func (f Finding) Figures() string {
	text := ""
	if f.Item != "" {
		text = f.Item + ": "
	}
	switch {
	case f.Before == nil && f.After == nil:
		return text + "not said"
	case f.Before == nil:
		return text + fmt.Sprint(f.After)
	case f.After == nil:
		return text + fmt.Sprintf("%v, then not said", f.Before)
	case f.Before == f.After:
		return text + fmt.Sprintf("%v, unchanged", f.After)
	}
	return text + fmt.Sprintf("%v, then %v", f.Before, f.After)
}

// UnmarshalJSON reads whole numbers as int64, as they were written.
func (f *Finding) UnmarshalJSON(data []byte) error {
	type plain Finding
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode((*plain)(f)); err != nil {
		return err
	}
	for _, v := range []*Figure{&f.Before, &f.After} {
		switch x := (*v).(type) {
		case nil, string:
		case json.Number:
			n, err := x.Int64()
			if err != nil {
				return fmt.Errorf("finding %s: %w", f.Rule, err)
			}
			*v = n
		default:
			return fmt.Errorf("finding %s: a value is %T", f.Rule, x)
		}
	}
	return nil
}

// Worst gives the worst severity, empty for none.
func Worst(findings []Finding) Severity {
	var worst Severity
	for _, f := range findings {
		worst = worse(worst, f.Severity)
	}
	return worst
}

func worse(a, b Severity) Severity {
	if rank[b] > rank[a] {
		return b
	}
	return a
}
