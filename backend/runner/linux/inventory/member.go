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
	zfsLayer   = drive.LayerZFS
	labelLayer = drive.LayerLabels
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
			out = append(out, claim(drive.LayerBoot, drive.Boot, "the NAS runs from pool %s (%s)", v.pool.name, point))
		}
	}
	labels := 0
	for _, f := range found {
		if f.Kind != "zfs" {
			continue
		}
		labels++
		switch v := i.byGUID[f.VdevGUID]; {
		case i.noTool:
			out = append(out, failed(zfsLayer, "%s; ZFS is loaded, but zpool is not there to say what is imported",
				f.Text))
		case f.VdevGUID != "" && v != nil:
			member(v, "")
		default:
			a := i.notMember(f)
			a.marks = []string{f.Mark()}
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
		return claim(zfsLayer, drive.Data, "stale label of pool %s, which does not list this device any more",
			p.name).weighing(label.Trace)
	case f.PoolGUID == "" && f.VdevGUID == "":
		return claim(zfsLayer, drive.Data, "%s", f.Text).weighing(f.Weight())
	case state == label.PoolExported:
		a = claim(zfsLayer, drive.ExportedPool, "%s", f.Text).in("pool "+cmp.Or(f.PoolName, f.PoolGUID), "exported")
		a.poolName = f.PoolName
	case state == label.PoolDestroyed, state == label.PoolSpare, state == label.PoolCache:
		return claim(zfsLayer, drive.Data, "%s", f.Text).weighing(f.Weight())
	default:
		a = i.notExported(f)
		a.poolName = f.PoolName
	}
	a.poolGUID = f.PoolGUID
	return a
}

// notExported judges a label of a pool that is not imported here and was not exported. One that this machine itself
// used last waits for it; any other may be in use where it was, whatever its name says. Neither is unlocked by a
// phrase.
func (i *imported) notExported(f label.Found) answer {
	name, host := cmp.Or(f.PoolName, f.PoolGUID, "without a name"), "an unknown host"
	if known := cmp.Or(f.Hostname, f.HostID); known != "" {
		host = "host " + known
	}
	own := i.own(f)
	if own == ownedPool {
		a := claim(zfsLayer, drive.Pool, "pool %s of this NAS, which is not imported and was never exported",
			name).in("pool "+name, "not imported")
		a.remedy = fmt.Sprintf("Import it (zpool import %s). Then zpool detach, replace or remove takes the drive "+
			"out of it, zpool export lets it be unlocked whole, and zpool destroy ends it.", cmp.Or(f.PoolGUID, name))
		return a
	}
	a := claim(zfsLayer, drive.Remote, "pool %s, not exported, last used by %s", name, host).in("pool "+name,
		"not exported", host)
	a.remedy = "Export or destroy the pool on the host that uses it. Where that host is gone for good, import it " +
		"here by hand (zpool import -f) and export it."
	if own == likeNamed {
		a.text += ", which is this NAS's name but not surely this NAS"
		a.remedy = fmt.Sprintf("If no other host can be using it, import it here by hand (zpool import -f %s) and "+
			"export it (zpool export). Else export or destroy it on the host that uses it.", cmp.Or(f.PoolGUID, name))
	}
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
				one.remedy = "pvs on the NAS says which volume group it is in: take it out with vgreduce. Where it " +
					"is in none, pvremove takes its label away."
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
			one.remedy = "Look whether it is a member of " + by + ", and take it out if it is. Where it is of " +
				"something that nobody needs any more, erase its label by hand (wipefs)."
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
			a.weight = max(a.weight, f.Weight())
			a.marks = append(a.marks, f.Mark())
		}
		out = append(out, a)
	}
	return out
}

// told names what was found, what would be lost most first.
func told(found []label.Found) string {
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b label.Found) int { return cmp.Compare(b.Weight(), a.Weight()) })
	var all []string
	for _, f := range found {
		copied := f.Kind == "gpt_backup" && slices.ContainsFunc(found,
			func(o label.Found) bool { return o.Kind == "gpt" && o.UUID == f.UUID })
		if !copied && !slices.Contains(all, f.Text) {
			all = append(all, f.Text)
		}
	}
	const shown = 6
	more := ""
	if len(all) > shown {
		all, more = all[:shown], fmt.Sprintf("; and %d more", len(all)-shown)
	}
	return strings.Join(all, "; ") + more
}

// company says which other drives bear labels of the pool that this one's label names, for whoever thinks of erasing
// it.
func (s *survey) company(u unitOf, guid string) string {
	var here []string
	for _, other := range s.units {
		if other.paths[0] == u.paths[0] {
			continue
		}
		for _, n := range other.paths {
			l := s.looks[n]
			if l != nil && slices.ContainsFunc(l.found.Found, func(f label.Found) bool {
				return f.Kind == "zfs" &&
					f.PoolGUID == guid
			}) {
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
	return "left without it would be the pool's other members here: " + strings.Join(here, ", ")
}
