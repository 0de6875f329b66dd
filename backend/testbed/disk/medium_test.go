//go:build linux

package disk

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func medium(t testing.TB, size int64) *Medium {
	t.Helper()
	m, err := newMedium(size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.powerOff() })
	return m
}

func fill(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

func mustWrite(t testing.TB, m *Medium, p []byte, off int64) {
	t.Helper()
	if err := m.write(p, off); err != nil {
		t.Fatalf("write %d bytes at %d: %v", len(p), off, err)
	}
}

func mustRead(t testing.TB, m *Medium, n int, off int64) []byte {
	t.Helper()
	p := make([]byte, n)
	if err := m.read(p, off); err != nil {
		t.Fatalf("read %d bytes at %d: %v", n, off, err)
	}
	return p
}

func TestAFailedWriteStoresWhatLiesBeforeTheBadSector(t *testing.T) {
	m := medium(t, 1*mib)
	m.FailWrites(Sector(3))
	if err := m.write(fill(7, 4*512), 1*512); !errors.Is(err, errIO) {
		t.Fatalf("got %v", err)
	}
	want := append(fill(7, 2*512), fill(0, 2*512)...)
	if got := mustRead(t, m, 4*512, 1*512); !bytes.Equal(got, want) {
		t.Error("the sectors before the bad one are not stored, or those behind it are")
	}
}

func TestAMisplacedWriteLandsElsewhereAndLeavesItsPlaceAsItWas(t *testing.T) {
	for _, delta := range []int64{+10, -10} {
		m := medium(t, 1*mib)
		mustWrite(t, m, fill(1, 64*512), 0)
		m.MisplaceWrites(Sectors{20, 21}, delta, Times(1))
		mustWrite(t, m, fill(2, 4*512), 19*512) // 19 and 22 go where they belong
		mustWrite(t, m, fill(3, 512), 40*512)
		for lba, want := range map[int64]byte{19: 2, 20: 1, 21: 1, 22: 2, 20 + delta: 2, 21 + delta: 2, 40: 3} {
			if got := mustRead(t, m, 512, lba*512); !bytes.Equal(got, fill(want, 512)) {
				t.Errorf("delta %d: sector %d holds %d, want %d", delta, lba, got[0], want)
			}
		}
	}
}

func TestAMisplacementBeyondTheDiskIsRefused(t *testing.T) {
	m := medium(t, 1*mib)
	defer func() {
		if recover() == nil {
			t.Error("it was taken")
		}
	}()
	m.MisplaceWrites(Sector(2047), 1)
}

func TestAFakeDiskStoresItsUpperHalfOverItsLower(t *testing.T) {
	m := medium(t, 1*mib)
	wrap := m.Wrap(mib / 2)
	mustWrite(t, m, fill(1, mib/2), 0)
	mustWrite(t, m, fill(2, 512), mib/2)
	if got := mustRead(t, m, 1024, 0); !bytes.Equal(got, append(fill(2, 512), fill(1, 512)...)) {
		t.Errorf("the front holds %d and %d", got[0], got[512])
	}
	if got := mustRead(t, m, 1024, mib/2-512); got[0] != 1 || got[512] != 2 {
		t.Error("a read across the seam does not go round")
	}
	wrap.Heal()
	if got := mustRead(t, m, 512, mib/2); got[0] != 0 {
		t.Error("something was stored beyond the real capacity")
	}
}

func TestAFlippedBitIsSeenWhateverIsWritten(t *testing.T) {
	m := medium(t, 1*mib)
	f := m.FlipBits(5000, 0x81)
	for _, b := range []byte{0x00, 0xff, 0x5a} {
		mustWrite(t, m, fill(b, 4096), 4096)
		want := fill(b, 4096)
		want[5000-4096] ^= 0x81
		if got := mustRead(t, m, 4096, 4096); !bytes.Equal(got, want) {
			t.Errorf("of %#x not just that byte was changed", b)
		}
	}
	f.Heal()
	if got := mustRead(t, m, 1, 5000); got[0] != 0x5a || f.Hits() != 3 {
		t.Errorf("after healing it reads %#x; %d hits", got[0], f.Hits())
	}
}

func TestAFaultWithACountIsGoneAfterThatManyRequests(t *testing.T) {
	m := medium(t, 1*mib)
	f := m.FailReads(Sectors{8, 9}, Times(2))
	p := make([]byte, 1024)
	m.read(p, 10*512) // not met
	for i, want := range []error{errIO, errIO, nil} {
		if err := m.read(p, 9*512); !errors.Is(err, want) {
			t.Errorf("read %d: got %v, want %v", i+1, err, want)
		}
	}
	if f.Hits() != 2 {
		t.Errorf("%d hits", f.Hits())
	}
}

func TestAHangingRequestGoesOnWhenHealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := medium(t, 1*mib)
		f := m.Hang(Sector(5))
		done := make(chan error, 1)
		go func() { done <- m.read(make([]byte, 1024), 4*512) }()
		time.Sleep(1000 * time.Hour)
		select {
		case err := <-done:
			t.Fatalf("it did not hang: %v", err)
		default:
		}
		mustRead(t, m, 512, 6*512)
		f.Heal()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestPowerOffLetsGoWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := medium(t, 1*mib)
		m.Hang(All)
		done := make(chan error, 1)
		go func() { done <- m.flush() }()
		synctest.Wait()
		m.powerOff()
		if err := <-done; !errors.Is(err, errIO) {
			t.Errorf("got %v", err)
		}
	})
}

func TestASlowZoneIsSlowAndTheRestIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := medium(t, 1*mib)
		m.Delay(Sectors{100, 199}, time.Minute)
		took := func(lba int64) time.Duration {
			start := time.Now()
			mustRead(t, m, 512, lba*512)
			return time.Since(start)
		}
		if in, out := took(150), took(200); in != time.Minute || out != 0 {
			t.Errorf("%v inside, %v outside", in, out)
		}
	})
}

func TestAThrottleBoundsReadsAndWritesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := medium(t, 8*mib)
		m.Throttle(1 * mib)
		start := time.Now()
		for i := range int64(4) {
			mustWrite(t, m, fill(1, mib), i*mib)
			mustRead(t, m, mib, i*mib)
		}
		if got := time.Since(start); got != 8*time.Second {
			t.Errorf("8 MiB at 1 MiB/s took %v", got)
		}
	})
}

func TestAVanishedDiskAnswersNothingAndComesBackAsItWas(t *testing.T) {
	m := medium(t, 1*mib)
	mustWrite(t, m, fill(9, 512), 0)
	f := m.Vanish()
	for what, err := range map[string]error{
		"read": m.read(make([]byte, 512), 0), "write": m.write(fill(1, 512), 0), "flush": m.flush(),
	} {
		if !errors.Is(err, errIO) {
			t.Errorf("%s: %v", what, err)
		}
	}
	f.Heal()
	if got := mustRead(t, m, 512, 0); got[0] != 9 {
		t.Errorf("it came back with %d", got[0])
	}
}

// Whatever is dropped or misplaced, a byte is stored where a sector by sector model says.
func TestWritesThroughFaultsMatchAModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		const sectors = 64
		m := medium(t, sectors*512)
		var model [sectors]byte
		dropped := Sectors{rapid.Int64Range(0, 40).Draw(r, "drop"), rapid.Int64Range(0, 63).Draw(r, "dropEnd")}
		moved := Sectors{rapid.Int64Range(8, 30).Draw(r, "move"), rapid.Int64Range(8, 50).Draw(r, "moveEnd")}
		delta := rapid.Int64Range(-8, 8).Draw(r, "delta")
		wrap := rapid.Int64Range(1, sectors).Draw(r, "wrap")
		m.DropWrites(dropped)
		m.MisplaceWrites(moved, delta)
		m.Wrap(wrap * 512)
		for i := range byte(20) {
			first := rapid.Int64Range(0, sectors-1).Draw(r, "first")
			n := rapid.Int64Range(1, sectors-first).Draw(r, "n")
			mustWrite(t, m, fill(i+1, int(n)*512), first*512)
			for lba := first; lba < first+n; lba++ {
				to := lba
				if moved.has(lba) {
					to += delta
				}
				if !dropped.has(lba) {
					model[to%wrap] = i + 1
				}
			}
		}
		stored := make([]byte, sectors*512)
		if err := m.Peek(stored, 0); err != nil {
			t.Fatal(err)
		}
		for lba, want := range model {
			if !bytes.Equal(stored[lba*512:lba*512+512], fill(want, 512)) {
				r.Fatalf("sector %d holds %d, want %d", lba, stored[lba*512], want)
			}
		}
	})
}
