package smart

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse feeds any bytes: no panic, no pass that the bytes do not say, clean text, and no finding for a drive
// compared with itself.
func FuzzParse(f *testing.F) {
	for _, s := range []string{disk, sas, flash, "{}", `{"device":{"name":"x"},"smart_status":{"passed":true}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := Parse(data)
		if err != nil {
			return
		}
		if h.Passed != nil && *h.Passed {
			var said struct {
				Status map[string]any `json:"smart_status"`
			}
			if json.Unmarshal(data, &said) != nil || said.Status["passed"] != true {
				t.Fatalf("passed out of nothing: %s", data)
			}
		}
		for _, s := range []string{h.Drive.Serial, h.Drive.Model, h.Drive.WWN, h.Notice, h.BackgroundScan} {
			if !utf8.ValidString(s) || len(s) > maxText+4 || strings.ContainsAny(s, "\x00\x1b\n") {
				t.Fatalf("text is not clean: %q", s)
			}
		}
		if again := Compare(h, h, DeclaredNew); len(again) > 0 {
			t.Fatalf("compared with itself: %v", again)
		}
		Review(h, h, DeclaredNew, true)
		NewSelfTestRow(h, h, Short)
		if _, err := json.Marshal(NewReport(h, &h, DeclaredNew)); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzDamage breaks a failing drive's capture at one place: it must never pass.
func FuzzDamage(f *testing.F) {
	failing := make([][]byte, 0, 3)
	for _, capture := range []string{disk, sas, flash} {
		failing = append(failing, edited(f, capture, edit{"smart_status.passed", false}, edit{"smartctl.exit_status",
			8}))
	}
	f.Add(uint8(0), uint16(0), []byte("x"), false)
	f.Add(uint8(1), uint16(300), []byte(`"{}`), false)
	f.Add(uint8(2), uint16(900), []byte("}"), true)
	f.Fuzz(func(t *testing.T, which uint8, offset uint16, junk []byte, cut bool) {
		data := append([]byte(nil), failing[int(which)%len(failing)]...)
		at := int(offset) % len(data)
		if cut {
			data = data[:at]
		} else {
			copy(data[at:], junk[:min(len(junk), 3)]) // too few to write another verdict
		}
		if h, err := Parse(data); err == nil && h.Passed != nil && *h.Passed {
			t.Fatalf("passed after damage at %d: %s", at, data)
		}
	})
}

func TestNoWrongTypeAnywhereMakesAFailingDrivePass(t *testing.T) {
	for _, capture := range []string{disk, sas, flash} {
		root := decoded(t, edited(t, capture, edit{"smart_status.passed", false}))
		leaves(root, func(set func(any)) {
			for _, junk := range []any{nil, true, "true", json.Number("1e400"), json.Number("-9223372036854775808"),
				[]any{true}, map[string]any{"passed": true}} {
				set(junk)
				data, err := json.Marshal(root)
				if err != nil {
					t.Fatal(err)
				}
				h, err := Parse(data)
				said := walk(root, "smart_status", "passed") == true // the leaf was the verdict itself
				if err == nil && h.Passed != nil && *h.Passed && !said {
					t.Fatalf("passed: %s", data)
				}
				if err == nil {
					Review(h, h, DeclaredNew, true)
				}
			}
		})
	}
}

// leaves calls visit for every value below v with a function that replaces it; the value is put back afterwards.
func leaves(v any, visit func(set func(any))) {
	switch v := v.(type) {
	case map[string]any:
		for key, old := range v {
			visit(func(x any) { v[key] = x })
			v[key] = old
			leaves(old, visit)
		}
	case []any:
		for i, old := range v {
			visit(func(x any) { v[i] = x })
			v[i] = old
			leaves(old, visit)
		}
	}
}

func TestNoDamageMakesAFailingCapturePass(t *testing.T) {
	failing := 0
	for name, data := range captures(t) {
		h, err := Parse(data)
		if err != nil || h.Passed == nil || *h.Passed {
			continue
		}
		failing++
		for at := 0; at < len(data); at += 211 {
			broken := append([]byte(nil), data...)
			copy(broken[at:], `":1`)
			for _, damaged := range [][]byte{broken, data[:at]} {
				if h, err := Parse(damaged); err == nil && h.Passed != nil && *h.Passed {
					t.Errorf("%s passed after damage at %d", name, at)
				}
			}
		}
	}
	if failing < 5 {
		t.Errorf("only %d captures of failing drives", failing)
	}
}
