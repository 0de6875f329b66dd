package practice

import (
	"encoding/binary"

	"burnish/backend/label"
	"burnish/backend/surface/faultdev"
)

// Pool is the ZFS pool whose labels a drive bears.
type Pool struct {
	Name     string
	GUID     uint64
	Vdev     uint64 // the guid of this member
	Hostname string
	Exported bool
}

// write puts the four labels of a vdev where ZFS has them: in each, 16 KiB from its begin, a list of names and values.
func (p *Pool) write(d *faultdev.Device, size int64) {
	const labelBytes, listAt = 256 << 10, 16 << 10
	state := uint64(label.PoolActive)
	if p.Exported {
		state = label.PoolExported
	}
	list := append([]byte{1, 1, 0, 0}, encode([]pair{ // XDR, big endian
		{"version", uint64(5000)}, {"name", p.Name}, {"state", state}, {"txg", uint64(4242)}, {"pool_guid", p.GUID},
		{"hostid", uint64(0x1badcafe)}, {"hostname", p.Hostname}, {"top_guid", p.Vdev + 1}, {"guid", p.Vdev},
		{"vdev_tree", []pair{{"type", "mirror"}, {"guid", p.Vdev + 1}}},
	})...)
	whole := size / labelBytes * labelBytes
	for _, at := range []int64{0, labelBytes, whole - 2*labelBytes, whole - labelBytes} {
		d.Poke(list, at+listAt)
	}
}

// pair is a name and its value: a uint64, a string or a list of pairs.
type pair struct {
	name  string
	value any
}

// encode writes a list as XDR: the size of each pair, its name, its type, how many values, the value; two zeros at the
// end.
func encode(list []pair) []byte {
	const number, text, nested = 8, 9, 19
	word := binary.BigEndian.AppendUint32
	str := func(s string) []byte {
		b := append(word(nil, uint32(len(s))), s...)
		return append(b, make([]byte, -len(b)&3)...)
	}
	out := binary.BigEndian.AppendUint64(nil, 1) // version 0, names are unique
	for _, p := range list {
		var kind uint32
		var value []byte
		switch v := p.value.(type) {
		case uint64:
			kind, value = number, binary.BigEndian.AppendUint64(nil, v)
		case string:
			kind, value = text, str(v)
		case []pair:
			kind, value = nested, encode(v)
		}
		body := append(word(word(str(p.name), kind), 1), value...)
		out = append(word(word(out, uint32(len(body)+8)), uint32(len(body)+40)), body...)
	}
	return append(out, make([]byte, 8)...)
}
