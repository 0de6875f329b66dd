//go:build linux

package linux

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"burnish/backend/surface"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
)

var compareEngines = flag.Bool("surface-compare", false, "print what burnish, badblocks and fio find on faulty "+
	"devices (as root)")

// findings keeps what an engine tells beside its result.
type findings struct {
	benchObserver
	healed int
	slow   int64 // requests that took longer than a second
}

func (f *findings) Bad(surface.Range)         {}
func (f *findings) Transient(surface.Range)   { f.healed++ }
func (f *findings) Stretch(s surface.Stretch) { f.slow += s.Slow }

// stamped has our engine go over a device, and tells what it found.
func stamped(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dev, err := reopen(f, true, sound{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	found := &findings{}
	res, err := surface.Run(context.Background(), dev, benchClock{}, surface.Options{Mode: surface.ModeStamp,
		Nonce: [16]byte{7}, BadSectorLimit: 1 << 30}, found)
	if err != nil {
		t.Fatal(err)
	}
	return found.told(res.BadRanges)
}

func (f *findings) told(ranges []surface.Range) string {
	var out []string
	for _, r := range ranges {
		s := fmt.Sprintf("%s %d", r.Kind, r.FirstLBA)
		if r.LastLBA > r.FirstLBA {
			s += fmt.Sprintf("-%d", r.LastLBA)
		}
		if r.FoundLBA != nil {
			s += fmt.Sprintf(" (holds %d)", *r.FoundLBA)
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		out = append(out, "nothing bad")
	}
	if f.healed > 0 {
		out = append(out, "told as healed")
	}
	if f.slow > 0 {
		out = append(out, "told as slow")
	}
	return strings.Join(out, "; ")
}

// faulty are the faults of the table, by LBA of 512 bytes on a device of 32 MiB and 7 sectors.
const faultySectors = 65536 + 7

var faulty = []struct {
	name string
	set  func(*disk.FaultyDisk)
	want string
}{
	{"none", func(*disk.FaultyDisk) {}, "nothing bad"},
	{"a sector cannot be read: 20001", func(d *disk.FaultyDisk) { d.FailReads(disk.Sector(20_001)) }, "read 20001"},
	{"a sector cannot be read once: 20001", func(d *disk.FaultyDisk) {
		d.FailReads(disk.Sector(20_001),
			disk.Times(1))
	}, "nothing bad; told as healed"},
	{"a sector cannot be written: 20001", func(d *disk.FaultyDisk) { d.FailWrites(disk.Sector(20_001)) },
		"write 20001"},
	{"a flipped bit: 30000", func(d *disk.FaultyDisk) { d.FlipBits(30_000*512+77, 4) }, "mismatch 30000"},
	{"a flipped bit (30000) 7 sectors before a read error", func(d *disk.FaultyDisk) {
		d.FlipBits(30_000*512+77, 4)
		d.FailReads(disk.Sector(30_007))
	}, "mismatch 30000; read 30007"},
	{"8 sectors whose writes are dropped: 40000 on", func(d *disk.FaultyDisk) {
		d.DropWrites(disk.Sectors{First: 40_000,
			Last: 40_007})
	}, "stale 40000-40007"},
	{"a write misplaced: 40000-40007 to 20000", func(d *disk.FaultyDisk) {
		d.MisplaceWrites(disk.Sectors{First: 40_000,
			Last: 40_007}, -20_000)
	},
		"misplaced 20000-20007 (holds 40000); stale 40000-40007"},
	{"addresses wrap at half the size", func(d *disk.FaultyDisk) { d.Wrap(16 << 20) },
		"misplaced 0-6 (holds 65536); misplaced 7-32774 (holds 32775)"},
	{"a flipped bit in the last 7 sectors: 65540", func(d *disk.FaultyDisk) { d.FlipBits((faultySectors-3)*512+1, 1) },
		fmt.Sprintf("mismatch %d", faultySectors-3)},
	{"a request takes 3 s: 20001", func(d *disk.FaultyDisk) {
		d.Delay(disk.Sector(20_001), 3*time.Second,
			disk.Times(1))
	},
		"nothing bad; told as slow"},
}

func TestTheStampEngineFindsEachFaultOfARealDeviceAndNothingElse(t *testing.T) {
	need.FUSE(t)
	for _, f := range faulty {
		t.Run(f.name, func(t *testing.T) {
			d := disk.Faulty(t, faultySectors*512)
			f.set(d)
			if got := stamped(t, d.Path); got != f.want {
				t.Errorf("found %s, injected %s", got, f.want)
			}
		})
	}
}

// TestCompareEngines prints the table of docs/surface.md.
func TestCompareEngines(t *testing.T) {
	if !*compareEngines {
		t.Skip("-surface-compare runs it; build/compare.sh does")
	}
	fio, badblocks := need.Program(t, "fio"), need.Program(t, "badblocks")
	fmt.Println("| fault | burnish stamp, 1 pass | badblocks -wsv -b 4096, 4 patterns | fio write + verify=crc32c, " +
		"bs 64 KiB |")
	fmt.Println("|---|---|---|---|")
	var times [3]time.Duration
	var moved [3]int64
	for _, f := range faulty {
		var cells []string
		for i, run := range []func(d *disk.FaultyDisk) string{
			func(d *disk.FaultyDisk) string { return stamped(t, d.Path) },
			func(d *disk.FaultyDisk) string {
				cmd := exec.Command(badblocks, "-wsv", "-b", "4096", d.Path)
				var errs strings.Builder
				cmd.Stderr = &errs
				out, err := cmd.Output()
				list := strings.Fields(string(out))
				said := fmt.Sprintf("%d blocks", len(list))
				if n := len(list); n > 0 && n <= 6 {
					said = "blocks " + strings.Join(list, ", ")
				}
				last := errs.String()[strings.LastIndex(errs.String(), "(")+1:]
				return fmt.Sprintf("%s (%s; exit %v)", said,
					strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(last), ")")), exitOf(err))
			},
			func(d *disk.FaultyDisk) string {
				cmd := exec.Command(fio, "--name=c", "--filename="+d.Path, "--allow_file_create=0", "--direct=1",
					"--rw=write", "--bs=64k",
					"--verify=crc32c", "--verify_state_save=0", "--output-format=json")
				out, err := cmd.Output()
				var report struct {
					Jobs []struct {
						Error int
					}
				}
				if i := strings.IndexByte(string(out), '{'); i < 0 || json.Unmarshal(out[i:], &report) != nil ||
					len(report.Jobs) == 0 {
					return fmt.Sprintf("no report (exit %v)", exitOf(err))
				}
				return fmt.Sprintf("error %d (exit %v)", report.Jobs[0].Error, exitOf(err))
			},
		} {
			d := disk.Faulty(t, faultySectors*512)
			f.set(d)
			before, begin := d.Counts(), time.Now()
			cells = append(cells, run(d))
			times[i] += time.Since(begin)
			after := d.Counts()
			moved[i] += after.BytesRead + after.BytesWritten - before.BytesRead - before.BytesWritten
		}
		fmt.Printf("| %s | %s |\n", f.name, strings.Join(cells, " | "))
	}
	fmt.Print("| all together: bytes moved, time |")
	for i := range times {
		fmt.Printf(" %d MB, %.1f s |", moved[i]/1e6, times[i].Seconds())
	}
	fmt.Println()
}

func exitOf(err error) int {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}
