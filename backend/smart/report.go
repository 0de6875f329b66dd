package smart

import "strings"

// Report is what a person or a program is shown of one capture, or of two.
type Report struct {
	Drive    Drive     `json:"drive"`
	Health   Health    `json:"health"`
	After    *Health   `json:"after,omitempty"`
	Changes  []Change  `json:"changes,omitempty"`
	Findings []Finding `json:"findings"`
	Unjudged string    `json:"unjudged,omitempty"` // there are no findings because nothing could be judged: why
}

// Change is one figure that differs between two captures.
type Change struct {
	Name   string `json:"name"`
	Before *int64 `json:"before"`
	After  *int64 `json:"after"`
}

// NewReport reports on one capture, judged as it stands, or on the differences between two.
func NewReport(h Health, after *Health, declared Declared) Report {
	r := Report{Drive: h.Drive, Health: h}
	r.Health.Drive = Drive{}
	if after == nil {
		r.Findings = Judge(h, declared, false)
	} else {
		r.Findings = Compare(h, *after, declared)
		r.Changes = Changes(h, *after)
		end := *after
		end.Drive = Drive{}
		r.After = &end
	}
	r.Findings = Once(r.Findings, h.Drive)
	if len(r.Findings) == 0 {
		r.Findings, r.Unjudged = []Finding{}, unjudged(h, after)
	}
	return r
}

// unjudged says why findings are missing that nothing could lead to; empty where the drive was judged.
func unjudged(h Health, after *Health) string {
	silent := &h
	if h.HasData() {
		if silent = after; after == nil || after.HasData() {
			return ""
		}
	}
	text := "nothing could be judged: the capture holds no health data"
	if h.HasData() {
		text = "nothing could be compared: the later capture holds no health data"
	}
	if len(silent.Messages) > 0 {
		text += "; smartctl said: " + strings.Join(silent.Messages, "; ")
	}
	return text
}

// figures are what Changes compares beside the counters of the rules.
var figures = []struct {
	name string
	says string
	of   func(*Health) *int64
}{
	{"power_on_hours", "Hours that the drive was switched on.", func(h *Health) *int64 { return h.PowerOnHours }},
	{"power_cycles", "How often the drive was switched on.", func(h *Health) *int64 { return h.PowerCycles }},
	{"start_stops", "How often the spindle started.", func(h *Health) *int64 { return h.StartStops }},
	{"load_cycles", "How often the heads were parked.", func(h *Health) *int64 { return h.LoadCycles }},
	{"bytes_written", "What hosts wrote over the drive's life, in bytes.",
		func(h *Health) *int64 { return h.BytesWritten }},
	{"temperature_c", "Temperature in °C.", func(h *Health) *int64 { return h.TemperatureC }},
	{"endurance_used_percent", "How much of the rated endurance is used, in percent.",
		func(h *Health) *int64 { return h.EnduranceUsedPercent }},
	{"spare_percent", "How many spare blocks are left, in percent.", func(h *Health) *int64 { return h.SparePercent }},
	{"critical_warning", "The drive's own warnings, one bit each; 0 is none.",
		func(h *Health) *int64 { return h.CriticalWarning }},
	{"error_log_count", "Errors that the drive logged over its life; refused commands count too.",
		func(h *Health) *int64 { return h.ErrorLogCount }},
}

// Changes gives the figures and counters that differ, counters under the names of their rules.
func Changes(before, after Health) []Change {
	var out []Change
	add := func(name string, of func(*Health) *int64) {
		if from, to := of(&before), of(&after); !same(from, to) {
			out = append(out, Change{name, from, to})
		}
	}
	for _, f := range figures {
		add(f.name, f.of)
	}
	for _, r := range rules {
		if r.counter != nil {
			add(r.ID, r.counter)
		}
	}
	return out
}
