//go:build !desktop && !dev && !e2e && !bindings

package main

import (
	"context"

	"burnish/backend/cli"
)

// window is nil: this build is the command line alone.
func window() func(context.Context, cli.Window) error { return nil }
