package label

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Weight says how much a person would lose with what a label stands for.
type Weight int

// The weights, from least to most.
const (
	Division Weight = iota // it divides the drive: what lies in its parts says more
	Trace                  // nobody's files: swap, caches, spares, the mark of a cleared drive
	Member                 // a part of a whole that other drives or layers complete
	Contents               // files, or what only a key opens
)

// weights lists every kind there is.
var weights = map[string]Weight{
	"gpt": Division, "gpt_backup": Division, "mbr": Division, "apm": Division, "bsd": Division, "sun": Division,

	"unraid_preclear": Trace, "swap": Trace,

	"zfs": Member, "md": Member, "lvm": Member, "bcache": Member, "drbd": Member, "ddf": Member, "imsm": Member,
	"firmware_raid": Member, "geom": Member, "stratis": Member, "vdo": Member, "ceph": Member, "oracleasm": Member,
	"storage_spaces": Member, "ldm": Member, "corestorage": Member, "integrity": Member, "verity": Member,

	"luks": Contents, "bitlocker": Contents, "geli": Contents, "ext": Contents, "xfs": Contents, "btrfs": Contents,
	"bcachefs": Contents, "ntfs": Contents, "refs": Contents, "vfat": Contents, "exfat": Contents, "f2fs": Contents,
	"jfs": Contents, "reiserfs": Contents, "apfs": Contents, "hfs": Contents, "iso9660": Contents, "udf": Contents,
	"ufs": Contents, "gfs2": Contents, "ocfs2": Contents, "nilfs2": Contents, "squashfs": Contents, "erofs": Contents,
	"vmfs": Contents,
}

// Kinds lists every kind of label, in order.
func Kinds() []string { return slices.Sorted(maps.Keys(weights)) }

// Weight is how much would be lost. A kind that is not listed counts as the most.
func (f Found) Weight() Weight {
	w, ok := weights[f.Kind]
	switch {
	case !ok:
		return Contents
	case f.Kind == "zfs" && (f.VdevRole == "spare" || f.VdevRole == "cache"):
		return Trace
	}
	return w
}

// Mark is what the label is known by among all labels: its kind, the identity that it bears, and its print where it has
// one. Labels of two volumes never have the same one; a label and its copies have, if the format gives the whole an
// identity.
func (f Found) Mark() string {
	if f.Kind == "zfs" {
		return strings.TrimSpace(fmt.Sprintf("pool %s vdev %s %s", cmp.Or(f.PoolGUID, "unknown"),
			cmp.Or(f.VdevGUID, "unknown"), f.Print))
	}
	return strings.Join(strings.Fields(f.Kind+" "+f.UUID+" "+f.DeviceUUID+" "+f.Print), " ")
}

// nameless reports whether the label bears nothing yet that tells it from another of its kind.
func (f Found) nameless() bool {
	return f.UUID == "" && f.DeviceUUID == "" && f.VdevGUID == "" && f.Print == ""
}

// digest is a short name for bytes.
func digest(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
