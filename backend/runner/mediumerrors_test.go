package runner_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/surface/faultdev"
)

// A used drive came with one sector that cannot be read before it is written. The probe's reads, which only empty
// caches, meet it: what the drive counts of that fails it no more than if only the sweep had come by, which writes.
func TestAUsedDriveIsNotFailedByWhereItsPendingSectorLies(t *testing.T) {
	const lba = 41_030 // behind the middle of the drive, at none of the probe's places
	once := faultdev.Fault{Effect: faultdev.FailRead, First: lba, Last: lba, Times: 1, Errno: "ENODATA"}
	counts := func(reported, pending, settled int) func(m *smartModel, d *memoryDrive) {
		return func(m *smartModel, d *memoryDrive) {
			m.before = func(m *smartModel) {
				switch n := d.Counts(); {
				case n.Writes == 0:
				case n.BytesWritten < 60*mib: // after the probe
					m.attribute(187, reported)
					m.attribute(197, pending)
				default:
					m.attribute(197, settled)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		declared smart.Declared
		faults   []faultdev.Fault
		set      func(*smartModel, *memoryDrive)
		state    burnin.State
		code     reason.Code
	}{
		"declared used": {"used", []faultdev.Fault{once}, counts(1, 1, 0), burnin.Passed,
			""},
		"declared as nothing": {"", []faultdev.Fault{once}, counts(3, 1, 0), burnin.Passed, ""},
		"declared new": {"new", []faultdev.Fault{once}, counts(1, 1, 0), burnin.Failed,
			"smart_failed"},
		"the test itself met nothing": {"used", nil, counts(1, 0, 0), burnin.Failed, "smart_failed"},
		"many more than what it met": {"used", []faultdev.Fault{once}, counts(400, 1, 0), burnin.Failed,
			"smart_failed"},
		"it is pending still after the write": {"used", []faultdev.Fault{once}, counts(1, 1, 1), burnin.Failed,
			"smart_failed"},
		"another could not be read when written": {"used", []faultdev.Fault{once, {Effect: faultdev.FailRead,
			First: 0, Last: 0, Times: 6, Errno: "ENODATA"}}, counts(3, 1, 0), burnin.Failed, "smart_failed"},
		"another could not be written": {"used", []faultdev.Fault{once, {Effect: faultdev.FailWrite,
			First: 8, Last: 8, Times: 1, Errno: "ENODATA"}}, counts(1, 1, 0), burnin.Failed, "smart_failed"},
		"and the sweep finds that it does not heal": {"used", []faultdev.Fault{{Effect: faultdev.FailRead, First: lba,
			Last: lba, Errno: "ENODATA"}}, counts(1, 1, 0), burnin.Failed, "surface_errors"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := patient(t)
				d := m.addDrive("USED", 40*mib)
				d.smart = modelOf(t, strings.Replace(ataDrive, `{"id":197,`, `{"id":187,"name":"Reported_Uncorrect","value":100,"worst":100,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":0,"string":"0"}},
{"id":197,`, 1))
				d.Set(c.faults...)
				c.set(d.smart, d)
				job := m.run(order(d, burnin.Plan{Name: "probed", Declared: c.declared, Stages: []burnin.StageSpec{
					{Kind: burnin.Precheck}, {Kind: burnin.CapacityProbe}, {Kind: burnin.SurfaceValidate,
						Engine: burnin.EngineStamp, BlockBytes: 64 << 10}, {Kind: burnin.FinalCheck}}}))
				ends(t, job, c.state, c.code)
				if c.state != burnin.Passed {
					return
				}
				told := 0
				for _, f := range job.Findings {
					if f.Rule == "reported_uncorrectable" || f.Rule == "pending" {
						if told++; f.Severity != smart.Warn || !strings.Contains(f.Says,
							"before it had written there") {
							t.Errorf("%s: %s", f, f.Says)
						}
					}
				}
				if told != 2 || job.MediumErrors.Unwritten != 1 || job.MediumErrors.Written != 0 || !warned(job, "smart_warning") {
					t.Errorf("%d findings, met %+v, warnings %v", told, job.MediumErrors, job.Warnings)
				}
			})
		})
	}
}

