//go:build linux

package cli_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"burnish/backend/drive"
)

// The lab is a throw-away machine with blank drives. All that it has is made use of, and nothing of it is kept.
var (
	labHost = flag.String("lab", "", "HOST:PORT of a throw-away machine, where root may log in and whose blank "+
		"drives may be written to")
	labKey     = flag.String("lab-key", "", "the private key for it")
	labHostKey = flag.String("lab-host-key", "", "its host key, as SHA256:…")
	labBrief   = flag.Bool("lab-brief", false, "only look at what each use is taken for, and start and unlock nothing")
	labOnly    = flag.String("lab-only", "", "only the uses whose names match this regular expression")
	labProgram = flag.String("lab-program", "", "the burnish program")
)

// scene is one real use of some drives.
type scene struct {
	name  string
	needs int    // drives; twoPaths and twoSpaces stand for special ones
	setup string // shell; $1, $2, … are the drives
	undo  string
	quiet bool // nothing but Burnish could write to the drives meanwhile
	want  []seen
	// right: the first drive is unlocked with the phrase that is right, after all wrong ones, and burned in.
	right bool
}

type seen struct {
	class  drive.Class
	phrase drive.PhraseKind
	word   string
}

const (
	twoPaths  = -1
	twoSpaces = -2
	detached  = " </dev/null >/dev/null 2>&1 & echo $! >>/run/lab.pids"
)

var locked = func(c drive.Class, word string) seen { return seen{c, drive.NoPhrase, word} }

