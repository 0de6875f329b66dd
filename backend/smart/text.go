package smart

import (
	"strconv"
	"strings"
)

// readText takes from smartctl's lines for people (--json=o puts them under smartctl.output) what its versions do not
// all give as JSON. A line that is there fills only what is still unknown.
func readText(t tree, h *Health) {
	for _, row := range t.list(maxLines, "smartctl", "output") {
		s, _ := row.v.(string)
		if len(s) > 4*maxText {
			continue
		}
		label, rest, _ := strings.Cut(s, ":")
		label, rest = strings.TrimSpace(label), strings.TrimSpace(rest)
		switch {
		case strings.HasPrefix(s, "==> WARNING"):
			h.Notice = clean(rest)
		case strings.Contains(s, "% of test remaining"):
			readRemaining(s, h)
		case label == "Non-medium error count":
			if n, err := strconv.ParseInt(rest, 10, 64); err == nil && n >= 0 && h.Drive.Protocol == SCSI {
				h.Counters.NonMedium = &n
			}
		case strings.HasSuffix(label, "Comp. Temp. Threshold") && h.Drive.Protocol == NVMe:
			readThreshold(label, rest, h)
		case label == "Writeback Cache is" && h.WriteCache == nil && (rest == "Enabled" || rest == "Disabled"):
			h.WriteCache = new(rest == "Enabled")
		case strings.HasPrefix(s, "No Self-tests have been logged"):
			if h.SelfTests == nil {
				h.SelfTests = []SelfTestRow{}
			}
		case h.Capabilities.SelfTest != nil:
		case strings.HasPrefix(label, "Optional Admin Commands"):
			h.Capabilities.SelfTest = new(strings.Contains(rest, "Self_Test"))
		case strings.Contains(s, "does not support Self Test logging"), strings.Contains(s, "Self-tests not supported"):
			h.Capabilities.SelfTest = new(false)
		}
	}
}

// readRemaining reads "NN% of test remaining", all that smartctl up to 7.5 says of a running SCSI test.
func readRemaining(s string, h *Health) {
	before, _, _ := strings.Cut(s, "% of test remaining")
	digits := before[strings.LastIndexFunc(before, func(r rune) bool { return r < '0' || r > '9' })+1:]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > 100 || h.Drive.Protocol != SCSI {
		return
	}
	if h.Running == nil {
		h.Running = &RunningTest{}
	}
	if h.Running.RemainingPercent == nil {
		h.Running.RemainingPercent = &n
	}
}

// readThreshold reads the limits of an NVMe controller, "82 Celsius", which smartctl up to 7.3 gives as text alone.
func readThreshold(label, rest string, h *Health) {
	field := &h.TemperatureLimitC
	if strings.HasPrefix(label, "Critical") {
		field = &h.TemperatureCriticalC
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(rest, " Celsius"), 10, 64)
	if err == nil && *field == nil && n >= lowestLimit && n <= highestLimit {
		*field = &n
	}
}
