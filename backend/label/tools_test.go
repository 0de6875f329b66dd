package label

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"burnish/backend/testbed/need"
)

// image is an empty file of size bytes, to be given to a program.
func image(t *testing.T, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	return path
}

func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, out, complaints.String())
	}
	return string(out)
}

func scanFile(t *testing.T, path string) Findings {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return scanWith(t, file, info.Size(), 512, Options{})
}

func TestWhatRealProgramsWriteIsFound(t *testing.T) {
	for _, c := range []struct {
		program, kind, text string
		args                []string
	}{
		{"mkfs.ext2", "ext", `ext2 file system "media"`, []string{"-q", "-L", "media", "-U", anUUID}},
		{"mkfs.ext3", "ext", `ext3 file system "media"`, []string{"-q", "-L", "media", "-U", anUUID}},
		{"mkfs.ext4", "ext", `ext4 file system "media"`, []string{"-q", "-L", "media", "-U", anUUID}},
		{"mkfs.xfs", "xfs", `XFS file system "media"`, []string{"-q", "-L", "media", "-m", "uuid=" + anUUID}},
		{"mkfs.btrfs", "btrfs", `btrfs file system "media"`, []string{"-q", "-L", "media", "-U", anUUID}},
		{"mkswap", "swap", `Linux swap "media"`, []string{"-L", "media", "-U", anUUID}},
	} {
		t.Run(c.program, func(t *testing.T) {
			program := need.Program(t, c.program)
			path := image(t, 320*mib)
			run(t, program, append(c.args, path)...)
			f := only(t, scanFile(t, path), c.kind)
			want(t, "text", f.Text, c.text)
			want(t, "uuid", f.UUID, anUUID)
			want(t, "name", f.Name, "media")
		})
	}
}

func TestRealLUKSHeaders(t *testing.T) {
	cryptsetup := need.Program(t, "cryptsetup")
	for _, version := range []string{"1", "2"} {
		t.Run(version, func(t *testing.T) {
			path := image(t, 32*mib)
			key := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(key, []byte("only for this test"), 0o600); err != nil {
				t.Fatal(err)
			}
			run(t, cryptsetup, "luksFormat", "--batch-mode", "--type", "luks"+version, "--pbkdf", "pbkdf2",
				"--pbkdf-force-iterations", "1000", "--uuid", anUUID, "--key-file", key, path)
			f := only(t, scanFile(t, path), "luks")
			want(t, "uuid", f.UUID, anUUID)
			want(t, "text", f.Text, "LUKS "+version+" encrypted volume")
			if version == "1" {
				return
			}
			file, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if _, err := file.WriteAt(make([]byte, 4096), 0); err != nil {
				t.Fatal(err)
			}
			want(t, "uuid by the second header", only(t, scanFile(t, path), "luks").UUID, anUUID)
		})
	}
}

func TestRealPartitionTables(t *testing.T) {
	sgdisk := need.Program(t, "sgdisk")
	path := image(t, 64*mib)
	run(t, sgdisk, "-o", "-n", "1:2048:+8M", "-t", "1:8300", "-c", "1:boot", "-n", "2:0:0", "-t", "2:bf01", "-c",
		"2:Dåta", path)
	f := scanFile(t, path)
	table, backup := one(t, f, "gpt"), one(t, f, "gpt_backup")
	want(t, "number of tables", len(f.Found), 2)
	want(t, "damaged", table.Damaged || backup.Damaged, false)
	want(t, "uuid of both", table.UUID, backup.UUID)
	want(t, "text", table.Text, `GPT partition table with Linux file system "boot", ZFS "Dåta"`)

	run(t, sgdisk, "--gpttombr", "1:2", path)
	want(t, "text", only(t, scanFile(t, path), "mbr").Text, "MBR partition table with Linux, Solaris")
}

func TestARealPhysicalVolume(t *testing.T) {
	need.Loop(t)
	losetup, pvcreate, vgcreate := need.Program(t, "losetup"), need.Program(t, "pvcreate"), need.Program(t, "vgcreate")
	path := image(t, 64*mib)
	dev := strings.TrimSpace(run(t, losetup, "--find", "--show", path))
	defer run(t, losetup, "--detach", dev)
	run(t, pvcreate, "--devices", dev, "--yes", dev)
	want(t, "text", only(t, scanFile(t, path), "lvm").Text, "LVM physical volume")
	run(t, vgcreate, "--devices", dev, "--autobackup", "n", "burnish-label-test", dev)
	f := only(t, scanFile(t, path), "lvm")
	want(t, "group", f.Name, "burnish-label-test")
	want(t, "text", f.Text, `LVM physical volume of volume group "burnish-label-test"`)
	shown := run(t, need.Program(t, "pvs"), "--devices", dev, "--noheadings", "-o", "pv_uuid", dev)
	want(t, "uuid", f.UUID, strings.TrimSpace(shown))
}

func TestIdentitiesAreThoseThatOtherProgramsRead(t *testing.T) {
	blkid := need.Program(t, "blkid")
	hex := func(s string) string {
		return strings.ToLower(strings.NewReplacer("-", "", ":", "").Replace(s))
	}
	for _, c := range []struct {
		program, kind string
		args          []string
		further       bool // not among what the tests install
	}{
		{"mkfs.ext4", "ext", []string{"-q", "-L", "data"}, false},
		{"mkfs.xfs", "xfs", []string{"-q", "-L", "data"}, false},
		{"mkfs.btrfs", "btrfs", []string{"-q", "-L", "data"}, false},
		{"mkfs.vfat", "vfat", []string{"-n", "DATA"}, false},
		{"mkswap", "swap", []string{"-L", "data"}, false},
		{"mkntfs", "ntfs", []string{"-q", "-F", "-Q", "-L", "data"}, true},
		{"mkfs.exfat", "exfat", []string{"-L", "data"}, true},
		{"mkfs.f2fs", "f2fs", []string{"-q", "-l", "data"}, true},
		{"jfs_mkfs", "jfs", []string{"-q", "-L", "data"}, true},
		{"mkfs.nilfs2", "nilfs2", []string{"-q", "-L", "data"}, true},
		{"mkreiserfs", "reiserfs", []string{"-q", "-f", "-f", "-l", "data"}, true},
		{"gfs2_mkfs", "gfs2", []string{"-q", "-O", "-p", "lock_nolock"}, true},
	} {
		t.Run(c.program, func(t *testing.T) {
			if _, err := exec.LookPath(c.program); err != nil && c.further {
				return
			}
			program := need.Program(t, c.program)
			for range 2 {
				path := image(t, 320*mib)
				run(t, program, append(c.args, path)...)
				f := one(t, scanFile(t, path), c.kind)
				want(t, "uuid", hex(f.UUID), hex(strings.TrimSpace(run(t, blkid, "-p", "-o", "value", "-s", "UUID",
					path))))
				if !strings.Contains(f.Mark(), f.UUID) {
					t.Errorf("volume %s is known as %s", f.UUID, f.Mark())
				}
			}
		})
	}
}
