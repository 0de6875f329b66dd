#!/bin/bash
# Brings Go and Node to a Debian or Ubuntu that has none or only older ones: from its packages, and where these are too
# old, from the Go module proxy and the npm registry, into build/tools. With "go" only Go. Does nothing where both are there.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/build/tools
export PATH=$tools/go/bin:$tools/node/bin:$PATH
GO=1.26.8 NODE=22.21.1

# newer A B: version A is B or newer
newer() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -1)" = "$2" ]; }
go_version() { GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//; s/ .*//'; }
node_version() { node --version 2>/dev/null | tr -d v; }

# Go 1.21 and newer fetch by themselves the version that go.mod names.
if ! newer "$(go_version || true)" 1.21; then
	build/deps.sh go
	if ! newer "$(go_version || true)" 1.21; then
		case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) echo "install Go $GO first" >&2; exit 1 ;; esac
		echo "fetching Go $GO"
		dir=$(mktemp -d)
		(cd "$dir" && go mod init tools 2>/dev/null && GOFLAGS=-modcacherw go mod download "golang.org/toolchain@v0.0.1-go$GO.linux-$arch")
		from=$(go env GOMODCACHE)/golang.org/toolchain@v0.0.1-go$GO.linux-$arch
		mkdir -p "$tools"
		cp -r "$from" "$tools/go"
		# Modules hold no file named go.mod but their own, and none that can be run.
		find "$tools/go" -name _go.mod | while read -r f; do mv "$f" "${f%_go.mod}go.mod"; done
		chmod +x "$tools"/go/bin/* "$tools"/go/pkg/tool/*/*
		rm -rf "$dir"
	fi
fi
[ "${1:-}" != go ] || exit 0

# What builds the page needs Node 20.19 or newer.
if ! command -v npm >/dev/null || ! newer "$(node_version || true)" 20.19; then
	build/deps.sh node
	if ! newer "$(node_version || true)" 20.19; then
		case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) echo "install Node $NODE first" >&2; exit 1 ;; esac
		echo "fetching Node $NODE"
		npm install --silent --no-save --no-package-lock --prefix "$tools/npm" "node-linux-$arch@$NODE"
		mkdir -p "$tools/node"
		cp -r "$tools/npm/node_modules/node-linux-$arch/bin" "$tools/node/bin"
	fi
fi
