package label

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"burnish/backend/testbed/need"
)

// theirWords are what util-linux calls our kinds.
var theirWords = map[string][]string{
	"apfs": {"apfs"}, "apm": {"mac"}, "bcache": {"bcache"}, "bcachefs": {"bcachefs"}, "bitlocker": {"BitLocker"},
	"bsd": {"bsd"}, "btrfs": {"btrfs"}, "ceph": {"ceph_bluestore"}, "ddf": {"ddf_raid_member"}, "drbd": {"drbd"},
	"erofs": {"erofs"}, "exfat": {"exfat"}, "ext": {"ext2", "ext3", "ext4", "ext4dev", "jbd"}, "f2fs": {"f2fs"},
	"firmware_raid": {"adaptec_raid_member", "lsi_mega_raid_member", "nvidia_raid_member",
		"promise_fasttrack_raid_member"},
	"gfs2": {"gfs2"}, "gpt": {"gpt", "PMBR"}, "gpt_backup": {"gpt"}, "hfs": {"hfs", "hfsplus"},
	"imsm": {"isw_raid_member"}, "integrity": {"DM_integrity"}, "iso9660": {"iso9660"}, "jfs": {"jfs"},
	"luks": {"crypto_LUKS"}, "lvm": {"LVM2_member"}, "mbr": {"dos"}, "md": {"linux_raid_member"},
	"nilfs2": {"nilfs2"}, "ntfs": {"ntfs"}, "ocfs2": {"ocfs2"}, "oracleasm": {"oracleasm"}, "refs": {"ReFS"},
	"reiserfs": {"reiserfs", "reiser4"}, "squashfs": {"squashfs", "squashfs3"}, "stratis": {"stratis"},
	"sun": {"sun"}, "swap": {"swap", "swsuspend"}, "udf": {"udf"}, "ufs": {"ufs"}, "vdo": {"vdo"},
	"verity": {"DM_verity_hash"}, "vfat": {"vfat"}, "vmfs": {"VMFS", "VMFS_volume_member"}, "xfs": {"xfs"},
	"zfs": {"zfs_member"},
}

// What is different, one by one. util-linux reads to mount, and passes over what is not whole; we read to erase, and
// take a magic at its place for somebody's data. The images here have no more than that, and what programs really make
// is the same to both (TestUtilLinuxSeesTheSameOnRealImages).
const (
	noChecksum = "it wants the checksum of the superblock"
	unknownIt  = "it does not know this kind"
)

// onlyOurs says why util-linux does not see what is found: by kind, or by kind and form.
var onlyOurs = map[string]string{
	"apfs":                            "it wants the type of the object beside the magic",
	"bcache":                          noChecksum,
	"bcachefs":                        noChecksum,
	"bitlocker, without its metadata": "it wants the metadata that the header leads to",
	"bsd":                             noChecksum,
	"corestorage":                     unknownIt,
	"firmware_raid, Adaptec":          "it wants a second magic behind the first",
	"geli":                            unknownIt,
	"geom":                            unknownIt,
	"gfs2":                            "it wants the versions of the format",
	"integrity":                       "it wants a version",
	"jfs":                             "it wants sizes that agree with their logarithms",
	"ldm":                             unknownIt,
	"lvm":                             noChecksum,
	"md, 1.2":                         noChecksum,
	"md, 1.2, another member":         noChecksum,
	"md, without its ids":             noChecksum,
	"nilfs2":                          noChecksum,
	"ntfs":                            "it wants sizes of sectors and clusters, and the file table behind them",
	"reiserfs, 3.5":                   "it wants a size of blocks",
	"reiserfs, 3.6":                   "it wants a size of blocks",
	"storage_spaces":                  unknownIt,
	"stratis":                         noChecksum,
	"swap, by its UUID":               "it wants a last page",
	"udf":                             "it wants the recognition sequence before the anchor",
	"unraid_preclear":                 unknownIt + "; to it it is an MBR",
	"verity":                          "it wants a version",
	"vfat":                            "it wants the mark at the end of the sector, and sizes that agree",
	"xfs":                             "it wants a geometry that agrees with itself",
	"zfs":                             "it wants four uberblocks",
}

// onlyTheirs says why we do not find what util-linux sees.
var onlyTheirs = map[string]string{
	"unraid_preclear: dos": "it is the mark of an MBR without partitions, by which Unraid knows a cleared drive",
}

// otherID says why an identity is another than util-linux prints, by its word.
var otherID = map[string]string{
	"hfs":     "it prints a digest of the eight bytes that we print",
	"hfsplus": "it prints a digest of the eight bytes that we print",
	"ufs":     "it prints the two halves as they stand, we one number",
}

// printable is an identity that is text; the images for drives without one have others.
var printable = regexp.MustCompile(`^[0-9A-Za-z:-]+$`)

