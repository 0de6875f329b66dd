//go:build linux

package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"burnish/backend/drive"
	"burnish/backend/label"
)

const (
	zfsLayer   = "zfs"
	labelLayer = "labels"
)

// zfsAnswers matches a drive's ZFS labels, and its paths, against what is imported. What the guids say goes before
// what the labels' own states say.
func (t *topology) zfsAnswers(n *node, found []label.Found, i imported, boot map[string]string) []answer {
	var out []answer
	member := func(v *vdev, how string) {
		a := claim(zfsLayer, drive.Pool, "%v%s", v, how).in("pool "+v.pool.name, v.role, v.inGroup(), v.state)
		a.poolName, a.poolGUID, a.dispensable = v.pool.name, v.pool.guid, i.dispensable(v)
		a.remedy = v.wayOut()
		if a.dispensable {
			a.text += "; its pool keeps its redundancy without it"
		}
		out = append(out, a)
		if point, ok := boot[v.pool.name]; ok {
			out = append(out, claim("boot", drive.Boot, "the NAS runs from pool %s (%s)", v.pool.name, point))
		}
	}
	labels := 0
	for _, f := range found {
		if f.Kind != "zfs" {
			continue
		}
		labels++
		switch v := i.byGUID[f.VdevGUID]; {
		case i.silent:
			out = append(out, failed(zfsLayer, "%s; ZFS is loaded, but zpool is not there to say what is imported", f.Text))
		case f.VdevGUID != "" && v != nil:
			member(v, "")
		default:
			a := i.notMember(f)
			a.marks = []string{fmt.Sprintf("pool %s vdev %s", cmp.Or(f.PoolGUID, "unknown"), cmp.Or(f.VdevGUID, "unknown"))}
			out = append(out, a)
		}
	}
	for _, v := range i.byPath {
		b := t.resolve(v.path)
		if b == nil || b.disk != n.block || v.gone() && labels == 0 {
			continue // a device that the pool misses is not the drive that bears its name today
		}
		member(v, " (by its path)")
	}
	switch {
	case i.err != nil:
		out = append(out, because(zfsLayer, i.err))
	case len(out) == 0:
		out = append(out, clean(zfsLayer, "no ZFS label, in no imported pool"))
	}
	return out
}

// notMember judges a label whose device no imported pool lists.
func (i *imported) notMember(f label.Found) answer {
	state := label.PoolActive // what cannot be read is taken for the worst
	if f.PoolState != nil {
		state = *f.PoolState
	}
	var a answer
	switch p := i.pools[f.PoolGUID]; {
	case f.PoolGUID != "" && p != nil && f.VdevGUID == "":
		a = claim(zfsLayer, drive.Pool, "pool %s, by a damaged label", p.name)
		a.poolName = p.name
	case f.PoolGUID != "" && p != nil:
		return claim(zfsLayer, drive.Data, "stale label of pool %s, which does not list this device any more", p.name)
	case f.PoolGUID == "" && f.VdevGUID == "":
		return claim(zfsLayer, drive.Data, "%s", f.Text)
	case state == label.PoolExported:
		a = claim(zfsLayer, drive.ExportedPool, "%s", f.Text).in("pool "+cmp.Or(f.PoolName, f.PoolGUID), "exported")
		a.poolName = f.PoolName
	case state == label.PoolDestroyed, state == label.PoolSpare, state == label.PoolCache:
		return claim(zfsLayer, drive.Data, "%s", f.Text)
	default:
		host := "an unknown host"
		if name := cmp.Or(f.Hostname, f.HostID); name != "" {
			host = "host " + name
		}
		a = claim(zfsLayer, drive.Remote, "pool %s, not exported, last used by %s", cmp.Or(f.PoolName, f.PoolGUID, "without a name"), host).in("pool "+cmp.Or(f.PoolName, f.PoolGUID), "not exported", host)
		a.poolName = f.PoolName
	}
	a.poolGUID = f.PoolGUID
	return a
}

