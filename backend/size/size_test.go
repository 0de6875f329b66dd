package size_test

import (
	"testing"

	"burnish/backend/size"
)

func TestSizesAreSaidAsPeopleReadThem(t *testing.T) {
	for n, want := range map[int64][2]string{
		0:                  {"0 bytes", "0 bytes"},
		1:                  {"1 byte", "1 byte"},
		4096:               {"4096 bytes", "4096 bytes"},
		949_999:            {"949999 bytes", "949999 bytes"},
		950_000:            {"1.0 MB", "1.0 MB (950000 bytes)"},
		1_000_000:          {"1.0 MB", "1.0 MB (1000000 bytes)"},
		64 << 20:           {"67.1 MB", "67.1 MB (67108864 bytes)"},
		999_960_000:        {"1.0 GB", "1.0 GB (999960000 bytes)"},
		500_107_862_016:    {"500.1 GB", "500.1 GB (500107862016 bytes)"},
		18_000_207_937_536: {"18.0 TB", "18.0 TB (18000207937536 bytes)"},
	} {
		if got := [2]string{size.Text(n), size.Exact(n)}; got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestAnAmountIsNeverMoreThanWasDone(t *testing.T) {
	for _, c := range []struct {
		n, of int64
		want  string
	}{
		{14_299_999_999_999, 18_000_207_937_536, "14.2 of 18.0 TB"},
		{18_000_207_937_535, 18_000_207_937_536, "18.0 of 18.0 TB"},
		{17_999_999_999_999, 18_000_207_937_536, "17.9 of 18.0 TB"},
		{0, 500_107_862_016, "none of 500.1 GB"},
		{20 << 20, 40 << 20, "20.9 of 41.9 MB"},
		{512, 1024, "512 of 1024 bytes"},
	} {
		if got := size.Part(c.n, c.of); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.n, c.of, got, c.want)
		}
	}
}
