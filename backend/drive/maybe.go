package drive

import (
	"fmt"
	"strings"

	"burnish/backend/size"
)

// MayBe says why a device may be this drive although it does not bear its identity, as a clause without a subject: what
// is the same and what differs. It is empty where the device is another drive for certain. A drive shows more or less
// of itself depending on what it is plugged into: a bridge may hide its worldwide name, or give a name and a serial
// number of its own. unread says that who the device is could not be read, or only from what it is plugged into.
func (d Identity) MayBe(seen Identity, unread bool) string {
	same := func(a, b string) bool { return normal(a) != "" && normal(a) == normal(b) }
	kin := (d.Kind == Virtual) == (seen.Kind == Virtual)
	switch {
	case same(d.Serial, seen.Serial):
		return "bears its serial number" + d.differs(seen)
	case same(d.WWN, seen.WWN):
		return "bears its worldwide name" + d.differs(seen)
	case unread && kin && seen.SizeBytes == d.SizeBytes:
		return "has its size, and does not say itself which drive it is"
	case unread && kin && seen.SizeBytes == 0:
		return "says neither its size nor which drive it is"
	case d.Transport == "usb" && kin && seen.SizeBytes == d.SizeBytes:
		return "has its size, and the drive was known by what its USB bridge said"
	}
	return ""
}

// differs tells of all that a device shows in another way.
func (d Identity) differs(seen Identity) string {
	var list []string
	tell := func(what, now, before string) {
		if normal(now) == normal(before) {
			return
		}
		list = append(list, fmt.Sprintf("%s %s instead of %s", what, orNone(now), orNone(before)))
	}
	tell("serial number", seen.Serial, d.Serial)
	tell("worldwide name", seen.WWN, d.WWN)
	tell("part", seen.Part, d.Part)
	if seen.SizeBytes != d.SizeBytes {
		list = append(list, fmt.Sprintf("%s instead of %s (%d bytes instead of %d)", size.Text(seen.SizeBytes),
			size.Text(d.SizeBytes), seen.SizeBytes, d.SizeBytes))
	}
	if len(list) == 0 {
		return ""
	}
	return ", but shows " + strings.Join(list, " and ")
}

func orNone(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return "none"
	}
	return s
}
