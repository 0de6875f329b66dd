package main

import (
	"bytes"
	"compress/gzip"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"burnish/backend/reason"
	"burnish/backend/runner/bin"
)

// golist asks the go command about packages of this module.
func golist(t *testing.T, format string, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-f", format}, args...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, errs.String())
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// TestArrowsBetweenPackagesPointOneWay holds the map of ARCHITECTURE.md. A package that is not named here fails, so
// that whoever adds one says where it stands.
func TestArrowsBetweenPackagesPointOneWay(t *testing.T) {
	pure := []string{"size", "reason", "drive", "surface", "burnin", "wire", "smart", "label", "unlock", "truenas",
		"middleware", "report", "notice"}
	may := map[string][]string{
		"size": nil, "surface": nil, "label": nil,
		"reason":         {"size"},
		"drive":          {"size"},
		"smart":          {"reason", "size"},
		"burnin":         {"drive", "reason", "size", "surface", "smart"},
		"wire":           {"burnin", "drive", "reason", "size"},
		"runner/port":    {"burnin", "drive", "surface", "wire"},
		"runner/state":   {"burnin", "drive", "reason", "runner/port", "wire"},
		"runner/journal": {"burnin", "drive", "reason", "runner/port", "runner/state", "wire"},
		"runner/bench": {"burnin", "drive", "reason", "runner/journal", "runner/port", "runner/state",
			"smart", "surface", "wire"},
		"runner/erase": {"burnin", "drive", "label", "reason", "runner/bench", "runner/journal",
			"runner/port", "runner/state", "surface", "wire", "size"},
		"runner/health": {"burnin", "drive", "reason", "runner/bench", "runner/journal", "runner/port",
			"runner/state", "smart", "surface"},
		"runner/sweep": {"burnin", "drive", "reason", "runner/bench", "runner/erase", "runner/journal",
			"runner/port", "runner/state", "surface", "size"},
		"runner/badblocks": {"burnin", "drive", "reason", "runner/bench", "runner/erase", "runner/port",
			"runner/sweep", "surface"},
		"runner/run": {"burnin", "drive", "reason", "runner/badblocks", "runner/bench", "runner/erase",
			"runner/health", "runner/journal", "runner/port", "runner/state", "runner/sweep", "size", "smart",
			"surface"},
		"runner": {"burnin", "drive", "reason", "runner/bench", "runner/erase", "runner/journal",
			"runner/port", "runner/run", "runner/state", "wire"},
		"runner/linux": {"burnin", "drive", "reason", "runner/port", "runner/linux/inventory",
			"surface", "wire", "size"},
		"runner/linux/inventory": {"drive", "label", "reason", "smart", "wire", "size"},
		"truenas":                {"drive", "reason", "smart"},
		"middleware":             {"burnin", "drive", "reason", "smart", "truenas"},
		"runner/main":            {"runner", "runner/bench", "runner/linux", "runner/run", "runner/state", "wire"},
		"runner/bin":             {"reason"},
		"nas/shell":              nil,
		"nas/link":               {"nas/shell", "reason"},
		"nas/mirror":             {"burnin", "reason", "size", "wire"},
		"nas":                    {"burnin", "nas/link", "nas/mirror", "nas/shell", "reason", "wire"},
		"profile":                {"burnin", "reason", "smart"},
		"secret":                 nil,
		"sshconfig":              {"profile", "reason"},
		"unlock":                 {"burnin", "drive", "reason"},
		"store":                  {"burnin", "notice", "profile", "reason", "unlock", "wire"},
		"credentials":            {"nas/link", "profile", "reason", "secret"},
		"courier":                {"burnin", "notice", "reason", "secret"},
		"notify":                 {"burnin", "courier", "notice", "reason", "secret", "store"},
		"jobs": {"burnin", "credentials", "drive", "middleware", "nas", "nas/link", "nas/mirror", "notice", "notify", "profile",
			"reason", "secret", "smart", "store", "surface", "truenas", "unlock", "wire"},
		"report": {"burnin", "reason", "smart"},
		"notice": {"burnin", "reason", "report"},
		"practice": {"drive", "label", "nas", "runner", "runner/bench", "runner/port", "runner/run",
			"runner/state", "surface", "surface/faultdev", "wire"},
		"demo": {"burnin", "drive", "jobs", "nas", "nas/link", "practice", "profile", "reason", "surface/faultdev"},
		"cli": {"burnin", "courier", "credentials", "demo", "drive", "jobs", "nas", "notice", "notify", "profile",
			"reason", "report", "secret", "smart", "sshconfig", "store", "unlock", "wire", "size"},
		"desk": {"burnin", "credentials", "drive", "jobs", "nas", "nas/link", "notice", "notify", "profile", "reason",
			"report", "secret", "smart", "sshconfig", "store", "surface", "unlock", "wire"},
		"surface/faultdev":  {"surface"},
		"chaos":             nil, // its tests use all of them
		"programs":          nil, // its tests too
		"testbed/need":      nil,
		"testbed/leak":      nil,
		"testbed/tether":    nil,
		"testbed/disk":      {"testbed/need", "testbed/tether"},
		"testbed/sshd":      {"testbed/need", "testbed/tether"},
		"testbed/screen":    {"testbed/need", "testbed/tether"},
		"testbed/truenas":   nil,
		"testbed/smartshim": nil,

		"testbed/truenas/midclt": {"testbed/truenas"},
	}
	const root = "burnish/backend/"
	for _, line := range golist(t, `{{.ImportPath}} {{join .Imports " "}}`, "./backend/...") {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], root)
		allowed, named := may[pkg]
		if !named {
			t.Errorf("package %s is not in the map: add it here and to ARCHITECTURE.md", pkg)
			continue
		}
		for _, imported := range fields[1:] {
			if to, ours := strings.CutPrefix(imported, root); ours {
				if !slices.Contains(allowed, to) {
					t.Errorf("%s imports %s", pkg, to)
				}
				continue
			}
			if slices.Contains(pure, pkg) && slices.Contains([]string{"os", "os/exec",
				"net", "syscall", "database/sql"}, imported) {
				t.Errorf("%s is pure and imports %s", pkg, imported)
			}
			if strings.Contains(strings.Split(imported, "/")[0], ".") && slices.Contains(pure, pkg) &&
				imported != "golang.org/x/sys/cpu" {
				t.Errorf("%s is pure and imports %s", pkg, imported)
			}
		}
	}
}

