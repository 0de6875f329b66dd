package drive

import (
	"strings"
	"testing"
)

func TestADriveMayBeThereUnderAnotherIdentity(t *testing.T) {
	was := Identity{Serial: "ZX1", Model: "ST18000", SizeBytes: 18e12, Kind: HDD, Transport: "sata"}
	named := was
	named.WWN = "5000c500a1b2c3d4"
	part := named
	part.Part = "1"
	usb := Identity{Serial: "MSFT30ABC", Model: "ASMT 2115", SizeBytes: 18e12, Kind: HDD, Transport: "usb"}
	other := Identity{Serial: "ZX2", WWN: "5000c500a1b2c3d5", Model: "ST18000", SizeBytes: 18e12, Kind: HDD,
		Transport: "sata"}
	small := other
	small.SizeBytes = 8e12
	loop := Identity{Kind: Virtual, SizeBytes: 18e12}
	renamed := named
	renamed.Serial = ""
	shrunk := named
	shrunk.SizeBytes = 8 << 20
	for name, c := range map[string]struct {
		was, seen Identity
		unread    bool
		want      string // part of what is said, empty for a drive that is another one
	}{
		"a name where it had none":       {was, named, false, "worldwide name 5000c500a1b2c3d4 instead of none"},
		"no name where it had one":       {named, was, false, "worldwide name none instead of 5000c500a1b2c3d4"},
		"a part of a drive that had one": {named, part, false, "part 1 instead of none"},
		"the serial number is hidden":    {named, renamed, false, "serial number none instead of ZX1"},
		"another size":                   {named, shrunk, false, "8388608 bytes instead of 18000000000000"},
		"a drive of its size without identity": {was, Identity{SizeBytes: 18e12, Kind: HDD}, true,
			"does not say itself"},
		"a drive without size and identity":  {was, Identity{Kind: HDD}, true, "neither its size nor"},
		"a bridge that speaks for itself":    {named, usb, true, "does not say itself"},
		"a drive that hung on such a bridge": {usb, other, false, "its USB bridge"},
		"its sister":                         {named, other, false, ""},
		"its sister, where it had no name":   {was, other, false, ""},
		"a smaller one without identity":     {named, Identity{SizeBytes: 8e12, Kind: HDD}, true, ""},
		"a smaller one, after a USB bridge":  {usb, small, false, ""},
		"a loop device without identity":     {named, loop, true, ""},
		"a loop device, after a USB bridge":  {usb, loop, false, ""},
	} {
		got := c.was.MayBe(c.seen, c.unread)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
