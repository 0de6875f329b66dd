package runner_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/port"
	"burnish/backend/smart"
	"burnish/backend/wire"
)

func quickPlan() burnin.Plan {
	p, _ := burnin.PlanNamed("quick")
	return p
}

func longPlan() burnin.Plan {
	return burnin.Plan{Name: "long", Stages: []burnin.StageSpec{{Kind: burnin.Precheck}, {Kind: burnin.LongSMART},
		{Kind: burnin.FinalCheck}}}
}

// patient makes a machine that looks at its files seldom: its jobs take days, though only of the bubble's clock.
func patient(t *testing.T) *machine {
	m := newMachine(t)
	m.poll = 10 * time.Second
	return m
}

// asked runs a plan on a memory drive that answers as the model does; days pass in no time.
func asked(t *testing.T, capture string, plan burnin.Plan, set func(*smartModel, *memoryDrive),
	look func(*testing.T, burnin.Job, *smartModel, *machine)) {
	synctest.Test(t, func(t *testing.T) {
		m := patient(t)
		d := m.addDrive("SMART", 8*mib)
		d.smart = modelOf(t, capture)
		if set != nil {
			set(d.smart, d)
		}
		job := m.run(order(d, plan))
		look(t, job, d.smart, m)
	})
}

func ends(t testing.TB, job burnin.Job, state burnin.State, code reason.Code) {
	t.Helper()
	got := reason.Code("")
	if job.Reason != nil {
		got = job.Reason.Code
	}
	if job.State != state || got != code {
		t.Fatalf("ended as %s, %v; want %s, %s\n%s", job.State, job.Reason, state, code, asJSON(t, job.Verdict))
	}
}

func warned(job burnin.Job, code reason.Code) bool {
	return slices.ContainsFunc(job.Warnings, func(w reason.Said) bool { return w.Code == code })
}

func TestDrivesOfAllKindsTestThemselves(t *testing.T) {
	for name, c := range map[string]struct {
		capture string
		set     func(*smartModel, *memoryDrive)
		starts  string
	}{
		"ATA in steps of ten": {ataDrive, func(m *smartModel, _ *memoryDrive) { m.takes = 90 * time.Second },
			"smartctl -t short"},
		"ATA at once": {ataDrive, nil, "smartctl -t short"},
		"SCSI that gives percent": {sasDrive, func(m *smartModel, _ *memoryDrive) {
			m.takes, m.step = 90*time.Second, 1
		}, "smartctl -t short"},
		"SCSI that gives none": {sasDrive, func(m *smartModel, _ *memoryDrive) { m.takes, m.step = 90*time.Second, 0 },
			"smartctl -t short"},
		"NVMe by smartctl": {nvmeDrive, func(m *smartModel, _ *memoryDrive) { m.takes, m.step = 90*time.Second, 1 },
			"smartctl -t short"},
		"NVMe by nvme-cli": {nvmeDrive, func(m *smartModel, _ *memoryDrive) {
			oldSmartctl(m)
			m.withNVMe, m.takes, m.step = true, 90*time.Second, 1
		}, "nvme device-self-test -s 1"},
		"an answer that was lost in between": {ataDrive, func(m *smartModel,
			_ *memoryDrive) {
			m.takes = 90 * time.Second
			failLater(m, 4)
		}, "smartctl -t short"},
	} {
		t.Run(name, func(t *testing.T) {
			asked(t, c.capture, quickPlan(), c.set, func(t *testing.T, job burnin.Job, m *smartModel, _ *machine) {
				ends(t, job, burnin.Passed, "")
				if m.called(c.starts) != 1 {
					t.Errorf("%q was called %d times: %q", c.starts, m.called(c.starts), m.calls)
				}
				if row := job.Stages[1].SelfTest; row == nil || row.Type != smart.Short || row.Result != smart.Passed {
					t.Errorf("the stage's row is %+v", row)
				}
			})
		})
	}
}

// oldSmartctl makes smartctl one that knows nothing of NVMe self-tests.
func oldSmartctl(m *smartModel) { delete(m.capture, "nvme_self_test_log") }

// failLater makes some answers fail once a test runs.
func failLater(m *smartModel, n int) {
	m.before = func(m *smartModel) {
		if !m.began.IsZero() {
			m.fails, m.before = n, nil
		}
	}
}

