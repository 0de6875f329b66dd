package label

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// pair is one name and value of a list to encode; the value is a uint64, a string or []pair.
type pair struct {
	name  string
	value any
}

func xdrString(s string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(s)))
	b = append(b, s...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// encodeList writes a list as XDR, without the stream header.
func encodeList(pairs []pair) []byte {
	out := binary.BigEndian.AppendUint64(nil, 1) // version 0, unique names
	for _, p := range pairs {
		body := xdrString(p.name)
		var kind uint32
		var value []byte
		switch v := p.value.(type) {
		case uint64:
			kind, value = nvUint64, binary.BigEndian.AppendUint64(nil, v)
		case string:
			kind, value = nvString, xdrString(v)
		case []pair:
			kind, value = nvList, encodeList(v)
		case bool:
			kind = 1 // a flag without a value, which this package leaves out
		}
		body = binary.BigEndian.AppendUint32(body, kind)
		body = binary.BigEndian.AppendUint32(body, 1)
		body = append(body, value...)
		out = binary.BigEndian.AppendUint32(out, uint32(len(body)+8))
		out = binary.BigEndian.AppendUint32(out, uint32(len(body)+40))
		out = append(out, body...)
	}
	return append(out, make([]byte, 8)...)
}

func zfsConfig(pairs ...pair) []byte { return append([]byte{1, 1, 0, 0}, encodeList(pairs)...) }

func poolConfig(state uint64, extra ...pair) []byte {
	return zfsConfig(append([]pair{
		{"version", uint64(5000)}, {"name", "tank"}, {"state", state}, {"txg", uint64(4711)},
		{"pool_guid", uint64(11400714819323198485)}, {"errata", uint64(0)}, {"hostid", uint64(0xdead)},
		{"hostname", "truenas"},
		{"top_guid", uint64(77)}, {"guid", uint64(42)}, {"features_for_read", []pair{{"com.delphix:hole_birth", true}}},
		{"vdev_tree", []pair{{"type", "mirror"}, {"guid", uint64(77)}, {"is_log", uint64(0)}}},
	}, extra...)...)
}

func uberblock(order binary.AppendByteOrder, txg, stamp, mmpDelay uint64) []byte {
	var b []byte
	for _, v := range []uint64{zfsUberMagic, 5000, txg, 1, stamp} {
		b = order.AppendUint64(b, v)
	}
	b = append(b, make([]byte, 176-len(b))...)
	b = order.AppendUint64(b, zfsMMPMagic)
	return order.AppendUint64(b, mmpDelay)
}

// member puts all four labels onto the part of d from base on, size bytes long.
func member(d *drive, base, size int64, config []byte, ubers ...[]byte) {
	whole := size / zfsLabelSize * zfsLabelSize
	for _, off := range []int64{0, zfsLabelSize, whole - 2*zfsLabelSize, whole - zfsLabelSize} {
		d.put(base+off+zfsConfigAt, config)
		for i, u := range ubers {
			d.put(base+off+zfsRingAt+int64(i)*4096, u)
		}
	}
}

func TestAMemberOfAPoolThatWasNeverExported(t *testing.T) {
	d := newDrive(20*1000*gib + 512*7)
	member(d, 0, d.size, poolConfig(PoolActive),
		uberblock(binary.LittleEndian, 4710, 1700000000, 0), uberblock(binary.LittleEndian, 4712, 1700000005, 250))
	f := only(t, d.scan(t), "zfs")
	want(t, "pool", f.PoolName, "tank")
	want(t, "pool guid", f.PoolGUID, "11400714819323198485")
	want(t, "vdev guid", f.VdevGUID, "42")
	want(t, "top guid", f.TopGUID, "77")
	want(t, "state", *f.PoolState, PoolActive)
	want(t, "host", f.Hostname, "truenas")
	want(t, "host id", f.HostID, "0000dead")
	want(t, "txg", f.TXG, 4711)
	want(t, "type", f.VdevType, "mirror")
	want(t, "role", f.VdevRole, "")
	want(t, "labels", f.LabelsSeen, 4)
	want(t, "last write", f.LastWrite, 1700000005)
	want(t, "multihost", f.Multihost, true)
	want(t, "damaged", f.Damaged, false)
	want(t, "text", f.Text, `ZFS pool "tank", not exported, last used by host "truenas"`)
}

func TestTheStateOfAPoolIsSaid(t *testing.T) {
	for state, text := range map[uint64]string{
		PoolExported:  `ZFS pool "tank", exported, last used by host "truenas"`,
		PoolDestroyed: `ZFS pool "tank", destroyed, last used by host "truenas"`,
	} {
		d := newDrive(64 * mib)
		member(d, 0, d.size, poolConfig(state))
		f := only(t, d.scan(t), "zfs")
		want(t, "state", *f.PoolState, int(state))
		want(t, "text", f.Text, text)
	}
}

// blkid says nothing of these two, which is how a live pool's spare gets overwritten.
func TestSparesAndCachesAreFoundThoughTheirLabelsNameNoPool(t *testing.T) {
	d := newDrive(64 * mib)
	member(d, 0, d.size, zfsConfig(pair{"version", uint64(5000)}, pair{"state", uint64(PoolSpare)},
		pair{"guid", uint64(9)}))
	f := only(t, d.scan(t), "zfs")
	want(t, "role", f.VdevRole, "spare")
	want(t, "pool", f.PoolName+f.PoolGUID, "")
	want(t, "vdev guid", f.VdevGUID, "9")
	want(t, "text", f.Text, "spare device of a ZFS pool")

	d = newDrive(64 * mib)
	member(d, 0, d.size, zfsConfig(pair{"state", uint64(PoolCache)}, pair{"guid", uint64(9)},
		pair{"pool_guid", uint64(8)}))
	f = only(t, d.scan(t), "zfs")
	want(t, "role", f.VdevRole, "cache")
	want(t, "text", f.Text, "cache device of a ZFS pool with guid 8")

	d = newDrive(64*mib).put(4*mib, binary.LittleEndian.AppendUint64(nil, zfsCacheMagic))
	want(t, "role by the header alone", only(t, d.scan(t), "zfs").VdevRole, "cache")
}

func TestLogAndSpecialDevicesSayTheirRole(t *testing.T) {
	for _, c := range []struct {
		extra pair
		role  string
	}{
		{pair{"is_log", uint64(1)}, "log"},
		{pair{"is_spare", uint64(1)}, "spare"},
		{pair{"vdev_tree", []pair{{"type", "disk"}, {"is_log", uint64(1)}}}, "log"},
		{pair{"vdev_tree", []pair{{"type", "mirror"}, {"alloc_bias", "special"}}}, "special"},
		{pair{"vdev_tree", []pair{{"type", "mirror"}, {"alloc_bias", "dedup"}}}, "dedup"},
	} {
		d := newDrive(64 * mib)
		member(d, 0, d.size, poolConfig(PoolActive, c.extra))
		want(t, "role", only(t, d.scan(t), "zfs").VdevRole, c.role)
	}
}

func TestASingleLabelAnywhereIsEnough(t *testing.T) {
	size := 64*mib + 100*kib
	for _, off := range []int64{0, 256 * kib, 64*mib - 512*kib, 64*mib - 256*kib} {
		f := only(t, newDrive(size).put(off+zfsConfigAt, poolConfig(PoolActive)).scan(t), "zfs")
		want(t, "offset", f.Offset, off)
		want(t, "labels", f.LabelsSeen, 1)
		want(t, "pool", f.PoolName, "tank")
	}
}

func TestADamagedListStillCountsByItsUberblocks(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		d := newDrive(64*mib).put(256*kib+zfsRingAt+127*kib, uberblock(order, 1, 2, 0))
		f := only(t, d.scan(t), "zfs")
		want(t, "damaged", f.Damaged, true)
		want(t, "offset", f.Offset, 256*kib)
	}
}

