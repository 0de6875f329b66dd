//go:build (desktop || dev) && e2e && !bindings

package main

// forTests is whether the web view may be driven from outside.
const forTests = true
