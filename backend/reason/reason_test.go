package reason_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"burnish/backend/reason"
)

func TestTheRegistryIsInOrder(t *testing.T) {
	code := regexp.MustCompile(`^[a-z][a-z_]+$`)
	kinds := map[reason.Kind]bool{reason.Evidence: true, reason.Doubt: true, reason.Person: true, reason.Note: true, reason.Refusal: true, reason.Use: true, reason.Reach: true, reason.Fault: true}
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
	for _, c := range strings.Fields("drive_in_use usage_changed identity_changed grant_expired smart_unsupported selftest_unsupported surface_errors fake_capacity smart_failed selftest_failed too_hot stuck drive_vanished nas_restarted runner_killed stopped_by_person told_to_end foreign_writes path_suspect engine_missing") {
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
