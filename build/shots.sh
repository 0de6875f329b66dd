#!/bin/bash
# Takes the pictures of the README: the real window on the practice NAS, in a display of its own. Needs what `make build`
# needs, and xvfb, xdotool and imagemagick.
set -euo pipefail
cd "$(dirname "$0")/.."
build/deps.sh shots
make --no-print-directory build
home=$(mktemp -d)
display=:97
Xvfb $display -screen 0 1280x820x24 -nolisten tcp >/dev/null 2>&1 &
xvfb=$!
window=""
trap '[ -z "$window" ] || kill "$window" 2>/dev/null; kill $xvfb; rm -rf "$home"' EXIT
export DISPLAY=$display HOME=$home XDG_DATA_HOME=$home/data DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent
until xdotool getdisplaygeometry >/dev/null 2>&1; do sleep 0.1; done
build/bin/burnish demo >"$home/log" 2>&1 &
window=$!
sleep 40 # the drives are at work, some have ended
import -window root docs/window.png
xdotool mousemove 600 290 click 1 # the first that failed
sleep 4
xdotool mousemove 640 780
sleep 2
import -window root docs/drawer.png