// TestTheRunnerKnowsNoDesktop: what runs on the NAS holds no SSH, no database, no window.
func TestTheRunnerKnowsNoDesktop(t *testing.T) {
	for _, pkg := range golist(t, `{{join .Deps "\n"}}`, "./backend/runner/main") {
		for _, bad := range []string{"golang.org/x/crypto/ssh", "modernc.org/sqlite", "github.com/wailsapp",
			"burnish/backend/nas", "burnish/backend/store", "net/http"} {
			if pkg == bad || strings.HasPrefix(pkg, bad+"/") {
				t.Errorf("burnish-runner depends on %s", pkg)
			}
		}
	}
}

// TestEachBuildHasOneWindow: the tools of Wails build with desktop or with dev, and both open the window; without a tag
// there is none, and for tests it is a page in a browser. Each build knows whether it is for tests.
func TestEachBuildHasOneWindow(t *testing.T) {
	for tags, want := range map[string]string{
		"desktop,production": "window.go release.go", "dev": "window.go release.go", "e2e": "bridge.go",
		"desktop,e2e": "window.go fortests.go", "dev,e2e": "window.go fortests.go", "": "nowindow.go",
		"bindings": "bindings.go",
	} {
		files := golist(t, `{{join .GoFiles "\n"}}`, "-tags", tags, ".")
		for _, file := range strings.Fields("window.go bridge.go nowindow.go bindings.go fortests.go release.go") {
			if slices.Contains(files, file) != slices.Contains(strings.Fields(want), file) {
				t.Errorf("a build with the tags %q has %v, not %s alone", tags, files, want)
			}
		}
	}
}

