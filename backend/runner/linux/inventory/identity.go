//go:build linux

package inventory

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"burnish/backend/drive"
)

// node is a block device that may be a drive, or one path to it.
type node struct {
	*block
	virtual bool
	id      drive.Identity // without Part until settle has seen all nodes
	unit    string         // namespace or LUN: the Part, where the serial number has several
	noWord  bool           // the identity could not be read, which is not the same as having none
	notes   []string       // what a person should know about the identity
	key     string         // the id that it has without smartctl's word
	health  health         // of a USB drive, which was asked for its serial number anyway

	timedOut bool // the identity was not read in time
}

// nodes picks what may be a drive. A loop or nbd device that is bound to nothing is none.
func (t *topology) nodes() []*node {
	var out []*node
	for _, b := range t.disks {
		virtual := virtualName.MatchString(b.name)
		switch {
		case !virtual && !physicalName.MatchString(b.name):
			continue
		case strings.HasPrefix(b.name, "loop") && b.loop == nil, strings.HasPrefix(b.name, "nbd") && b.size == 0:
			continue
		}
		out = append(out, &node{block: b, virtual: virtual})
	}
	return out
}

// identify reads who the node is from the pages that the kernel keeps.
func (h *Host) identify(n node) node {
	out := n
	id := drive.Identity{
		SizeBytes: n.size, LogicalBytes: int(atoi(n.attr("queue", "logical_block_size"))),
		PhysicalBytes: int(atoi(n.attr("queue", "physical_block_size"))), Kind: drive.SSD,
		Transport: transport(n.block),
	}
	if n.attr("queue", "rotational") == "1" {
		id.Kind = drive.HDD
	}
	switch {
	case n.virtual:
		id.Kind, id.Transport = drive.Virtual, "virtual"
		identifyVirtual(&id, n.block)
	case strings.HasPrefix(n.name, "nvme"):
		id.Kind = drive.NVMe
		out.unit = identifyNVMe(&id, n.block)
	default:
		out.unit = identifySCSI(&id, n.block)
	}
	out.id = id
	out.noWord = out.id.ID() == "" && !n.virtual && id.Transport != "usb"
	out.timedOut = n.loop != nil && !n.loop.known
	return out
}

func identifySCSI(id *drive.Identity, b *block) (lun string) {
	device := filepath.Join(b.dir, "device")
	serial, firmware, model := ataNames(vpdPage(device, "vpd_pg89"))
	id.Serial = first(ownSerial(serialPage(vpdPage(device, "vpd_pg80"))), ownSerial(serial),
		ownSerial(text(device, "serial")))
	id.WWN = ownName(unitName(vpdPage(device, "vpd_pg83")))
	if wwid := text(device, "wwid"); id.WWN == "" && !strings.HasPrefix(wwid, "t10.") {
		id.WWN = ownName(wwid)
	}
	id.Model = first(model, ascii([]byte(text(device, "model"))), ascii([]byte(text(device, "vendor"))))
	id.Firmware = first(firmware, ascii([]byte(text(device, "rev"))), ascii([]byte(text(device, "firmware"))))
	if id.Transport == "usb" && id.Serial == "" {
		id.Serial = ownSerial(usbSerial(b.dir))
	}
	if real, err := filepath.EvalSymlinks(device); err == nil {
		if address := scsiAddress.FindStringSubmatch(filepath.Base(real)); address != nil {
			lun = address[3]
		}
	}
	return lun
}

// scsiAddress is host:channel:target:lun, the name of a SCSI device in sysfs.
var scsiAddress = regexp.MustCompile(`^\d+:(\d+):(\d+):(\d+)$`)

// usbSerial is the serial number of the USB device that the drive hangs on.
func usbSerial(dir string) string {
	for d := dir; strings.Contains(d, "/sys/devices/"); d = filepath.Dir(d) {
		if text(d, "idVendor") != "" {
			return text(d, "serial")
		}
	}
	return ""
}

func identifyNVMe(id *drive.Identity, b *block) (namespace string) {
	device := filepath.Join(b.dir, "device")
	id.Serial = ownSerial(text(device, "serial"))
	id.Model, id.Firmware = ascii([]byte(text(device, "model"))), ascii([]byte(text(device, "firmware_rev")))
	// Where a namespace has no name of its own, wwid is made up of vendor, serial and model ("nvme.…"): no name.
	if wwid := b.attr("wwid"); !strings.HasPrefix(wwid, "nvme.") {
		id.WWN = ownName(wwid)
	}
	id.WWN = first(id.WWN, ownName(b.attr("nguid")), ownName(b.attr("eui")))
	return first(b.attr("nsid"), b.name[strings.LastIndexByte(b.name, 'n')+1:])
}

func identifyVirtual(id *drive.Identity, b *block) {
	id.Serial = ownSerial(b.attr("serial"))
	switch b.name[0] {
	case 'l':
		id.Model = "loop device"
	case 'n':
		id.Model = "network block device"
	case 'v':
		id.Model = "virtio disk"
	case 'x':
		id.Model = "Xen disk"
	}
	if b.loop != nil {
		if b.loop.known { // without the file's number two of the same name would be one
			id.Backing = fmt.Sprintf("%s:%v:%d", b.backing(), b.loop.FS, b.loop.Inode)
		}
	} else if backend := b.attr("backend"); backend != "" {
		id.Backing = "nbd:" + ascii([]byte(backend))
	}
}

// askBehindBridge lets a USB drive's own word win over its bridge's, which may have a serial number of its own.
// Without smartctl the bridge's word stands.
func (h *Host) askBehindBridge(ctx context.Context, n *node, opt Options) {
	n.health = h.askSMART(ctx, n, opt)
	if serial := ownSerial(n.health.serial); serial != "" && serial != n.id.Serial {
		if n.id.Serial != "" {
			n.notes = append(n.notes, "its USB bridge calls itself "+n.id.Serial)
		}
		n.id.Serial = serial
	}
	if n.id.WWN == "" {
		n.id.WWN = ownName(n.health.wwn)
	}
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// transport reads how the device hangs on the machine from where it stands in sysfs.
func transport(b *block) string {
	_, place, _ := strings.Cut(b.dir, "/sys/devices/")
	in := func(mark string) bool { return strings.Contains("/"+place, mark) }
	switch {
	case strings.HasPrefix(b.name, "nvme"):
		return nvmeTransport(b)
	case in("/usb"):
		return "usb"
	case in("/session"):
		return "iscsi"
	case in("/rport-"):
		return "fc"
	case b.attr("device", "vendor") == "ATA", strings.HasPrefix(b.name, "hd"):
		return "sata"
	case in("/end_device-"), in("/port-"), b.attr("device", "sas_address") != "":
		return "sas"
	}
	return "scsi"
}

// nvmeTransport is "nvme" for a drive on PCIe and the fabric's name for all else; a namespace with several
// controllers is on a fabric if one of them is.
func nvmeTransport(b *block) string {
	ways, _ := filepath.Glob(filepath.Join(b.dir, "device", "nvme*", "transport"))
	for _, way := range append(ways, filepath.Join(b.dir, "device", "transport")) {
		if t := text(way); t != "" && t != "pcie" {
			return "nvme-" + ascii([]byte(t))
		}
	}
	return "nvme"
}