// The look at labels and samples right before the first write meets it.
func TestASampleThatCannotBeReadIsNoFailureOfAUsedDrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := patient(t)
		d := m.addDrive("SAMPLE", 40*mib)
		d.usage.FailedReads = 1
		d.smart = modelOf(t, ataDrive)
		d.smart.before = func(m *smartModel) {
			if n := d.Counts().BytesWritten; n > 0 && n < 60*mib {
				m.attribute(197, 1)
			} else {
				m.attribute(197, 0)
			}
		}
		job := m.run(order(d, burnin.Plan{Name: "probed", Stages: []burnin.StageSpec{
			{Kind: burnin.Precheck}, {Kind: burnin.CapacityProbe}, {Kind: burnin.SurfaceValidate,
				Engine: burnin.EngineStamp, BlockBytes: 64 << 10}, {Kind: burnin.FinalCheck}}}))
		ends(t, job, burnin.Passed, "")
		if job.MediumErrors.Unwritten == 0 || !warned(job, "smart_warning") {
			t.Errorf("met %+v, warnings %v", job.MediumErrors, job.Warnings)
		}
	})
}

// So does what keeps the drive awake while it tests itself; only in a plan that writes afterwards does that explain
// anything.
func TestASectorThatKeepsADriveAwakeIsNoFailureOfAUsedDrive(t *testing.T) {
	for _, writes := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			m := patient(t)
			d := m.addDrive("TOUCHED", 40*mib)
			d.smart = modelOf(t, sasDrive)
			d.smart.takes = 5 * time.Minute
			d.smart.capture["user_capacity"] = map[string]any{"bytes": 40 * mib}
			d.Set(faultdev.Fault{Effect: faultdev.FailRead, First: 0, Last: 1 << 30, Times: 1, Errno: "ENODATA"})
			d.smart.before = func(m *smartModel) {
				n := 0
				if d.Counts().Reads > 0 {
					n = 1
				}
				m.capture["scsi_error_counter_log"] = map[string]any{"read": map[string]any{"total_uncorrected_errors": n}}
			}
			plan := stampPlan()
			plan.WithoutSMART = false
			if !writes {
				plan = quickPlan()
			}
			job := m.run(order(d, plan))
			if !writes {
				ends(t, job, burnin.Failed, "smart_failed")
				return
			}
			ends(t, job, burnin.Passed, "")
			if job.MediumErrors.Unwritten != 1 || !warned(job, "smart_warning") {
				t.Errorf("met %+v, warnings %v", job.MediumErrors, job.Warnings)
			}
		})
	}
}

// The undo kit reads what the first destructive act erases, and looks for the partitions before it.
func TestWhatTheUndoKitCannotReadIsNoFailureOfAUsedDrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := patient(t)
		d := m.addDrive("KIT", 40*mib)
		d.usage = photos
		d.smart = modelOf(t, sasDrive)
		d.smart.capture["scsi_error_counter_log"] = map[string]any{"read": map[string]any{"total_uncorrected_errors": 0}}
		d.smart.capture["user_capacity"] = map[string]any{"bytes": 40 * mib}
		d.Set(faultdev.Fault{Effect: faultdev.FailRead, First: 300, Last: 300, Times: 3, Errno: "ENODATA"})
		d.smart.before = func(m *smartModel) {
			if d.Counts().Writes > 0 {
				m.capture["scsi_error_counter_log"] = map[string]any{"read": map[string]any{"total_uncorrected_errors": 2}}
			}
		}
		plan := stampPlan()
		plan.WithoutSMART = false
		req := granted(d, photos)
		req.Plan = plan
		d.smart.takes = time.Minute
		job := m.run(req)
		ends(t, job, burnin.Passed, "")
		if job.MediumErrors.Unwritten != 3 || !warned(job, "smart_warning") {
			t.Errorf("met %+v, warnings %v", job.MediumErrors, job.Warnings)
		}
	})
}
