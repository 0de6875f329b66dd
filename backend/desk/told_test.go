package desk

import (
	"strings"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/surface"
)

func TestAReasonAtTheWindowHasNoNamesForProgramsAndLargeNumbersAreApart(t *testing.T) {
	for want, s := range map[string]*reason.Said{
		"Stopped during the short self-test at 43 %.": reason.New(reason.StoppedByPerson, "stage", burnin.ShortSMART,
			"progress", " at 43 %"),
		"The surface test moved nothing for 10 minutes and was ended.": reason.New(reason.Stuck, "stage",
			burnin.SurfaceValidate, "minutes", 10),
		"2 bad ranges, 2,064 sectors in all; the first is at LBA 14,662,451,208 (cannot be read).": reason.New(
			reason.SurfaceErrors, "ranges", 2, "sectors", 2064, "extent", "in all", "lba", int64(14662451208), "kind",
			surface.KindRead),
		"A part of it, 18.0 TB (18,000,207,937,536 bytes), is not shown and was not tested.": reason.New(
			reason.HiddenCapacity, "bytes", int64(18000207937536)),
		"Somebody ended TrueNAS's job 12345 during the surface test. What was written stays.": reason.New(
			reason.WipeAborted, "id", 12345, "stage", burnin.SurfaceValidate, "progress", ""),
		"Stopped during the wait for its turn.": reason.New(reason.StoppedByPerson, "stage", "the wait for its turn",
			"progress", ""),
		"Of later {words}.": {Code: "of_later", Text: "Of later {words}.", Args: reason.ArgsOf("words", "x")},
		"3 bad ranges, as an older runner says it": {Code: reason.SurfaceErrors, Args: reason.ArgsOf("ranges",
			"3 bad ranges", "lba", 7), Text: "3 bad ranges, as an older runner says it"},
	} {
		if got := told(s, nil).Text; got != want {
			t.Errorf("%q\nwant %q", got, want)
		}
	}
	s := reason.New(reason.StoppedByPerson, "stage", burnin.ShortSMART, "progress", "")
	if told(s, nil); s.Text != "Stopped during short_smart." {
		t.Errorf("what programs read was changed: %q", s.Text)
	}
}

func TestWhatIsMissingIsSaidInWords(t *testing.T) {
	lacks := []burnin.Lack{{Source: "surface_validate", ID: burnin.EvidenceCovered}, {Source: "x", ID: "y"}}
	s := reason.New(reason.EvidenceIncomplete, "state", burnin.Passed, "missing",
		"surface_validate: bytes_covered and 1 more")
	want := "The job ended as passed, but this is missing: how much of it was checked (the surface test), and 1 more."
	if got := told(s, lacks).Text; got != want {
		t.Errorf("%q", got)
	}
	if got := told(s, []burnin.Lack{{ID: "of_later"}}).Text; got != s.Text {
		t.Errorf("%q", got)
	}
}

// TestNoWarningContradictsWhatADriveFailedFor: who is told to replace a drive is not sent to its cable in the same
// breath.
func TestNoWarningContradictsWhatADriveFailedFor(t *testing.T) {
	warning := reason.New(reason.KernelErrors, "reads", 2, "writes", 0, "resets", 1, "first", "x")
	j := burnin.Job{State: burnin.Failed, Warnings: []reason.Said{*warning, *reason.New(reason.FlashFull)},
		Reason: reason.New(reason.SelfTestFailed, "test", "long", "result", "read failure")}
	full := atWindow(j)
	if full.Warnings[0].Hint != "" || full.Warnings[0].Text != warning.Text || full.Warnings[1].Hint == "" {
		t.Errorf("%+v", full.Warnings)
	}
	if j.Warnings[0].Hint == "" {
		t.Error("the job itself was changed")
	}
	j.State, j.Reason = burnin.Unknown, reason.New(reason.PathSuspect)
	if full := atWindow(j); !strings.Contains(full.Warnings[0].Hint, "cable") {
		t.Errorf("%q", full.Warnings[0].Hint)
	}
}
