package runner_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
)

// A sensor that says the same through rest and work tells of no heat; one that moves by a degree does.
func TestASensorThatNeverMovesIsToldAndGuardsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		warmth func(d *memoryDrive, at time.Duration) int
		state  burnin.State
		code   string
		still  bool
	}{
		"86 °C for ever": {func(*memoryDrive, time.Duration) int { return 86 }, burnin.Passed, "", true},
		"still at rest, warmer at work": {func(d *memoryDrive, _ time.Duration) int {
			if n := d.Counts(); n.BytesWritten > 12*mib {
				return 87
			}
			return 86
		}, burnin.Unknown, "too_hot", false},
		"cools slowly at rest, and too little": {func(_ *memoryDrive,
			at time.Duration) int {
			return 86 - min(int(at/(10*time.Minute)), 3)
		}, burnin.Unknown, "too_hot", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				m.poll = time.Second
				d := slowDrive(m, nil)
				begin := time.Now()
				d.temp = func() *int { n := c.warmth(d, time.Since(begin)); return &n }
				job := m.run(order(d, stampPlan()))
				got := ""
				if job.Reason != nil {
					got = string(job.Reason.Code)
				}
				if job.State != c.state || got != c.code || warned(job, "sensor_still") != c.still ||
					warned(job, "hot") == c.still && c.still {
					t.Fatalf("ended as %s, %v, warnings %v\n%s", job.State, job.Reason, job.Warnings,
						m.log(burnin.SurfaceValidate))
				}
				if took := time.Since(begin); took > 4*time.Hour {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// What smartctl says of an impossible or a still sensor does not end a self-test.
func TestASelfTestIsNotEndedByASensorThatSaysNothing(t *testing.T) {
	for c, words := range map[int]string{128: "", 86: "rests before its self-test"} {
		asked(t, ataDrive, longPlan(), func(m *smartModel, d *memoryDrive) {
			d.temp = func() *int { return nil } // the kernel has no sensor
			m.capture["temperature"] = map[string]any{"current": c, "op_limit_max": 60}
			m.takes = 3 * time.Hour
		}, func(t *testing.T, job burnin.Job, m *smartModel, mach *machine) {
			ends(t, job, burnin.Passed, "")
			odd := false
			for _, f := range job.Findings {
				odd = odd || f.Rule == "sensor_odd"
			}
			if odd != (c == 128) || warned(job, "sensor_still") != (c == 86) || warned(job, "hot") {
				t.Errorf("%d °C: findings %v, warnings %v", c, job.Findings, job.Warnings)
			}
			if !strings.Contains(mach.log(burnin.LongSMART), words) || m.called("smartctl -X") > 0 {
				t.Errorf("%d °C: %s", c, mach.log(burnin.LongSMART))
			}
		})
	}
}

// No self-test begins before the first word of the kernel's sensor.
func TestASelfTestBeginsAfterTheFirstLookAtTheSensor(t *testing.T) {
	for range 5 {
		asked(t, ataDrive, quickPlan(), func(_ *smartModel, d *memoryDrive) {
			d.temp = func() *int { return new(86) }
		}, func(t *testing.T, _ burnin.Job, _ *smartModel, mach *machine) {
			if !strings.Contains(mach.log(burnin.ShortSMART), "rests before its self-test") {
				t.Errorf("it did not rest: %s", mach.log(burnin.ShortSMART))
			}
		})
	}
}

// A drive that is hot from the first and warms in its test is aborted all the same.
func TestASelfTestOfADriveThatIsHotFromTheFirstIsAborted(t *testing.T) {
	asked(t, ataDrive, longPlan(), func(m *smartModel, d *memoryDrive) {
		d.temp = func() *int { return nil }
		m.takes = 3 * time.Hour
		m.before = func(m *smartModel) {
			c := 86
			if !m.began.IsZero() && time.Since(m.began) > 5*time.Minute {
				c = 87
			}
			m.capture["temperature"] = map[string]any{"current": c, "op_limit_max": 60}
		}
	}, func(t *testing.T, job burnin.Job, m *smartModel, _ *machine) {
		ends(t, job, burnin.Unknown, "too_hot")
		if m.called("smartctl -X") == 0 {
			t.Error("its test was not aborted")
		}
	})
}