func TestAFailedSelfTestFailsTheDrive(t *testing.T) {
	for name, c := range map[string]struct {
		capture string
		result  int
	}{"ATA": {ataDrive, 7}, "SCSI": {sasDrive, 5}, "NVMe": {nvmeDrive, 7}} {
		t.Run(name, func(t *testing.T) {
			asked(t, c.capture, quickPlan(), func(m *smartModel, _ *memoryDrive) {
				m.result, m.takes = c.result, time.Minute
			},
				func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
					ends(t, job, burnin.Failed, "selftest_failed")
					if job.Stages[1].State != burnin.Failed || smart.Worst(job.Findings) != smart.Fail {
						t.Errorf("the stage is %s, findings %v", job.Stages[1].State, job.Findings)
					}
				})
		})
	}
}

func TestATestThatHasNoResultIsNoPassAndNoFailure(t *testing.T) {
	for name, c := range map[string]struct {
		capture string
		set     func(*smartModel, *memoryDrive)
		code    reason.Code
		text    string
	}{
		"aborted by the host": {ataDrive, func(m *smartModel, _ *memoryDrive) {
			m.result, m.takes = 1, time.Minute
		}, "selftest_aborted", "status 1"},
		"interrupted by a reset": {ataDrive, func(m *smartModel, _ *memoryDrive) {
			m.result, m.takes = 2, time.Minute
		}, "selftest_aborted", "status 2"},
		"SCSI device reset": {sasDrive, func(m *smartModel, _ *memoryDrive) {
			m.result, m.takes = 2, time.Minute
		}, "selftest_aborted", "result 2"},
		"NVMe controller reset": {nvmeDrive, func(m *smartModel, _ *memoryDrive) {
			m.result, m.takes = 2, time.Minute
		}, "selftest_aborted", "result 2"},
		"asked for, and never begun": {ataDrive, func(m *smartModel, _ *memoryDrive) { m.deaf = true },
			"selftest_unknown", "no result"},
		"no row when it ended": {ataDrive, func(m *smartModel, _ *memoryDrive) {
			m.noLog, m.takes = true, time.Minute
		}, "selftest_unknown", "no result"},
		"NVMe without a tool": {nvmeDrive, func(m *smartModel, _ *memoryDrive) { oldSmartctl(m) },
			"selftest_no_tool", "nvme-cli is not installed"},
		"its progress stands still": {ataDrive, func(m *smartModel, _ *memoryDrive) {
			m.hangs, m.takes = true, time.Minute
		}, "stuck", "60 minutes"},
		"smartctl is silent from then on": {ataDrive, func(m *smartModel,
			_ *memoryDrive) {
			m.takes = time.Hour
			failLater(m, 100)
		}, "smart_unreadable", "open device failed"},
	} {
		t.Run(name, func(t *testing.T) {
			asked(t, c.capture, quickPlan(), c.set, func(t *testing.T, job burnin.Job, m *smartModel, _ *machine) {
				ends(t, job, burnin.Unknown, c.code)
				if !strings.Contains(job.Reason.Text, c.text) {
					t.Errorf("the reason does not say %q: %s", c.text, job.Reason.Text)
				}
				if c.code == "stuck" && m.called("smartctl -X") != 1 {
					t.Errorf("a test that hangs was not aborted: %q", m.calls)
				}
			})
		})
	}
}

func TestADriveThatCannotTestItselfMayPassAndSaysSo(t *testing.T) {
	asked(t, nvmeDrive, quickPlan(), func(m *smartModel, _ *memoryDrive) {
		oldSmartctl(m)
		m.capture["nvme_optional_admin_commands"] = map[string]any{"self_test": false}
	}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
		ends(t, job, burnin.Passed, "")
		if job.Stages[1].State != burnin.Skipped || !warned(job, "selftest_unsupported") {
			t.Errorf("the stage is %s, warnings %v", job.Stages[1].State, job.Warnings)
		}
	})
}

func TestALongTestIsFollowedForDays(t *testing.T) {
	asked(t, ataDrive, longPlan(), func(m *smartModel, _ *memoryDrive) {
		m.takes = 50 * time.Hour
		longEstimate(m,
			3000)
	},
		func(t *testing.T, job burnin.Job, m *smartModel, mach *machine) {
			ends(t, job, burnin.Passed, "")
			s := job.Stages[1]
			if took := time.Duration(s.EndedMs-s.StartedMs) * time.Millisecond; took < 50*time.Hour ||
				took > 50*time.Hour+2*time.Minute {
				t.Errorf("the stage took %s", took)
			}
			if n := strings.Count(string(mach.journals(testJob)[0]), `"kind":"progress"`); n != 10 {
				t.Errorf("%d samples of progress in the journal, want those of the drive: 0 %% to 90 %%", n)
			}
			if n := m.called("-x"); n > 51*60+20 {
				t.Errorf("the drive was asked %d times in 50 hours, more than once a minute", n)
			}
		})
}

