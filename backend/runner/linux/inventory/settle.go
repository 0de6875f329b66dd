//go:build linux

package inventory

import (
	"regexp"
	"slices"
	"strings"

	"burnish/backend/drive"
)

// unitOf is one drive with all its paths, or one device that cannot be told from another.
type unitOf struct {
	paths   []*node // by name
	answers []answer
}

const identityLayer = drive.LayerIdentity

// settle compares all nodes: which are paths of one drive, which are parts of one, which cannot be told apart. It
// sets Part where a serial number has several units.
func settle(nodes []*node) []unitOf {
	twins := parts(nodes)
	bySame := map[string][]*node{}
	byName := map[string][]*node{} // by worldwide name
	for _, n := range nodes {
		bySame[n.id.ID()] = append(bySame[n.id.ID()], n)
		if n.id.WWN != "" {
			byName[n.id.WWN] = append(byName[n.id.WWN], n)
		}
	}
	var out []unitOf
	done := map[*node]bool{}
	for _, n := range nodes {
		same := bySame[n.id.ID()]
		switch {
		case done[n]:
		case n.timedOut && n.id.ID() == "":
			a := because(identityLayer, errNoAnswer)
			a.text = "it does not answer who it is"
			out = append(out, unitOf{paths: []*node{n}, answers: []answer{a}})
		case n.id.ID() == "":
			out = append(out, unitOf{paths: []*node{n}, answers: []answer{
				claim(identityLayer, drive.Duplicate, "neither a serial number nor a worldwide name of its own can "+
					"be read")}})
		case twins[n] || len(same) != len(byName[n.id.WWN]) && n.id.WWN != "" || len(same) > 1 && !pathsOfOne(same):
			others := union(same, byName[n.id.WWN], serialMates(nodes, n, twins))
			out = append(out, unitOf{paths: []*node{n}, answers: []answer{
				claim(identityLayer, drive.Duplicate, "it cannot be told from %s by serial number and worldwide name",
					names(others, n))}})
		default:
			u := unitOf{paths: same}
			for _, p := range same {
				done[p] = true
			}
			if len(same) > 1 {
				u.answers = append(u.answers, clean(identityLayer, "one drive with %d paths: %s", len(same),
					names(same, nil)))
			} else {
				u.answers = append(u.answers, clean(identityLayer, "the only device that is %s", n.id.ID()))
			}
			out = append(out, u)
		}
	}
	for i := range out {
		if unread := maybeSame(nodes, out[i].paths[0]); unread != nil {
			out[i].answers = append(out[i].answers, failed(identityLayer,
				"%s has the same model and size and gives no identity: it may be this drive on another path",
				unread.path()))
		}
		if out[i].paths[0].health.hung {
			out[i].answers = append(out[i].answers, failed(identityLayer, "the drive behind the USB bridge was "+
				"asked for its serial number and does not answer"))
		}
		for _, note := range out[i].paths[0].notes {
			out[i].answers = append(out[i].answers, clean(identityLayer, "%s", note))
		}
	}
	return out
}

// parts sets Part on nodes whose serial number has several namespaces or logical units, and gives those that share
// their serial number with one that has nothing else to be known by.
func parts(nodes []*node) (twins map[*node]bool) {
	twins = map[*node]bool{}
	bySerial := map[string][]*node{}
	for _, n := range nodes {
		n.id.Part = ""
		if n.id.Serial != "" {
			bySerial[n.id.Serial] = append(bySerial[n.id.Serial], n)
		}
	}
	for _, mates := range bySerial {
		units := map[string]bool{}
		nameless := 0
		for _, n := range mates {
			unit := n.id.WWN
			if n.id.Kind == drive.NVMe {
				unit += "/" + n.unit
			} else if unit == "" {
				nameless++
			}
			units[unit] = true
		}
		switch {
		case nameless > 0 && len(mates) > 1:
			for _, n := range mates {
				twins[n] = true
			}
		case len(units) > 1:
			for _, n := range mates {
				n.id.Part = n.unit
			}
		}
	}
	return twins
}

// pathsOfOne reports whether nodes of equal identity are ways to one drive: they have a worldwide name and a size in
// common, and hang on something that can have several ways. Two USB bridges never lead to one drive, and a SATA drive
// has one cable: two at ports of their own that bear the same serial number and name are two cheap drives with one
// label.
func pathsOfOne(same []*node) bool {
	for _, n := range same {
		if n.id.WWN == "" || n.id.Serial == "" || n.virtual || n.id.Transport == "usb" ||
			onATAPort.MatchString(n.dir) || n.size != same[0].size {
			return false
		}
	}
	return true
}

// onATAPort is how a device stands in sysfs whose host is a port of a SATA controller.
var onATAPort = regexp.MustCompile(`/ata\d+/host\d+/`)

// maybeSame finds a device without any identity that may be another path to n.
func maybeSame(nodes []*node, n *node) *node {
	for _, m := range nodes {
		if m != n && m.noWord && m.size == n.size && (m.id.Model == n.id.Model || m.id.Model == "") {
			return m
		}
	}
	return nil
}

func serialMates(nodes []*node, n *node, twins map[*node]bool) []*node {
	var out []*node
	for _, m := range nodes {
		if twins[n] && m.id.Serial == n.id.Serial {
			out = append(out, m)
		}
	}
	return out
}

func union(lists ...[]*node) []*node {
	var out []*node
	for _, list := range lists {
		for _, n := range list {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// names lists the paths of nodes, without one of them.
func names(nodes []*node, without *node) string {
	var out []string
	for _, n := range nodes {
		if n != without {
			out = append(out, n.path())
		}
	}
	if len(out) > 8 {
		out = append(out[:8], "more")
	}
	return strings.Join(out, ", ")
}
