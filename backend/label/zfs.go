package label

import (
	"fmt"
	"strconv"
)

const (
	zfsLabelSize  = 256 << 10
	zfsConfigAt   = 16 << 10 // in a label: the nvlist
	zfsConfigSize = 112 << 10
	zfsRingAt     = 128 << 10 // in a label: the uberblocks
	zfsRingSize   = 128 << 10
	zfsRingStep   = 1 << 10 // smallest uberblock slot; larger ones start at multiples of it
	zfsUberMagic  = 0x00bab10c
	zfsMMPMagic   = 0xa11cea11
	zfsCacheAt    = 4 << 20 // L2ARC device header
	zfsCacheMagic = 0x5a46534341434845
	zfsMaxState   = 7
)

// zfsLabels finds the four labels of a vdev: two at the head, two at the tail, where the tail is
// that of the region cut to whole labels. Copies that agree become one Found. Spares and cache
// devices have labels of the same shape, without a pool's name.
func zfsLabels(g region) []Found {
	whole := g.size / zfsLabelSize * zfsLabelSize
	offsets := []int64{0, zfsLabelSize}
	if whole >= 4*zfsLabelSize {
		offsets = append(offsets, whole-2*zfsLabelSize, whole-zfsLabelSize)
	}
	var found []Found
	for _, off := range offsets {
		if off+zfsLabelSize > g.size {
			continue
		}
		f, ok := zfsLabel(g, off)
		if !ok {
			continue
		}
		if i := zfsSame(found, f); i >= 0 {
			found[i] = zfsMerge(found[i], f)
		} else {
			found = append(found, f)
		}
	}
	if b := g.at(zfsCacheAt, 512); len(b) == 512 && (b.le64(0) == zfsCacheMagic || b.be64(0) == zfsCacheMagic) &&
		len(found) == 0 {
		found = append(found, Found{Kind: "zfs", Offset: g.base + zfsCacheAt, VdevRole: "cache", Damaged: true,
			Print: digest(b)})
	}
	for i := range found {
		found[i].Text = zfsText(found[i])
	}
	return found
}

// zfsSame finds the label that f is a copy of: one that says the same of membership and state.
func zfsSame(found []Found, f Found) int {
	for i, o := range found {
		if o.PoolGUID == f.PoolGUID && o.VdevGUID == f.VdevGUID && o.Print == f.Print && o.PoolName == f.PoolName &&
			o.HostID == f.HostID &&
			o.Damaged == f.Damaged && (o.PoolState == nil) == (f.PoolState == nil) && (o.PoolState == nil ||
			*o.PoolState == *f.PoolState) {
			return i
		}
	}
	return -1
}

// zfsMerge counts a copy, and keeps what the newer of the two says.
func zfsMerge(a, b Found) Found {
	n, off := a.LabelsSeen+b.LabelsSeen, a.Offset
	write, multihost := a.LastWrite, a.Multihost
	if b.LastWrite > write {
		write, multihost = b.LastWrite, b.Multihost
	}
	if b.TXG > a.TXG {
		a = b
	}
	a.Offset, a.LabelsSeen, a.LastWrite, a.Multihost = off, n, write, multihost
	return a
}

// zfsLabel reads one label. A list that cannot be read to its end still counts when it holds a
// guid, and uberblocks count without any list.
func zfsLabel(g region, off int64) (Found, bool) {
	f := Found{Kind: "zfs", Offset: g.base + off, LabelsSeen: 1}
	list := g.at(off+zfsConfigAt, zfsConfigSize)
	config, sound := parseNVList(list)
	f.Damaged = !sound
	pool, hasPool := config.number("pool_guid")
	leaf, hasLeaf := config.number("guid")
	ring := g.at(off+zfsRingAt, zfsRingSize)
	uber := zfsUberblocks(ring, &f)
	if !hasLeaf {
		f.Print = digest(list, ring)
	}
	if !hasPool && !hasLeaf {
		f.Damaged = true
		return f, uber
	}
	if hasPool {
		f.PoolGUID = strconv.FormatUint(pool, 10)
	}
	if hasLeaf {
		f.VdevGUID = strconv.FormatUint(leaf, 10)
	}
	if top, ok := config.number("top_guid"); ok {
		f.TopGUID = strconv.FormatUint(top, 10)
	}
	if state, ok := config.number("state"); ok && state <= zfsMaxState {
		n := int(state)
		f.PoolState = &n
	}
	if id, ok := config.number("hostid"); ok {
		f.HostID = fmt.Sprintf("%08x", id)
	}
	f.TXG, _ = config.number("txg")
	f.PoolName, f.Hostname = config.text("name"), config.text("hostname")
	tree := config.list("vdev_tree")
	f.VdevType = tree.text("type")
	f.VdevRole = zfsRole(f, config, tree)
	return f, true
}

func zfsRole(f Found, config, tree nvlist) string {
	is := func(name string) bool {
		a, _ := config.number(name)
		b, _ := tree.number(name)
		return a == 1 || b == 1
	}
	bias := tree.text("alloc_bias")
	switch {
	case f.PoolState != nil && *f.PoolState == PoolSpare, is("is_spare"):
		return "spare"
	case f.PoolState != nil && *f.PoolState == PoolCache, is("is_l2cache"):
		return "cache"
	case is("is_log"), bias == "log":
		return "log"
	case bias == "special", bias == "dedup":
		return bias
	}
	return ""
}

// zfsUberblocks says whether any uberblock is in the ring, and notes the newest in f.
func zfsUberblocks(ring block, f *Found) bool {
	any, newest := false, uint64(0)
	for off := 0; off < len(ring); off += zfsRingStep {
		word := ring.le64
		if ring.be64(off) == zfsUberMagic {
			word = ring.be64
		} else if ring.le64(off) != zfsUberMagic {
			continue
		}
		txg, stamp := word(off+16), word(off+32)
		if any && txg < newest {
			continue
		}
		any, newest = true, txg
		f.LastWrite = 0
		if stamp < 1<<40 { // a later one is damage, not the year 36812
			f.LastWrite = int64(stamp)
		}
		f.Multihost = word(off+176) == zfsMMPMagic && word(off+184) != 0
	}
	return any
}

func zfsText(f Found) string {
	if f.PoolGUID == "" && f.VdevGUID == "" {
		if f.VdevRole == "cache" {
			return "remains of a ZFS cache device"
		}
		return "a damaged ZFS label that names no pool"
	}
	what, host := "ZFS pool", ""
	if f.VdevRole != "" {
		what = f.VdevRole + " device of a ZFS pool"
	}
	if f.PoolName == "" && f.PoolGUID != "" {
		what += " with guid " + f.PoolGUID
	}
	what = named(what, f.PoolName)
	if f.Hostname != "" {
		host = `, last used by host "` + f.Hostname + `"`
	}
	switch {
	case f.PoolState == nil:
		return what + ", state not said" + host
	case *f.PoolState == PoolActive:
		return what + ", not exported" + host
	case *f.PoolState == PoolExported:
		return what + ", exported" + host
	case *f.PoolState == PoolDestroyed:
		return what + ", destroyed" + host
	case *f.PoolState == PoolSpare, *f.PoolState == PoolCache:
		return what + host
	}
	return fmt.Sprintf("%s, in state %d%s", what, *f.PoolState, host)
}
