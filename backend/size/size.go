// Package size says sizes as people read them.
//
// Its one rule: decimal, as on a drive's label (1 TB is 10^12 bytes), with one digit after the point, and in bytes
// below a megabyte. Where single bytes matter, the exact number stands beside.
package size

import (
	"fmt"
	"math"
	"strconv"
)

var units = []struct {
	bytes float64
	name  string
}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}}

// unit is the largest one of which there is at least one, once rounded to a tenth; "" below a megabyte.
func unit(n int64) (bytes float64, name string) {
	for _, u := range units {
		if tenths(n, u.bytes) >= 1 {
			return u.bytes, u.name
		}
	}
	return 1, ""
}

// Text says a size: "18.0 TB", "512 bytes".
func Text(n int64) string {
	bytes, name := unit(n)
	switch {
	case n == 1:
		return "1 byte"
	case name == "":
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", tenths(n, bytes), name)
}

// tenths counts units, rounded to a tenth.
func tenths(n int64, unit float64) float64 { return math.Round(float64(n)/unit*10) / 10 }

// Exact says a size and the number of its bytes: "18.0 TB (18000207937536 bytes)".
func Exact(n int64) string {
	if _, name := unit(n); name == "" {
		return Text(n)
	}
	return fmt.Sprintf("%s (%d bytes)", Text(n), n)
}

// Apart is Exact with separators in the number of bytes: "18.0 TB (18,000,207,937,536 bytes)".
func Apart(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	if _, name := unit(n); name == "" {
		return Digits(n) + " bytes"
	}
	return fmt.Sprintf("%s (%s bytes)", Text(n), Digits(n))
}

// Digits gives a number with separators: "18,000,207".
func Digits(n int64) string {
	d := strconv.FormatInt(n, 10)
	for at := len(d) - 3; at > 0 && d[at-1] != '-'; at -= 3 {
		d = d[:at] + "," + d[at:]
	}
	return d
}

// Part says how much of a whole, in the unit of the whole, and never more than it is: "1.5 of 18.0 TB".
func Part(n, of int64) string {
	bytes, name := unit(of)
	switch {
	case name == "":
		return fmt.Sprintf("%d of %d bytes", n, of)
	case n == 0:
		return fmt.Sprintf("none of %s", Text(of))
	case n >= of:
		return fmt.Sprintf("%.1f of %s", tenths(of, bytes), Text(of))
	}
	return fmt.Sprintf("%.1f of %s", math.Floor(float64(n)/bytes*10)/10, Text(of))
}
