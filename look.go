//go:build (desktop || dev || e2e) && !bindings

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// look keeps the theme that a person chose where the program finds it before there is a page to ask. The page keeps it
// too: what is lost here costs no more than one frame in the system's theme.
type look struct{ file string }

// ofUser is the look of this user's windows, whichever data they show.
func ofUser() look { return look{filepath.Join(dataHome(), "burnish", "theme")} }

// theme is the theme that was chosen, or none where it is to be the system's.
func (l look) theme() string {
	text, err := os.ReadFile(l.file)
	if theme := string(text); err == nil && (theme == "light" || theme == "dark") {
		return theme
	}
	return ""
}

// keep keeps the chosen theme; any other than light and dark is the system's.
func (l look) keep(theme string) error {
	if theme != "light" && theme != "dark" {
		if err := os.Remove(l.file); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(l.file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(l.file, []byte(theme), 0o600)
}
