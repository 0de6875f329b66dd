package main

import (
	"fmt"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

const head = `// Made by build/contract (make contract) from app.go and package desk: the contract between the page and the program
// behind the window. Times are unix milliseconds (0: not yet), sizes are bytes, null is "not known". All text that came
// from a NAS is data.
`

const tail = `
/** What the page has of the program: every call may be refused with a Said. */
export interface Api extends Calls {
  on<K extends keyof Events>(event: K, hear: (data: Events[K]) => void): () => void
}
`

// The page's language has these names for something else, or this file has.
var taken = []string{"Api", "Calls", "Date", "Error", "Event", "Events", "Map", "Range", "Record", "Set", "Text"}

// text writes it all. What is reached is only known at the end, and with it the names: the first round is for that.
func (r *reader) text() (string, error) {
	r.write()
	if r.err != nil {
		return "", r.err
	}
	r.name()
	text := r.write()
	return text, r.err
}

// name gives each type that is reached its name.
func (r *reader) name() {
	r.names = map[*types.TypeName]string{}
	used := map[string]*types.TypeName{}
	for _, obj := range r.reached {
		name := obj.Name()
		twin := func(o *types.TypeName) bool { return o != obj && o.Name() == name }
		if slices.Contains(taken, name) || obj.Pkg().Path() != deskPath && slices.ContainsFunc(r.reached, twin) {
			pkg := obj.Pkg().Name()
			name = strings.ToUpper(pkg[:1]) + pkg[1:] + name
		}
		if other := used[name]; other != nil {
			r.fail("%s.%s and %s.%s have one name: %s", obj.Pkg().Path(), obj.Name(), other.Pkg().Path(), other.Name(),
				name)
		}
		r.names[obj], used[name] = name, obj
	}
}

func (r *reader) write() string {
	r.reached = nil
	var out strings.Builder
	out.WriteString(head)
	calls, events := r.calls(), r.events()
	out.WriteString("\n/** What the program can be asked. */\nexport interface Calls {\n")
	for _, c := range calls {
		out.WriteString(comment(c.doc, "  "))
		fmt.Fprintf(&out, "  %s(%s): Promise<%s>\n", c.name, strings.Join(c.params, ", "), c.result)
	}
	out.WriteString("}\n\n/** What the program tells unasked, by the event's name. */\nexport interface Events {\n")
	for _, e := range events {
		out.WriteString(comment(e.doc, "  "))
		fmt.Fprintf(&out, "  %s: %s\n", key(strings.Trim(e.name, `"`)), e.data)
	}
	out.WriteString("}\n")
	for i := 0; i < len(r.reached); i++ { // it grows
		obj := r.reached[i]
		out.WriteString("\n" + comment(r.docs[obj.Pos()], ""))
		if values := r.constants(obj); len(values) > 0 {
			r.union(&out, obj, values)
			continue
		}
		fmt.Fprintf(&out, "export interface %s {\n", r.reach(obj))
		for _, f := range r.fields(obj) {
			mark := ""
			if f.optional {
				mark = "?"
			}
			out.WriteString(comment(f.doc, "  "))
			fmt.Fprintf(&out, "  %s%s: %s\n", key(f.name), mark, f.is.text())
		}
		out.WriteString("}\n")
	}
	out.WriteString(tail)
	return out.String()
}

// union writes a named string type: in one line, or with a line for each value where these are many or explained.
func (r *reader) union(out *strings.Builder, obj *types.TypeName, values []types.Object) {
	var all []string
	explained := false
	for _, v := range values {
		all = append(all, quote(valueOf(v)))
		explained = explained || r.docs[v.Pos()] != ""
	}
	line := "export type " + r.reach(obj) + " = " + strings.Join(all, " | ")
	if !explained && len(line) <= width {
		out.WriteString(line + "\n")
		return
	}
	out.WriteString("export type " + r.reach(obj) + " =\n")
	for i, v := range values {
		out.WriteString(comment(r.docs[v.Pos()], "  ") + "  | " + all[i] + "\n")
	}
}

var plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func key(name string) string {
	if plain.MatchString(name) {
		return name
	}
	return quote(name)
}

// quote writes a string as prettier does.
func quote(s string) string {
	if strings.Contains(s, "'") && !strings.ContainsAny(s, "\"\\") {
		return `"` + s + `"`
	}
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}

// width is how long a line may be.
const width = 120

// comment writes what stands beside a name in Go.
func comment(doc, indent string) string {
	words := strings.Fields(strings.ReplaceAll(doc, "*/", "* /"))
	if len(words) == 0 {
		return ""
	}
	if one := indent + "/** " + strings.Join(words, " ") + " */"; len(one) <= width {
		return one + "\n"
	}
	out := indent + "/**\n"
	line := indent + " *"
	for _, w := range words {
		if len(line)+1+len(w) > width {
			out += line + "\n"
			line = indent + " *"
		}
		line += " " + w
	}
	return out + line + "\n" + indent + " */\n"
}
