package main

import (
	"cmp"
	"go/ast"
	"go/constant"
	"go/types"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// shape is a type in TypeScript.
type shape struct {
	is   string
	null bool // it may be null too
}

func (s shape) text() string {
	if s.null {
		return s.is + " | null"
	}
	return s.is
}

// list is an array of it.
func (s shape) list() string {
	if s.null || strings.Contains(s.is, "|") {
		return "(" + s.text() + ")[]"
	}
	return s.is + "[]"
}

// ts gives what a value of a Go type is in JSON. where says whose it is, for whoever has to mend it.
func (r *reader) ts(t types.Type, where string) shape {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		switch {
		case t.Info()&types.IsString != 0:
			return shape{is: "string"}
		case t.Info()&types.IsBoolean != 0:
			return shape{is: "boolean"}
		case t.Info()&(types.IsInteger|types.IsFloat) != 0:
			return shape{is: "number"}
		}
	case *types.Pointer:
		if s, ok := t.Elem().Underlying().(*types.Struct); ok && s.NumFields() == 0 {
			return shape{is: "null"}
		}
		return shape{r.ts(t.Elem(), where).is, true}
	case *types.Slice:
		if types.Identical(t.Elem(), types.Typ[types.Byte]) {
			return shape{"string", true} // base64
		}
		return shape{r.ts(t.Elem(), where).list(), true}
	case *types.Array:
		return shape{is: r.ts(t.Elem(), where).list()}
	case *types.Map:
		return shape{"Record<string, " + r.ts(t.Elem(), where).text() + ">", true}
	case *types.Named:
		return r.named(t, where)
	}
	r.fail("%s is %s, of which nobody can say what it is in JSON", where, t)
	return shape{is: "never"}
}

// named gives a type that has a name: its own, where it is one of the page's too.
func (r *reader) named(t *types.Named, where string) shape {
	obj := t.Origin().Obj()
	if is, ok := r.json[obj.Pos()]; ok {
		for i := range t.TypeParams().Len() {
			arg := r.ts(t.TypeArgs().At(i), where)
			text := arg.text()
			if strings.Contains(text, "|") {
				text = "(" + text + ")"
			}
			is = regexp.MustCompile(`\b`+t.TypeParams().At(i).Obj().Name()+`\b`).ReplaceAllLiteralString(is, text)
		}
		bare, null := strings.CutSuffix(is, " | null")
		return shape{bare, null}
	}
	own, _, _ := types.LookupFieldOrMethod(t, true, obj.Pkg(), "MarshalJSON")
	if text, _, _ := types.LookupFieldOrMethod(t, true, obj.Pkg(), "MarshalText"); text != nil && own == nil {
		return shape{is: "string"}
	}
	_, isStruct := t.Underlying().(*types.Struct)
	switch {
	case isStruct, len(r.constants(obj)) > 0:
		return shape{is: r.reach(obj)}
	case own != nil:
		r.fail("%s: %s writes its own JSON and does not say in its comment what that is", where, obj.Name())
	}
	return r.ts(t.Underlying(), where)
}

// reach notes that the page sees a type, and gives its name there.
func (r *reader) reach(obj *types.TypeName) string {
	if !slices.Contains(r.reached, obj) {
		r.reached = append(r.reached, obj)
	}
	return cmp.Or(r.names[obj], obj.Name())
}

// constants are those of a named string type, as they stand in its package.
func (r *reader) constants(obj *types.TypeName) []types.Object {
	if b, ok := obj.Type().Underlying().(*types.Basic); !ok || b.Info()&types.IsString == 0 {
		return nil
	}
	return inOrder(obj.Pkg().Scope(), func(o types.Object) bool {
		_, is := o.(*types.Const)
		return is && types.Identical(o.Type(), obj.Type())
	})
}

func valueOf(o types.Object) string { return constant.StringVal(o.(*types.Const).Val()) }

// inOrder gives the objects of a package that are wanted, in the order in which they are written.
func inOrder(scope *types.Scope, want func(types.Object) bool) []types.Object {
	var all []types.Object
	for _, name := range scope.Names() {
		if o := scope.Lookup(name); want(o) {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b types.Object) int { return cmp.Compare(a.Pos(), b.Pos()) })
	return all
}

