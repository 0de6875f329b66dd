package runner_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/smart"
)

// sataSSD makes an SSD of a capture, one that smartctl's database knows.
func sataSSD(m *smartModel, d *memoryDrive) {
	d.id.Kind = drive.SSD
	m.capture["rotation_rate"], m.capture["in_smartctl_database"] = 0, true
}

// A count that an SSD shows for a while and takes back is a warning; one that stays is held against it.
func TestPendingSectorsOfAnSSDAreLookedAtAgain(t *testing.T) {
	for name, c := range map[string]struct {
		stays time.Duration
		state burnin.State
		code  string
	}{
		"taken back": {150 * time.Second, burnin.Passed, ""},
		"stays":      {time.Hour * 1000, burnin.Failed, "smart_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			asked(t, ataDrive, quickPlan(), func(m *smartModel, d *memoryDrive) {
				sataSSD(m, d)
				var from time.Time
				once(m, func(m *smartModel) {
					if from.IsZero() {
						from = time.Now()
					}
					m.attribute(197, 0)
					if time.Since(from) < c.stays {
						m.attribute(197, 1)
					}
				})
			}, func(t *testing.T, job burnin.Job, _ *smartModel, m *machine) {
				ends(t, job, c.state, reason.Code(c.code))
				worst := smart.Severity("")
				for _, f := range job.Findings {
					if f.Rule == "pending" {
						worst = f.Severity
					}
				}
				want := smart.Warn
				if c.state == burnin.Failed {
					want = smart.Fail
				}
				if worst != want {
					t.Errorf("findings %v", job.Findings)
				}
			})
		})
	}
}

func TestADiskIsNotLookedAtAgain(t *testing.T) {
	asked(t, ataDrive, quickPlan(), func(m *smartModel, _ *memoryDrive) {
		once(m,
			func(m *smartModel) { m.attribute(197, 1) })
	},
		func(t *testing.T, job burnin.Job, _ *smartModel, m *machine) {
			ends(t, job, burnin.Failed, "smart_failed")
			if strings.Contains(m.log(burnin.ShortSMART), "looked at again") {
				t.Error("a disk's pending sectors are taken for a habit")
			}
		})
}

// An old failure in the drive's log does not keep it from being tested; a new one counts.
func TestTheDrivesHistoryIsNoVerdict(t *testing.T) {
	failed := map[string]any{"type": map[string]any{"value": 1}, "status": map[string]any{"value": 112,
		"string": "Completed: read failure", "passed": false}, "lifetime_hours": 20000}
	asked(t, ataDrive, quickPlan(), func(m *smartModel, _ *memoryDrive) {
		log := m.capture["ata_smart_self_test_log"].(map[string]any)["standard"].(map[string]any)
		log["table"], log["count"] = append([]any{failed}, log["table"].([]any)...), 2
	}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
		ends(t, job, burnin.Passed, "")
		if len(job.Findings) != 1 || job.Findings[0].Rule != "selftest_failed_before" ||
			job.Findings[0].Severity != smart.Warn {
			t.Errorf("findings %v", job.Findings)
		}
	})
}

// What smartctl says of a log that it cannot read is quoted; nothing is to be installed that is there already.
func TestALogThatSmartctlCannotReadIsToldInItsWords(t *testing.T) {
	const words = "Read Self-test Log failed: NVMe Status 0x2002"
	asked(t, nvmeDrive, quickPlan(), func(m *smartModel, _ *memoryDrive) {
		oldSmartctl(m)
		m.capture["smartctl"] = map[string]any{"version": []int{7, 4}, "exit_status": 4,
			"messages": []any{map[string]any{"string": words, "severity": "error"}}}
	}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
		ends(t, job, burnin.Unknown, "selftest_no_tool")
		said := job.Reason.Text + " " + job.Reason.Hint
		if !strings.Contains(said, words) || strings.Contains(said, "smartmontools") || strings.Contains(said,
			"too old") {
			t.Errorf("told: %s", said)
		}
	})
}

