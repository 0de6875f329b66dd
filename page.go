//go:build (desktop || dev || e2e) && !bindings

package main

import (
	"embed"
	"io/fs"
	"os"
	"os/user"

	"burnish/backend/cli"
)

// pages is the built page; frontend/dist is empty in a fresh checkout.
//
//go:embed all:frontend/dist
var pages embed.FS

func page() (fs.FS, error) { return fs.Sub(pages, "frontend/dist") }

func title(on cli.Window) string {
	if on.Practice != "" {
		return "Burnish: practice"
	}
	return "Burnish"
}

// home and login are for ~/.ssh alone, which may be missing.
func home() string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return os.TempDir()
	}
	return dir
}

func login() string {
	if me, err := user.Current(); err == nil {
		return me.Username
	}
	return ""
}
