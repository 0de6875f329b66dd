//go:build bindings

// This build writes frontend/wailsjs, the page's side of App, and ends. It opens nothing.
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
