//go:build linux

package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"burnish/backend/drive"
)

// holder says what a device that is made of drives is.
type holder struct {
	class drive.Class
	text  string
}

// holderOf reads what kind of thing is made of drives here.
func holderOf(b *block) holder {
	uuid, name := b.attr("dm", "uuid"), b.attr("dm", "name")
	switch {
	case strings.HasPrefix(uuid, "LVM-"):
		return holder{drive.LVM, "volume group " + volumeGroup(name)}
	case strings.HasPrefix(uuid, "CRYPT-"):
		return holder{drive.LUKS, "the open encrypted volume " + name}
	case strings.HasPrefix(uuid, "mpath-"):
		return holder{drive.OpenByProcess, "the multipath map " + name}
	case strings.HasPrefix(b.name, "dm-"):
		return holder{drive.OpenByProcess, "the device mapper's " + name}
	case strings.HasPrefix(b.name, "md"):
		return holder{drive.RAID, "the array " + b.name}
	}
	return holder{drive.OpenByProcess, b.name}
}

// volumeGroup reads the group's name from that of a logical volume, where a hyphen in a name is written twice.
func volumeGroup(dm string) string {
	const twice = "\x00"
	group, _, _ := strings.Cut(strings.ReplaceAll(dm, "--", twice), "-")
	return strings.ReplaceAll(group, twice, "-")
}

// holderClaims finds what the kernel has made of a disk and its partitions, upwards to where it is mounted.
func (t *topology) holderClaims(mounts []mount) claims {
	out := claims{}
	at := t.mountPoints(mounts)
	for _, disk := range t.disks {
		for _, b := range disk.withParts() {
			for _, name := range b.holders {
				h := holder{drive.OpenByProcess, name}
				var points []string
				for _, over := range t.above(name) {
					// the first that has a word of its own
					if is := holderOf(over); over.name == name || h.class == drive.OpenByProcess {
						h = is
					}
					points = append(points, at[over]...)
				}
				a := claim(drive.LayerHolders, h.class, "%s is part of %s%s", b.name, h.text, mountedAt(points))
				a.by = name
				out.add(disk, a)
			}
		}
	}
	return out
}

// above gives the device of that name and all that is made of it.
func (t *topology) above(name string) []*block {
	var out []*block
	var up func(string)
	up = func(name string) {
		b := t.byName[name]
		if b == nil || slices.Contains(out, b) {
			return
		}
		out = append(out, b)
		for _, part := range b.withParts()[1:] {
			up(part.name)
		}
		for _, holder := range b.holders {
			up(holder)
		}
		for _, over := range t.disks {
			if over.loop != nil && over.loop.over == b {
				up(over.name)
			}
		}
	}
	up(name)
	return out
}

// active is what is assembled, open or mounted here, by the identity that its members' labels bear: a member that
// came back under another name bears it too, and is in use whatever the kernel says of that name.
type active struct {
	md     map[string]string // by array uuid
	vg     map[string]string // by volume group name
	luks   map[string]string
	btrfs  map[string]string
	bcache map[string]string
	mdErr  error // arrays run whose uuid could not be asked for

	bcachefs map[string]string
	// assembled is what runs here, by the kind of label, where a label and the kernel have no name in common: any drive
	// that bears such a label may be a member of it.
	assembled map[string]string
}

// bare is a uuid without what tools put between its digits.
func bare(uuid string) string {
	return strings.NewReplacer("-", "", ":", "", " ", "").Replace(strings.ToLower(uuid))
}

func (t *topology) active(ctx context.Context) active {
	a := active{md: map[string]string{}, vg: map[string]string{}, luks: map[string]string{}, btrfs: map[string]string{},
		bcache:   map[string]string{},
		bcachefs: map[string]string{}, assembled: map[string]string{}}
	for _, b := range t.disks {
		uuid, name := b.attr("dm", "uuid"), b.attr("dm", "name")
		for _, kind := range assembledBy(b, uuid) {
			a.assembled[kind] = first(name, b.name)
		}
		switch {
		case strings.HasPrefix(uuid, "LVM-"):
			a.vg[volumeGroup(name)] = name
		case strings.HasPrefix(uuid, "CRYPT-LUKS"):
			if parts := strings.SplitN(uuid, "-", 4); len(parts) == 4 {
				a.luks[bare(parts[2])] = name
			}
		case strings.HasPrefix(b.name, "md") && len(b.slaves) > 0:
			if id, err := t.arrayID(ctx, b); err != nil {
				a.mdErr = err
			} else {
				a.md[bare(id)], a.md[turned(bare(id))] = b.name, b.name
			}
		}
	}
	for _, v := range t.btrfs() {
		a.btrfs[bare(v.id)] = v.id
	}
	for _, name := range entries(t.h.at("/sys/fs/bcache")) {
		a.bcache[bare(name)] = name
	}
	for _, name := range entries(t.h.at("/sys/fs/bcachefs")) {
		a.bcachefs[bare(name)] = name
	}
	return a
}

// assembledBy gives the kinds of labels whose members a device may be made of, where neither says of which.
func assembledBy(b *block, dmUUID string) []string {
	external := func(kind string) bool { return b.attr("md", "metadata_version") == "external:"+kind }
	switch {
	case strings.HasPrefix(b.name, "drbd"):
		return []string{"drbd"}
	case external("imsm"):
		return []string{"imsm"}
	case external("ddf"):
		return []string{"ddf"}
	case strings.HasPrefix(dmUUID, "DMRAID-"):
		return []string{"imsm", "ddf", "firmware_raid"}
	}
	return nil
}

// turned reverses each of the four words of an array's uuid. The kernel shows the words of a superblock of version 0.90
// as the bytes that they are in memory, mdadm and the label as numbers.
func turned(uuid string) string {
	if len(uuid) != 32 {
		return uuid
	}
	var out strings.Builder
	for word := 0; word < 32; word += 8 {
		for at := word + 6; at >= word; at -= 2 {
			out.WriteString(uuid[at : at+2])
		}
	}
	return out.String()
}

// arrayID gives the uuid of a running array, from the kernel where it says it, else from mdadm.
func (t *topology) arrayID(ctx context.Context, b *block) (string, error) {
	if id := b.attr("md", "uuid"); id != "" {
		return id, nil
	}
	out, err := t.h.run(ctx, "mdadm", "--detail", "--export", b.path())
	if err != nil {
		return "", fmt.Errorf("mdadm was asked for the uuid of %s: %w", b.name, err)
	}
	for line := range strings.Lines(string(out)) {
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "MD_UUID="); ok {
			return id, nil
		}
	}
	return "", fmt.Errorf("mdadm does not name the uuid of %s", b.name)
}
