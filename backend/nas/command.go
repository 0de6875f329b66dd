package nas

import "strings"

// Script names one of the fixed scripts that this package has a NAS run.
type Script string

// The scripts, and what their arguments are.
const (
	ScriptFacts   Script = "facts"   // none
	ScriptInspect Script = "inspect" // a directory, a file in it
	ScriptMake    Script = "make"    // a directory
	ScriptUpload  Script = "upload"  // a directory, a file in it, its SHA-256; Magic and the program on stdin
	ScriptUndo    Script = "undo"    // a directory, a file in it, how many directories were made
	ScriptRemove  Script = "remove"  // a directory, the file in it that stays
	ScriptStart   Script = "start"   // the runner's file, its SHA-256, a verb; the request on stdin
)

// ScriptBegins is the first line that a script prints, on stdout and on stderr. ScriptDone is the last one on stdout
// when it did all it should; ScriptStart has none: there the runner speaks.
const (
	ScriptBegins = scriptBegins
	ScriptDone   = scriptDone
)

// What ScriptStart says on stderr instead of starting.
const (
	SaysMissing = saysMissing
	SaysChanged = saysChanged
)

var scripts = map[string]Script{
	factsScript: ScriptFacts, inspectScript: ScriptInspect, makeScript: ScriptMake, uploadScript: ScriptUpload,
	undoScript: ScriptUndo, removeScript: ScriptRemove, startScript: ScriptStart,
}

// ReadCommand finds the script that a command line of this package runs, and its arguments, for a NAS that has no shell
// to run it with. A line that is not one that this package makes, to the last character, is not ok.
func ReadCommand(line string) (s Script, args []string, ok bool) {
	rest, found := strings.CutPrefix(line, "/bin/sh -c ")
	if !found {
		return "", nil, false
	}
	text, rest, ok := word(rest)
	if !ok {
		return "", nil, false
	}
	if rest, ok = strings.CutPrefix(rest, " burnish"); !ok {
		return "", nil, false
	}
	for rest != "" {
		var arg string
		if rest, ok = strings.CutPrefix(rest, " "); ok {
			arg, rest, ok = word(rest)
		}
		if !ok {
			return "", nil, false
		}
		args = append(args, arg)
	}
	if text, ok = strings.CutPrefix(text, sayBegins); !ok {
		return "", nil, false
	}
	s, ok = scripts[text]
	return s, args, ok
}

// word takes one word that quote made from the begin of a line.
func word(line string) (text, rest string, ok bool) {
	var b strings.Builder
	for {
		if line, ok = strings.CutPrefix(line, "'"); !ok {
			return "", "", false
		}
		part, after, closed := strings.Cut(line, "'")
		if !closed {
			return "", "", false
		}
		b.WriteString(part)
		if line, ok = strings.CutPrefix(after, `\'`); !ok {
			return b.String(), after, true
		}
		b.WriteByte('\'')
	}
}
