package runner_test

import (
	"strings"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"
)

// Two blank drives of a maker who prints one label for all: the kernel shows them as two paths to one drive. Only what
// is written tells them apart, and that must be before the test relies on it.
func TestABlankTwinIsNotTakenForASecondPath(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("TWIN", 40*mib)
	twin := faultdev.New(surface.Geometry{SizeBytes: 40 * mib, LogicalBytes: 512, PhysicalBytes: 512})
	d.paths = []*faultdev.Device{d.Device, twin}
	job := m.run(order(d, stampPlan()))
	if job.State != burnin.Unknown || job.Reason == nil || job.Reason.Code != "identity_changed" ||
		!strings.Contains(job.Reason.Text, "is written by /dev/TWIN, at /dev/TWIN-3") {
		t.Errorf("ended as %s, %v", job.State, job.Reason)
	}
	if n := d.Counts().BytesWritten; n > 33*mib {
		t.Errorf("%d bytes were written before it was known which drive that is", n)
	}
	if n := twin.Counts().BytesWritten; n != 0 {
		t.Errorf("%d bytes were written to the twin", n)
	}
}

func TestADriveWithTwoPathsIsTestedThroughOne(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("PATHS", 40*mib)
	d.paths = []*faultdev.Device{d.Device}
	if job := m.run(order(d, stampPlan())); job.State != burnin.Passed {
		t.Errorf("ended as %s, %v", job.State, job.Reason)
	}
}
