//go:build linux

package inventory

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// place is what sysfs says of where one path to a drive ends.
type place struct {
	controller, port string
	enclosure        *drive.Enclosure
	link             *drive.Link
	cache            string
	rpm              *int
	actuators        int
	discards         bool
}

const (
	maxNames = 16 // of one drive below /dev/disk/by-id that are told
	maxShort = 64 // bytes of one word about a place
)

// short cleans a word about a place.
func short(s string) string { return reason.Clean(strings.TrimSpace(s), maxShort) }

// placed joins what is known of all paths to a drive: of each thing the first that knows it.
func (s *survey) placed(u unitOf) drive.Place {
	var out drive.Place
	for _, n := range u.paths {
		out.Paths = append(out.Paths, n.path())
		for _, name := range s.links[n.block] {
			if len(out.ByID) < maxNames {
				out.ByID = append(out.ByID, name)
			}
		}
		l := s.looks[n]
		if bay, ok := s.bays[n.name]; ok && out.Enclosure == nil {
			out.Enclosure = &bay
		}
		out.Enclosure = cmp.Or(out.Enclosure, l.place.enclosure)
		out.Controller, out.Port = cmp.Or(out.Controller, l.place.controller), cmp.Or(out.Port, l.place.port)
		out.WriteCache = cmp.Or(out.WriteCache, l.place.cache)
		out.Link = cmp.Or(out.Link, l.place.link)
		if now := l.health.now; out.Link == nil && now != "" {
			out.Link = &drive.Link{Now: now}
		}
		if out.Link != nil && l.health.max != "" { // what the drive says that it can goes before what its port can
			out.Link.Max = l.health.max
		}
		out.RotationRPM = cmp.Or(out.RotationRPM, l.place.rpm, l.health.rpm)
		out.Actuators, out.Discards = max(out.Actuators, l.place.actuators), out.Discards || l.place.discards
	}
	out.Bay = out.Enclosure.Bay()
	return out
}

// unknown names what could not be found out about a drive.
func unknown(row wire.DriveRow) []string {
	var out []string
	for _, c := range []struct {
		what  string
		known bool
	}{
		{"serial", row.Identity.Serial != ""}, {"wwn", row.Identity.WWN != ""}, {"model", row.Identity.Model != ""},
		{"firmware", row.Identity.Firmware != ""}, {"temperature", row.TempC != nil},
		{"temperature_limit", row.TempLimitC != nil},
		{"smart", row.SMART != nil}, {"passed", row.Passed != nil}, {"bay", row.Place.Bay != ""},
		{"link", row.Place.Link != nil}, {"write_cache", row.Place.WriteCache != ""},
		{"rotation", row.Place.RotationRPM != nil || row.Identity.Kind == drive.NVMe},
	} {
		if !c.known {
			out = append(out, c.what)
		}
	}
	return out
}

// pciAddress is domain:bus:device.function.
var pciAddress = regexp.MustCompile(`^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$`)

// placeOf reads where a node hangs. A virtual one hangs nowhere.
func (h *Host) placeOf(n *node) place {
	out := place{cache: writeCache(n.attr("queue", "write_cache")),
		discards: atoi(n.attr("queue", "discard_max_bytes")) > 0}
	if ranges := len(entries(filepath.Join(n.dir, "queue", "independent_access_ranges"))); ranges > 1 {
		out.actuators = ranges
	}
	if n.virtual {
		return out
	}
	device, err := filepath.EvalSymlinks(filepath.Join(n.dir, "device"))
	if err != nil {
		return out
	}
	for d := device; strings.Contains(d, "/sys/devices/"); d = filepath.Dir(d) {
		base := filepath.Base(d)
		if out.port == "" && (strings.HasPrefix(base, "ata") || scsiAddress.MatchString(base)) {
			out.port = short(base)
		}
		if strings.HasPrefix(base, "ata") && decimal(base[3:]) {
			out.port = short(base) // says more than the address of its only target
			out.link = cmp.Or(out.link, linkOf(filepath.Join(d, "link"+base[3:], "ata_link", "link"+base[3:]),
				"sata_spd", "hw_sata_spd_limit"))
		}
		if strings.HasPrefix(base, "end_device-") {
			out.link = cmp.Or(out.link, sasLink(d))
		}
		if pciAddress.MatchString(base) {
			driver, _ := filepath.EvalSymlinks(filepath.Join(d, "driver"))
			name := ""
			if driver != "" {
				name = filepath.Base(driver) + " "
			}
			out.controller = short(name + base)
			if strings.HasPrefix(n.name, "nvme") {
				out.link = pciLink(d)
			}
			break
		}
	}
	out.enclosure = cmp.Or(sesSlot(device), h.pciSlot(n, device))
	if rate := pageBody(vpdPage(device, "vpd_pgb1"), 0xb1); len(rate) >= 2 {
		switch r := int(binary.BigEndian.Uint16(rate)); {
		case r == 1:
			out.rpm = new(int)
		case r >= 0x401 && r < 0xffff:
			out.rpm = &r
		}
	}
	return out
}

