package smart

import "slices"

// A failed self-test speaks against the drive where it is of now: at the drive's hours of today, or new since an
// earlier capture. An older one is history: the next test tells more than it.

// recentHours is how old a row of now may be: its hours are rounded, as the drive's are.
const recentHours = 1

// recent reports whether the row was written at the drive's hours of today. A row whose age cannot be known was not:
// one without hours, one that is later than the drive itself, one of a SCSI drive at the last hour that such rows can
// show.
func recent(h *Health, r SelfTestRow) bool {
	if r.Hours == nil || h.PowerOnHours == nil {
		return false
	}
	now, then := *h.PowerOnHours, *r.Hours
	switch {
	case h.Drive.Protocol == SCSI && then >= hourWrap-1 && now > hourWrap:
		return false
	case h.Drive.Protocol == ATA && now >= hourWrap:
		age := ((now-then)%hourWrap + hourWrap) % hourWrap
		return age <= recentHours || age >= hourWrap-recentHours
	}
	return then >= now-recentHours && then <= now+recentHours
}

// verdict reports whether the row is a result that can speak for or against the drive. What a test of the firmware's
// own means is not known.
func (r SelfTestRow) verdict() bool {
	return r.Type != Vendor && (r.Result == Passed || r.Result == Failed)
}

// overtaken reports whether the log tells that the status byte is not of the drive's latest test: that it belongs to a
// failed row, or that a test came after it.
func overtaken(h *Health) bool {
	first := slices.IndexFunc(h.SelfTests, SelfTestRow.verdict)
	if first < 0 {
		return false
	}
	failed := func(r SelfTestRow) bool { return r.Result == Failed }
	return h.SelfTests[first].Type == Long || recent(h, h.SelfTests[0]) || slices.ContainsFunc(h.SelfTests[first:],
		failed)
}

func statusReading(h *Health, holds bool) reading {
	return reading{item: "status", value: string(h.LastSelfTest), holds: holds}
}

// readFailureNow looks at the newest result that says anything, and at what ATA drives say beside their log.
func readFailureNow(h *Health) []reading {
	var out []reading
	if i := slices.IndexFunc(h.SelfTests, SelfTestRow.verdict); i >= 0 {
		row := h.SelfTests[i]
		out = append(out, reading{item: row.String(), value: row.Text, holds: row.Result == Failed && recent(h, row)})
	}
	if len(out) == 0 || !out[0].holds {
		out = append(out, statusReading(h, h.LastSelfTest == Failed && !overtaken(h)))
	}
	return out
}

// newFailure looks for a test that failed between the two captures and that no complete one has settled since. A log
// that the earlier capture did not show is no news: there the hours decide.
func newFailure(before, after *Health) []reading {
	rows, known := NewSelfTestRows(*before, *after)
	for _, row := range rows {
		switch {
		case !known || !row.verdict():
		case row.Result == Failed:
			return []reading{{item: row.String(), value: row.Text, holds: true}}
		case row.Type == Long:
			return nil
		}
	}
	said := before.Capabilities.SelfTest != nil && before.LastSelfTest != Failed
	return []reading{statusReading(before, false), statusReading(after, said && after.LastSelfTest == Failed &&
		!overtaken(after))}
}

// readFailureBefore looks for a failure of earlier that no complete test has settled since, and for a status byte that
// is left of one.
func readFailureBefore(h *Health) []reading {
	newest := true
	for _, row := range h.SelfTests {
		now := newest && row.verdict() && recent(h, row)
		switch {
		case row.Result == Failed && !now:
			return []reading{{item: row.String(), value: row.Text, holds: true}}
		case row.Result == Passed && row.Type == Long:
			return []reading{statusReading(h, h.LastSelfTest == Failed && overtaken(h))}
		}
		newest = newest && !row.verdict()
	}
	return []reading{statusReading(h, h.LastSelfTest == Failed && overtaken(h) && !readFailureNow(h)[0].holds)}
}
