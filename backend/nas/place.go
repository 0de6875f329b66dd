package nas

import (
	"context"
	"errors"
	"path"
	"strings"
)

// inspectScript lists a directory, or the nearest one above it that is there, and all directories over that, as they
// really are; then the file $2 in it.
const inspectScript = setPath + `b=$1; f=$1/$2; d=$b; n=0; ` +
	`until [ -d "$d" ]; do [ -e "$d" ] || [ -L "$d" ] && { echo "$d is not a directory" >&2; exit 1; }; d=${d%/*}; [ -n "$d" ] || d=/; n=$((n+1)); done; ` +
	`p=$(cd -P -- "$d" && pwd -P) || exit 1; echo "missing $n"; echo "real $p"; ` +
	`while :; do l=$(ls -ldn -- "$p") || exit 1; echo "dir $l"; [ "$p" = / ] && break; p=${p%/*}; [ -n "$p" ] || p=/; done; ` +
	`if [ -e "$f" ] || [ -L "$f" ]; then l=$(ls -ldn -- "$f") || exit 1; echo "file $l"; fi; echo ` + scriptDone

// place is what inspectScript saw.
type place struct {
	real    string // the physical path of the deepest directory that is there
	missing int    // how many levels below it are not there yet
	unsafe  string // why somebody else than root could change what lies there; "" if nobody can
	file    bool   // the runner's file is there
}

var errListing = errors.New("its listing cannot be read")

// parsePlace reads the lines of inspectScript.
func parsePlace(lines []string) (place, error) {
	var p place
	dirs := 0
	for _, line := range lines {
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "missing":
			if len(value) > 3 {
				return p, errListing
			}
			p.missing = 0
			for _, d := range value {
				if d < '0' || d > '9' {
					return p, errListing
				}
				p.missing = 10*p.missing + int(d-'0')
			}
		case "real":
			p.real = value
		case "dir", "file":
			mode, owner, ok := parseListing(value)
			if !ok {
				return p, errListing
			}
			what := "it or a directory above it"
			want := byte('d')
			// In a sticky directory, such as /tmp, nobody but root can put another thing in the place of root's own.
			holdsRunner := key == "dir" && dirs == 0 && p.missing == 0
			if key == "file" {
				what, want, p.file = "the runner in it", '-', true
			} else {
				dirs++
			}
			switch {
			case p.unsafe != "":
			case mode[0] != want:
				p.unsafe = what + " is a link or no ordinary file"
			case owner != "0":
				p.unsafe = what + " is not owned by root"
			case (mode[5] == 'w' || mode[8] == 'w') && (holdsRunner || mode[9] != 't' && mode[9] != 'T'):
				p.unsafe = what + " can be written by others than root"
			}
		default:
			return p, errListing
		}
	}
	if !path.IsAbs(p.real) || path.Clean(p.real) != p.real || dirs == 0 {
		return p, errListing
	}
	return p, nil
}

// parseListing takes mode and owner from a line of ls -ldn.
func parseListing(line string) (mode, owner string, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || len(fields[0]) < 10 {
		return "", "", false
	}
	return fields[0], fields[2], true
}

// inspect looks at a candidate's bin directory.
func (c *Conn) inspect(ctx context.Context, dir, file string, root bool) (place, error) {
	args := []string{path.Join(dir, "bin"), file}
	var lines []string
	var err error
	if root {
		lines, err = c.runRoot(ctx, nil, inspectScript, args...)
	} else {
		lines, err = c.runPlain(ctx, nil, inspectScript, args...)
	}
	if err != nil {
		return place{}, err
	}
	p, err := parsePlace(lines)
	if err != nil {
		return place{}, &scriptError{stderr: err.Error()}
	}
	return p, nil
}
