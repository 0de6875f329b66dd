#!/bin/sh
# Every use that a drive can be in, made for real on a throw-away Linux machine, as docs/safety.md tells: LAB=HOST:PORT,
# LAB_KEY=FILE (root may log in with it), LAB_HOST_KEY=SHA256:…. Its blank drives are written to; all else is left alone.
# LAB_BRIEF=1 only looks what each use is taken for; LAB_ONLY=REGEXP plays only the uses whose names match.
set -eu
cd "$(dirname "$0")/.."
exec go test ./backend/cli -v -run '^TestLab$' -lab "$LAB" -lab-key "$LAB_KEY" -lab-host-key "$LAB_HOST_KEY" \
	-lab-brief="${LAB_BRIEF:-0}" -lab-only "${LAB_ONLY:-}" -lab-program "$PWD/build/bin/burnish-cli" -timeout 120m