// field is a member of a struct, as encoding/json sees it.
type field struct {
	name, doc string
	is        shape
	optional  bool
	depth     int  // in how many embedded structs it stands
	tagged    bool // it has its name from a tag
}

// fields are those of a struct: of two with one name the one that is less deep, then the one with a tag, else none.
func (r *reader) fields(obj *types.TypeName) []field {
	t, ok := r.handed(obj)
	if !ok {
		return nil
	}
	var all []field
	r.collect(t, obj.Name(), 0, false, &all)
	var out []field
	for _, f := range all {
		better := func(g field) bool {
			return g.name == f.name && (g.depth < f.depth || g.depth == f.depth && g.tagged && !f.tagged)
		}
		twins := slices.DeleteFunc(slices.Clone(all), func(g field) bool {
			return g.name != f.name || g.depth != f.depth || g.tagged != f.tagged
		})
		if slices.ContainsFunc(all, better) || len(twins) > 1 {
			continue
		}
		if f.doc == "" {
			if at := slices.IndexFunc(all, func(g field) bool { return g.name == f.name && g.doc != "" }); at >= 0 {
				f.doc = all[at].doc
			}
		}
		out = append(out, f)
	}
	return out
}

func (r *reader) collect(s *types.Struct, of string, depth int, optional bool, all *[]field) {
	for i := range s.NumFields() {
		v := s.Field(i)
		name, options, _ := strings.Cut(reflect.StructTag(s.Tag(i)).Get("json"), ",")
		if name == "-" && options == "" {
			continue
		}
		if inner, pointer, ok := embedded(v); ok && name == "" {
			r.collect(inner, of, depth+1, optional || pointer, all)
			continue
		}
		if !v.Exported() {
			continue
		}
		f := field{name: cmp.Or(name, v.Name()), doc: r.docs[v.Pos()], depth: depth, tagged: name != "",
			is: r.ts(v.Type(), of+"."+v.Name()), optional: optional}
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "omitempty":
				_, isStruct := v.Type().Underlying().(*types.Struct)
				_, isArray := v.Type().Underlying().(*types.Array)
				f.optional = f.optional || !isStruct && !isArray
			case "omitzero":
				f.optional = true
			case "":
			default:
				r.fail("%s.%s has the option %s, which nobody reads", of, v.Name(), option)
			}
		}
		if f.optional {
			f.is.null = false // then it is missing
		}
		*all = append(*all, f)
	}
}

// embedded gives the struct that is embedded in another by a field.
func embedded(v *types.Var) (s *types.Struct, pointer, ok bool) {
	if !v.Embedded() {
		return nil, false, false
	}
	t := types.Unalias(v.Type())
	if p, is := t.(*types.Pointer); is {
		t, pointer = p.Elem(), true
	}
	s, ok = t.Underlying().(*types.Struct)
	return s, pointer, ok
}

// handed gives the struct that is written for a type: its own, or the one that its MarshalJSON hands to json.Marshal.
func (r *reader) handed(obj *types.TypeName) (*types.Struct, bool) {
	own, _, _ := types.LookupFieldOrMethod(obj.Type(), true, obj.Pkg(), "MarshalJSON")
	if own == nil {
		s, ok := obj.Type().Underlying().(*types.Struct)
		return s, ok
	}
	decl, info := r.decls[own.Pos()], r.pkgs[own.Pkg().Path()].TypesInfo
	var handed *types.Struct
	if decl != nil {
		ast.Inspect(decl.Body, func(n ast.Node) bool {
			ret, ok := n.(*ast.ReturnStmt)
			if !ok {
				return true
			}
			handed = nil
			if call, ok := ret.Results[0].(*ast.CallExpr); ok && len(ret.Results) == 1 &&
				types.ExprString(call.Fun) == "json.Marshal" {
				handed, _ = info.TypeOf(call.Args[0]).Underlying().(*types.Struct)
			}
			return true
		})
	}
	if handed == nil {
		r.fail("%s writes its own JSON and does not say in its comment what that is", obj.Name())
	}
	return handed, handed != nil
}
