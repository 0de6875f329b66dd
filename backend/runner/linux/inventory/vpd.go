//go:build linux

package inventory

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
)

const (
	maxPage   = 4 << 10 // bytes of a VPD page that are looked at
	maxSerial = 64      // characters of a serial number, a model or a firmware revision
)

// pageBody checks a VPD page's header and gives what follows it, cut to what is there.
func pageBody(page []byte, code byte) []byte {
	if len(page) < 4 || page[1] != code {
		return nil
	}
	return page[4:min(len(page), maxPage, 4+int(binary.BigEndian.Uint16(page[2:])))]
}

// serialPage reads the Unit Serial Number page (0x80).
func serialPage(page []byte) string { return ascii(pageBody(page, 0x80)) }

// unitName reads the Device Identification page (0x83) and gives the best name of the logical unit, as hex: NAA
// before EUI-64, names that are unique in the world before those that are local. T10 names are left out: they are
// made of model and serial number and say nothing that these don't.
func unitName(page []byte) string {
	best, rank := "", 0
	for body := pageBody(page, 0x83); len(body) >= 4; {
		length := int(body[3])
		if length > len(body)-4 {
			break // the rest is torn
		}
		binaryCode, unit, kind, id := body[0]&0xf == 1, body[1]>>4&3 == 0, body[1]&0xf, body[4:4+length]
		body = body[4+length:]
		if !binaryCode || !unit {
			continue
		}
		if r := nameRank(kind, id); r > rank {
			best, rank = hex.EncodeToString(id), r
		}
	}
	return best
}

func nameRank(kind byte, id []byte) int {
	switch {
	case kind == 3 && len(id) == 16 && id[0]>>4 == 6:
		return 5
	case kind == 3 && len(id) == 8 && id[0]>>4 == 5:
		return 4
	case kind == 3 && len(id) == 8 && id[0]>>4 == 2:
		return 3
	case kind == 2 && (len(id) == 8 || len(id) == 12 || len(id) == 16):
		return 2
	case kind == 3 && len(id) == 8 && id[0]>>4 == 3:
		return 1
	}
	return 0
}

// ataNames reads serial, firmware and model from the ATA Information page (0x89), where they are whole: the INQUIRY
// data of a SAT layer cuts the model to 16 characters and the firmware to 4.
func ataNames(page []byte) (serial, firmware, model string) {
	const identify = 56 // IDENTIFY DEVICE data in the page's body
	body := pageBody(page, 0x89)
	if len(body) < identify+94 {
		return "", "", ""
	}
	id := body[identify:]
	return ascii(swapped(id[20:40])), ascii(swapped(id[46:54])), ascii(swapped(id[54:94]))
}

// swapped undoes ATA's order of characters in a string.
func swapped(b []byte) []byte {
	out := make([]byte, len(b))
	for i := 0; i+1 < len(b); i += 2 {
		out[i], out[i+1] = b[i+1], b[i]
	}
	return out
}

// ascii is a drive's string without its padding; what does not print becomes '?'.
func ascii(b []byte) string {
	b = b[:min(len(b), maxSerial)]
	out := make([]byte, len(b))
	for i, c := range b {
		switch {
		case c == 0:
			c = ' '
		case c < ' ' || c > '~':
			c = '?'
		}
		out[i] = c
	}
	return strings.TrimSpace(string(out))
}

// countings are what a bridge says whose maker never gave it a serial number.
var countings = []string{"0123456789ABCDEF0123456789ABCDEF", "1234567890ABCDEF1234567890ABCDEF",
	"12345678901234567890", "123456789ABCDEF0123456789ABCDEF"}

// ownSerial gives a serial number, or nothing where it is one that many devices share.
func ownSerial(s string) string {
	s = ascii([]byte(s))
	upper := strings.ToUpper(s)
	if upper == "" || strings.Trim(upper, upper[:1]) == "" { // one character over and over
		return ""
	}
	switch upper {
	case "NONE", "N/A", "UNKNOWN", "DEFAULT", "DEADBEEF", "NOT SPECIFIED", "TO BE FILLED BY O.E.M.":
		return ""
	}
	if len(upper) >= 5 {
		for _, c := range countings {
			if strings.HasPrefix(c, upper) {
				return ""
			}
		}
	}
	return s
}

// ownName gives a worldwide name as hex without a prefix, or nothing where it is no name.
func ownName(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, prefix := range []string{"naa.", "eui.", "uuid.", "0x"} {
		s = strings.TrimPrefix(s, prefix)
	}
	s = strings.NewReplacer("-", "", " ", "").Replace(s)
	if raw, err := hex.DecodeString(s); err != nil || len(raw) < 8 || len(raw) > 16 || strings.Trim(s, s[:1]) == "" {
		return ""
	}
	return s
}
