//go:build linux

package inventory

import (
	"fmt"
	"slices"
	"strings"

	"burnish/backend/drive"
	"burnish/backend/reason"
)

// A drive is absent only where a look that could see all drives saw none like it. What bears a part of its identity,
// what does not say who it is, several that claim to be it, and a drive or a list that does not answer, are no absence.

// Unsure is what Find, Paths and Inspect give when it cannot be told whether a drive is there.
type Unsure struct {
	What string // what speaks for it, and where that is: a clause
}

func (e *Unsure) Error() string { return "it is not certain which device is this drive: " + e.What }

// unread reports whether who a node is was not read from the drive itself.
func (n *node) unread() bool {
	return n.noWord || n.late() || n.id.ID() == "" || n.id.Transport == "usb" && ownSerial(n.health.serial) == ""
}

// late reports whether a node did not say in time who it is.
func (n *node) late() bool { return n.timedOut || n.health.hung }

// missing says why a drive that no device is may be there all the same: nil where it is absent.
func (s *survey) missing(want drive.Identity) error {
	var list []string
	for _, n := range s.nodes {
		seen := n.id
		if n.virtual {
			seen.Kind = drive.Virtual
		}
		if seen.SizeBytes == 0 && n.attr("removable") == "1" {
			continue // a card reader without a card
		}
		why := want.MayBe(seen, n.unread())
		if why == "" && n.late() {
			why = "did not say in time which drive it is"
		}
		if why != "" {
			list = append(list, n.path()+" "+why)
		}
	}
	for _, name := range s.topo.torn {
		list = append(list, "/dev/"+strings.ReplaceAll(name, "!", "/")+" cannot be looked at")
	}
	if len(list) == 0 {
		return nil
	}
	if len(list) > maxLike {
		list = append(list[:maxLike], fmt.Sprintf("and so on (%d in all)", len(list)))
	}
	return &Unsure{What: reason.Clean(strings.Join(list, "; "), maxLike*maxText)}
}

const maxLike = 4 // devices that are named

// among finds a drive's paths.
func (s *survey) among(want drive.Identity) ([]string, error) {
	var found []unitOf
	for _, u := range s.units {
		if u.paths[0].id.Same(want) {
			found = append(found, u)
		}
	}
	switch {
	case len(found) > 1:
		var paths []*node
		for _, u := range found {
			paths = append(paths, u.paths...)
		}
		return nil, &Unsure{What: names(slices.Clip(paths), nil) + " each claim to be it"}
	case len(found) == 1:
		var paths []string
		for _, n := range found[0].paths {
			paths = append(paths, n.path())
		}
		return paths, nil
	}
	if err := s.missing(want); err != nil {
		return nil, fmt.Errorf("find %v: %w", want, err)
	}
	return nil, fmt.Errorf("find %v: %w", want, ErrNotFound)
}
