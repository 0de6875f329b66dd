package practice

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"burnish/backend/drive"
	"burnish/backend/label"
	"burnish/backend/surface"
)

// samples is how many places between the ends of a drive are looked at: these drives are small.
const samples = 64

// usage says what uses a drive, by its bytes and by what this machine has imported.
func (n *NAS) usage(m *medium, job string) drive.Usage {
	u := drive.Usage{Class: drive.None, Text: "nothing uses it", PhraseKind: drive.NoPhrase}
	if job != "" {
		u.Class, u.Text, u.Job = drive.BurnIn, "job "+job, job
		u.Why = []drive.Why{{Layer: drive.LayerJobs, Answer: u.Text, Sure: true}}
		return u
	}
	f, err := label.Scan(unhurried{m}, m.spec.Identity.SizeBytes, m.spec.Identity.LogicalBytes,
		label.Options{Samples: samples, OwnStamp: stamped})
	say := func(layer drive.Layer, class drive.Class, claim, format string, args ...any) {
		found := drive.Usage{Class: class, Text: fmt.Sprintf(format, args...)}
		found.Why = []drive.Why{{Layer: layer, Answer: found.Text, Sure: class != drive.CannotTell}}
		claims := u.Claims
		if claim != "" {
			claims = append(claims, string(layer)+" "+claim)
		}
		u = drive.Worse(u, found)
		u.Claims = claims
	}
	if err != nil {
		say(drive.LayerLabels, drive.CannotTell, "", "its labels could not be read: %v", err)
		return u
	}
	slices.SortStableFunc(f.Found, func(a, b label.Found) int { return cmp.Compare(b.Weight(), a.Weight()) })
	var lost []string
	for _, found := range f.Found {
		lost = append(lost, found.Text)
		if found.Kind != "zfs" {
			say(drive.LayerLabels, drive.Data, found.Mark(), "%s", found.Text)
			continue
		}
		class := n.zfs(found)
		say(drive.LayerZFS, class, string(class)+" "+found.Mark(), "%s", found.Text)
		if u.Class == class && (class == drive.Pool || class == drive.ExportedPool) {
			u.PoolName, u.PoolGUID = found.PoolName, found.PoolGUID
		}
	}
	switch {
	case len(f.Unreadable) > 0:
		say(drive.LayerLabels, drive.CannotTell, "", "medium error at byte %d, where labels are kept",
			f.Unreadable[0].Offset)
	case len(f.Found) == 0:
		say(drive.LayerLabels, drive.None, "", "none found at head, tail and partitions")
	}
	switch c := f.Content; {
	case c.UnknownAt != nil:
		say(drive.Content, drive.Data, "", "unknown content at byte %d", *c.UnknownAt)
		u.Claims = append(u.Claims, drive.Content+" "+c.Print)
	case !fewBad(c.Unreadable):
		say(drive.Content, drive.CannotTell, "", "medium error at byte %d, where content was looked for",
			c.Unreadable[0].Offset)
	default:
		say(drive.Content, drive.None, "", "both ends and all samples are blank or an earlier test's own")
	}
	u.PhraseKind = phrase(u, f)
	if u.Unlockable() && len(lost) > 0 {
		u.Text = strings.Join(lost, "; ")
	}
	return u
}

// zfs says what a ZFS label means on this machine.
func (n *NAS) zfs(f label.Found) drive.Class {
	guid, _ := strconv.ParseUint(f.PoolGUID, 10, 64)
	switch {
	case n.imported[guid]:
		return drive.Pool
	case f.PoolState == nil || *f.PoolState == label.PoolActive:
		return drive.Remote
	case *f.PoolState == label.PoolExported:
		return drive.ExportedPool
	}
	return drive.Data
}

// mostBad is how many bytes of the ends and samples, none of them where labels are kept, may be unreadable: a bad
// sector says that a drive is bad, not that it is somebody's.
const mostBad = 16 << 10

func fewBad(gaps []label.Gap) bool {
	total := int64(0)
	for _, g := range gaps {
		var io *surface.IOError
		if !errors.As(g.Err, &io) || io.Class != surface.ClassMedium {
			return false
		}
		total += g.Length
	}
	return total <= mostBad
}

func phrase(u drive.Usage, f label.Findings) drive.PhraseKind {
	switch {
	case u.Class == drive.ExportedPool && u.PoolName != "":
		return drive.PoolPhrase
	case u.Class == drive.Data, u.Class == drive.ExportedPool:
		return drive.SerialPhrase
	case u.Class == drive.CannotTell && fewBad(f.Unreadable):
		return drive.SerialPhrase
	}
	return drive.NoPhrase
}

func stamped(sector []byte) bool {
	_, ok := surface.DecodeStamp(sector)
	return ok
}

// unhurried reads a drive in no time: looking for labels is no part of a test.
type unhurried struct{ m *medium }

func (u unhurried) ReadAt(p []byte, off int64) (int, error) { return u.m.read(p, off) }
