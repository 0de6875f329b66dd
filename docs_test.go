package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// areas of the program in which a person notices a change; each file in changes begins with one.
var areas = []string{"drives", "health", "jobs", "nas", "notices", "surface", "undo", "verdict",
	"window"}

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

// pagesOf are the texts for people: those at the top, and in docs.
func pagesOf(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(pages, "ARCHITECTURE.md", "CONTRIBUTING.md", "README.md")
}

// testsByPackage gives the names of all tests, by the directory of their package below backend.
func testsByPackage(t *testing.T) map[string][]string {
	t.Helper()
	tests := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "backend/")
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				tests[dir] = append(tests[dir], fn.Name.Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

// TestDocsNameTestsThatExist: a promise that names its test is kept by that test, in the package that stands before it
// ("label: TestX"; a package is named by the end of its path).
func TestDocsNameTestsThatExist(t *testing.T) {
	named := regexp.MustCompile(`(?:([a-z/]+): )?\b(Test[A-Z]\w*)(…?)`)
	tests := testsByPackage(t)
	for _, page := range pagesOf(t) {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(data), -1) {
			found := false
			for dir, names := range tests {
				found = found || (m[1] == "" || dir == m[1] || strings.HasSuffix(dir, "/"+m[1])) &&
					slices.Contains(names, m[2])
			}
			if !found || m[3] != "" {
				t.Errorf("%s names %q: there is no test of just that name", page, m[0])
			}
		}
	}
}

// TestDocsNameFilesThatExist: a path in code quotes leads somewhere.
func TestDocsNameFilesThatExist(t *testing.T) {
	quoted := regexp.MustCompile("`((?:backend|frontend|build|docs|changes)/[\\w./-]*)`")
	made := []string{"backend/runner/bin", "frontend/dist", "changes/"}
	for _, page := range pagesOf(t) {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range quoted.FindAllStringSubmatch(string(data), -1) {
			built := slices.ContainsFunc(made, func(dir string) bool { return strings.HasPrefix(m[1], dir) })
			if _, err := os.Stat(m[1]); err != nil && !built && !strings.HasPrefix(m[1], "build/bin") {
				t.Errorf("%s names %s, which is not there", page, m[1])
			}
		}
	}
}

// TestDocsHaveNoCellThatNobodyReads: what needs more than a few lines is no cell of a table.
func TestDocsHaveNoCellThatNobodyReads(t *testing.T) {
	for _, page := range pagesOf(t) {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			if !strings.HasPrefix(line, "|") {
				continue
			}
			for _, cell := range strings.Split(line, "|") {
				if n := len([]rune(cell)); n > 300 {
					t.Errorf("%s:%d: a cell of %d characters", page, i+1, n)
				}
			}
		}
	}
}

// TestTheJournalsPageKnowsAllEvents: docs/journal.md has a row for each kind of event, and no other.
func TestTheJournalsPageKnowsAllEvents(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "backend/burnin/event.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "EventKind" {
			kind, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, kind)
		}
		return true
	})
	data, err := os.ReadFile("docs/journal.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(string(data), -1) {
		rows = append(rows, m[1])
	}
	slices.Sort(kinds)
	slices.Sort(rows)
	if !slices.Equal(kinds, rows) {
		t.Errorf("the kinds of events are %q, docs/journal.md has %q", kinds, rows)
	}
}

// TestTheMapHasAllPackages: ARCHITECTURE.md says of each package what it is.
func TestTheMapHasAllPackages(t *testing.T) {
	data, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range golist(t, "{{.ImportPath}}", "./backend/...") {
		name := strings.TrimPrefix(pkg, "burnish/backend/")
		if !regexp.MustCompile(`(?m)^  (\S+ )?` + regexp.QuoteMeta(name) + `\b`).Match(data) {
			t.Errorf("%s is not in the map of ARCHITECTURE.md", name)
		}
	}
}
