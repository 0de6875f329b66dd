#!/bin/bash
# The practice NAS burns in its drives: the real code over simulated drives, in this process, without root, network or
# devices. It takes about a minute and ends with the verdicts; the exit code is 0 if each drive got the one it deserves.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && build/tools.sh; then
	make --no-print-directory build
	exec build/bin/burnish demo "$@"
fi
make --no-print-directory headless
exec build/bin/burnish-cli demo --headless "$@"
