#!/bin/sh
# Breaks everything at random: $1 scenarios from a first seed that it prints, or the one of seed $2.
set -eu
cd "$(dirname "$0")/.."
if [ -n "${2:-}" ]; then
	exec go test -count=1 -timeout 20m -v ./backend/chaos -seed "$2"
fi
first=$(date +%s)
echo "seeds $first to $((first + $1 - 1)); one of them again: make chaos SEED=N"
exec go test -count=1 -timeout "$(($1 * 40 + 600))s" ./backend/chaos -seeds "$1" -first "$first"
