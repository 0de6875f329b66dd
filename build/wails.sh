#!/bin/bash
# What people who come from Wails do: `wails build` gives a program that holds the page, and leaves nothing behind that
# git would see. The tool is as new as the library, and of a module of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
was=$(git status --porcelain)
find frontend/dist -mindepth 1 ! -name .gitkeep -delete
(cd build/wails && go build -o ../bin/wails github.com/wailsapp/wails/v2/cmd/wails)
build/bin/wails build -nocolour -trimpath -m -o burnish-wails "$@"
page=$(cd frontend/dist/assets && echo index-*.js)
grep -qF "frontend/dist/assets/$page" build/bin/burnish-wails || { echo "wails build: the program has no page ($page)"; exit 1; }
build/bin/burnish-wails --version
[ "$(git status --porcelain)" = "$was" ] || { echo "wails build left:"; git status --porcelain; exit 1; }