// TestOneRoomOpensDrivesForWriting: what is held is opened for writing in package erase, and nowhere else in the
// runner.
func TestOneRoomOpensDrivesForWriting(t *testing.T) {
	opens := map[string]int{}
	err := filepath.WalkDir("backend/runner", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || method.Sel.Name != "Device" {
				return true
			}
			if arg, ok := call.Args[0].(*ast.Ident); !ok || arg.Name != "false" {
				opens[filepath.Dir(path)]++
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(opens) != 1 || opens["backend/runner/erase"] == 0 {
		t.Errorf("a held drive is opened for writing in %v, want backend/runner/erase alone", opens)
	}
}

// TestTheRunnerHasOneClock: what runs on the NAS takes the time, and waits, by the clock that it is given. The package
// that is that clock's machine, and main, read the system's.
func TestTheRunnerHasOneClock(t *testing.T) {
	const runner = "backend/runner/"
	own := []string{runner + "linux", runner + "main"}
	clocks := []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"}
	err := filepath.WalkDir(runner, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(own, filepath.ToSlash(path)):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		name := "" // of package time in this file
		for _, i := range f.Imports {
			if i.Path.Value == `"time"` {
				name = "time"
				if i.Name != nil {
					name = i.Name.Name
				}
			}
		}
		if name == "." {
			t.Errorf("%s: package time without its name", path)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			of, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := of.X.(*ast.Ident); ok && pkg.Name == name && slices.Contains(clocks, of.Sel.Name) {
				t.Errorf("%s: time.%s beside the runner's clock (port.Clock)", set.Position(of.Pos()), of.Sel.Name)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryPackageSaysWhatItIs: a package comment of some length, in every package.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, line := range golist(t, "{{.Dir}}", "./...") {
		files, err := filepath.Glob(filepath.Join(line, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		longest := 0
		for _, name := range files {
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			if f.Doc != nil && !strings.HasSuffix(name, "_test.go") {
				longest = max(longest, len(f.Doc.Text()))
			}
		}
		if longest < 100 {
			t.Errorf("%s has no real package comment (%d characters)", line, longest)
		}
	}
}

// TestFilesStayShort: a Go file does one thing.
func TestFilesStayShort(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		if n := bytes.Count(data, []byte{'\n'}); n > 600 {
			t.Errorf("%s has %d lines", path, n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheEmbeddedRunnerIsFresh builds the runner as `make runner` does and compares it with what is embedded.
func TestTheEmbeddedRunnerIsFresh(t *testing.T) {
	for _, arch := range bin.Arches() {
		embedded, err := bin.Runner(arch)
		if err != nil {
			if os.Getenv("BURNISH_NO_SKIP") != "" {
				t.Fatal(err)
			}
			t.Skipf("%v; make runner builds it", err)
		}
		out := filepath.Join(t.TempDir(), "runner")
		cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid=", "-o", out,
			"./backend/runner/main")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		fresh, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(fresh, embedded) {
			t.Errorf("the embedded runner for %s is not built from this source; run: make runner", arch)
		}
		zipped, err := os.Open(filepath.Join("backend/runner/bin", bin.Name(arch)))
		if err != nil {
			t.Fatal(err)
		}
		defer zipped.Close()
		r, err := gzip.NewReader(zipped)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Errorf("%s is damaged: %v", bin.Name(arch), err)
		}
	}
}

// TestEveryReasonIsUsed: a reason nobody gives is a promise nobody keeps.
func TestEveryReasonIsUsed(t *testing.T) {
	var source bytes.Buffer
	err := filepath.WalkDir("backend", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		source.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	codes, err := os.ReadFile("backend/reason/codes.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[reason.Code]string{}
	for _, m := range regexp.MustCompile(`(?m)^\t(\w+)\s+Code = "(\w+)"$`).FindAllStringSubmatch(string(codes), -1) {
		names[reason.Code(m[2])] = m[1]
	}
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`\breason\.(\w+)`).FindAllSubmatch(source.Bytes(), -1) {
		used[string(m[1])] = true
	}
	contract := []reason.Code{reason.GrantExpired, reason.LockedForGood} // named before this version gives them
	for _, e := range reason.All() {
		name := names[e.Code]
		delete(names, e.Code)
		if name == "" {
			t.Errorf("the reason %s has no name in codes.go", e.Code)
			continue
		}
		if !used[name] && !slices.Contains(contract, e.Code) {
			t.Errorf("nobody gives the reason %s", e.Code)
		}
	}
	for code := range names {
		t.Errorf("%s is a code without a registered reason", code)
	}
}