// seen is what util-linux says of an image: its words, and the identities behind them.
func seen(t *testing.T, blkid, wipefs, path string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	add := func(word, id string) {
		if word != "" && !slices.Contains(all[word], id) {
			all[word] = append(all[word], id)
		}
	}
	out, err := exec.Command(blkid, "-p", "-o", "export", path).Output()
	var code *exec.ExitError
	if errors.As(err, &code) && (code.ExitCode() == 2 || code.ExitCode() == 8) {
		err = nil
	}
	if err != nil {
		t.Fatalf("blkid: %v", err) // 2: nothing; 8: more than one thing
	}
	values := map[string]string{}
	for _, line := range strings.Split(string(out), "\n") {
		name, value, _ := strings.Cut(line, "=")
		values[name] = value
	}
	add(values["TYPE"], values["UUID"])
	add(values["TYPE"], values["UUID_SUB"])
	add(values["PTTYPE"], values["PTUUID"])
	var told struct {
		Signatures []struct{ Type, UUID string }
	}
	out, err = exec.Command(wipefs, "-J", path).Output()
	if err != nil {
		t.Fatalf("wipefs: %v", err)
	}
	if json.Unmarshal(out, &told) == nil { // an identity that is no text makes it no JSON
		for _, s := range told.Signatures {
			add(s.Type, s.UUID)
		}
	}
	return all
}

// compare gives what is different, each with a word for it.
func compare(found []Found, theirs map[string][]string) (ours, others, ids []string) {
	for _, f := range found {
		if !slices.ContainsFunc(theirWords[f.Kind], func(w string) bool { return theirs[w] != nil }) {
			ours = append(ours, f.Kind)
		}
	}
	hex := func(s string) string { return strings.ToLower(strings.NewReplacer("-", "", ":", "").Replace(s)) }
	for word, theirIDs := range theirs {
		same := slices.DeleteFunc(slices.Clone(found), func(f Found) bool {
			return !slices.Contains(theirWords[f.Kind], word)
		})
		if len(same) == 0 {
			others = append(others, word)
		}
		for _, id := range theirIDs {
			if printable.MatchString(id) && otherID[word] == "" && !slices.ContainsFunc(same, func(f Found) bool {
				return hex(f.UUID) == hex(id) || hex(f.DeviceUUID) == hex(id)
			}) {
				ids = append(ids, word+" "+id)
			}
		}
	}
	return ours, others, ids
}

func imageOf(t *testing.T, d *drive, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(d.size); err != nil {
		t.Fatal(err)
	}
	for _, p := range d.puts {
		if _, err := f.WriteAt(p.data[:min(int64(len(p.data)), d.size-p.off)], p.off); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUtilLinuxSeesNothingThatIsNotFound holds the parsers against another program's, over all that the tests make.
func TestUtilLinuxSeesNothingThatIsNotFound(t *testing.T) {
	blkid, wipefs := need.Program(t, "blkid"), need.Program(t, "wipefs")
	path := filepath.Join(t.TempDir(), "image")
	for _, kind := range slices.Sorted(maps.Keys(volumes)) {
		for form, of := range volumes[kind] {
			d := of(1)
			imageOf(t, d, path)
			found := d.scan(t).Found
			ours, theirs, ids := compare(found, seen(t, blkid, wipefs, path))
			for _, k := range ours {
				if onlyOurs[k] == "" && onlyOurs[k+", "+form] == "" {
					t.Errorf("%s, %s: util-linux sees no %s", kind, form, k)
				}
			}
			for _, word := range theirs {
				if onlyTheirs[kind+": "+word] == "" {
					t.Errorf("%s, %s: util-linux sees %s, which is not found", kind, form, word)
				}
			}
			for _, id := range ids {
				t.Errorf("%s, %s: util-linux knows it as %s; found %+v", kind, form, id, found)
			}
		}
	}
}

// TestUtilLinuxSeesTheSameOnRealImages: what programs make for use is the same to both, without an exception.
func TestUtilLinuxSeesTheSameOnRealImages(t *testing.T) {
	blkid, wipefs := need.Program(t, "blkid"), need.Program(t, "wipefs")
	further := []string{"ntfs", "exfat", "f2fs", "jfs", "nilfs2"} // not among what the tests install
	for name, commands := range map[string][][]string{
		"ext2":   {{"mkfs.ext2", "-q"}},
		"ext4":   {{"mkfs.ext4", "-q"}},
		"xfs":    {{"mkfs.xfs", "-q"}},
		"btrfs":  {{"mkfs.btrfs", "-q"}},
		"vfat":   {{"mkfs.vfat"}},
		"swap":   {{"mkswap"}},
		"ntfs":   {{"mkntfs", "-q", "-F", "-Q"}},
		"exfat":  {{"mkfs.exfat"}},
		"f2fs":   {{"mkfs.f2fs", "-q"}},
		"jfs":    {{"jfs_mkfs", "-q"}},
		"nilfs2": {{"mkfs.nilfs2", "-q"}},
		"gpt":    {{"sgdisk", "-o", "-n", "1:0:0"}},
		"mbr":    {{"sgdisk", "-o", "-n", "1:0:0"}, {"sgdisk", "--gpttombr", "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := image(t, 320*mib)
			for _, c := range commands {
				if _, err := exec.LookPath(c[0]); err != nil && slices.Contains(further, name) {
					return
				}
				run(t, need.Program(t, c[0]), append(c[1:], path)...)
			}
			found := scanFile(t, path).Found
			ours, theirs, ids := compare(found, seen(t, blkid, wipefs, path))
			if len(found) == 0 || len(ours)+len(theirs)+len(ids) > 0 {
				t.Errorf("found %v; util-linux sees no %q, sees %q too, and knows it as %q",
					kinds(Findings{Found: found}), ours, theirs, ids)
			}
		})
	}
}
