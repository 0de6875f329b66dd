package smart

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// errorKind is what an entry of the ATA error log is about.
type errorKind int

// The kinds.
const (
	errorOther  errorKind = iota // such as a command that the drive refused
	errorMedium                  // a sector that it could not read, or not find
	errorLink                    // a damaged transfer
)

var (
	errorLBA  = regexp.MustCompile(` at LBA = 0x[0-9a-fA-F]+ = ([0-9]+)`)
	errorBits = regexp.MustCompile(`[A-Z]+`)
)

// kindOf reads smartctl's words for the error register: "Error: UNC 8 sectors at LBA = 0x06f57a80 = 116750976". IDNF
// and AMNF say that the drive did not find the sector, or its address mark: a defect where the sector is one of the
// drive's own, and a refusal where it is not. smartctl names an address for requests to the medium alone.
func kindOf(h *Health, text string) errorKind {
	words, _, _ := strings.Cut(text, " at LBA")
	bits := errorBits.FindAllString(words, -1)
	has := func(bit string) bool { return slices.Contains(bits, bit) }
	switch {
	case has("ICRC"):
		return errorLink
	case has("UNC"):
		return errorMedium
	case (has("IDNF") || has("AMNF")) && !has("WP") && inside(h, text):
		return errorMedium
	}
	return errorOther
}

// inside reports whether the entry's address is one of the drive's sectors.
func inside(h *Health, text string) bool {
	at := errorLBA.FindStringSubmatch(text)
	if at == nil || h.Drive.SizeBytes == nil {
		return false
	}
	sector := int64(512)
	if n := h.Drive.LogicalBytes; n != nil && *n > 0 {
		sector = *n
	}
	lba, err := strconv.ParseInt(at[1], 10, 64)
	return err == nil && lba < *h.Drive.SizeBytes/sector
}

// errorLog reads the entries of one kind.
func errorLog(kind errorKind) func(*Health) []reading {
	return func(h *Health) []reading {
		var out []reading
		for _, e := range h.ErrorLog {
			out = append(out, reading{item: fmt.Sprintf("error %d", e.Number), value: e.Text,
				holds: kindOf(h, e.Text) == kind})
		}
		return out
	}
}
