package smart

// Report is what a person or a program is shown of one capture, or of two.
type Report struct {
	Drive    Drive     `json:"drive"`
	Health   Health    `json:"health"`
	After    *Health   `json:"after,omitempty"`
	Changes  []Change  `json:"changes,omitempty"`
	Findings []Finding `json:"findings"`
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
	if r.Findings == nil {
		r.Findings = []Finding{}
	}
	return r
}

// figures are what Changes compares beside the counters of the rules.
var figures = []struct {
	name string
	of   func(*Health) *int64
}{
	{"power_on_hours", func(h *Health) *int64 { return h.PowerOnHours }},
	{"power_cycles", func(h *Health) *int64 { return h.PowerCycles }},
	{"start_stops", func(h *Health) *int64 { return h.StartStops }},
	{"load_cycles", func(h *Health) *int64 { return h.LoadCycles }},
	{"bytes_written", func(h *Health) *int64 { return h.BytesWritten }},
	{"temperature_c", func(h *Health) *int64 { return h.TemperatureC }},
	{"endurance_used_percent", func(h *Health) *int64 { return h.EnduranceUsedPercent }},
	{"spare_percent", func(h *Health) *int64 { return h.SparePercent }},
	{"critical_warning", func(h *Health) *int64 { return h.CriticalWarning }},
	{"error_log_count", func(h *Health) *int64 { return h.ErrorLogCount }},
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