func TestALogThatCannotShowANewRowIsNotBlamedOnResets(t *testing.T) {
	asked(t, ataDrive, quickPlan(), func(m *smartModel, _ *memoryDrive) {
		m.noLog, m.takes = true, time.Minute
		log := m.capture["ata_smart_self_test_log"].(map[string]any)["standard"].(map[string]any)
		rows := make([]any, 21)
		for i := range rows {
			rows[i] = map[string]any{"type": map[string]any{"value": 1}, "status": map[string]any{"value": 0,
				"string": "Completed without error", "passed": true}, "lifetime_hours": 7}
		}
		log["table"], log["count"] = rows, 21
	}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
		ends(t, job, burnin.Unknown, "selftest_unknown")
		said := job.Reason.Text + " " + job.Reason.Hint
		if !strings.Contains(said, "all of its 21 rows are alike, each at 7 hours") || strings.Contains(said, "reset") {
			t.Errorf("told: %s", said)
		}
	})
}

func TestTheFirmwaresOwnTestsAreNotSomebodyElses(t *testing.T) {
	for kind, foreign := range map[int]bool{0xdf: false, 1: true} {
		asked(t, ataDrive, quickPlan(), func(m *smartModel, _ *memoryDrive) {
			done := false
			once(m, func(m *smartModel) {
				if !done {
					done = true
					log := m.capture["ata_smart_self_test_log"].(map[string]any)["standard"].(map[string]any)
					row := map[string]any{"type": map[string]any{"value": kind}, "status": map[string]any{"value": 0,
						"string": "Completed without error", "passed": true}, "lifetime_hours": 34681}
					log["table"] = append([]any{row}, log["table"].([]any)...)
				}
			})
		}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
			ends(t, job, burnin.Passed, "")
			if warned(job, "selftest_foreign") != foreign {
				t.Errorf("type %#x: warnings %v", kind, job.Warnings)
			}
		})
	}
}

// A shingled disk takes blocks back and has no rated endurance.
func TestADiskThatDiscardsHasNoEndurance(t *testing.T) {
	asked(t, ataDrive, written(), func(m *smartModel, d *memoryDrive) { d.place.Discards = true },
		func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
			for _, w := range job.Warnings {
				if w.Code == "flash_full" && strings.Contains(w.Text, "endurance") {
					t.Errorf("told: %s", w.Text)
				}
			}
			if !warned(job, "flash_full") {
				t.Error("nothing is told of its blocks")
			}
		})
}

// SMART that is switched off is switched on where the person agreed, and is told; without consent nothing is changed.
func TestSMARTIsSwitchedOnOnlyWithConsent(t *testing.T) {
	for _, consent := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			m := patient(t)
			d := m.addDrive("SMART", 8*mib)
			d.smart = modelOf(t, ataDrive)
			hidden := map[string]any{}
			d.smart.before = func(s *smartModel) {
				for _, key := range []string{"smart_status", "ata_smart_attributes", "ata_smart_error_log"} {
					switch held, there := s.capture[key]; {
					case !s.switched && there:
						hidden[key] = held
						delete(s.capture, key)
					case s.switched && hidden[key] != nil:
						s.capture[key] = hidden[key]
						delete(hidden, key)
					}
				}
				s.capture["smart_support"] = map[string]any{"available": true, "enabled": s.switched}
				s.capture["smartctl"] = map[string]any{"exit_status": 0}
				if !s.switched {
					s.capture["smartctl"] = map[string]any{"exit_status": 4,
						"messages": []any{map[string]any{"string": "SMART Disabled. Use option -s with argument " +
							"'on' to enable it."}}}
				}
			}
			req := order(d, quickPlan())
			req.SMARTOn = consent
			job := m.run(req)
			if consent {
				ends(t, job, burnin.Passed, "")
			} else {
				ends(t, job, burnin.Unknown, "smart_unsupported")
				if !strings.Contains(job.Reason.Text, "SMART Disabled") {
					t.Errorf("smartctl is not quoted: %s", job.Reason.Text)
				}
			}
			if warned(job, "smart_switched_on") != consent || d.smart.switched != consent ||
				d.smart.called("smartctl -s on") > 1 {
				t.Errorf("consent %v: switched %v, warnings %v, calls %q", consent, d.smart.switched, job.Warnings,
					d.smart.calls)
			}
		})
	}
}
