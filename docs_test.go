package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// areas of the program in which a person notices a change; each file in changes begins with one.
var areas = []string{"drives", "health", "jobs", "nas", "surface", "undo", "verdict", "window"}

// TestChangesAreWellFormed: a file in changes is one change, in one to three lines that become an item of a list.
func TestChangesAreWellFormed(t *testing.T) {
	name := regexp.MustCompile(`^(` + strings.Join(areas, "|") + `)(-[a-z0-9]+)+\.md$`)
	entries, err := os.ReadDir("changes")
	if err != nil && !os.IsNotExist(err) { // a release folds them all
		t.Fatal(err)
	}
	for _, entry := range entries {
		path := filepath.Join("changes", entry.Name())
		if !name.MatchString(entry.Name()) {
			t.Errorf("%s: a name is AREA-WORDS.md, in small letters; the areas are %s", path, strings.Join(areas, ", "))
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, whole := strings.CutSuffix(string(data), "\n")
		lines := strings.Split(text, "\n")
		if !whole || len(lines) > 3 {
			t.Errorf("%s: one to three lines, the last one ended too, not %d", path, len(lines))
		}
		for _, line := range lines {
			if line == "" || line != strings.TrimSpace(line) || len([]rune(line)) > 118 {
				t.Errorf("%s: a line is empty, begins or ends blank, or has more than 118 characters: %q", path, line)
			}
		}
		if !strings.HasSuffix(text, ".") || strings.HasPrefix(text, "- ") || strings.HasPrefix(text, "#") {
			t.Errorf("%s: whole sentences, without a mark of a list or a heading", path)
		}
	}
}
