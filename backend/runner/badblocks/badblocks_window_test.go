package badblocks

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
)

func TestASectorThatHoldsAnythingButOnePatternIsNoneOfBadblocks(t *testing.T) {
	for _, b := range []byte{0xaa, 0x55, 0xff, 0} {
		if !bbPattern(bytes.Repeat([]byte{b}, 512)) {
			t.Errorf("a sector of %#x is not taken for what badblocks wrote", b)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{512, 4096}).Draw(t, "size")
		p := bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, size)
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			p[rapid.IntRange(0, size-1).Draw(t, "at")] = rapid.Byte().Draw(t, "to")
		}
		one := bytes.Count(p, p[:1]) == size
		if want := one && slices.Contains([]byte{0xaa, 0x55, 0xff, 0}, p[0]); bbPattern(p) != want {
			t.Errorf("%x…: %v", p[:8], !want)
		}
	})
}

func TestAWindowIsASmallPartOfTheDriveAndMoreThanItsCache(t *testing.T) {
	const gib = 1 << 30
	for size, want := range map[int64]int64{
		20_000 * gib: 32 * gib, 2048 * gib: 32 * gib, 1024 * gib: 16 * gib, 64 * gib: gib, 8 * gib: gib, gib / 2: gib,
	} {
		if got := bbStep(burnin.StageSpec{}, size, 4096); got != want {
			t.Errorf("of %d GiB a window is %d MiB, want %d", size/gib, got>>20, want>>20)
		}
	}
	if got := bbStep(burnin.StageSpec{}, 1_000_204_886_016, 4096); got%4096 != 0 || got > 1_000_204_886_016/64 ||
		got < gib {
		t.Errorf("%d", got)
	}
	if got := bbStep(burnin.StageSpec{WindowMiB: 16}, 1024*gib, 4096); got != 16<<20 {
		t.Errorf("a plan's own window is %d", got)
	}
}
