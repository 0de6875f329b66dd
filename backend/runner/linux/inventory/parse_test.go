//go:build linux

package inventory

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheBestNameOfAUnitIsTaken(t *testing.T) {
	naa := func(kind byte, id ...byte) string { return string(append([]byte{1, kind, 0, byte(len(id))}, id...)) }
	local, eui, ieee := naa(3, 0x30, 1, 2, 3, 4, 5, 6, 7), naa(2, 1, 2, 3, 4, 5, 6, 7, 8), naa(3, 0x50, 1, 2, 3, 4, 5,
		6, 7)
	for name, c := range map[string]struct{ body, want string }{
		"one that is unique before a local one": {local + ieee, "5001020304050607"},
		"EUI-64 before a local one":             {local + eui, "0102030405060708"},
		"a local one where there is no other":   {local, "3001020304050607"},
		"not the port's":                        {naa(0x13, 0x50, 1, 2, 3, 4, 5, 6, 7), ""},
		"up to where the page is torn":          {ieee + "\x01\x03\x00\x10\x60", "5001020304050607"},
		"none of nothing":                       {"", ""},
	} {
		if got := unitName([]byte(page(0x83, []byte(c.body)))); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := unitName([]byte(page(0x80, []byte(ieee)))); got != "" {
		t.Errorf("another page gave %q", got)
	}
}

func TestTheATAPageHasTheWholeModel(t *testing.T) {
	body := make([]byte, 56+512)
	put := func(off int, s string) { copy(body[56+off:], swapped([]byte(s))) }
	put(20, "     WD-WCC4E1234567")
	put(46, "82.00A82")
	put(54, "WDC WD40EFRX-68WT0N0                    ")
	serial, firmware, model := ataNames([]byte(page(0x89, body)))
	if serial != "WD-WCC4E1234567" || firmware != "82.00A82" || model != "WDC WD40EFRX-68WT0N0" {
		t.Errorf("%q %q %q", serial, firmware, model)
	}
}

func FuzzPages(f *testing.F) {
	f.Add([]byte(page83(naaOfSDA)))
	f.Add([]byte(page80("S1")))
	f.Fuzz(func(t *testing.T, data []byte) {
		serial, firmware, model := ataNames(data)
		for _, s := range []string{serialPage(data), unitName(data), serial, firmware, model} {
			if len(s) > maxSerial && s != unitName(data) || strings.ContainsFunc(s,
				func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%q from a drive's page", s)
			}
		}
		ownSerial(string(data))
		ownName(string(data))
	})
}

func TestSerialNumbersThatManyDevicesShareCountAsNone(t *testing.T) {
	for _, s := range []string{"", "0", "00000000", "FFFFFFFFFFFF", "0123456789ABCDEF",
		"0123456789abcdef", "12345678", "123456789ABCDEF", "1234567890", "None", "DEADBEEF", "\x00\x00"} {
		if got := ownSerial(s); got != "" {
			t.Errorf("%q counts as %q", s, got)
		}
	}
	for _, s := range []string{"1234", "WD-WCC4E1234567", "QM00001", "0123456789X", "Z1Z0"} {
		if ownSerial(s) != s {
			t.Errorf("%q counts as none", s)
		}
	}
}

func TestWorldwideNames(t *testing.T) {
	for in, want := range map[string]string{
		"naa.5000c500aabbcc01": "5000c500aabbcc01", "0x5000C500AABBCC01": "5000c500aabbcc01",
		"eui.0025385b71b0e5f1":                 "0025385b71b0e5f1",
		"00 25 38 5b 71 b0 e5 f1":              "0025385b71b0e5f1",
		"6479a7a1-0000-0000-0000-000000000001": "6479a7a1000000000000000000000001",
		"naa.0000000000000000":                 "", "ffffffffffffffff": "", "t10.ATA X": "", "abc": "", "": "",
	} {
		if got := ownName(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func FuzzMountinfo(f *testing.F) {
	f.Add([]byte("22 1 8:1 / /mnt/my\\040data rw,relatime shared:1 - ext4 /dev/sda1 rw\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		mounts, err := parseMountinfo(data)
		if err == nil && len(mounts) != bytes.Count(append(bytes.TrimSuffix(data, []byte("\n")), '\n'), []byte("\n")) {
			t.Errorf("%d mounts of %q", len(mounts), data)
		}
	})
}

func TestSMARTWord(t *testing.T) {
	yes, no := true, false
	for in, want := range map[string]*bool{
		`{"smart_status":{"passed":false}}`: &yes, `{"nvme_smart_health_information_log":{}}`: &yes,
		`{"smart_support":{"available":true,"enabled":true}}`: &yes, `{"smart_support":{"available":true,"enabled":false}}`: &no,
		`{"smartctl":{"exit_status":1,"messages":[{"string":"/dev/sdc: Unknown USB bridge [0x46f4:0x0001]"}]}}`:     &no,
		`{"smartctl":{"exit_status":1,"messages":[{"string":"/dev/sdc: Unsupported USB bridge [0x46f4:0x0001]"}]}}`: &no,
		`{"smart_support":{"available":false}}`: &no, `{"device":{}}`: nil, ``: nil, `[]`: nil,
	} {
		got := parseSMART([]byte(in)).smart
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%s: %v, want %v", in, got, want)
		}
	}
}

func TestVolumeGroupsWithHyphens(t *testing.T) {
	for in, want := range map[string]string{"vg-lv": "vg", "my--vg-root--lv": "my-vg", "pve-data_tmeta": "pve"} {
		if got := volumeGroup(in); got != want {
			t.Errorf("%s belongs to %q, want %q", in, got, want)
		}
	}
}
