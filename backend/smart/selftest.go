package smart

import (
	"fmt"
	"slices"
	"strings"
)

// SelfTestType is the kind of a self-test.
type SelfTestType string

// The kinds of self-tests that matter here. The zero value of a running test means that the drive does not say.
const (
	Short SelfTestType = "short"
	Long  SelfTestType = "long" // ATA extended, SCSI background long
	Other SelfTestType = "other"
	// Vendor is a test that the drive's firmware runs of its own accord, or by a command of its maker.
	Vendor SelfTestType = "vendor"
)

// SelfTestState says how a self-test stands or ended.
type SelfTestState string

// The states. None is given only by NewSelfTestRow: no test was logged and none runs.
const (
	Passed  SelfTestState = "passed"
	Failed  SelfTestState = "failed"
	Aborted SelfTestState = "aborted" // by a host, a reset, a format: says nothing about the drive
	Running SelfTestState = "running"
	Unknown SelfTestState = "unknown"
	None    SelfTestState = "none"
)

// SelfTestRow is one row of the drive's self-test log.
type SelfTestRow struct {
	Type             SelfTestType  `json:"type"`
	Result           SelfTestState `json:"result"`
	Text             string        `json:"text"`
	Hours            *int64        `json:"hours"` // when it ended: modulo 65,536 on ATA, at most 65,535 on SCSI
	RemainingPercent *int64        `json:"remaining_percent"`
	LBA              *int64        `json:"lba"` // of the first failure
}

// RunningTest is a self-test in progress.
type RunningTest struct {
	Type             SelfTestType `json:"type,omitempty"`    // empty on ATA, which does not say
	RemainingPercent *int64       `json:"remaining_percent"` // ATA: in steps of 10; nil if the drive does not say
}

// NewSelfTestRow finds the result of a self-test of the given kind that was started after the capture before and is
// asked for with the capture after. A result is known only by a new row on top of the log: the rows that both captures
// share are matched, and what lies above them is new.
//
// The state is Running while the drive says so, None if there is no new row, and Unknown if the log cannot be compared
// (one of the captures lacks it, or nothing is left of the old one and the row's hours do not fit either) or holds
// only tests of another kind: then somebody else tests this drive. Rows of the firmware's own tests tell of nobody. A
// full log of rows that are all equal shows no new row (see Blind): None then means that the result is not known.
func NewSelfTestRow(before, after Health, kind SelfTestType) (SelfTestRow, SelfTestState) {
	rows, known := NewSelfTestRows(before, after)
	i := slices.IndexFunc(rows, func(r SelfTestRow) bool { return r.Type == kind })
	finishing := after.Running != nil && after.Running.RemainingPercent != nil && *after.Running.RemainingPercent == 0
	switch {
	case after.Running != nil && !(finishing && known && i >= 0): // some Samsungs stay at "0 % remaining" for good
		return SelfTestRow{}, Running
	case !known:
		return SelfTestRow{}, Unknown
	case i >= 0:
		return rows[i], rows[i].Result
	case slices.ContainsFunc(rows, func(r SelfTestRow) bool { return r.Type != Vendor }):
		return SelfTestRow{}, Unknown
	}
	return SelfTestRow{}, None
}

// Blind says why the drive's self-test log cannot show a new row, empty if it can: it is as it was, and its rows are
// all alike, so that one more in its full log changes nothing. Logs of drives whose hours stand still look so, and
// those of SCSI drives past 65,535 hours.
func Blind(before, after Health) string {
	rows := after.SelfTests
	if len(rows) < fewestRows || !slices.EqualFunc(rows, before.SelfTests, sameRow) {
		return ""
	}
	if slices.ContainsFunc(rows, func(r SelfTestRow) bool { return !sameRow(r, rows[0]) }) {
		return ""
	}
	text := fmt.Sprintf("the drive's log cannot show it: all of its %d rows are alike", len(rows))
	switch hours := rows[0].Hours; {
	case hours == nil:
		return text + " and bear no hours"
	default:
		return text + fmt.Sprintf(", each at %d hours", *hours)
	}
}

// fewestRows is how many rows a self-test log has at least that is full [NVMe: 20, SPC: 20, ACS: 21 or 19].
const fewestRows = 19

// HasSelfTestRow reports whether the drive's log shows this row.
func HasSelfTestRow(h Health, row SelfTestRow) bool {
	return slices.ContainsFunc(h.SelfTests, func(r SelfTestRow) bool { return sameRow(r, row) })
}

// NewSelfTestRows gives the rows that were logged between two captures, newest first; known is false where the logs
// cannot be compared.
func NewSelfTestRows(before, after Health) (rows []SelfTestRow, known bool) {
	old, now := before.SelfTests, after.SelfTests
	if now == nil || old == nil && before.Drive.Protocol != SCSI {
		return nil, false
	}
	for k := max(0, len(now)-len(old)); k < len(now) || old != nil && len(old) == 0; k++ {
		kept := now[k:]
		if slices.EqualFunc(kept, old[:len(kept)], sameRow) {
			return now[:k], true
		}
	}
	// Nothing of the old log is left: it was cleared or overrun, or it is a SCSI drive's, whose empty log shows no key.
	// The newest row counts if its hours fit.
	if len(now) > 0 && duringRun(now[0], before.PowerOnHours, after.PowerOnHours) {
		return now[:1], true
	}
	return nil, false
}

func sameRow(a, b SelfTestRow) bool {
	return a.Type.kind() == b.Type.kind() && a.Result == b.Result && same(a.LBA, b.LBA) &&
		(a.Hours == nil) == (b.Hours == nil) && (a.Hours == nil || *a.Hours%hourWrap == *b.Hours%hourWrap)
}

// kind makes rows comparable with those of journals that did not tell the firmware's own tests from others.
func (t SelfTestType) kind() SelfTestType {
	if t == Vendor {
		return Other
	}
	return t
}

// SelfTestTrouble gives what smartctl said of the drive's self-test log where it could not read it; empty if it said
// nothing.
func (h Health) SelfTestTrouble() string {
	for _, m := range h.Messages {
		if said := strings.ToLower(m); strings.Contains(said, "self-test") || strings.Contains(said, "self test") {
			return m
		}
	}
	return ""
}

func same(a, b *int64) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// hourWrap is where the hours of log rows begin again.
const hourWrap = 1 << 16

// duringRun reports whether the row's hours lie between the two readings of the drive's hours, give or take one.
func duringRun(r SelfTestRow, from, to *int64) bool {
	if r.Hours == nil || from == nil || to == nil || *to < *from {
		return false
	}
	since := ((*r.Hours%hourWrap-*from+1)%hourWrap + hourWrap) % hourWrap
	return since <= *to-*from+2
}

// String names the row for people and tells rows apart.
func (r SelfTestRow) String() string {
	s := fmt.Sprintf("%s self-test: %s", r.Type, r.Text)
	if r.Hours != nil {
		s += fmt.Sprintf(", at %d hours", *r.Hours)
	}
	if r.LBA != nil {
		s += fmt.Sprintf(", first failure at LBA %d", *r.LBA)
	}
	return s
}
