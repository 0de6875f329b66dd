package runner_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/surface/faultdev"
)

func TestAReadScanOfZerosThatNobodyMayHaveReadSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		kind     drive.Kind
		discards bool
		want     bool
	}{
		"a disk": {drive.HDD, false, false}, "an SSD": {drive.SSD, false, true}, "an NVMe": {drive.NVMe, true, true},
		"a shingled disk that discards": {drive.HDD, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			d := m.addDrive("ZEROS", 8*mib)
			d.id.Kind, d.place.Discards = c.kind, c.discards
			if job := m.run(order(d, readPlan())); job.State != burnin.Passed ||
				warned(job, "not_on_medium") != c.want {
				t.Errorf("ended as %s, %s", job.State, asJSON(t, job.Warnings))
			}
		})
	}
}

// written is a plan with a self-test behind a write of the whole drive.
func written() burnin.Plan {
	return burnin.Plan{Name: "written", Stages: []burnin.StageSpec{
		{Kind: burnin.Precheck}, {Kind: burnin.SurfaceValidate, Engine: burnin.EngineStamp, BlockBytes: 64 << 10},
		{Kind: burnin.ShortSMART}, {Kind: burnin.LongSMART}, {Kind: burnin.FinalCheck}}}
}

func TestFlashIsLeftAloneBetweenAWholeWriteAndItsSelfTest(t *testing.T) {
	for kind, want := range map[drive.Kind]bool{drive.HDD: false, drive.SSD: true, drive.NVMe: true} {
		capture := ataDrive
		if kind == drive.NVMe {
			capture = nvmeDrive
		}
		asked(t, capture, written(), func(m *smartModel, d *memoryDrive) {
			m.takes = time.Minute
			d.id.Kind = kind
		}, func(t *testing.T, job burnin.Job, _ *smartModel, m *machine) {
			ends(t, job, burnin.Passed, "")
			// 8 MiB at 500 MB/s
			if got := strings.Contains(m.log(burnin.ShortSMART), "it is left alone for 17ms"); got != want {
				t.Errorf("%s: left alone %v\n%s", kind, got, m.log(burnin.ShortSMART))
			}
			if strings.Contains(m.log(burnin.LongSMART), "left alone") {
				t.Errorf("%s: left alone twice", kind)
			}
		})
	}
}

func TestADriveThatDiscardsIsOfferedIt(t *testing.T) {
	for _, discards := range []bool{false, true} {
		asked(t, nvmeDrive, written(), func(m *smartModel, d *memoryDrive) {
			d.id.Kind, d.place.Discards = drive.NVMe, discards
		}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
			ends(t, job, burnin.Passed, "")
			text := ""
			for _, w := range job.Warnings {
				if w.Code == "flash_full" {
					text = w.Text + " " + w.Hint
				}
			}
			for _, part := range []string{"8388608 bytes", "0 % of its rated endurance", "blkdiscard"} {
				if strings.Contains(text, part) != discards {
					t.Errorf("discards %v, told: %q", discards, text)
				}
			}
		})
	}
	m := newMachine(t)
	d := m.addDrive("READ", 8*mib)
	d.id.Kind, d.place.Discards = drive.SSD, true
	if job := m.run(order(d, readPlan())); warned(job, "flash_full") {
		t.Error("a read scan fills no drive")
	}
}

func TestAnNVMeLinkBelowWhatTheDriveCanIsAWarning(t *testing.T) {
	for name, c := range map[string]struct {
		kind drive.Kind
		link *drive.Link
		want bool
	}{
		"two lanes of four":   {drive.NVMe, &drive.Link{Now: "8.0 GT/s PCIe x2", Max: "8.0 GT/s PCIe x4"}, true},
		"all lanes":           {drive.NVMe, &drive.Link{Now: "8.0 GT/s PCIe x4", Max: "8.0 GT/s PCIe x4"}, false},
		"nobody knows":        {drive.NVMe, nil, false},
		"a SAS port can more": {drive.HDD, &drive.Link{Now: "6.0 Gbps", Max: "12.0 Gbps"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			d := m.addDrive("LINK", 8*mib)
			d.id.Kind, d.place.Link = c.kind, c.link
			if job := m.run(order(d, readPlan())); job.State != burnin.Passed || warned(job, "link_slow") != c.want {
				t.Errorf("ended as %s, %s", job.State, asJSON(t, job.Warnings))
			}
		})
	}
}

// A write settles sectors that cannot be read, and with them the evidence: who wants it reads the drive first.
func TestAPreReadFindsWhatAWriteWouldSettle(t *testing.T) {
	preRead := stampPlan()
	preRead.Stages = append(preRead.Stages[:2:2], append([]burnin.StageSpec{{Kind: burnin.SurfaceValidate,
		Engine: burnin.EngineRead}}, preRead.Stages[2:]...)...)
	for _, c := range []struct {
		plan  burnin.Plan
		state burnin.State
	}{{stampPlan(), burnin.Passed}, {preRead, burnin.Failed}} {
		synctest.Test(t, func(t *testing.T) {
			m := newMachine(t)
			d := m.addDrive("PENDING", 40*mib)
			d.Set(faultdev.Fault{Effect: faultdev.FailRead, First: 40_000, Last: 40_001, Errno: "ENODATA"})
			wrote := false
			d.OnRequest(func(n faultdev.Counts) {
				if n.Writes > 0 && !wrote {
					wrote = true
					d.Set()
				}
			})
			job := m.run(order(d, c.plan))
			if job.State != c.state {
				t.Fatalf("%d stages: ended as %s, %v", len(c.plan.Stages), job.State, job.Reason)
			}
			if c.state == burnin.Failed && (job.Reason.Code != "surface_errors" || wrote ||
				job.Stages[2].BadRanges[0].FirstLBA != 40_000) {
				t.Errorf("%v; written to: %v", job.Reason, wrote)
			}
		})
	}
}
