package runner_test

import (
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/port"
	"burnish/backend/surface/faultdev"
)

// What heals is not held against the drive; that it never stops is more than chance.
func TestErrorsThatNeverStopArePassedByNobody(t *testing.T) {
	each := func(e faultdev.Effect, n int) []faultdev.Fault {
		return []faultdev.Fault{{Effect: e, First: 0, Last: 1 << 30, Every: n, Errno: "EIO"}}
	}
	some := func(n int) (out []faultdev.Fault) {
		for i := range int64(n) {
			out = append(out, faultdev.Fault{Effect: faultdev.FailRead, First: 35_000 + i*3_000, Last: 35_000 + i*3_000,
				Times: 1, Errno: "EIO"})
		}
		return out
	}
	medium := port.KernelErrors{Readable: true, Reads: 18, Medium: 18,
		First: "critical medium error, dev sdx, sector 8"}
	for name, c := range map[string]struct {
		plan   burnin.Plan
		faults []faultdev.Fault
		kernel port.KernelErrors
		state  burnin.State
		code   reason.Code
	}{
		"one place":    {stampPlan(), some(1), port.KernelErrors{}, burnin.Passed, ""},
		"three places": {stampPlan(), some(3), medium, burnin.Passed, ""},
		"five places": {stampPlan(), some(5), port.KernelErrors{}, burnin.Unknown,
			"path_suspect"},
		"five, and the kernel tells whose": {stampPlan(), some(5), medium, burnin.Unknown, "drive_unsteady"},
		"each hundredth read": {stampPlan(), each(faultdev.FailRead, 100), port.KernelErrors{},
			burnin.Unknown, "path_suspect"},
		"each fiftieth write": {stampPlan(), each(faultdev.FailWrite, 50), port.KernelErrors{},
			burnin.Unknown, "path_suspect"},
		"each second read": {stampPlan(), each(faultdev.FailRead, 2), port.KernelErrors{},
			burnin.Unknown, "path_suspect"},
		"each hundredth read, with a probe": {probedPlan(1 << 20), each(faultdev.FailRead, 100), port.KernelErrors{},
			burnin.Unknown, "path_suspect"},
		"each fiftieth write, with a probe": {probedPlan(1 << 20), each(faultdev.FailWrite, 50), port.KernelErrors{},
			burnin.Unknown, "path_suspect"},
		"badblocks, each second read": {classicPlan(), each(faultdev.FailRead, 2), port.KernelErrors{},
			burnin.Unknown, "path_suspect"},
		"badblocks, each third read": {classicPlan(), each(faultdev.FailRead, 3), port.KernelErrors{},
			burnin.Unknown, "path_suspect"},
		"badblocks, each seventh write": {classicPlan(), each(faultdev.FailWrite, 7), port.KernelErrors{},
			burnin.Unknown, "path_suspect"},
		"badblocks, sectors that stay bad": {classicPlan(), []faultdev.Fault{
			{Effect: faultdev.FailRead, First: 40_000, Last: 40_007, Errno: "EIO"},
			{Effect: faultdev.FailRead, First: 70_000, Last: 70_000, Errno: "EIO"}}, port.KernelErrors{},
			burnin.Failed, "surface_errors"},
		"a sector that stays bad too": {stampPlan(), append(each(faultdev.FailRead, 100),
			faultdev.Fault{Effect: faultdev.FailRead, First: 40_000, Last: 40_000, Errno: "ENODATA"}),
			port.KernelErrors{}, burnin.Failed, "surface_errors"},
		"a scan that only reads": {readPlan(), each(faultdev.FailRead, 10), port.KernelErrors{}, burnin.Unknown,
			"path_suspect"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "badblocks, each third read" { // ten thousands of requests
				long(t)
			}
			m := newMachine(t).withBadblocks(nil)
			d := m.addDrive("RATE", 48*mib)
			d.kernel = c.kernel
			d.Set(c.faults...)
			ends(t, m.run(order(d, c.plan)), c.state, c.code)
		})
	}
}

func probedPlan(block int) burnin.Plan {
	return burnin.Plan{Name: "probed", WithoutSMART: true, Stages: []burnin.StageSpec{
		{Kind: burnin.Precheck}, {Kind: burnin.CapacityProbe}, {Kind: burnin.SurfaceValidate,
			Engine: burnin.EngineStamp, BlockBytes: block}, {Kind: burnin.FinalCheck}}}
}

// What a run met that was broken off counts in the next one too, in which all is quiet.
func TestErrorsByChanceAreNoEvidenceInALaterRunEither(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("CALMED", 48*mib)
	d.Set(faultdev.Fault{Effect: faultdev.FailRead, First: 34_000, Last: 80_000, Every: 3, Errno: "EIO"})
	m.breakOff(d, stampPlan(), func(c faultdev.Counts) bool { return c.BytesRead > firstActReads+24*mib })
	before := foldRaw(t, m.journals(testJob), nil).Stages[2]
	d.Set()
	if n := len(before.BadRanges); n == 0 || before.Healed.Count < 10 {
		t.Fatalf("%d places stayed bad before, and healed %+v", n, before.Healed)
	}
	ends(t, m.resume(), burnin.Unknown, "path_suspect")
}
