#!/bin/sh
# What the stamp engine, badblocks and fio find on real block devices with known faults, as the table of docs/surface.md.
# Needs root, fio, badblocks, nbdfuse and FUSE.
set -eu
cd "$(dirname "$0")/.."
exec go test ./backend/runner/linux -v -run '^TestCompareEngines$' -surface-compare -timeout 60m