var rounds = [][]scene{{
	{name: "a blank drive", needs: 1, want: []seen{locked(drive.None, "")}},
	{name: "ext4, mounted", needs: 1, setup: `mkfs.ext4 -qF $1; mkdir -p /mnt/lab1; mount $1 /mnt/lab1`, undo: `umount /mnt/lab1`, want: []seen{locked(drive.Mounted, "/mnt/lab1")}},
	{name: "xfs, mounted", needs: 1, setup: `TEST_DIR=1 TEST_DEV=1 QA_CHECK_FS=1 mkfs.xfs -qf $1; mkdir -p /mnt/lab6; mount $1 /mnt/lab6`, undo: `umount /mnt/lab6`, want: []seen{locked(drive.Mounted, "/mnt/lab6")}},
	{name: "swap, on", needs: 1, setup: `mkswap $1; swapon $1`, undo: `swapoff $1`, want: []seen{locked(drive.Swap, "")}},
	{name: "md RAID, running", needs: 2, setup: `mdadm -C /dev/md/lab -R -l1 -n2 --assume-clean $1 $2`, undo: `mdadm -S /dev/md/lab`, want: []seen{locked(drive.RAID, ""), locked(drive.RAID, "")}},
	{name: "LVM, active", needs: 1, setup: `pvcreate -ffy $1; vgcreate labvg $1; lvcreate -y -l 8 -n v labvg`, undo: `vgremove -fy labvg`, want: []seen{locked(drive.LVM, "")}},
	{name: "btrfs on two drives, mounted", needs: 2, setup: `mkfs.btrfs -qf $1 $2; mkdir -p /mnt/lab2; mount $1 /mnt/lab2`, undo: `umount /mnt/lab2`, want: []seen{locked(drive.Btrfs, ""), locked(drive.Btrfs, "")}},
	{name: "held with O_EXCL by a process", needs: 1, quiet: true, setup: `setsid python3 -c 'import os,sys,time; f=os.open(sys.argv[1],os.O_RDONLY|os.O_EXCL); time.sleep(100000)' $1` + detached, want: []seen{locked(drive.OpenByProcess, "")}},
	{name: "shown to others by qemu-nbd", needs: 1, quiet: true, setup: `qemu-nbd -f raw -t --fork --pid-file=/run/lab.nbd -k /run/lab.nbd.sock $1; cat /run/lab.nbd >>/run/lab.pids`, want: []seen{locked(drive.OpenByProcess, "qemu-nbd")}},
	{name: "open in a process for writing", needs: 1, quiet: true, setup: `setsid python3 -c 'import os,sys,time; f=os.open(sys.argv[1],os.O_RDWR); time.sleep(100000)' $1` + detached, want: []seen{locked(drive.OpenByProcess, "python3")}},
	{name: "a loop device over it, mounted", needs: 1, setup: `mkfs.ext4 -qF $1; l=$(losetup -f --show $1); mkdir -p /mnt/lab3; mount $l /mnt/lab3`, undo: `l=$(findmnt -no SOURCE /mnt/lab3); umount /mnt/lab3; losetup -d $l`, want: []seen{locked(drive.Mounted, "loop")}},
	{name: "LUKS, open", needs: 1, setup: `echo secret | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 $1 -; echo secret | cryptsetup open --key-file - $1 labcrypt`, undo: `cryptsetup close labcrypt`, want: []seen{locked(drive.LUKS, "")}},
	{name: "two paths, the second mounted", needs: twoPaths, setup: `mkfs.ext4 -qF $2; mkdir -p /mnt/lab4; mount $2 /mnt/lab4`, undo: `umount /mnt/lab4`, want: []seen{locked(drive.Mounted, "/mnt/lab4")}},
	{name: "two namespaces: ext4 mounted on one, none on the other", needs: twoSpaces, setup: `mkfs.ext4 -qF $1; mkdir -p /mnt/lab5; mount $1 /mnt/lab5`, undo: `umount /mnt/lab5`, want: []seen{locked(drive.Mounted, "/mnt/lab5"), locked(drive.None, "")}},
	{name: "random data, no label", needs: 1, quiet: true, setup: `dd if=/dev/urandom of=$1 bs=1M status=none || true`, want: []seen{{drive.Data, drive.SerialPhrase, "unknown content"}}, right: true},
}, {
	{name: "ZFS, imported: mirror, spare, cache, log", needs: 5, setup: `zpool create -f labtank mirror $1 $2 spare $3 cache $4 log $5`, undo: `zpool destroy labtank`,
		want: []seen{{drive.Pool, drive.PoolPhrase, "mirror-0"}, {drive.Pool, drive.PoolPhrase, "mirror-0"},
			{drive.Pool, drive.PoolPhrase, "spare"}, {drive.Pool, drive.PoolPhrase, "cache"},
			{drive.Pool, drive.PoolPhrase, "log"}}},
	{name: "ZFS, exported", needs: 1, quiet: true, setup: `zpool create -f labgone $1; zpool export labgone`, want: []seen{{drive.ExportedPool, drive.PoolPhrase, "labgone"}}, right: true},
	{name: "ZFS, never exported, as another host left it", needs: 2, quiet: true, setup: `was=$(hostname); hostname elsewhere; zpool create -f lableft $1; hostname "$was"; sync; dd if=$1 of=$2 bs=1M status=none; zpool destroy lableft; dd if=/dev/zero of=$1 bs=1M status=none || true; blockdev --rereadpt $2`,
		want: []seen{locked(drive.None, ""), locked(drive.Remote, "lableft")}},
	{name: "ZFS, a copy of a live member under another name", needs: 2, quiet: true, setup: `zpool create -f labmoved $1; sync; dd if=$1 of=$2 bs=1M status=none; blockdev --rereadpt $2`, undo: `zpool destroy labmoved`,
		want: []seen{{drive.Pool, drive.PoolPhrase, "labmoved"}, {drive.Pool, drive.PoolPhrase, "labmoved"}}},
	{name: "md RAID, stopped", needs: 1, quiet: true, setup: `mdadm -C /dev/md/lab2 -R -f -l1 -n1 $1; mdadm -S /dev/md/lab2`, want: []seen{{drive.Data, drive.SerialPhrase, ""}}, right: true},
	{name: "LVM, not active", needs: 1, quiet: true, setup: `pvcreate -ffy $1; vgcreate labvg2 $1; lvcreate -y -l 8 -n v labvg2; vgchange -an labvg2`, want: []seen{{drive.Data, drive.SerialPhrase, ""}}, right: true},
	{name: "LUKS, closed", needs: 1, quiet: true, setup: `echo secret | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 $1 -`, want: []seen{{drive.Data, drive.SerialPhrase, "LUKS"}}, right: true},
	{name: "a partition table only", needs: 1, quiet: true, setup: `echo , | sfdisk -q --label gpt $1`, want: []seen{{drive.Data, drive.SerialPhrase, ""}}, right: true},
	{name: "a file system without partitions, not mounted", needs: 1, quiet: true, setup: `mkfs.ext4 -qF $1`, want: []seen{{drive.Data, drive.SerialPhrase, "ext"}}, right: true},
	{name: "two paths, nothing on them", needs: twoPaths, want: []seen{locked(drive.None, "")}},
}}

