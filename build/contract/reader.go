package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/packages"
)

// reader knows the types of the repo and what is written beside them.
type reader struct {
	pkgs  map[string]*packages.Package
	docs  map[token.Pos]string // of the name at this place
	json  map[token.Pos]string // what stands after //contract:json
	decls map[token.Pos]*ast.FuncDecl
	specs map[token.Pos]ast.Expr // of a variable: its value

	names   map[*types.TypeName]string
	reached []*types.TypeName // in the order in which they were met
	err     error             // the first
}

// comments notes what is written beside each type, field, constant, variable and method.
func (r *reader) comments() {
	r.docs, r.json = map[token.Pos]string{}, map[token.Pos]string{}
	r.decls, r.specs = map[token.Pos]*ast.FuncDecl{}, map[token.Pos]ast.Expr{}
	note := func(name *ast.Ident, groups ...*ast.CommentGroup) {
		var texts []string
		for _, g := range groups {
			if text := strings.TrimSpace(g.Text()); text != "" {
				texts = append(texts, text)
			}
			if g == nil {
				continue
			}
			for _, line := range g.List {
				if is, ok := strings.CutPrefix(line.Text, "//contract:json "); ok {
					r.json[name.Pos()] = strings.TrimSpace(is)
				}
			}
		}
		r.docs[name.Pos()] = strings.Join(texts, "\n")
	}
	for _, p := range r.pkgs {
		for _, file := range p.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					note(n.Name, n.Doc)
					r.decls[n.Name.Pos()] = n
				case *ast.GenDecl:
					for _, spec := range n.Specs {
						switch s := spec.(type) {
						case *ast.TypeSpec:
							if n.Lparen == 0 && s.Doc == nil {
								s.Doc = n.Doc
							}
							note(s.Name, s.Doc, s.Comment)
						case *ast.ValueSpec:
							for i, name := range s.Names {
								note(name, s.Doc, s.Comment)
								if i < len(s.Values) {
									r.specs[name.Pos()] = s.Values[i]
								}
							}
						}
					}
				case *ast.Field:
					for _, name := range n.Names {
						note(name, n.Doc, n.Comment)
					}
				}
				return true
			})
		}
	}
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// call is a method of App.
type call struct {
	name, doc string
	params    []string
	result    string
}

func (r *reader) calls() []call {
	app := r.pkgs[module].Types.Scope().Lookup("App")
	if app == nil {
		r.fail("there is no App in %s", module)
		return nil
	}
	var all []call
	named := app.Type().(*types.Named)
	for m := range named.Methods() {
		if !m.Exported() {
			continue
		}
		c := call{name: m.Name(), doc: r.docs[m.Pos()], result: "void"}
		sig := m.Signature()
		for p := range sig.Params().Variables() {
			c.params = append(c.params, p.Name()+": "+r.ts(p.Type(), "the parameter "+p.Name()+" of "+m.Name()).text())
		}
		for res := range sig.Results().Variables() {
			if types.Identical(res.Type(), types.Universe.Lookup("error").Type()) {
				continue
			}
			if c.result != "void" {
				r.fail("%s gives more than one value", m.Name())
			}
			c.result = r.ts(res.Type(), "the result of "+m.Name()).text()
		}
		all = append(all, c)
	}
	return all
}

// event is one of desk's events.
type event struct{ name, doc, data string }

func (r *reader) events() []event {
	scope := r.pkgs[deskPath].Types.Scope()
	var all []event
	for _, name := range inOrder(scope, func(o types.Object) bool {
		v, ok := o.(*types.Var)
		if !ok {
			return false
		}
		n, ok := v.Type().(*types.Named)
		return ok && n.Origin().Obj() == scope.Lookup("Event")
	}) {
		lit, ok := r.specs[name.Pos()].(*ast.CompositeLit)
		if !ok || len(lit.Elts) != 1 {
			r.fail("the event %s is not given with its name", name.Name())
			continue
		}
		value := r.pkgs[deskPath].TypesInfo.Types[lit.Elts[0]].Value
		data := name.Type().(*types.Named).TypeArgs().At(0)
		all = append(all, event{value.ExactString(), r.docs[name.Pos()], r.ts(data, "the event "+name.Name()).text()})
	}
	return all
}
