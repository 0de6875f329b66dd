//go:build linux

package inventory

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
	"burnish/backend/label"
	"burnish/backend/testbed/disk"
)

// A headline names all that would be lost, the worst first.
func TestWhatWouldBeLostIsToldWorstFirst(t *testing.T) {
	spare, gone := label.PoolSpare, label.PoolDestroyed
	ext := label.Found{Kind: "ext", UUID: "a", Text: `ext4 file system "photos"`, Offset: 1 << 30}
	md := label.Found{Kind: "md", UUID: "b", Text: "Linux RAID, raid1 of 2 drives"}
	stale := label.Found{Kind: "zfs", VdevGUID: "77", VdevRole: "spare", PoolState: &spare,
		Text: "spare device of a ZFS pool"}
	destroyed := label.Found{Kind: "zfs", PoolGUID: "8", VdevGUID: "9", PoolState: &gone, Text: `ZFS pool "old", destroyed`}
	gpt := label.Found{Kind: "gpt", UUID: "c", Text: "GPT partition table with Linux"}
	backup := label.Found{Kind: "gpt_backup", UUID: "c", Text: "backup of a GPT partition table with Linux"}
	swap := label.Found{Kind: "swap", UUID: "d", Text: "Linux swap"}
	at := int64(0)
	for want, c := range map[string]struct {
		found []label.Found
		amid  bool
	}{
		`ext4 file system "photos"; Linux RAID, raid1 of 2 drives; spare device of a ZFS pool`: {[]label.Found{stale, md, ext}, true},
		`ext4 file system "photos"; GPT partition table with Linux`:                            {[]label.Found{gpt, ext, backup}, true},
		`ZFS pool "old", destroyed; GPT partition table with Linux`:                            {[]label.Found{gpt, backup, destroyed}, true},
		"unknown content amid the drive; spare device of a ZFS pool": {[]label.Found{stale},
			true},
		"unknown content amid the drive; Linux swap; GPT partition table with Linux": {[]label.Found{gpt, swap}, true},
		"spare device of a ZFS pool":     {[]label.Found{stale}, false},
		"unknown content at byte 0":      {nil, true},
		"GPT partition table with Linux": {[]label.Found{gpt, backup}, false},
	} {
		m := zfsMachine(t)
		s, err := m.host().newSurvey(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.identifyAll(t.Context())
		s.askLayers(t.Context())
		findings := label.Findings{Found: c.found, Content: label.Content{UnknownAt: &at, Amid: c.amid, Print: "a"}}
		s.looks[s.nodes[0]] = &look{found: findings}
		u := usageOf(s.answersFor(s.nodes[0]))
		if u.Text != want || u.Class != drive.Data {
			t.Errorf("it is told as %q (%s), want %q", u.Text, u.Class, want)
		}
		if first := u.Why[0].Answer; !strings.HasPrefix(want, first) && !strings.Contains(first, "unknown content") {
			t.Errorf("of %q the first answer is %q", want, first)
		}
	}
}

// What a phrase of the pool unlocks destroys more than the pool, and a medium error hides nothing that was read.
func TestWhatLiesBesideIsToldToo(t *testing.T) {
	ext := claim(labelLayer, drive.Data, "ext4 file system").weighing(label.Contents)
	pool := claim(zfsLayer, drive.ExportedPool, "ZFS pool old, exported").in("pool old", "exported")
	pool.poolName, pool.poolGUID = "old", "5"
	if u := usageOf([]answer{ext, pool}); u.Text != "ZFS pool old, exported; ext4 file system" ||
		u.Chip() != "pool old · exported · and other data" {
		t.Errorf("%q, %q", u.Text, u.Chip())
	}
	bad := failed(contentLayer, "medium error at byte 0")
	bad.medium = true
	if u := usageOf([]answer{bad, ext}); u.Text != "medium error at byte 0; what can be read of it: ext4 file system" {
		t.Errorf("%q", u.Text)
	}
	ext.path = "/dev/sda"
	again := ext
	again.path = "/dev/sdb"
	if u := usageOf([]answer{ext, again}); u.Text != "ext4 file system" ||
		u.Why[1].Answer != "/dev/sdb: ext4 file system" {
		t.Errorf("%q, %v", u.Text, u.Why)
	}
}

// TestAPermissionIsForWhatWasThere: what another volume of the kind, or other content without any label, has put in the
// place since is not what a person allowed to be erased.
func TestAPermissionIsForWhatWasThere(t *testing.T) {
	noise := func(t *testing.T, d *disk.LoopDisk) {
		data := make([]byte, 6<<20)
		_, _ = rand.Read(data)
		writeAt(t, d.Path, data, 0)
	}
	amid := func(t *testing.T, d *disk.LoopDisk) {
		data := make([]byte, 40<<20)
		_, _ = rand.Read(data)
		writeAt(t, d.Path, data, 10<<20)
	}
	serial := byte(1)
	ntfs := func(t *testing.T, d *disk.LoopDisk) {
		boot := append([]byte("\xeb\x52\x90NTFS    "), make([]byte, 501)...)
		boot[72], boot[510], boot[511] = serial, 0x55, 0xaa
		serial++
		writeAt(t, d.Path, boot, 0)
	}
	for name, put := range map[string]func(*testing.T, *disk.LoopDisk){
		"unknown content": noise, "unknown content amid the drive": amid, "NTFS": ntfs,
		"FAT": func(t *testing.T, d *disk.LoopDisk) {
			serial++
			file := filepath.Join(t.TempDir(), "image")
			tool(t, "mkfs.vfat", "-C", "-i", fmt.Sprintf("1234ab%02x", serial), file, "2048")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			writeAt(t, d.Path, data, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := disk.Loop(t, realSize)
			h := realMachine(t, d)
			put(t, d)
			row := listed(t, h, d.Path)
			grant := drive.GrantFor(row.Usage)
			held, err := os.OpenFile(d.Path, os.O_RDONLY|unix.O_EXCL, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer held.Close()
			look := func() drive.Usage {
				for {
					_, _, u, err := h.Inspect(t.Context(), held, Options{VirtualDrives: true})
					if err != nil {
						t.Fatal(err)
					}
					if u.Class != drive.OpenByProcess { // whoever looks at all devices of this machine
						return u
					}
				}
			}
			if u := look(); row.Usage.Class != drive.Data || !grant.Covers(u) {
				t.Errorf("what was allowed (%v) does not cover itself: %v", grant.Claims, u.Claims)
			}
			put(t, d)
			if u := look(); grant.Covers(u) {
				t.Errorf("what was allowed (%v) covers what was put there since: %v", grant.Claims, u.Claims)
			} else if grant.Differs(u) == "" {
				t.Errorf("nothing says in which way %s is another one", u.Text)
			}
		})
	}
}
