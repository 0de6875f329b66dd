package nas

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What ReadCommand reads is what shell wrote, whatever the arguments hold.
func TestACommandIsReadBack(t *testing.T) {
	texts := make([]string, 0, len(scripts))
	for text := range scripts {
		texts = append(texts, text)
	}
	slices.Sort(texts)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom(texts).Draw(t, "script")
		args := rapid.SliceOfN(rapid.StringMatching(`(?s)['" \\a-z/\n]{0,12}`), 0, 4).Draw(t, "args")
		s, got, ok := ReadCommand(commandLine(text, args...))
		if !ok || s != scripts[text] || !slices.Equal(got, args) {
			t.Fatalf("%q %q read as %q %q, %v", scripts[text], args, s, got, ok)
		}
	})
}

func TestOtherCommandsAreNotRead(t *testing.T) {
	for _, line := range []string{
		"", "ls", "/bin/sh -c 'ls' burnish", "/bin/sh -c ls burnish", commandLine(makeScript) + " x",
		commandLine(makeScript) + " 'x",
		" " + commandLine(makeScript), commandLine(makeScript, "a") + ";",
		"sudo " + commandLine(makeScript), commandLine(makeScript + " "),
	} {
		if s, args, ok := ReadCommand(line); ok {
			t.Errorf("%q is read as %s %q", line, s, args)
		}
	}
}
