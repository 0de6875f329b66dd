#!/bin/bash
# All checks and tests, the cheap ones first, each with the time it took: by the clock, and of the processors, which is
# the same on a busy machine. With CI set no test may be skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
step() {
	local name=$1
	shift
	echo "== $name"
	TIMEFORMAT="== $name: %0R s, processors %0U s and %0S s in the kernel"
	time "$@"
}
formatted() {
	local bad
	bad=$(gofmt -l *.go backend build)
	[ -z "$bad" ] || { echo "gofmt would change: $bad"; return 1; }
}
root=""
[ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null && root="sudo -n --preserve-env=PATH,HOME,GOFLAGS,GOTOOLCHAIN,GOPROXY,GOCACHE,GOMODCACHE,BURNISH_NO_SKIP"; }
[ -z "${CI:-}" ] || export BURNISH_NO_SKIP=1

step "format" formatted
step "vet" go vet ./...
# With the flag that the program for Windows is built with, so that nothing is compiled twice.
step "vet for Windows" env GOOS=windows go vet -trimpath ./...
step "vet for macOS" env GOOS=darwin go vet ./...
# What takes long to build is built ahead with the lowest priority, while the steps of the page and the window wait.
setsid nice -n 19 sh -c 'make --no-print-directory build/bin/golangci-lint; go build -race ./...' >/dev/null 2>&1 &
ahead=$!
trap 'kill -- "-$ahead" 2>/dev/null || true' EXIT
step "headless build" make --no-print-directory headless
step "page" sh -c 'cd frontend && npm ci --no-audit --no-fund && npm run lint && npm test && npm run build'
step "page in a browser: the bridge builds" make --no-print-directory e2e
step "page in a browser: Chromium" build/deps.sh page
# With root the story on a real NAS is among them.
step "page in a browser" $root "$(command -v go)" test ./backend/programs -count=1 -timeout 25m -page
step "window builds" make --no-print-directory build
step "window: a display" build/deps.sh screen
step "window" $root "$(command -v go)" test ./backend/programs -count=1 -timeout 15m -window
step "window by the tools of Wails" build/wails.sh
step "window for Windows" make --no-print-directory windows
wait "$ahead" || true # what fails in it fails again below, and says why
step "golangci-lint" make --no-print-directory golangci
# Every package that starts a goroutine, or whose tests do, is tested with the race detector, without the tests that take
# minutes with it (-short); those that have such tests are tested without it too, whole, and so are all other packages.
# Tests of real drives and a real SSH server need root; as another user they are skipped, and say so.
long=(cli runner surface practice) # have tests that take minutes
# These start no runner on a drive of this machine.
apart=(runner practice surface runner/sweep runner/erase store)
looking=(runner/linux runner/linux/inventory) # look at all drives of this machine
elsewhere=$(IFS='|'; echo "chaos|${apart[*]}|${looking[*]}")
single=() raced=()
while read -r package dir; do
	if grep -qE '^\s*go [A-Za-z.]+\(|"sync[/"]|\.Go\(|\.Parallel\(|"testing/synctest"' "$dir"/*.go
	then raced+=("$package"); else single+=("$package"); fi
done < <(go list -f '{{.ImportPath}} {{.Dir}}' ./... | grep -vE "^burnish/backend/($elsewhere) ")
# both does two things side by side: one mostly waits, the other computes. What the second says is shown after the first.
both() {
	local other status=0 said
	said=$(mktemp)
	"$2" >"$said" 2>&1 &
	other=$!
	"$1" || status=1
	wait "$other" || status=1
	cat "$said"
	rm "$said"
	return "$status"
}
tested() { $root "$(command -v go)" test -timeout 30m "$@"; }
# Real runners of other tests would take what looks at all drives for somebody's use of theirs.
test_looking() { tested -race -p 1 "${looking[@]/#/./backend/}"; }
test_apart() { tested -race -short -p 2 "${apart[@]/#/./backend/}"; }
# The stories of the command line mostly wait: more of them at once than there are processors.
test_whole() { tested -p 2 -parallel 4 "${long[@]/#/./backend/}" "${single[@]}"; }
test_raced() { tested -p 2 -race -short "${raced[@]}"; }
step "tests of real drives, and of what touches none, with the race detector" both test_looking test_apart
step "tests whole, and with the race detector" both test_whole test_raced
# Alone, since a busy machine tries its patience. CI has half an hour for all of this.
step "chaos with the race detector" $root "$(command -v go)" test -race -timeout 30m ./backend/chaos -seeds 1
step "chaos" $root "$(command -v go)" test -timeout 30m ./backend/chaos -seeds "$([ -z "${CI:-}" ] && echo 20 || echo 8)"
