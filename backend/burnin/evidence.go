package burnin

import (
	"fmt"
	"slices"
)

// EvidenceRow is a row of the table of evidence: what people are told of one kind of it.
type EvidenceRow struct {
	ID    string
	Holds string // a sentence, where it is so
	Fails string // a sentence, where it is not
	// Missing goes on after "Not known: ".
	Missing string
	// Against: where it is not so and its stage failed, it speaks against the drive. All else only leaves a doubt.
	Against bool
	// Tells: its value says more than the sentence, and stands behind it.
	Tells bool
}

// What is weighed beside the facts.
const (
	EvidenceStage   = "stage_passed"
	EvidenceSweeps  = "surface_complete"
	EvidenceCovered = "bytes_covered"
	EvidenceRanges  = "no_bad_ranges"
)

var evidence = []EvidenceRow{
	{ID: "identity_held", Holds: "It is the drive that was chosen", Fails: "It is not the drive that was chosen",
		Missing: "whether it is the drive that was chosen"},
	{ID: FactIdentity, Holds: "It is the same drive at the end", Fails: "There was another drive at the end",
		Missing: "whether it is the same drive at the end"},
	{ID: FactForeignWrites, Holds: "Nobody else wrote to it", Fails: "Whether nobody else wrote to it is in doubt",
		Missing: "whether anybody else wrote to it", Tells: true},
	{ID: FactWritten, Holds: "The kernel counted all that was to be written",
		Fails: "The kernel counted less than was to be written", Missing: "how much was written to it", Tells: true},
	{ID: FactSelfTest, Holds: "The drive passed its self-test", Fails: "The drive did not pass its self-test",
		Missing: "how its self-test ended", Against: true, Tells: true},
	{ID: FactHealth, Holds: "Its health data was compared, first and last",
		Fails: "Its health data does not speak for it", Missing: "what its health data says at the end",
		Against: true, Tells: true},
	{ID: FactSelfTestLog, Holds: "Its log still shows its self-tests", Fails: "Its log no longer shows its self-tests",
		Missing: "whether its log still shows its self-tests", Tells: true},
	{ID: EvidenceStage, Holds: "Passed", Fails: "Not passed", Missing: "how it ended", Against: true},
	{ID: EvidenceSweeps, Holds: "The sweeps went to the end", Fails: "The sweeps did not go to the end",
		Missing: "whether the sweeps went to the end"},
	{ID: EvidenceCovered, Holds: "All of it was checked", Fails: "Not all of it was checked",
		Missing: "how much of it was checked"},
	{ID: EvidenceRanges, Holds: "No bad place was found", Fails: "Bad places were found",
		Missing: "whether it has bad places", Against: true},
	{ID: "ends_clean", Holds: "Both ends were erased and read back", Fails: "Its ends did not read back as erased",
		Missing: "whether its ends were erased", Against: true, Tells: true},
	{ID: "seek_pass", Holds: "The seek pass went to its end", Fails: "The seek pass did not go to its end",
		Missing: "whether the seek pass went to its end", Tells: true},
	{ID: "capacity_probed", Holds: "Places all over it hold what was written there",
		Fails:   "Whether it is as large as it says was not probed to the end",
		Missing: "whether it is as large as it says", Tells: true},
	{ID: "drive_says", Holds: "The drive calls itself healthy", Fails: "The drive does not call itself healthy",
		Missing: "what the drive says of itself"},
	{ID: "no_kernel_errors", Holds: "The kernel logged no error of it", Fails: "The kernel's log has something on it",
		Missing: "whether the kernel logged errors of it", Tells: true},
	{ID: "engine_found", Holds: "The NAS has the program for the test", Fails: "The NAS lacks the program for the test",
		Missing: "whether the NAS has the program for the test", Tells: true},
}

// EvidenceRows gives the table of evidence. Findings are not in it: their rules have sentences of their own.
func EvidenceRows() []EvidenceRow { return slices.Clone(evidence) }

// Lacking says what is not known, behind "Not known: ": what the first of these items would say, and how many more
// there are. It is empty where the table does not have that one.
func Lacking(lacks []Lack) string {
	at := -1
	if len(lacks) > 0 {
		at = slices.IndexFunc(evidence, func(r EvidenceRow) bool { return r.ID == lacks[0].ID })
	}
	if at < 0 {
		return ""
	}
	what := evidence[at].Missing
	if k := StageKind(lacks[0].Source); k.Known() {
		what += " (" + k.InSentence() + ")"
	}
	if n := len(lacks) - 1; n > 0 {
		what += fmt.Sprintf(", and %d more", n)
	}
	return what
}
