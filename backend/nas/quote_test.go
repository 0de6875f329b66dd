package nas

import (
	"os/exec"
	"strings"
	"testing"

	"burnish/backend/testbed/need"
)

// Whatever the word, the shell must hand it on as it is, and run nothing of it.
func FuzzQuote(f *testing.F) {
	sh := need.Program(f, "sh")
	for _, s := range []string{"", "a b", "it's", `\`, `'\''`, "$(id)", "`id`", "a\nb", "-n", "!!", "*", "\"", "'; id; '", "é\x80\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if strings.ContainsRune(word, 0) {
			t.Skip("no argument can hold a NUL")
		}
		out, err := exec.Command(sh, "-c", commandLine(`printf "%s|%s" "$1" "$#"`, word, word)).Output()
		if err != nil {
			t.Fatalf("%q: %v: %s", word, err, out)
		}
		if got, want := string(out), scriptBegins+"\n"+word+"|2"; got != want {
			t.Errorf("sh made %q of %q", got, want)
		}
	})
}

// A login shell other than sh sees the scripts too: they may hold nothing that such a shell reads in its own way.
func TestScriptsAreOneLineWithoutSingleQuotes(t *testing.T) {
	for _, script := range []string{factsScript, rootScript, inspectScript, makeScript, uploadScript, undoScript,
		removeScript, startScript, midcltScript, listScript, listAskedScript, sayBegins} {
		if strings.ContainsAny(script, "'\n!") {
			t.Errorf("a script holds a quote, a line break or an exclamation mark:\n%s", script)
		}
	}
}
