package reason

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Args are the values that a reason was made from, by name, for whoever wants the value and not the sentence.
type Args map[string]Arg

// Arg is a text or a whole number. The zero Arg is an empty text.
//
//contract:json string | number
type Arg struct {
	text   string // of a number its digits
	number bool
}

// Bounds of what comes from outside: the texts are longer than those that New takes, for hints are among them.
const (
	maxArgs = 24
	maxName = 40
	maxArg  = 1000
)

// ArgsOf makes args from pairs of name and value; nil of none. Texts are cleaned and cut.
func ArgsOf(pairs ...any) Args {
	if len(pairs)%2 != 0 {
		panic("reason: names and values must come in pairs")
	}
	var args Args
	for i := 0; i < len(pairs); i += 2 {
		if args == nil {
			args = Args{}
		}
		args[pairs[i].(string)] = argOf(pairs[i+1], maxValue)
	}
	return args
}

// argOf keeps whole numbers as numbers, but not those that say themselves in words, as durations do.
func argOf(value any, limit int) Arg {
	_, says := value.(fmt.Stringer)
	_, fails := value.(error)
	if v := reflect.ValueOf(value); !says && !fails && (v.CanInt() || v.CanUint()) {
		return Arg{fmt.Sprint(value), true}
	}
	return Arg{text: Clean(fmt.Sprint(value), limit)}
}

// String gives the text, or the digits of the number.
func (a Arg) String() string { return a.text }

// Int gives the number; false for a text, and for a number that does not fit.
func (a Arg) Int() (int64, bool) {
	n, err := strconv.ParseInt(a.text, 10, 64)
	return n, a.number && err == nil
}

// Equal reports whether both are the same text or the same number.
func (a Arg) Equal(other Arg) bool { return a == other }

// MarshalJSON writes a JSON string or number.
func (a Arg) MarshalJSON() ([]byte, error) {
	if a.number {
		return []byte(a.text), nil
	}
	return json.Marshal(a.text)
}

// UnmarshalJSON takes what this version understands and leaves the rest out, so that journals of any version are read:
// texts, which are cleaned and cut, and numbers, of which no more than maxArgs are taken.
func (a *Args) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		*a = nil
		return nil //nolint:nilerr // what is no object holds no arguments
	}
	args := Args{}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		arg, ok := read(raw[name])
		if ok && len(args) < maxArgs && name == Clean(name, maxName) && name != "" {
			args[name] = arg
		}
	}
	*a = args
	if len(args) == 0 {
		*a = nil
	}
	return nil
}

func read(raw json.RawMessage) (Arg, bool) {
	var value any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return Arg{}, false
	}
	switch v := value.(type) {
	case string:
		return Arg{text: Clean(v, maxArg)}, utf8.ValidString(v)
	case json.Number:
		return Arg{v.String(), true}, len(v) <= maxName
	}
	return Arg{}, false
}