// bench is one run against the lab.
type bench struct {
	t    *testing.T
	dir  string
	plan string // a file: surface only, which is the same for all drives of a lab
	rows []labRow

	mu     sync.Mutex
	burned []string // paths of drives that passed and must be blank then
}

type labRow struct {
	ID, Serial, Path string
	Usage            drive.Usage
	Startable        drive.Startable
	Place            drive.Place
}

// TestLab makes every use of a drive on real devices of the lab, and shows that Burnish sees it, that only a blank
// drive starts, and that only the right phrase unlocks. make lab-safety runs it.
func TestLab(t *testing.T) {
	if *labHost == "" {
		t.Skip("-lab runs it; make lab-safety does")
	}
	b := &bench{t: t, dir: t.TempDir()}
	b.add()
	b.plan = filepath.Join(b.dir, "surface.json")
	if err := os.WriteFile(b.plan, []byte(`{"name":"surface","without_smart":true,"stages":[{"kind":"precheck"},{"kind":"surface_validate","engine":"stamp"},{"kind":"final_check"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	only, err := regexp.Compile(*labOnly)
	if err != nil {
		t.Fatal(err)
	}
	b.shell("mkdir -p /run; : >/run/lab.pids")
	for _, scenes := range rounds {
		scenes = slices.DeleteFunc(slices.Clone(scenes), func(s scene) bool { return !only.MatchString(s.name) })
		if len(scenes) > 0 {
			b.play(scenes)
		}
	}
}

// add saves the lab as a NAS.
func (b *bench) add() {
	b.t.Helper()
	host, port, err := net.SplitHostPort(*labHost)
	if err != nil {
		b.t.Fatal(err)
	}
	if out, code := b.burnish("nas", "add", "lab", "--host", host, "--port", port, "--user", "root", "--key", *labKey,
		"--host-key", *labHostKey); code != 0 {
		b.t.Fatalf("nas add: %s", out)
	}
}

func (b *bench) burnish(args ...string) (string, int) {
	cmd := exec.Command(*labProgram, append([]string{"--data-dir", b.dir}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run()
	return out.String(), cmd.ProcessState.ExitCode()
}

// shell runs a script on the lab. What it prints comes back.
func (b *bench) shell(script string, args ...string) (string, error) {
	host, port, _ := net.SplitHostPort(*labHost)
	ssh := []string{"-q", "-i", *labKey, "-p", port, "-o", "StrictHostKeyChecking=no", "-o",
		"UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "root@" + host, "bash -s -- " + strings.Join(args, " ")}
	cmd := exec.Command("ssh", ssh...)
	cmd.Stdin = strings.NewReader("export PATH=/usr/sbin:/sbin:$PATH LC_ALL=C; set -e; " + script + "\n")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// look reads the drives, again while some do not answer in time: an emulated machine on a busy one is slow.
func (b *bench) look() {
	b.t.Helper()
	for range 10 {
		b.lookOnce()
		if !slices.ContainsFunc(b.rows, func(r labRow) bool {
			return strings.Contains(r.Usage.Text,
				"does not answer")
		}) {
			return
		}
	}
}

func (b *bench) lookOnce() {
	b.t.Helper()
	cmd := exec.Command(*labProgram, "--data-dir", b.dir, "drives", "lab", "--json")
	out, err := cmd.Output()
	if err != nil {
		b.t.Fatalf("drives: %v", err)
	}
	b.rows = nil
	for line := range bytes.Lines(out) {
		var r labRow
		if err := json.Unmarshal(line, &r); err != nil {
			b.t.Fatal(err)
		}
		b.rows = append(b.rows, r)
	}
}

func (b *bench) at(path string) *labRow {
	for i, r := range b.rows {
		if slices.Contains(r.Place.Paths, path) {
			return &b.rows[i]
		}
	}
	return nil
}

// take gives paths of blank drives, of the kind that a scene needs.
func (b *bench) take(needs int, taken map[string]bool) []string {
	spaces := map[string][]string{}
	var plain, double, pair []string
	for _, r := range b.rows {
		if r.Usage.Class != drive.None || taken[r.Path] {
			continue
		}
		spaces[r.Serial] = append(spaces[r.Serial], r.Path)
		switch {
		case len(r.Place.Paths) > 1:
			double = r.Place.Paths[:2]
		default:
			plain = append(plain, r.Path)
		}
	}
	for _, list := range spaces {
		if len(list) == 2 {
			pair = list
			plain = slices.DeleteFunc(plain, func(p string) bool { return slices.Contains(list, p) })
		}
	}
	var got []string
	switch {
	case needs == twoPaths:
		got = double
	case needs == twoSpaces:
		got = pair
	case len(plain) >= needs:
		got = plain[:needs]
	}
	for _, p := range got {
		taken[p] = true
	}
	return got
}

func (b *bench) play(scenes []scene) {
	b.t.Helper()
	b.look()
	taken, of := map[string]bool{}, map[string][]string{}
	for _, s := range scenes {
		paths := b.take(s.needs, taken)
		if paths == nil {
			b.t.Errorf("%s: the lab has not the drives for it", s.name)
			continue
		}
		of[s.name] = paths
		out, err := b.shell(s.setup, paths...)
		if err != nil {
			b.t.Errorf("%s: it could not be made: %v\n%s", s.name, err, out)
			delete(of, s.name)
		}
		defer func() {
			if out, err := b.shell(`while read p; do kill $p; done </run/lab.pids 2>/dev/null; : >/run/lab.pids; `+s.undo+`
for d; do wipefs -qaf $d* || true; dd if=/dev/zero of=$d bs=1M status=none || true; blockdev --rereadpt $d || true; done`, paths...); err != nil {
				b.t.Logf("%s: it could not be taken away: %v\n%s", s.name, err, out)
			}
		}()
	}
	b.shell("udevadm settle || true")
	b.look()
	var wg sync.WaitGroup
	slots := make(chan struct{}, 2)
	results := make([]string, len(scenes))
	for i, s := range scenes {
		paths := of[s.name]
		if paths == nil {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i] = b.check(s, paths)
		})
	}
	wg.Wait()
	b.look()
	for _, path := range b.burned {
		if r := b.at(path); r == nil || r.Usage.Class != drive.None {
			b.t.Errorf("%s was burned in and is not blank: %+v", path, r)
		}
	}
	b.burned = nil
	for _, r := range results {
		if r != "" {
			fmt.Println(r)
		}
	}
}

// check holds one scene against what Burnish says and does, and gives the line of the table.
func (b *bench) check(s scene, paths []string) string {
	var classes []string
	refused, phrases := "–", "–"
	for i, want := range s.want {
		r := b.at(paths[i])
		if r == nil {
			b.t.Errorf("%s: %s is no row", s.name, paths[i])
			continue
		}
		if u := r.Usage; u.Class != want.class || u.PhraseKind != want.phrase || !strings.Contains(u.Text, want.word) {
			b.t.Errorf("%s: %s is %s (%s, phrase %s), want %+v\n%+v", s.name, paths[i], u.Class, u.Text, u.PhraseKind,
				want, u.Why)
		}
		if r.Startable.Destructive != (r.Usage.Class == drive.None) {
			b.t.Errorf("%s: %s is %s, and startable is %v", s.name, paths[i], r.Usage.Class, r.Startable)
		}
		classes = append(classes, fmt.Sprintf("`%s` (%s)", r.Usage.Class, r.Usage.Chip()))
		if r.Usage.Class == drive.None || *labBrief {
			continue
		}
		before := b.hash(s, paths[i])
		if out, code := b.burnish("start", "lab", "--drive", r.ID, "--plan", b.plan); code != 5 ||
			!strings.Contains(out, "drive") {
			b.t.Errorf("%s: start without a grant ends with %d: %s", s.name, code, out)
		}
		refused = "refused"
		if s.right {
			phrases = b.wrongPhrases(s, *r)
		} else if want.phrase == drive.NoPhrase || want.class == drive.Pool {
			if out, code := b.burnish("unlock", "lab", "--drive", r.ID, "--phrase", r.Serial); code != 5 {
				b.t.Errorf("%s: unlock ends with %d: %s", s.name, code, out)
			}
			phrases = "none unlocks it"
		}
		if after := b.hash(s, paths[i]); after != before {
			b.t.Errorf("%s: the drive was %s and is %s", s.name, before, after)
		} else if before != "" {
			refused = "refused, not a byte changed"
		}
		if s.right {
			phrases += "; " + b.burnIn(s, *r)
		}
	}
	slices.Sort(classes)
	return fmt.Sprintf("| %s | %s | %s | %s |", s.name, strings.Join(slices.Compact(classes), ", "), refused, phrases)
}

func (b *bench) hash(s scene, path string) string {
	if !s.quiet {
		return ""
	}
	out, err := b.shell("dd if=$1 bs=1M iflag=direct status=none | sha256sum", path)
	if err != nil {
		b.t.Errorf("hash of %s: %v %s", path, err, out)
	}
	return out
}

// wrongPhrases tries what is wrong, and a grant that has expired.
func (b *bench) wrongPhrases(s scene, r labRow) string {
	right := r.phrase()
	other := b.rows[0].Serial
	if other == r.Serial {
		other = b.rows[1].Serial
	}
	for _, wrong := range []string{" " + right, right + " ", swapCase(right), other} {
		if out, code := b.burnish("unlock", "lab", "--drive", r.ID, "--phrase", wrong); code != 5 {
			b.t.Errorf("%s: %q unlocks it: %d %s", s.name, wrong, code, out)
		}
	}
	grant := b.unlocked(s, r, "--ttl", "1")
	// By the time that a start has looked at all drives, one second is over.
	if out, code := b.burnish("start", "lab", "--drive", r.ID, "--plan", b.plan, "--grant", grant); code != 5 ||
		!strings.Contains(out, "expired") && !strings.Contains(out, "has ended") {
		b.t.Errorf("%s: an expired grant ends with %d: %s", s.name, code, out)
	}
	return "case, spaces, another drive's, expired: refused"
}

// unlocked gives a grant for the right phrase.
func (b *bench) unlocked(s scene, r labRow, more ...string) string {
	out, code := b.burnish(append([]string{"unlock", "lab", "--drive", r.ID, "--phrase", r.phrase(), "--json"},
		more...)...)
	var g struct{ Grant string }
	if code != 0 || json.Unmarshal([]byte(out), &g) != nil {
		b.t.Errorf("%s: the right phrase ends with %d: %s", s.name, code, out)
	}
	return g.Grant
}

// burnIn unlocks the drive, tests it to the end, and tries the spent grant again. It is blank then.
func (b *bench) burnIn(s scene, r labRow) string {
	grant := b.unlocked(s, r)
	before := b.hash(s, r.Path)
	if out, code := b.burnish("start", "lab", "--drive", r.ID, "--plan", b.plan, "--grant", grant,
		"--wait"); code != 0 {
		b.t.Errorf("%s: unlocked and started it ends with %d: %s", s.name, code, out)
		return "?"
	}
	if b.hash(s, r.Path) == before {
		b.t.Errorf("%s: the drive was burned in and is as it was", s.name)
	}
	if out, code := b.burnish("start", "lab", "--drive", r.ID, "--plan", b.plan, "--grant", grant); code != 5 ||
		!strings.Contains(out, "one start") {
		b.t.Errorf("%s: a spent grant ends with %d: %s", s.name, code, out)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.burned = append(b.burned, r.Path)
	return "the right one: burned in, passed; spent: refused"
}

// phrase is what unlocks the drive.
func (r labRow) phrase() string {
	if r.Usage.PhraseKind == drive.PoolPhrase {
		return r.Usage.PoolName
	}
	return r.Serial
}

func swapCase(s string) string {
	if up := strings.ToUpper(s); up != s {
		return up
	}
	return strings.ToLower(s)
}
