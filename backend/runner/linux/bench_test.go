//go:build linux

package linux

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/surface"
	"burnish/backend/testbed/need"
)

var (
	benchRounds = flag.Int("surface-bench", 0, "rounds of the surface benchmark, beside fio and badblocks (as root)")
	benchMiB    = flag.Int("surface-bench-mib", 512, "size of its device")
)

// benchChild names the device to a copy of this program that does one surface run, so that its CPU time and memory are
// measured as those of any other program.
const benchChild = "BURNISH_BENCH_DEVICE"

func TestMain(m *testing.M) {
	if path := os.Getenv(benchChild); path != "" {
		runtime.GOMAXPROCS(Processors)
		if err := benchRun(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	os.Exit(m.Run())
}

// rates are in bytes per second.
type rates struct{ Write, Read float64 }

type benchObserver struct{ wrote time.Time }

func (*benchObserver) Progress(surface.Progress) {}
func (*benchObserver) Bad(r surface.Range) {
	panic(fmt.Sprintf("a bad range on a good device: %+v", r))
}
func (*benchObserver) Transient(surface.Range) {}
func (*benchObserver) Stretch(surface.Stretch) {}
func (*benchObserver) Log(string)              {}
func (o *benchObserver) Checkpoint(c surface.Checkpoint) error {
	if c.Phase == surface.PhaseWrite && c.Position == c.Total/2 {
		o.wrote = time.Now()
	}
	return nil
}

type benchClock struct{}

func (benchClock) Now() time.Time                                 { return time.Now() }
func (benchClock) Sleep(_ context.Context, d time.Duration) error { time.Sleep(d); return nil }

func benchRun(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	dev, err := reopen(f, true, sound{})
	if err != nil {
		return err
	}
	obs := &benchObserver{}
	begin := time.Now()
	res, err := surface.Run(context.Background(), dev, benchClock{}, surface.Options{Mode: surface.ModeStamp,
		Nonce: [16]byte{1}}, obs)
	if err != nil || !res.Complete || len(res.BadRanges) > 0 {
		return fmt.Errorf("%w, %+v", err, res)
	}
	size := float64(dev.Geometry().SizeBytes)
	return json.NewEncoder(os.Stdout).Encode(rates{size / obs.wrote.Sub(begin).Seconds(),
		size / time.Since(obs.wrote).Seconds()})
}

// measured is one run of one program over the whole device, once written and once read.
type measured struct {
	rates
	cpu float64 // seconds per GB moved
	rss float64 // MiB
}

func (m *measured) charge(cmd *exec.Cmd, gb float64) {
	use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	m.cpu += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds() / gb
	m.rss = max(m.rss, float64(use.Maxrss)/1024)
}

type contender struct {
	name string
	run  func(t *testing.T, path string, size int64) measured
}

func contenders(t *testing.T) []contender {
	fio, badblocks := need.Program(t, "fio"), need.Program(t, "badblocks")
	output := func(t *testing.T, m *measured, gb float64, env []string, name string, args ...string) []byte {
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		m.charge(cmd, gb)
		return out
	}
	fioJob := func(t *testing.T, m *measured, gb float64, path, rw string, more ...string) (write, read float64) {
		args := append([]string{"--name=rig", "--filename=" + path, "--direct=1", "--ioengine=libaio", "--iodepth=4",
			"--bs=1M", "--rw=" + rw,
			"--end_fsync=1", "--allow_file_create=0", "--verify_state_save=0", "--output-format=json"}, more...)
		var report struct {
			Jobs []struct {
				Read, Write struct {
					BW float64 `json:"bw_bytes"`
				}
			}
		}
		if err := json.Unmarshal(output(t, m, gb, nil, fio, args...), &report); err != nil {
			t.Fatal(err)
		}
		return report.Jobs[0].Write.BW, report.Jobs[0].Read.BW
	}
	blocks := func(atOnce int) contender {
		return contender{fmt.Sprintf("badblocks -w -c %d, per sweep", atOnce), func(t *testing.T, path string,
			size int64) (m measured) {
			begin := time.Now()
			output(t, &m, 2*float64(size)/1e9, nil, badblocks, "-b", "4096", "-c", fmt.Sprint(atOnce), "-w", "-t",
				"0xaa", path)
			m.Write = 2 * float64(size) / time.Since(begin).Seconds()
			m.Read = m.Write
			return m
		}}
	}
	return []contender{
		{"burnish stamp (write and verify)", func(t *testing.T, path string, size int64) (m measured) {
			out := output(t, &m, 2*float64(size)/1e9, []string{benchChild + "=" + path}, os.Args[0])
			if err := json.Unmarshal(out, &m.rates); err != nil {
				t.Fatal(err)
			}
			return m
		}},
		{"fio, no verification", func(t *testing.T, path string, size int64) (m measured) {
			m.Write, _ = fioJob(t, &m, 2*float64(size)/1e9, path, "write")
			_, m.Read = fioJob(t, &m, 2*float64(size)/1e9, path, "read")
			return m
		}},
		{"fio --verify=crc32c", func(t *testing.T, path string, size int64) (m measured) {
			m.Write, m.Read = fioJob(t, &m, 2*float64(size)/1e9, path, "write", "--verify=crc32c",
				"--experimental_verify=1")
			return m
		}},
		blocks(64),
		blocks(1024),
	}
}

// TestSurfaceBenchmark prints how fast the stamp engine is beside others, on the same device in the same run,
// interleaved, as medians. It asserts nothing: machines are noisy.
func TestSurfaceBenchmark(t *testing.T) {
	if *benchRounds == 0 {
		t.Skip("-surface-bench N runs it; make rig does")
	}
	need.Loop(t)
	for _, limit := range []int64{250e6, 2e9, 0} {
		size := int64(*benchMiB) << 20
		if limit == 0 || limit > 1e9 {
			size *= 4
		}
		path := memoryLoop(t, size)
		free := throttle(t, path, limit)
		got := map[string][]measured{}
		all := contenders(t)
		for range *benchRounds {
			for _, c := range all {
				got[c.name] = append(got[c.name], c.run(t, path, size))
			}
		}
		free()
		title := "no limit (memory)"
		if limit > 0 {
			title = fmt.Sprintf("limit %d MB/s", limit/1e6)
		}
		fmt.Printf("\n%s, %d MiB, medians of %d\n%-36s %10s %10s %12s %9s %8s %8s\n", title, size>>20, *benchRounds, "",
			"write MB/s", "read MB/s", "CPU s per GB", "RSS MiB", "w / fio", "r / fio")
		of := func(name string, f func(measured) float64) float64 {
			var v []float64
			for _, m := range got[name] {
				v = append(v, f(m))
			}
			slices.SortFunc(v, cmp.Compare)
			return v[len(v)/2]
		}
		write, read := func(m measured) float64 { return m.Write }, func(m measured) float64 { return m.Read }
		for _, c := range all {
			fmt.Printf("%-36s %10.0f %10.0f %12.3f %9.1f %8.2f %8.2f\n", c.name, of(c.name, write)/1e6,
				of(c.name, read)/1e6,
				of(c.name, func(m measured) float64 { return m.cpu }),
				of(c.name, func(m measured) float64 { return m.rss }),
				of(c.name, write)/of(all[1].name, write), of(c.name, read)/of(all[1].name, read))
		}
	}
}

// memoryLoop is a loop device on a file in memory.
func memoryLoop(t *testing.T, size int64) string {
	f, err := os.CreateTemp("/dev/shm", "burnish-bench-*")
	if err != nil {
		t.Skipf("no memory file system: %v", err)
	}
	defer f.Close()
	t.Cleanup(func() { os.Remove(f.Name()) })
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("losetup", "-f", "--show", f.Name()).Output()
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimSpace(string(out))
	t.Cleanup(func() { exec.Command("losetup", "-d", path).Run() })
	return path
}

// throttle limits this process and its children on one device, by either version of the kernel's control groups.
func throttle(t *testing.T, path string, limit int64) (free func()) {
	if limit == 0 {
		return func() {}
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	number := fmt.Sprintf("%d:%d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
	write := func(file, text string) error { return os.WriteFile(file, []byte(text), 0o644) }
	me := fmt.Sprint(os.Getpid())
	for root, rules := range map[string]map[string]string{
		"/sys/fs/cgroup/blkio": {"blkio.throttle.write_bps_device": fmt.Sprintf("%s %d", number, limit),
			"blkio.throttle.read_bps_device": fmt.Sprintf("%s %d", number, limit)},
		"/sys/fs/cgroup": {"io.max": fmt.Sprintf("%s rbps=%d wbps=%d", number, limit, limit)},
	} {
		dir := filepath.Join(root, "burnish-bench")
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		ok := true
		for file, text := range rules {
			ok = ok && write(filepath.Join(dir, file), text) == nil
		}
		if !ok || write(filepath.Join(dir, "cgroup.procs"), me) != nil {
			os.Remove(dir)
			continue
		}
		return func() {
			write(filepath.Join(root, "cgroup.procs"), me)
			for range 100 {
				if os.Remove(dir) == nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("%s is left behind", dir)
		}
	}
	t.Skip("the kernel has no control group that can throttle a device")
	return nil
}