// Place says where an open drive hangs, by what the kernel knows of this one path.
func (h *Host) Place(f *os.File) drive.Place {
	dir := h.sysfs(f)
	if dir == "" {
		return drive.Place{}
	}
	name := filepath.Base(dir)
	p := h.placeOf(&node{block: &block{name: name, dir: dir}, virtual: virtualName.MatchString(name)})
	return drive.Place{Bay: p.enclosure.Bay(), Enclosure: p.enclosure, Controller: p.controller, Port: p.port,
		Link: p.link, WriteCache: p.cache,
		RotationRPM: p.rpm, Actuators: p.actuators, Discards: p.discards}
}

// vpdPage is a page of a SCSI device as the kernel keeps it; empty if there is none.
func vpdPage(device, name string) []byte {
	data, err := readBounded(filepath.Join(device, name))
	if err != nil {
		return nil
	}
	return data
}

// writeCache takes the two words that the kernel has for a cache.
func writeCache(s string) string {
	if s == "write back" || s == "write through" {
		return s
	}
	return ""
}

// linkOf reads a link's speed and limit; nil where it is not known.
func linkOf(dir, now, limit string) *drive.Link {
	l := drive.Link{Now: speed(text(dir, now)), Max: speed(text(dir, limit))}
	if l.Now == "" {
		return nil
	}
	return &l
}

// speed takes what begins with a number: the kernel writes "<unknown>" and "Unknown" too.
func speed(s string) string {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return ""
	}
	return short(strings.Replace(s, "Gbit", "Gbps", 1))
}

// sasLink is the speed of the phy that a SAS end device hangs on.
func sasLink(end string) *drive.Link {
	for _, pattern := range []string{"../phy-*/sas_phy/phy-*", "phy-*/sas_phy/phy-*"} {
		phys, _ := filepath.Glob(filepath.Join(end, pattern))
		for _, phy := range phys {
			if l := linkOf(phy, "negotiated_linkrate", "maximum_linkrate"); l != nil {
				return l
			}
		}
	}
	return nil
}

// pciLink is the speed and the width of a PCIe device's link.
func pciLink(dir string) *drive.Link {
	l := linkOf(dir, "current_link_speed", "max_link_speed")
	if l == nil {
		return nil
	}
	wide := func(speed, width string) string {
		if w := text(dir, width); speed != "" && decimal(w) && w != "0" {
			return short(speed + " x" + w)
		}
		return speed
	}
	l.Now, l.Max = wide(l.Now, "current_link_width"), wide(l.Max, "max_link_width")
	return l
}

// sesSlot is the bay that an enclosure (SES) says that the device is in.
func sesSlot(device string) *drive.Enclosure {
	links, _ := filepath.Glob(filepath.Join(device, "enclosure_device:*"))
	for _, l := range links {
		component, err := filepath.EvalSymlinks(l)
		if err != nil {
			continue
		}
		if slot, err := strconv.Atoi(text(component, "slot")); err == nil && slot >= 0 {
			return &drive.Enclosure{Name: short(text(filepath.Dir(component), "id")), Slot: slot}
		}
	}
	return nil
}

// pciSlot is the slot of the chassis that an NVMe drive is plugged into, where the firmware numbers them.
func (h *Host) pciSlot(n *node, device string) *drive.Enclosure {
	if !strings.HasPrefix(n.name, "nvme") {
		return nil
	}
	files, _ := filepath.Glob(h.at("/sys/bus/pci/slots/*/address"))
	for _, f := range files {
		address := text(f) // without the function
		slot, err := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if err == nil && address != "" && strings.Contains(device, "/"+address+".") {
			return &drive.Enclosure{Name: "PCIe", Slot: slot}
		}
	}
	return nil
}

// byID lists the names of all disks below /dev/disk/by-id.
func (t *topology) byID() map[*block][]string {
	out := map[*block][]string{}
	for _, name := range entries(t.h.at("/dev/disk/by-id")) {
		path := "/dev/disk/by-id/" + name
		if b := t.resolve(path); b != nil && b.disk == b && reason.Clean(path, maxText) == path {
			out[b] = append(out[b], path)
		}
	}
	return out
}

// trueNASBays asks TrueNAS in which bays its disks are. It knows the bays of its maker's own machines only; whatever
// it says else, or not at all, leaves a bay unknown and nothing else.
func (h *Host) trueNASBays(ctx context.Context) map[string]drive.Enclosure {
	out, err := h.run(ctx, "midclt", "call", "disk.query")
	if err != nil {
		return nil
	}
	return parseBays(out)
}

func parseBays(data []byte) map[string]drive.Enclosure {
	var disks []struct {
		Name      string `json:"name"`
		DevName   string `json:"devname"`
		Enclosure *struct {
			Number *int `json:"number"`
			Slot   *int `json:"slot"`
		} `json:"enclosure"`
	}
	if json.Unmarshal(data, &disks) != nil {
		return nil
	}
	bays := map[string]drive.Enclosure{}
	for _, d := range disks {
		if e := d.Enclosure; e != nil && e.Slot != nil {
			bays[cmp.Or(d.Name, d.DevName)] = drive.Enclosure{Number: e.Number, Slot: *e.Slot}
		}
	}
	return bays
}
