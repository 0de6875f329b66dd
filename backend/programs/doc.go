// Package programs holds the tests of the programs as they are built: the page in a browser over its bridge, and the
// release binary's own window on a display of its own.
//
// They run the files in build/bin, which `make page-test` and `make window-test` build before; a plain `go test ./...`
// runs none of them. What they prove is seen from outside: what the page shows beside what the command line prints,
// pixels of the window, jobs in the data directory, exit codes. The stories of the page are in frontend/test/e2e, since
// a browser is driven from there; this package gives them the programs, the directory, and a real SSH server with real
// block devices. Waits are generous upper bounds and end as soon as what they wait for is there.
package programs
