//go:build !linux && (desktop || dev) && !bindings

package main

import "github.com/wailsapp/wails/v2/pkg/options"

// ground is what is seen before the page's first paint.
func ground(theme string) *options.RGBA { return pageGround(theme) }

// A system's dialog is in nobody's way but under GTK.

func watchDialogs()  {}
func cancelDialogs() {}
