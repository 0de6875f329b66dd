package reason_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"burnish/backend/reason"
)

func TestTheRegistryIsInOrder(t *testing.T) {
	code := regexp.MustCompile(`^[a-z][a-z_]+$`)
	kinds := map[reason.Kind]bool{reason.Evidence: true, reason.Doubt: true, reason.Person: true, reason.Note: true,
		reason.Refusal: true, reason.Use: true, reason.Reach: true, reason.Fault: true}
	for _, e := range reason.All() {
		switch {
		case !code.MatchString(string(e.Code)):
			t.Errorf("%q is no code", e.Code)
		case !kinds[e.Kind]:
			t.Errorf("%s is of no kind: %q", e.Code, e.Kind)
		case e.Title == "" || len(e.Title) > 60 || strings.HasSuffix(e.Title, "."):
			t.Errorf("%s: the title %q", e.Code, e.Title)
		case !strings.HasSuffix(e.Text, ".") && !strings.HasSuffix(e.Text, "}"):
			t.Errorf("%s: the text is no sentence: %q", e.Code, e.Text)
		case strings.Count(e.Text, "{") != strings.Count(e.Text, "}"):
			t.Errorf("%s: braces in %q", e.Code, e.Text)
		}
		for _, h := range e.Hides {
			if _, ok := reason.Lookup(h); !ok {
				t.Errorf("%s hides %s, which is not registered", e.Code, h)
			}
		}
	}
}

func TestTheContractsCodesAreThere(t *testing.T) {
	for _, c := range strings.Fields("drive_in_use usage_changed identity_changed grant_expired smart_unsupported " +
		"selftest_unsupported surface_errors fake_capacity smart_failed selftest_failed too_hot stuck " +
		"drive_vanished nas_restarted runner_killed stopped_by_person told_to_end foreign_writes path_suspect " +
		"engine_missing") {
		if _, ok := reason.Lookup(reason.Code(c)); !ok {
			t.Errorf("%s is not registered", c)
		}
	}
}

func TestNamesAreFilledAndCleaned(t *testing.T) {
	s := reason.New("stuck", "stage", "surface\x1b[31m\u202e_validate", "minutes", 30)
	if strings.ContainsAny(s.Text, "\x1b\u202e{}") || !strings.Contains(s.Text, "30 minutes") {
		t.Errorf("%q", s.Text)
	}
	// What fills a name is not filled again.
	if s := reason.New("wrong_use", "what", "{hint}", "hint", "boo"); s.Text != "{hint}." {
		t.Errorf("%q", s.Text)
	}
}

func TestCleanTextIsSafeOnATerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		max := rapid.IntRange(0, 50).Draw(t, "max")
		out := reason.Clean(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")), max)
		if len(out) > max+len("…") {
			t.Fatalf("%d bytes", len(out))
		}
		for _, r := range out {
			if unicode.IsControl(r) || reason.Bidi(r) {
				t.Fatalf("%q holds %U", out, r)
			}
		}
	})
}

func TestNumbersAndSentencesFitTheTextAroundThem(t *testing.T) {
	said := reason.New
	unreachable := said("nas_unreachable", "nas", "box", "address", "10.0.0.1", "error", "no answer in 33s.")
	for want, s := range map[string]*reason.Said{
		"The job was resumed 1 time; 0 stages were begun again, and 7 bytes were written or read once more.": said(
			"resumed", "times", 1, "repeated", 0, "bytes", 7),
		"The job was resumed 2 times; 1 stage was begun again, and 1.5 TB were written or read once more.": said(
			"resumed", "times", 2, "repeated", 1, "bytes", int64(1.5e12)),
		"1 sector was written to the drive that Burnish did not write.": said("foreign_writes", "foreign", 1),
		"a.pub: it is a public key, give the private file.": said("key_unusable", "key", "a.pub",
			"error", "it is a public key, give the private file."),
		"job: The NAS cannot be reached: box (10.0.0.1): no answer in 33s.": said("not_stopped", "job", "job",
			"error", unreachable),
	} {
		if s.Text != want {
			t.Errorf("%q, want %q", s.Text, want)
		}
	}
	if got := reason.Within(errors.New("no answer in 33s.")); got != "no answer in 33s" {
		t.Errorf("%q", got)
	}
	if s := reason.New("no_such_nas", "nas", "what…"); !strings.HasSuffix(s.Text, "what….") {
		t.Errorf("%q", s.Text)
	}
}

// TestNoTextPutsANumberBeforeAWordThatMayNotFit: a count of one must not be told as many.
func TestNoTextPutsANumberBeforeAWordThatMayNotFit(t *testing.T) {
	many := regexp.MustCompile(`\{(count|times|sectors|foreign|repeated|reads|writes|resets|minutes|seconds|siblings|parts|stages|jobs|days|hours)\} [a-z]+s\b`)
	for _, e := range reason.All() {
		if m := many.FindString(e.Text + " " + e.Hint); m != "" && e.Code != "one_actuator" {
			t.Errorf("%s: %q reads wrong for 1; write {name|one|more}", e.Code, m)
		}
	}
}

// TestAHintToStartANewJobStandsWhereNothingElseIsPossible: whoever is told to start anew must not find that resume is
// taken, and whoever is told to resume must not find it refused.
func TestAHintToStartANewJobStandsWhereNothingElseIsPossible(t *testing.T) {
	for _, e := range reason.All() {
		if e.Kind != reason.Doubt {
			continue
		}
		said := reason.Said{Code: e.Code}
		anew := strings.Contains(e.Hint, "new job") || strings.Contains(e.Hint, "Start it again")
		if anew != said.NeedsNewJob() || said.NeedsNewJob() && strings.Contains(strings.ToLower(e.Hint),
			"resume the job") {
			t.Errorf("%s can be gone on with: %v; its hint: %s", e.Code, !said.NeedsNewJob(), e.Hint)
		}
	}
}
