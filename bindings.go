//go:build bindings

// `wails build` and `wails dev` make this build first, for bindings that the page has no use for. It opens nothing.
package main

import (
	"log"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
)

func main() {
	if err := wails.Run(&options.App{Bind: []any{&App{}}}); err != nil {
		log.Fatal(err)
	}
}