func longEstimate(m *smartModel, minutes int) {
	get[map[string]any](m.capture, "ata_smart_data", "self_test")["polling_minutes"] = map[string]any{"short": 2,
		"extended": minutes}
}

func TestADriveIsKeptAwakeByOneSectorAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := patient(t)
		d := m.addDrive("AWAKE", 8*mib)
		d.smart = modelOf(t, ataDrive)
		d.smart.takes = 30*time.Minute + time.Second
		job := m.run(order(d, longPlan()))
		ends(t, job, burnin.Passed, "")
		if n := d.Counts().Reads; n < 30 || n > 33 {
			t.Errorf("%d reads in half an hour", n)
		}
	})
}

func TestARunningTestIsNotTrampled(t *testing.T) {
	running := func(kind int) func(*smartModel, *memoryDrive) {
		return func(m *smartModel, _ *memoryDrive) { m.kind, m.began, m.takes = kind, time.Now(), 10*time.Minute }
	}
	wait := quickPlan()
	wait.Stages[1].RunningTest = burnin.WaitForTest
	for name, c := range map[string]struct {
		plan    burnin.Plan
		kind    int
		started int
		adopted bool
	}{
		"one of the same kind is adopted":           {quickPlan(), 1, 0, true},
		"one of another kind is waited for":         {quickPlan(), 2, 1, false},
		"any is waited for, where the plan says so": {wait, 1, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			asked(t, ataDrive, c.plan, running(c.kind), func(t *testing.T, job burnin.Job, m *smartModel, _ *machine) {
				ends(t, job, burnin.Passed, "")
				if m.called("-t short") != c.started || m.called("-X") != 0 ||
					warned(job, "selftest_adopted") != c.adopted {
					t.Errorf("calls %q, warnings %v", m.calls, job.Warnings)
				}
			})
		})
	}
}

func TestAStopEndsTheDrivesTestAndNotThatOfSomebodyElse(t *testing.T) {
	for name, foreign := range map[string]bool{"ours": false, "somebody else's": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := patient(t)
				d := m.addDrive("STOPPED", 8*mib)
				d.smart = modelOf(t, ataDrive)
				d.smart.takes = 10 * time.Hour
				if foreign {
					d.smart.kind, d.smart.began = 2, time.Now()
				}
				if _, err := m.service().Start(context.Background(), order(d, longPlan())); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				reply, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob, By: "somebody"})
				if err != nil || !reply.Stopped {
					t.Fatalf("stop: %+v, %v", reply, err)
				}
				m.wait.Wait()
				ends(t, foldRaw(t, m.journals(testJob), nil), burnin.Cancelled, "stopped_by_person")
				if aborts := d.smart.called("-X"); aborts != map[bool]int{false: 1, true: 0}[foreign] {
					t.Errorf("%d aborts: %q", aborts, d.smart.calls[len(d.smart.calls)-3:])
				}
			})
		})
	}
}

func TestATestThatEndedWhileNoRunnerWasThereCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := patient(t)
		d := m.addDrive("AWAY", 8*mib)
		d.smart = modelOf(t, ataDrive)
		d.smart.takes = 10 * time.Hour
		if _, err := m.service().Start(context.Background(), order(d, longPlan())); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		d.smart.noAbort = true
		m.vanish()
		time.Sleep(20 * time.Hour)
		if _, err := m.service().Resume(context.Background(), testJob); err != nil {
			t.Fatal(err)
		}
		m.wait.Wait()
		job := foldRaw(t, m.journals(testJob), nil)
		ends(t, job, burnin.Passed, "")
		if n := d.smart.called("-t long"); n != 1 {
			t.Errorf("the long test was started %d times", n)
		}
	})
}

