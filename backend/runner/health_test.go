package runner_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// once calls do with each answer from the moment on at which the drive's self-test has ended.
func once(m *smartModel, do func(*smartModel)) {
	m.before = func(m *smartModel) {
		if len(get[[]any](m.capture, "ata_smart_self_test_log", "standard", "table")) > 1 ||
			len(get[[]any](m.capture, "nvme_self_test_log", "table")) > 0 {
			do(m)
		}
	}
}

func TestADriveThatSaysLessAtTheEndIsNotComparedAndDoesNotPass(t *testing.T) {
	for name, c := range map[string]struct {
		capture string
		gone    func(*smartModel)
		code    reason.Code
		says    string
	}{
		"an identity and no health data": {ataDrive, func(m *smartModel) {
			for _, key := range []string{"smart_status", "ata_smart_attributes", "ata_smart_error_log"} {
				delete(m.capture, key)
			}
		}, "smart_unreadable", "pending"},
		"the log of an NVMe drive cannot be read": {nvmeDrive, func(m *smartModel) {
			delete(m.capture, "nvme_smart_health_information_log")
			delete(m.capture, "smart_status")
			m.capture["smartctl"] = map[string]any{"exit_status": 4}
		}, "smart_unreadable", "media_errors"},
		"one figure that could fail it": {ataDrive, func(m *smartModel) {
			table := m.capture["ata_smart_attributes"].(map[string]any)
			table["table"] = slices.DeleteFunc(get[[]any](table, "table"),
				func(a any) bool { return get[float64](a.(map[string]any), "id") == 197 })
		}, "smart_unreadable", "(pending)"},
		"another drive answers": {ataDrive, func(m *smartModel) { m.capture["serial_number"] = "ANOTHER" },
			"identity_changed", "ANOTHER"},
	} {
		t.Run(name, func(t *testing.T) {
			asked(t, c.capture, quickPlan(), func(m *smartModel, _ *memoryDrive) { once(m, c.gone) },
				func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
					ends(t, job, burnin.Unknown, c.code)
					if !strings.Contains(job.Reason.Text, c.says) {
						t.Errorf("the reason does not name %q: %s", c.says, job.Reason.Text)
					}
					if job.Stages[1].State != burnin.Passed ||
						warned(job, "smart_gap") != (c.code == "smart_unreadable") {
						t.Errorf("the self-test is %s; warnings %v", job.Stages[1].State, job.Warnings)
					}
					compared := slices.IndexFunc(job.Verdict.Evidence,
						func(e burnin.Evidence) bool { return e.ID == burnin.FactHealth })
					if compared < 0 || job.Verdict.Evidence[compared].OK {
						t.Errorf("evidence %s", asJSON(t, job.Verdict.Evidence))
					}
				})
		})
	}
}

func TestAGapThatClosesIsNoDoubt(t *testing.T) {
	asked(t, ataDrive, quickPlan(), func(m *smartModel, _ *memoryDrive) {
		word := m.capture["ata_smart_attributes"]
		var from time.Time
		once(m, func(m *smartModel) { // for as long as the drive is busy with something else
			if from.IsZero() {
				from = time.Now()
			}
			delete(m.capture, "ata_smart_attributes")
			if time.Since(from) > 90*time.Second {
				m.capture["ata_smart_attributes"] = word
			}
		})
	}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
		ends(t, job, burnin.Passed, "")
		if !warned(job, "smart_gap") {
			t.Errorf("warnings %v", job.Warnings)
		}
	})
}
