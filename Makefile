# make build     build/bin/burnish: the window and the command line in one program (needs Node, GTK and WebKitGTK)
# make e2e       build/bin/burnish-e2e: the page in a browser, for tests only
# make page-test the page in Chromium, on the practice NAS and (as root) on a real SSH server
# make window-test  the real window on a display in memory
# make headless  build/bin/burnish-cli: everything but the window, needs Go alone
# make runner    the programs for the NAS, embedded by the other targets
# make test      all checks and tests; installs what they need (Debian or Ubuntu, as root or with sudo)
# make demo      practice drives are burned in, with nothing but this computer: in the window where there is a display
#                (and node), else as text, about a minute
# make changelog RELEASE=0.2.0   folds changes/*.md into CHANGELOG.md, at a release
# make lint      gofmt, go vet for Linux, Windows and macOS, golangci-lint by .golangci.yml; prettier, eslint and knip
#                for the page
# make contract  frontend/src/shared/api.ts, the contract between page and program, from app.go and backend/desk
# make bench     how fast the surface engine is beside fio and badblocks (as root), and what a fleet costs the desktop
# make compare   what it finds beside them (as root)
# make chaos     breaks everything at random (as root): SEEDS=200 scenarios, SEED=N replays one
# make lab-smart self-tests and health rules on a throw-away NAS over SSH (BURNISH_LAB_HOST, _PORT, _USER, _KEY, _HOSTKEY)
# make lab-lost  a throw-away NAS is broken in the middle of jobs (see docs/lost.md)
# make lab-safety  every use of a drive, made for real on the blank drives of a throw-away machine (see docs/safety.md)
# make fuzz      each fuzz target for a while (FUZZTIME=30s)

# What build/tools.sh fetched, where this computer has no Go and Node that are new enough.
export PATH := $(CURDIR)/build/tools/go/bin:$(CURDIR)/build/tools/node/bin:$(PATH)
export GOTOOLCHAIN ?= auto

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
BIN      := backend/runner/bin
ARCHES   := amd64 arm64
RUNNERS  := $(ARCHES:%=$(BIN)/burnish-runner-linux-%.gz)
GOFILES  := $(shell find backend $(wildcard *.go) bridge.js go.mod go.sum -name '*.go' -o -name '*.s' -o -name 'go.*' -o -name '*.sql' -o -name 'bridge.js')
PAGEFILES := $(shell find frontend -path frontend/node_modules -prune -o -path frontend/dist -prune -o -path frontend/test -prune -o -type f -print)
WINDOWTAGS := desktop,production,webkit2_41
GOBUILD  = go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)'
FUZZTIME ?= 30s

.PHONY: build changelog chaos contract e2e headless runner windows test demo run lint golangci fuzz deps clean page-test window-test bench compare lab-lost lab-smart lab-safety
headless: build/bin/burnish-cli

# The runner carries no build paths, times or versions of the checkout, so that the same source gives the same bytes
# and a test can tell a stale one.
RUNNERFLAGS := -trimpath -buildvcs=false -ldflags '-s -w -buildid='
runner: $(RUNNERS)
$(BIN)/burnish-runner-linux-%.gz: $(GOFILES)
	CGO_ENABLED=0 GOOS=linux GOARCH=$* go build $(RUNNERFLAGS) -o $(@:.gz=) ./backend/runner/main
	gzip -9 -n -f $(@:.gz=)

build/bin/burnish-cli: runner $(GOFILES)
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o $@ .

frontend/node_modules/.package-lock.json: frontend/package-lock.json
	cd frontend && npm ci --no-audit --no-fund

frontend/dist/index.html: $(PAGEFILES) frontend/node_modules/.package-lock.json
	cd frontend && npm run build

build: build/bin/burnish
build/bin/burnish: runner frontend/dist/index.html $(GOFILES)
	build/deps.sh window
	$(GOBUILD) -tags $(WINDOWTAGS) -o $@ .

e2e: build/bin/burnish-e2e
build/bin/burnish-e2e: runner frontend/dist/index.html $(GOFILES)
	CGO_ENABLED=0 $(GOBUILD) -tags e2e -o $@ .

page-test: e2e headless
	build/deps.sh page
	go test ./backend/programs -count=1 -timeout 25m -page $(V)

window-test: build headless
	build/deps.sh screen
	go test ./backend/programs -count=1 -timeout 15m -window $(V)

# The window for Windows, cross-built: it needs no GTK.
windows: build/bin/burnish.exe
build/bin/burnish.exe: runner frontend/dist/index.html $(GOFILES)
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go build -trimpath -buildvcs=false -tags desktop,production -ldflags '-s -w -H windowsgui -X main.version=$(VERSION)' -o $@ .

run: build
	build/bin/burnish $(ARGS)

deps:
	build/tools.sh
	build/deps.sh

test: deps runner
	build/test.sh

demo:
	build/tools.sh go
	build/demo.sh

lint:
	@out=$$(gofmt -l *.go backend build); [ -z "$$out" ] || { echo "gofmt: $$out"; exit 1; }
	go vet ./...
	GOOS=windows go vet ./...
	GOOS=darwin go vet ./...
	@$(MAKE) --no-print-directory golangci
	@$(MAKE) --no-print-directory frontend/node_modules/.package-lock.json
	cd frontend && npm run lint

# Built once, from the module that fixes its version, and kept until that changes.
golangci: build/bin/golangci-lint
	build/bin/golangci-lint run ./...
build/bin/golangci-lint: build/lint/go.mod build/lint/go.sum
	cd build/lint && go build -o ../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

contract:
	go run ./build/contract frontend/src/shared/api.ts

changelog:
	build/changelog.sh "$(RELEASE)"

bench:
	go test ./backend/jobs -run XXX -bench Fleet -benchtime 60x
	go test ./backend/desk -count=1 -v -run TestALineIsARow
	build/bench.sh

compare:
	build/compare.sh

SEEDS ?= 200
chaos: runner
	build/chaos.sh "$(SEEDS)" "$(SEED)"

lab-smart: headless
	go test ./backend/cli -count=1 -v -run '^TestSMARTInTheLab$$' -lab-smart -timeout 60m

lab-lost: headless
	build/lab-lost.sh

lab-safety: headless
	build/lab-safety.sh

fuzz: runner
	build/fuzz.sh $(FUZZTIME)

clean:
	rm -rf build/bin $(RUNNERS)