// labelAnswers judges all labels but those of ZFS: one that belongs to something that is active here is in use,
// wherever the kernel thinks its members are; any other is data.
func (a *active) labelAnswers(found []label.Found) []answer {
	var out []answer
	var data []label.Found
	for _, f := range found {
		var class drive.Class
		var by string
		switch f.Kind {
		case "zfs":
			continue
		case "md":
			class, by = drive.RAID, a.md[bare(f.UUID)]
			if by == "" && a.mdErr != nil {
				out = append(out, failed(labelLayer, "%s; %v", f.Text, a.mdErr))
			}
		case "lvm":
			if class = drive.LVM; f.Name != "" {
				by = a.vg[f.Name]
			} else if len(a.vg) > 0 {
				one := failed(labelLayer, "%s; it names no volume group, and some are active here", f.Text)
				one.remedy = "pvs on the NAS says which volume group it is in: take it out with vgreduce. Where it is in none, pvremove takes its label away."
				out = append(out, one)
			}
		case "luks":
			class, by = drive.LUKS, a.luks[bare(f.UUID)]
		case "btrfs":
			class, by = drive.Btrfs, a.btrfs[bare(f.UUID)]
		case "bcache":
			class, by = drive.OpenByProcess, a.bcache[bare(f.UUID)]
		case "bcachefs":
			class, by = drive.Mounted, a.bcachefs[bare(f.UUID)]
		case "imsm", "ddf", "firmware_raid":
			class, by = drive.RAID, a.assembled[f.Kind]
		case "drbd":
			class, by = drive.OpenByProcess, a.assembled[f.Kind]
		}
		switch {
		case by != "" && a.assembled[f.Kind] == by:
			one := claim(labelLayer, class, "%s, which may be one of %s, which is active here", f.Text, by)
			one.remedy = "Look whether it is a member of " + by + ", and take it out if it is. Where it is of something that nobody needs any more, erase its label by hand (wipefs)."
			out = append(out, one)
			continue
		case by != "":
			out = append(out, claim(labelLayer, class, "%s, which is active here (%s)", f.Text, by))
			continue
		}
		data = append(data, f)
	}
	if len(data) > 0 {
		a := claim(labelLayer, drive.Data, "%s", told(data))
		for _, f := range data {
			a.marks = append(a.marks, mark(f))
		}
		out = append(out, a)
	}
	return out
}

// mark is what a label is known by: its kind and the identity that it bears, else where it stands.
func mark(f label.Found) string {
	if id := strings.TrimSpace(f.UUID + " " + f.DeviceUUID); id != "" {
		return f.Kind + " " + id
	}
	return fmt.Sprintf("%s %s at byte %d", f.Kind, f.Name, f.Offset)
}

// tables are the labels that only divide a drive: what is in it says more.
var tables = map[string]bool{"gpt": true, "gpt_backup": true, "mbr": true, "apm": true, "bsd": true, "sun": true}

// told names what was found, what bears data first.
func told(found []label.Found) string {
	var contents, divisions []string
	for _, f := range found {
		switch {
		case !tables[f.Kind]:
			contents = append(contents, f.Text)
		case f.Kind != "gpt_backup" || len(divisions) == 0:
			divisions = append(divisions, f.Text)
		}
	}
	const shown = 3
	all, more := append(contents, divisions...), ""
	if len(all) > shown {
		all, more = all[:shown], " and more"
	}
	return strings.Join(all, "; ") + more
}

// company says which other drives bear labels of the pool that this one's label names, for whoever thinks of erasing it.
func (s *survey) company(u unitOf, guid string) string {
	var here []string
	for _, other := range s.units {
		if other.paths[0] == u.paths[0] {
			continue
		}
		for _, n := range other.paths {
			l := s.looks[n]
			if l != nil && slices.ContainsFunc(l.found.Found, func(f label.Found) bool { return f.Kind == "zfs" && f.PoolGUID == guid }) {
				here = append(here, fmt.Sprintf("%s (%s)", n.path(), cmp.Or(n.id.Serial, n.id.ID())))
				break
			}
		}
	}
	const shown = 6
	switch n := len(here); {
	case n == 0:
		return "no other member of this pool is here"
	case n > shown:
		here = append(here[:shown], fmt.Sprintf("%d more", n-shown))
	}
	return "the pool's other members here: " + strings.Join(here, ", ")
}
