package size_test

import (
	"testing"

	"burnish/backend/size"
)

func TestDigitsStandApart(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", -999: "-999", 1000: "1,000", -1234567: "-1,234,567",
		18_000_207_937_536: "18,000,207,937,536"} {
		if got := size.Digits(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	for n, want := range map[int64]string{1: "1 byte", 4096: "4,096 bytes", 64 << 20: "67.1 MB (67,108,864 bytes)"} {
		if got := size.Apart(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}
