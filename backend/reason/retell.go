package reason

import (
	"unicode"
	"unicode/utf8"

	"burnish/backend/size"
)

// Word says a value of a reason for a person who has no use for names that are for programs; false leaves it as it is.
type Word func(name string, value Arg) (string, bool)

// Retold gives the text once more, from the values that it was made from: those that word knows in its words, and large
// numbers with separators. A text that was not made from the registry of this version, or whose values were not kept,
// stays as it is: nothing is taken out of a sentence.
func (s *Said) Retold(word Word) string {
	e, ok := byCode[s.Code]
	if !ok || len(s.Args) == 0 || fill(e.Text, s.Args) != s.Text {
		return s.Text
	}
	return fillBy(e.Text, s.Args, voice{word})
}

// voice is how values are said: that of programs and the command line, or with a word the one of the window.
type voice struct{ word Word }

func (v voice) say(name, form string, arg Arg) string {
	if v.ours(name, arg) {
		text, _ := v.word(name, arg)
		return text
	}
	n, number := arg.Int()
	switch {
	case number && form == "size":
		return size.Text(n)
	case number && form == "exact" && v.word != nil:
		return size.Apart(n)
	case number && form == "exact":
		return size.Exact(n)
	case number && form == "" && v.word != nil:
		return size.Digits(n)
	}
	return arg.String()
}

// ours reports whether a value is told in a word of ours; a name or an id stays as it is written.
func (v voice) ours(name string, arg Arg) bool {
	if v.word == nil {
		return false
	}
	_, ok := v.word(name, arg)
	return ok
}

// capital lets a text begin with a capital letter.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || r == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