func TestWhatTheDriveCountsEndsTheJobWhereItShows(t *testing.T) {
	t.Run("a counter that rises during the self-test", func(t *testing.T) {
		asked(t, ataDrive, quickPlan(), func(m *smartModel, _ *memoryDrive) {
			m.takes = time.Minute
			m.before = func(m *smartModel) {
				if !m.began.IsZero() {
					m.attribute(5, 8)
				}
			}
		}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
			ends(t, job, burnin.Failed, "smart_failed")
			if s := job.Stages[1]; s.State != burnin.Failed || !strings.Contains(s.Reason.Text, "0, then 8") {
				t.Errorf("the stage is %s, %v", s.State, s.Reason)
			}
			if len(job.Findings) != 1 || job.Findings[0].Rule != "reallocated" || job.Findings[0].Before != int64(0) ||
				job.Findings[0].After != int64(8) {
				t.Errorf("findings %+v", job.Findings)
			}
		})
	})
	t.Run("a drive that says it is failing is not tested further", func(t *testing.T) {
		asked(t, ataDrive, quickPlan(),
			func(m *smartModel, _ *memoryDrive) { m.capture["smart_status"] = map[string]any{"passed": false} },
			func(t *testing.T, job burnin.Job, m *smartModel, _ *machine) {
				ends(t, job, burnin.Failed, "smart_failed")
				if job.Stages[0].State != burnin.Failed || m.called("-t ") != 0 {
					t.Errorf("precheck is %s; calls %q", job.Stages[0].State, m.calls)
				}
			})
	})
	t.Run("link errors are a warning beside the pass", func(t *testing.T) {
		asked(t, ataDrive, quickPlan(), func(m *smartModel, _ *memoryDrive) {
			m.takes = time.Minute
			m.before = func(m *smartModel) {
				if !m.began.IsZero() {
					m.attribute(199, 3)
				}
			}
		}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
			ends(t, job, burnin.Passed, "")
			if !warned(job, "smart_warning") || job.Health == nil || !slices.ContainsFunc(job.Health.Rows,
				func(r smart.Row) bool { return r.ID == 199 && r.Changed }) {
				t.Errorf("warnings %v", job.Warnings)
			}
		})
	})
	t.Run("pending sectors are a warning, and a failure on a drive declared new", func(t *testing.T) {
		pending := func(m *smartModel, _ *memoryDrive) { m.attribute(197, 2) }
		asked(t, ataDrive, quickPlan(), pending, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
			ends(t, job, burnin.Passed, "")
			if !warned(job, "smart_warning") {
				t.Error("nobody is warned")
			}
		})
		fresh := quickPlan()
		fresh.Declared = "new"
		asked(t, ataDrive, fresh, pending, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
			ends(t, job, burnin.Failed, "smart_failed")
		})
	})
	t.Run("a drive's word that is missing is said, and is not fatal", func(t *testing.T) {
		asked(t, ataDrive, quickPlan(), func(m *smartModel, _ *memoryDrive) { delete(m.capture, "smart_status") },
			func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
				ends(t, job, burnin.Passed, "")
				if !slices.Contains(job.Verdict.Evidence, burnin.Evidence{ID: "drive_says", Value: "not said",
					Source: "the drive's own overall status"}) {
					t.Errorf("evidence %s", asJSON(t, job.Verdict.Evidence))
				}
			})
	})
}

