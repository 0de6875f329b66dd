package sweep

import (
	"strings"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
)

// sweep is the map of a disk of 20 TB in which every request takes 20 ms.
func sweep(phase burnin.Phase) burnin.Map {
	m := burnin.Map{Phase: phase, Pass: 1, Parts: 1000}
	for range m.Parts {
		m.KBps, m.Mean, m.P99, m.Max = append(m.KBps, 250_000), append(m.Mean, 20_000), append(m.P99, 40_000),
			append(m.Max, 60_000)
	}
	return m
}

// Five retries of seven seconds in each part of 20 GB: 80 s become 115, and no part is slower than its neighbours.
func TestRetriesThatAreSpreadOverTheDriveAreTold(t *testing.T) {
	disk := drive.Identity{SizeBytes: 20e12, LogicalBytes: 512, Kind: drive.HDD}
	retries := func(phase burnin.Phase, each, micros int64, from, to int) burnin.Map {
		m := sweep(phase)
		for i := from; i < to; i++ {
			m.KBps[i] = m.KBps[i] * 74 / 100
			m.Max[i] = micros
			m.Slow += each
		}
		return m
	}
	slow := func(by int64) burnin.Map { // all of it, as over a bad network or an old bridge
		m := sweep("verify")
		for i := range m.Mean {
			m.Mean[i], m.Max[i] = by, by*2
		}
		m.Slow = 1 << 20
		return m
	}
	for name, c := range map[string]struct {
		maps   []burnin.Map
		tidies bool
		says   string
	}{
		"a sound disk": {[]burnin.Map{sweep("write"), sweep("verify")}, false, ""},
		"retries all over it": {[]burnin.Map{sweep("write"), retries("verify", 5, 7_000_000, 0, 1000)},
			false, "5000 requests took longer than a second; the longest, 7000 ms, in the verify sweep in the part " +
				"of the drive from LBA 0 on."},
		"one retry": {[]burnin.Map{retries("write", 4, 7_100_000, 500, 501), sweep("verify")},
			false, "4 requests took longer than a second; the longest, 7100 ms, in the write sweep in the part of " +
				"the drive from LBA 19531250000 on."},
		"a moment of a busy controller": {[]burnin.Map{sweep("write"), retries("verify", 4, 1_500_000, 30, 31)},
			false, ""},
		"many such moments": {[]burnin.Map{sweep("write"), retries("verify", 4, 1_500_000, 30, 40)},
			false, "40 requests"},
		"a drive on which all is slow": {[]burnin.Map{slow(1_100_000)}, false, ""},
		"an SSD that tidies up": {[]burnin.Map{retries("write", 40, 4_000_000, 0, 1000), sweep("verify")},
			true, ""},
		"a shingled disk, tidying up still": {[]burnin.Map{retries("write", 40, 9_000_000, 0, 1000),
			retries("verify", 4, 1_800_000, 0, 50)}, true, ""},
		"a shingled disk that retries reads": {[]burnin.Map{retries("write", 40, 9_000_000, 0, 1000),
			retries("verify", 4, 7_000_000, 10, 12)}, true, "8 requests took longer than a second; the longest, " +
			"7000 ms, in the verify sweep"},
	} {
		got := ""
		if said := slowRequests(c.maps, disk, c.tidies); said != nil {
			got = said.Text
		}
		if c.says == "" && got != "" || !strings.Contains(got, c.says) {
			t.Errorf("%s: %q, want %q", name, got, c.says)
		}
	}
	stage := &Stage{&erase.Stage{Stage: &bench.Stage{Run: &bench.Run{}}}}
	stage.Req.Drive = disk
	if said := stage.slowSpots(retries("verify", 5, 7_000_000, 0, 1000)); said != nil {
		t.Errorf("slow places: %s", said.Text)
	}
}
