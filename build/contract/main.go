// Contract writes the page's contract, frontend/src/shared/api.ts, from the Go that keeps it: the methods of App, the
// events of package desk, and every type that these reach.
//
// Its rules:
//   - A value is what encoding/json makes of it: names by tag, `omitempty` and `omitzero` may be missing, pointers,
//     slices and maps may be null where they cannot be missing.
//   - A named string type that has constants is the union of these.
//   - A type that writes its own JSON says what that is in a line of its comment, //contract:json and the type in
//     TypeScript, where the names of its type parameters stand for what they are; or its MarshalJSON does nothing but
//     hand another value to json.Marshal, and is read.
//   - What has no exact type, as an interface has none, is refused: nothing of the contract is any or unknown.
//   - A type keeps its name. Where two packages have one of the same name, or the page's language has, that of desk
//     keeps it and the others get their package's before it.
//
// usage: contract FILE, anywhere in the repo
package main

import (
	"fmt"
	"os"

	"golang.org/x/tools/go/packages"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: contract FILE")
		os.Exit(2)
	}
	text, err := contract()
	if err == nil {
		err = os.WriteFile(os.Args[1], []byte(text), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "contract:", err)
		os.Exit(1)
	}
}

// The packages: App stands in the first, of a build that has it.
const (
	module   = "burnish"
	deskPath = "burnish/backend/desk"
	appTags  = "-tags=e2e"
)

// contract gives the text of api.ts.
func contract() (string, error) {
	c, err := read()
	if err != nil {
		return "", err
	}
	return c.text()
}

// read loads all packages of the repo with their syntax, since comments stand there, and finds what the page can see.
func read() (*reader, error) {
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedSyntax |
			packages.NeedTypes | packages.NeedTypesInfo,
		BuildFlags: []string{appTags},
	}, module, module+"/backend/...")
	if err != nil {
		return nil, err
	}
	r := &reader{pkgs: map[string]*packages.Package{}}
	for _, p := range pkgs {
		for _, e := range p.Errors {
			return nil, e
		}
		r.pkgs[p.PkgPath] = p
	}
	r.comments()
	return r, nil
}