func TestADriveWithoutHealthDataIsRefused(t *testing.T) {
	for name, answer := range map[string]string{
		"a bridge that nobody knows": `{"smartctl":{"exit_status":1,"messages":[{"string":"/dev/sdc: Unknown USB bridge"}]}}`,
		"no health data":             `{"smartctl":{"exit_status":4},"device":{"name":"/dev/sda","protocol":"SCSI"},"smart_support":{"available":false},"serial_number":"X"}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := patient(t)
				d := m.addDrive("MUTE", 8*mib)
				d.smart = modelOf(t, answer)
				ends(t, m.run(order(d, quickPlan())), burnin.Unknown, "smart_unsupported")
			})
		})
	}
}

func TestTheLastCheckLooksAtTheDrivesLogAndTheKernels(t *testing.T) {
	t.Run("our row is gone", func(t *testing.T) {
		asked(t, ataDrive, quickPlan(), func(m *smartModel, _ *memoryDrive) {
			n := 0
			m.before = func(m *smartModel) {
				log := get[map[string]any](m.capture, "ata_smart_self_test_log", "standard")
				if len(get[[]any](log, "table")) > 1 {
					if n++; n > 2 {
						log["table"], log["count"] = []any{}, 0
					}
				}
			}
		}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
			ends(t, job, burnin.Unknown, "evidence_incomplete")
			if !slices.Contains(job.Verdict.Missing, "final_check: "+burnin.FactSelfTestLog) {
				t.Errorf("missing: %q", job.Verdict.Missing)
			}
		})
	})
	t.Run("errors in the kernel's log are a warning", func(t *testing.T) {
		asked(t, ataDrive, quickPlan(), func(_ *smartModel, d *memoryDrive) {
			d.kernel = port.KernelErrors{Readable: true, Resets: 2, First: "ata3: hard resetting link"}
		}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
			ends(t, job, burnin.Passed, "")
			if !warned(job, "kernel_errors") {
				t.Errorf("warnings %v", job.Warnings)
			}
		})
	})
}

func TestTemperaturesOfAStageAreKept(t *testing.T) {
	asked(t, ataDrive, longPlan(), func(m *smartModel, _ *memoryDrive) { m.takes = time.Hour },
		func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
			c := job.Stages[1].TempC
			if c == nil || c.Min != 31 || c.Max != 31 || c.Avg != 31 || c.Limit != 60 || c.Samples < 100 {
				t.Errorf("%+v", c)
			}
		})
}

func TestADriveOverItsOwnLimitIsAWarning(t *testing.T) {
	asked(t, ataDrive, quickPlan(), func(m *smartModel, _ *memoryDrive) {
		m.capture["temperature"] = map[string]any{"current": 29, "op_limit_max": 30}
	}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
		ends(t, job, burnin.Passed, "")
		if c := job.Stages[1].TempC; c == nil || c.Max != 31 || c.Limit != 30 || !warned(job, "hot") {
			t.Errorf("%+v, warnings %v", c, job.Warnings)
		}
	})
}

func TestTheKernelsSensorKnowsALimitThatSmartctlDoesNot(t *testing.T) {
	for _, c := range []struct {
		own  any
		want int
	}{{nil, 28}, {30, 30}} {
		asked(t, ataDrive, quickPlan(), func(m *smartModel, d *memoryDrive) {
			m.capture["temperature"] = map[string]any{"current": 29, "op_limit_max": c.own}
			d.sensorLimits[0] = new(28)
			d.temp = func() *int { return new(31) } // within minutes that is no sensor that stands still
		}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
			if got := job.Stages[1].TempC; got == nil || got.Limit != c.want || !warned(job, "hot") ||
				warned(job, "sensor_still") {
				t.Errorf("%+v, want a limit of %d; warnings %v", got, c.want, job.Warnings)
			}
		})
	}
}

func TestAVolumeOfARAIDControllerIsNotWrittenTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := patient(t)
		d := m.addDrive("VOLUME", 8*mib)
		d.smart = modelOf(t, sasDrive)
		d.smart.capture["scsi_model_name"] = "DELL PERC H730P"
		plan := stampPlan()
		plan.WithoutSMART = false
		ends(t, m.run(order(d, plan)), burnin.Unknown, "raid_volume")
		if n := d.Counts().Writes; n != 0 {
			t.Errorf("%d writes reached the volume", n)
		}
	})
}

func TestASelfTestThatHeatsItsDriveTooMuchIsAborted(t *testing.T) {
	for name, foreign := range map[string]bool{"ours": false, "somebody else's": true} {
		t.Run(name, func(t *testing.T) {
			asked(t, ataDrive, longPlan(), func(m *smartModel, d *memoryDrive) {
				m.takes = 3 * time.Hour
				if foreign {
					m.began, m.kind = time.Now(), 2
				}
				critical, begun := 65, time.Now()
				d.sensorLimits[1] = &critical
				d.temp = func() *int { c := 30 + int(time.Since(begun)/(2*time.Minute)); return &c }
			}, func(t *testing.T, job burnin.Job, m *smartModel, machine *machine) {
				ends(t, job, burnin.Unknown, "too_hot")
				if s := job.Stages[1]; s.State != burnin.Unknown || s.Reason.Code != "too_hot" || s.Paused != nil {
					t.Errorf("the stage: %s", asJSON(t, s))
				}
				if took := time.Duration(job.Stages[1].EndedMs-job.Stages[1].StartedMs) * time.Millisecond; took < time.Hour || took > 80*time.Minute {
					t.Errorf("it was ended after %v", took)
				}
				if aborts := m.called("smartctl -X"); (aborts == 0) != foreign || !foreign && !m.began.IsZero() {
					t.Errorf("%d aborts, a test runs since %v", aborts, m.began)
				}
			})
		})
	}
}
