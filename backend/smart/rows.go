package smart

import "slices"

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
	Rule       string `json:"rule,omitempty"` // that judges it, as in findings
	Says       string `json:"says,omitempty"` // what it means, where it matters
}

// Rows puts two captures of one drive side by side: first the figures and counters that a drive of any kind may have,
// then the ATA attributes as they stand in the drive. What neither capture says is left out.
func Rows(before, after Health) []Row {
	var out []Row
	add := func(name, rule, says string, of func(*Health) *int64) {
		if from, to := of(&before), of(&after); from != nil || to != nil {
			out = append(out, Row{Name: name, Before: from, After: to, Changed: !same(from, to), Rule: rule,
				Says: says})
		}
	}
	for _, f := range figures {
		add(f.name, "", f.says, f.of)
	}
	for _, r := range rules {
		if r.counter != nil {
			add(r.ID, r.ID, r.Says, r.counter)
		}
	}
	old := map[int64]Attribute{}
	for _, a := range before.Attributes {
		old[a.ID] = a
	}
	for _, a := range after.Attributes {
		was, known := old[a.ID]
		row := Row{ID: a.ID, Name: a.Name, After: a.Count, AfterText: a.Text, Value: a.Value, Worst: a.Worst,
			Thresh: a.Thresh}
		row.Rule, row.Says = a.says()
		if known {
			row.Before, row.BeforeText = was.Count, was.Text
			row.Changed = !same(was.Raw, a.Raw)
		}
		out = append(out, row)
	}
	return out
}

// unruled says what attributes mean that no rule judges by their count, by smartctl's names for them.
var unruled = map[string]string{
	"Raw_Read_Error_Rate":     "How well reads go, as the drive rates it; its raw count means little.",
	"Spin_Up_Time":            "How long the spindle takes to start.",
	"Start_Stop_Count":        "How often the spindle started.",
	"Seek_Error_Rate":         "How well the heads find their place, as the drive rates it; its raw count says little.",
	"Power_On_Hours":          "Hours that the drive was switched on.",
	"Power_Cycle_Count":       "How often the drive was switched on.",
	"Airflow_Temperature_Cel": "Temperature, packed with its extremes; smartctl's own figure is used.",
	"Temperature_Celsius":     "Temperature, packed with its extremes; smartctl's own figure is used.",
	"Power-Off_Retract_Count": "How often power went while the heads were over the platters.",
	"Load_Cycle_Count":        "How often the heads were parked.",
	"Hardware_ECC_Recovered":  "How often errors were corrected on the fly; large counts are normal.",
	"Head_Flying_Hours":       "Hours that the heads flew over the platters.",
	"Total_LBAs_Written":      "What was written over the drive's life.",
	"Total_LBAs_Read":         "What was read over the drive's life.",
}

// says gives the rule that judges the attribute, if one does, and what the attribute means.
func (a Attribute) says() (rule, says string) {
	for _, m := range meanings {
		if m.id != a.ID || !slices.Contains(m.names, a.Name) || m.rule == "" {
			continue
		}
		return byID(m.rule)
	}
	if heliumNames[a.ID] == a.Name {
		return byID("helium")
	}
	return "", unruled[a.Name]
}

func byID(rule string) (id, says string) {
	for _, r := range rules {
		if r.ID == rule {
			return r.ID, r.Says
		}
	}
	return "", ""
}
