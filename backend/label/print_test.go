package label

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func printOf(t *testing.T, d *drive, opt Options) string {
	t.Helper()
	return scanWith(t, d, d.size, d.sector, opt).Content.Print
}

// A list looks at other samples than the look right before a start, and each list at other ones than the list before.
func TestTheSameContentHasOnePrintWhateverIsSampled(t *testing.T) {
	for _, size := range []int64{mib, 9 * mib, 14 * mib, 300 * mib, 5 * gib} {
		d := newDrive(size).put(0, noise(1, int(min(size, 5*mib)))).put(size/2, noise(2, int(size/8/512%4096*512)))
		list := printOf(t, d, Options{Samples: 64, Rand: rand.New(rand.NewPCG(1, 1))})
		for seed := range uint64(3) {
			opt := Options{Samples: 1024, Near: 64, Rand: rand.New(rand.NewPCG(seed, 2))}
			if again := printOf(t, d, opt); again != list {
				t.Errorf("%d bytes: %s, then %s", size, list, again)
			}
		}
		if groups := strings.Split(list, "."); len(groups) != 2*endPrints+midPrints || groups[0] == "0" {
			t.Errorf("%d bytes: %s", size, list)
		}
	}
}

func TestOtherContentHasAnotherPrint(t *testing.T) {
	size := 5 * gib
	for _, at := range []int64{0, 3 * mib, 2 * gib, size - 4*mib, size - 4096} {
		one, other := newDrive(size).put(at, noise(1, 4096)), newDrive(size).put(at, noise(2, 4096))
		if a, b := printOf(t, one, Options{}), printOf(t, other, Options{}); at != 2*gib && a == b {
			t.Errorf("at %d: both have %s", at, a)
		}
	}
	all, then := newDrive(size).put(gib, noise(1, 200<<20)), newDrive(size).put(gib, noise(2, 200<<20))
	if printOf(t, all, Options{}) == printOf(t, then, Options{}) {
		t.Error("other content amid the drive has the same print")
	}
}

func TestWhatIsBlankOrCannotBeReadSaysSoInThePrint(t *testing.T) {
	blank := strings.TrimSuffix(strings.Repeat("0.", 2*endPrints+midPrints), ".")
	d := newDrive(gib).put(0, bytes.Repeat([]byte{0xff}, 4<<20)).put(500*mib, []byte{1, 2})
	if got := printOf(t, d, Options{}); got != blank {
		t.Errorf("a blank drive with wrong bits: %s", got)
	}
	d = newDrive(gib).put(0, noise(1, 4<<20))
	whole := strings.Split(printOf(t, d, Options{}), ".")
	d.bad = []extent{{mib + 8192, 512}, {512 * mib, 512}}
	torn := strings.Split(printOf(t, d, Options{}), ".")
	var blind []int
	for i := range torn {
		if torn[i] == "-" {
			blind = append(blind, i)
		} else if torn[i] != whole[i] {
			t.Errorf("group %d: %s, and with bad sectors elsewhere %s", i, whole[i], torn[i])
		}
	}
	if len(blind) != 2 || blind[0] != 1 || slices.Contains(blind, 0) {
		t.Errorf("groups that could not be read: %v of %v", blind, torn)
	}
}
