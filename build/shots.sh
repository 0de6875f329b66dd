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
build/bin/burnish --data-dir "$home/data" demo >"$home/log" 2>&1 &
window=$!
jobs() { build/bin/burnish-cli --data-dir "$home/data" jobs --json 2>/dev/null | grep "\"state\":\"$1\"" || true; }
until [ -n "$(jobs passed)" ] && [ -n "$(jobs failed | grep surface_errors)" ]; do
	kill -0 "$window"
	sleep 0.5
done
still() { # two pictures in a row that are the same but for what moves
	import -window root "$1"
	until import -window root "$home/next.png" && [ "$(compare -metric AE -fuzz 10% "$1" "$home/next.png" null: 2>&1 | cut -d. -f1 | cut -d' ' -f1)" -lt "$2" ]; do
		mv "$home/next.png" "$1"
	done
}
still docs/window.png 40000
# The failed drive is found by its serial, and its drawer opened from the table.
serial=$(jobs failed | grep surface_errors | sed -n '1s/.*"drive":"\([^@"]*\)@.*/\1/p')
xdotool key slash
xdotool type "$serial"
xdotool key Escape Down # out of the field, to the row
still "$home/row.png" 20000
xdotool key Return # its drawer
still "$home/row.png" 20000
xdotool key slash ctrl+a BackSpace Escape
still docs/drawer.png 20000
