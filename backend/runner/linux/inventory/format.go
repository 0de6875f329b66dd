//go:build linux

package inventory

import (
	"path/filepath"
	"regexp"
	"strings"

	"burnish/backend/drive"
)

const (
	formatLayer    = drive.LayerFormat
	transportLayer = drive.LayerTransport
)

// form says whether the drive can be tested as it is: by its sectors, its protection, its place.
func (t *topology) form(n *node, opt Options) []answer {
	out := []answer{n.sectors()}
	switch tr := n.id.Transport; {
	case tr == "iscsi", tr == "fc", strings.HasPrefix(tr, "nvme-"):
		out = append(out, claim(transportLayer, drive.Remote, "it is reached over %s, where other hosts may use it too",
			tr).
			toDo("Test it on a host to which it is connected directly."))
	case n.virtual && !opt.VirtualDrives:
		out = append(out, claim(transportLayer, drive.VirtualDrive, "a %s", n.id.Model))
	default:
		out = append(out, clean(transportLayer, "it is here, on %s", tr))
	}
	return out
}

func (n *node) sectors() answer {
	locked := func(format string, args ...any) answer {
		return claim(formatLayer, drive.Unsupported, format, args...)
	}
	if lun := n.raidUnit(); lun != "" {
		return locked("a logical unit of a RAID controller (%s), not a drive", lun)
	}
	switch {
	case n.size == 0 && n.attr("removable") == "1":
		return locked("no medium in it")
	case n.size == 0:
		return locked("it shows no capacity: its sectors are probably not of 512 or 4096 bytes (sg_format --format " +
			"--size=512 makes them so), or it is not ready")
	case n.id.LogicalBytes != 512 && n.id.LogicalBytes != 4096:
		return locked("sectors of %d bytes (sg_format --format --size=512 makes them usable)", n.id.LogicalBytes)
	case n.attr("ro") == "1":
		return locked("write-protected")
	case strings.HasPrefix(n.attr("queue", "zoned"), "host-managed"):
		return locked("a host-managed zoned drive: it takes no writes out of order")
	}
	if p := n.protection(); p != "" {
		return locked("formatted with protection information (%s)", p)
	}
	return clean(formatLayer, "sectors of %d bytes, writable", n.id.LogicalBytes)
}

// protection names the T10 protection or metadata that sectors bear, if any.
func (n *node) protection() string {
	types, _ := filepath.Glob(filepath.Join(n.dir, "device", "scsi_disk", "*", "protection_type"))
	for _, f := range types {
		if t := text(f); t != "" && t != "0" {
			return "T10 type " + ascii([]byte(t))
		}
	}
	if f := n.attr("integrity", "format"); strings.HasPrefix(f, "T10-") || strings.HasPrefix(f, "EXT-") {
		return ascii([]byte(f))
	}
	if m := n.attr("metadata_bytes"); m != "" && m != "0" {
		return ascii([]byte(m)) + " bytes of metadata per sector"
	}
	return ""
}

// raidModels are what RAID controllers call the units that they make of drives.
var raidModels = regexp.MustCompile(`(?i)^(logical volume|virtual disk|virtual drive|perc .*|serveraid.*|mr\d{4}.*|raid .*|smc\d{4}.*|.*-logical.*)$`)

// raidVendors make no drives: what bears their name is a unit of their controllers.
var raidVendors = map[string]bool{"ARECA": true, "AMCC": true, "3WARE": true, "ADAPTEC": true, "LSILOGIC": true,
	"DPT": true}

// raidUnit names what makes the node a unit of a RAID controller and no drive, if anything does. Controllers that
// hand drives through unchanged do so on other channels or without a RAID level.
func (n *node) raidUnit() string {
	device := filepath.Join(n.dir, "device")
	vendor, model := text(device, "vendor"), text(device, "model")
	if level := text(device, "raid_level"); level != "" && level != "N/A" { // hpsa, smartpqi
		return ascii([]byte(level))
	}
	if raidVendors[strings.ToUpper(vendor)] || raidModels.MatchString(model) && vendor != "ATA" &&
		n.id.Transport != "usb" {
		return ascii([]byte(strings.TrimSpace(vendor + " " + model)))
	}
	real, err := filepath.EvalSymlinks(device)
	if err != nil {
		return ""
	}
	address := scsiAddress.FindStringSubmatch(filepath.Base(real))
	if address == nil {
		return ""
	}
	// Its first two channels are those of the drives themselves, which it hands through.
	if n.driver(real) == "megaraid_sas" && address[1] != "0" && address[1] != "1" {
		return "megaraid_sas"
	}
	return ""
}

// driver is the driver of the SCSI host that a device hangs on.
func (n *node) driver(device string) string {
	for d := device; strings.Contains(d, "/sys/devices/"); d = filepath.Dir(d) {
		if base := filepath.Base(d); strings.HasPrefix(base, "host") {
			return text(d, "scsi_host", base, "proc_name")
		}
	}
	return ""
}
