package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/wire"
)

// A list of drives shows what tells two of them apart, and what is known of them.
func TestAListShowsPartsKindsPathsAndTheLastVerdict(t *testing.T) {
	free := drive.Usage{Class: drive.None, Text: "nothing uses it"}
	one := wire.DriveRow{Identity: drive.Identity{Serial: "N1", WWN: "EUI.1", Part: "1", Kind: drive.NVMe,
		Transport: "pcie", SizeBytes: 1e12, LogicalBytes: 512}, Path: "/dev/nvme0n1", Usage: free}
	two := one
	two.Identity.WWN, two.Identity.Part, two.Path = "EUI.2", "2", "/dev/nvme0n2"
	sas := wire.DriveRow{Identity: drive.Identity{Serial: "S1", WWN: "5000", Kind: drive.HDD,
		Transport: "sas", SizeBytes: 1e12, LogicalBytes: 512}, Path: "/dev/sda", Usage: free,
		Place: drive.Place{Paths: []string{"/dev/sda", "/dev/sdc"}}}
	last := map[string]burnin.Job{sas.Identity.ID(): {ID: "job", Plan: "standard", State: burnin.Passed,
		EndedMs: time.Now().UnixMilli(), Verdict: burnin.Verdict{Coverage: burnin.CoverageVerified}}}
	rows := driveLines([]wire.DriveRow{one, two, sas}, last)
	for i, want := range [][]string{
		{"nvme pcie, part 1 of 2", "/dev/nvme0n1", "none: nothing uses it", "any plan"},
		{"nvme pcie, part 2 of 2", "/dev/nvme0n2"},
		{"hdd sas", "/dev/sda, /dev/sdc", "passed, every byte written and verified ("},
	} {
		text := strings.Join(rows[i].cells(), " | ")
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%q is not in %q", w, text)
			}
		}
	}
	line, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{`"kind":"nvme"`, `"transport":"pcie"`, `"part":"2"`, `"parts":["N1@EUI.1+1","N1@EUI.2+2"]`, `"paths":["/dev/sda","/dev/sdc"]`, `"last":null`, `"state":"passed","coverage":"verified"`} {
		if !strings.Contains(string(line), w) {
			t.Errorf("%s is not in %s", w, line)
		}
	}
}

// A job that has not ended and was not seen just now may be anywhere by now.
func TestWhatIsNotFreshSaysHowOldItIs(t *testing.T) {
	now := time.Now()
	at := func(ago time.Duration) int64 { return now.Add(-ago).UnixMilli() }
	for want, j := range map[string]burnin.Job{
		"as seen 1m15s ago":       {State: burnin.Queued, SeenMs: at(75 * time.Second)},
		"not seen at the NAS yet": {State: burnin.Queued},
		"":                        {State: burnin.Running, SeenMs: at(time.Second)},
	} {
		if got := stale(j, now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := stale(burnin.Job{State: burnin.Passed, SeenMs: at(time.Hour)}, now); got != "" {
		t.Errorf("an ended job is %q", got)
	}
}
