package smart

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"burnish/backend/reason"
)

// MaxInput bounds a capture, in bytes. The longest seen are 150 KiB.
const MaxInput = 4 << 20

const (
	maxDepth = 32
	maxNodes = 1 << 19
	maxText  = 256
	maxTable = 64
	maxLines = 4096
)

// tree is a decoded JSON value: map[string]any, []any, json.Number, string, bool or nil. Its readers give nil or empty
// where the path leads nowhere or to another type.
type tree struct{ v any }

// decode builds the tree of one JSON object. A key that stands twice is refused: which one is true cannot be known.
func decode(data []byte) (tree, error) {
	if len(data) > MaxInput {
		return tree{}, fmt.Errorf("smart: the capture has %d bytes, more than the limit of %d", len(data), MaxInput)
	}
	if !json.Valid(data) {
		return tree{}, errors.New("smart: the capture is not JSON; run smartctl with --json and keep only its output")
	}
	d := decoder{json: json.NewDecoder(bytes.NewReader(data))}
	d.json.UseNumber()
	v, err := d.value(0)
	if err != nil {
		return tree{}, err
	}
	if _, ok := v.(map[string]any); !ok {
		return tree{}, errors.New("smart: the capture is JSON but not an object; it does not come from smartctl")
	}
	return tree{v}, nil
}

type decoder struct {
	json  *json.Decoder
	nodes int
}

func (d *decoder) value(depth int) (any, error) {
	if d.nodes++; d.nodes > maxNodes || depth > maxDepth {
		return nil, errors.New("smart: the capture is nested too deeply or has too many values for smartctl's output")
	}
	token, err := d.json.Token()
	if err != nil {
		return nil, fmt.Errorf("smart: the capture is not JSON: %w", err)
	}
	switch token {
	case json.Delim('{'):
		object := map[string]any{}
		for d.json.More() {
			key, err := d.json.Token()
			if err != nil {
				return nil, fmt.Errorf("smart: the capture is not JSON: %w", err)
			}
			name, _ := key.(string)
			if _, twice := object[name]; twice {
				return nil, fmt.Errorf("smart: the key %q stands twice in the capture; it is damaged",
					reason.Clean(name, 60))
			}
			if object[name], err = d.value(depth + 1); err != nil {
				return nil, err
			}
		}
		_, err = d.json.Token()
		return object, err
	case json.Delim('['):
		list := []any{}
		for d.json.More() {
			v, err := d.value(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.json.Token()
		return list, err
	}
	return token, nil
}

// at follows the keys.
func (t tree) at(path ...string) tree {
	v := t.v
	for _, key := range path {
		object, _ := v.(map[string]any)
		v = object[key]
	}
	return tree{v}
}

// has reports whether the path leads to an object, a list or a value that is not null.
func (t tree) has(path ...string) bool { return t.at(path...).v != nil }

// list gives at most max elements; nil if there is no list.
func (t tree) list(max int, path ...string) []tree {
	all, ok := t.at(path...).v.([]any)
	if !ok {
		return nil
	}
	out := make([]tree, 0, min(len(all), max))
	for _, v := range all[:min(len(all), max)] {
		out = append(out, tree{v})
	}
	return out
}

// text gives a string cleaned, trimmed and cut.
func (t tree) text(path ...string) string {
	s, _ := t.at(path...).v.(string)
	return clean(s)
}

func clean(s string) string {
	return strings.TrimSpace(reason.Clean(strings.TrimSpace(s), maxText))
}

func (t tree) flag(path ...string) *bool {
	if b, ok := t.at(path...).v.(bool); ok {
		return &b
	}
	return nil
}

func (t tree) is(path ...string) bool {
	b := t.flag(path...)
	return b != nil && *b
}

// integer gives a whole number that fits 64 bits. Where smartctl wrote the number too imprecisely, its exact decimal
// text under KEY_s stands in.
func (t tree) integer(path ...string) *int64 {
	n := t.number(path...)
	if n == nil || !n.IsInt64() {
		return nil
	}
	return new(n.Int64())
}

// count gives a number that is not negative. One that exceeds 64 bits becomes the largest: a huge error count must not
// be lost as unknown.
func (t tree) count(path ...string) *int64 {
	n := t.number(path...)
	switch {
	case n == nil || n.Sign() < 0:
		return nil
	case !n.IsInt64():
		return new(int64(math.MaxInt64))
	}
	return new(n.Int64())
}

// within gives a whole number of the range.
func (t tree) within(low, high int64, path ...string) *int64 {
	if n := t.integer(path...); n != nil && *n >= low && *n <= high {
		return n
	}
	return nil
}

func (t tree) number(path ...string) *big.Int {
	literal, ok := t.at(path...).v.(json.Number)
	if ok {
		if n := whole(string(literal)); n != nil {
			return n
		}
	}
	if len(path) == 0 {
		return nil
	}
	exact := append(append([]string(nil), path[:len(path)-1]...), path[len(path)-1]+"_s")
	if s, ok := t.at(exact...).v.(string); ok {
		if n := whole(s); n != nil {
			return n
		}
	}
	if ok {
		if f, err := strconv.ParseFloat(string(literal), 64); err == nil && f == math.Trunc(f) {
			n, _ := big.NewFloat(min(f, 1e60)).Int(nil)
			return n
		}
	}
	return nil
}

// whole reads a decimal integer of at most 40 digits, which holds 128 bits.
func whole(s string) *big.Int {
	if len(s) > 40 {
		return nil
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return nil
	}
	return n
}