func TestAListCutShortKeepsWhatCameBefore(t *testing.T) {
	config := poolConfig(PoolActive)
	cut := slices.Clone(config[:len(config)-120])
	cut = append(cut, noise(1, 400)...)
	f := only(t, newDrive(64*mib).put(zfsConfigAt, cut).scan(t), "zfs")
	want(t, "pool", f.PoolName, "tank")
	want(t, "damaged", f.Damaged, true)
}

func TestLabelsThatDisagreeAreKeptApart(t *testing.T) {
	d := newDrive(64 * mib)
	d.put(zfsConfigAt, poolConfig(PoolExported))
	d.put(256*kib+zfsConfigAt, poolConfig(PoolActive))
	f := d.scan(t)
	if len(f.Found) != 2 || *f.Found[0].PoolState != PoolExported || *f.Found[1].PoolState != PoolActive {
		t.Errorf("found %+v, want both states", f.Found)
	}
}

func TestNamesOnALabelAreData(t *testing.T) {
	name := "ta\x1b[31mnk\u202e\"" + strings.Repeat("x", 100)
	d := newDrive(64*mib).put(zfsConfigAt, zfsConfig(pair{"name", name}, pair{"pool_guid", uint64(1)},
		pair{"state", uint64(0)}))
	f := only(t, d.scan(t), "zfs")
	want(t, "name", f.PoolName, `ta?[31mnk?"`+strings.Repeat("x", 64-11))
	if strings.Count(f.Text, `"`) != 2 {
		t.Errorf("text %q lets the name end its own quotes", f.Text)
	}
}

func TestAListThatNestsWithoutEndIsRefused(t *testing.T) {
	list := []pair{{"guid", uint64(1)}}
	for range 100 {
		list = []pair{{"vdev_tree", list}}
	}
	if _, ok := parseNVList(zfsConfig(list...)); ok {
		t.Error("a list a hundred deep was taken for sound")
	}
}
