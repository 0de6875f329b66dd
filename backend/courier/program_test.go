package courier

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"burnish/backend/notice"
	"burnish/backend/testbed/need"
)

func TestAProgramGetsTheEventOnStdinAndNoShellIsBetween(t *testing.T) {
	sh := need.Program(t, "sh")
	dir := t.TempDir()
	script, out := filepath.Join(dir, "tell it.sh"), filepath.Join(dir, "out")
	text := "#!" + sh + "\nprintf '%s\\n' \"$@\" >'" + out + "'\ncat >>'" + out + "'\n"
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "tell")
	if err := os.Symlink(script, plain); err != nil {
		t.Fatal(err)
	}
	for command, args := range map[string]string{script: "", plain + " $(touch x) ; *": "$(touch\nx)\n;\n*"} {
		p, err := NewProgram(command)
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		if err := p.Run(t.Context(), event(), &said); err != nil {
			t.Fatalf("%v: %s", err, said.String())
		}
		got, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		before, line, _ := strings.Cut(string(got), "{")
		var e notice.Event
		if err := json.Unmarshal([]byte("{"+line), &e); err != nil || e.Job.ID != event().Job.ID ||
			strings.TrimSpace(before) != args || strings.Count(line, "\n") != 1 {
			t.Errorf("%q, %v: %q", command, err, got)
		}
	}
}

func TestAProgramThatFailsSaysSo(t *testing.T) {
	for _, command := range []string{"", "  ", "/no/such/program", filepath.Join(t.TempDir())} {
		if _, err := NewProgram(command); err == nil {
			t.Errorf("%q is taken", command)
		}
	}
	p, err := NewProgram(need.Program(t, "false"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), event(), nil); err == nil {
		t.Error("nothing was said")
	}
	p, err = NewProgram(need.Program(t, "true"))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 { // it may end before it was given anything
		if err := p.Run(t.Context(), event(), nil); err != nil {
			t.Errorf("one that does not read: %v", err)
		}
	}
}
