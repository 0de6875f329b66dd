package label

// nvlist is a name-value list as ZFS stores it: its numbers, strings and lists; other types are left out.
type nvlist map[string]any // uint64, string, nvlist

const (
	nvMaxDepth = 6
	nvMaxPairs = 512 // of one list; a label has some 30

	nvXDR    = 1
	nvUint64 = 8
	nvString = 9
	nvList   = 19
)

// parseNVList reads an XDR list with its four-byte stream header. What could be read before the
// first fault is returned with ok false.
func parseNVList(b block) (list nvlist, ok bool) {
	if b.u8(0) != nvXDR || b.u8(1) > 1 {
		return nil, false
	}
	list, ok = nvPairs(b, 4, 0)
	return list, ok
}

// nvPairs reads a list whose version and flags stand at off.
func nvPairs(b block, off, depth int) (list nvlist, ok bool) {
	list = nvlist{}
	if depth > nvMaxDepth || b.cut(off, 8) == nil || b.be32(off) != 0 {
		return list, false
	}
	off += 8
	for range nvMaxPairs {
		if b.cut(off, 8) == nil {
			return list, false
		}
		size := int64(b.be32(off)) // of the pair as encoded; the decoded size beside it is of no use here
		if size == 0 {
			return list, b.be32(off+4) == 0
		}
		if size < 20 || size > int64(len(b)-off) {
			return list, false
		}
		pair := b.cut(off, int(size))
		nameLen := int64(pair.be32(8))
		if nameLen == 0 || nameLen > 256 || 12+(nameLen+3)/4*4+8 > size {
			return list, false
		}
		name := string(pair.cut(12, int(nameLen)))
		value := 12 + int(nameLen+3)/4*4
		kind, count := pair.be32(value), pair.be32(value+4)
		value += 8
		switch {
		case kind == nvUint64 && count == 1 && pair.cut(value, 8) != nil:
			list[name] = pair.be64(value)
		case kind == nvString && count == 1:
			n := int64(pair.be32(value))
			if n > size-int64(value)-4 {
				return list, false
			}
			list[name] = string(pair.cut(value+4, int(n)))
		case kind == nvList && count == 1:
			inner, sound := nvPairs(pair, value, depth+1)
			list[name] = inner
			if !sound {
				return list, false
			}
		}
		off += int(size)
	}
	return list, false
}

func (l nvlist) number(name string) (uint64, bool) {
	v, ok := l[name].(uint64)
	return v, ok
}

// text is a string made fit to be shown; empty when there is none.
func (l nvlist) text(name string) string {
	v, _ := l[name].(string)
	return clean(v)
}

func (l nvlist) list(name string) nvlist {
	v, _ := l[name].(nvlist)
	return v
}
