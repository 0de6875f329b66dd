package runner_test

import (
	"sync"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/port"
	"burnish/backend/surface/faultdev"
)

// atLast sets faults once the last wipe begins: after the first act, which zeroes 32 MiB, and a sweep of 40.
func atLast(d *memoryDrive, faults ...faultdev.Fault) {
	var once sync.Once
	d.OnRequest(func(c faultdev.Counts) {
		if c.BytesWritten > 72*mib+4096 {
			once.Do(func() { d.Set(faults...) })
		}
	})
}

func TestTheLastWipeWritesAgainAndAsksTheKernelAsTheSweepDoes(t *testing.T) {
	all := func(e faultdev.Effect, every int) faultdev.Fault {
		return faultdev.Fault{Effect: e, First: 0, Last: 1 << 30, Every: every}
	}
	bad := func(e faultdev.Effect, errno string) faultdev.Fault {
		return faultdev.Fault{Effect: e, First: 15000, Last: 15003, Errno: errno}
	}
	for name, c := range map[string]struct {
		fault  faultdev.Fault
		kernel port.KernelErrors
		state  burnin.State
		code   reason.Code
	}{
		"a sector once cannot be written": {faultdev.Fault{Effect: faultdev.FailWrite, First: 15000, Last: 15000,
			Times: 1}, port.KernelErrors{}, burnin.Passed, ""},
		"a sector once cannot be read": {faultdev.Fault{Effect: faultdev.FailRead, First: 15000, Last: 15000,
			Times: 1}, port.KernelErrors{}, burnin.Passed, ""},
		"sectors cannot be written": {bad(faultdev.FailWrite, "ENODATA"), port.KernelErrors{}, burnin.Failed,
			"surface_errors"},
		"sectors cannot be read": {bad(faultdev.FailRead, "ENODATA"), port.KernelErrors{}, burnin.Failed,
			"surface_errors"},
		"they drop what is written": {bad(faultdev.DropWrite, ""), port.KernelErrors{}, burnin.Failed,
			"surface_errors"},
		"the kernel lays it to the path": {bad(faultdev.FailWrite, "EIO"), port.KernelErrors{Readable: true, Path: 3,
			OnePath: "CRC"}, burnin.Unknown, "path_suspect"},
		"each third write fails": {all(faultdev.FailWrite, 3), port.KernelErrors{}, burnin.Unknown, "path_suspect"},
		"each third read fails":  {all(faultdev.FailRead, 3), port.KernelErrors{}, burnin.Unknown, "path_suspect"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.fault.Every > 0 { // ten thousands of requests
				long(t)
			}
			m := newMachine(t)
			d := m.addDrive("LAST", 40*mib)
			atLast(d, c.fault)
			d.kernel = c.kernel
			job := m.run(order(d, stampPlan()))
			last := job.Stages[3]
			ends(t, job, c.state, c.code)
			if c.state != burnin.Passed && last.State != c.state {
				t.Errorf("final_check is %s, the surface %s", last.State, job.Stages[2].State)
			}
			if sectors := 0; c.state == burnin.Failed {
				for _, r := range last.BadRanges {
					sectors += int(r.Sectors())
				}
				if sectors != 4 || last.BadRanges[0].FirstLBA != 15000 {
					t.Errorf("%s", asJSON(t, last.BadRanges))
				}
			} else if len(last.BadRanges) != 0 && c.code != "path_suspect" {
				t.Errorf("%s", asJSON(t, last.BadRanges))
			}
			if c.state == burnin.Passed && !warned(job, "transient_errors") {
				t.Errorf("warnings %s", asJSON(t, job.Warnings))
			}
		})
	}
}
