//go:build linux

package inventory

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"burnish/backend/drive"
)

func TestWhereADriveIs(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	sata := "/sys/devices/pci0000:00/0000:00:17.0/"
	m.file(sata+"ata1/link1/ata_link/link1/sata_spd", "3.0 Gbps\n")
	m.file(sata+"ata1/link1/ata_link/link1/hw_sata_spd_limit", "6.0 Gbps\n")
	m.link(sata+"driver", "../../../bus/pci/drivers/ahci")
	m.dir("/sys/bus/pci/drivers/ahci")
	m.file("/sys/block/sda/queue/write_cache", "write through\n")
	m.file("/sys/block/sda/device/vpd_pgb1", page(0xb1, []byte{0x1c, 0x20, 0, 0}))
	m.link("/dev/disk/by-id/ata-MADE_UP_SER00001", "../../sda")
	m.partition("sda", 1)
	m.link("/dev/disk/by-id/ata-MADE_UP_SER00001-part1", "../../sda1")
	m.tools["smartctl --json=c -i -H /dev/sda"] = `{"smart_status":{"passed":false},"rotation_rate":5400}`

	m.block("sdb", fmt.Sprintf(sasAt, 2, 4, 0), gib, map[string]string{"device/vendor": "HGST", "device/model": "HUS72",
		"device/vpd_pg80": page80("P1"), "device/vpd_pg83": page83(naaOfSDA), "queue/write_cache": "write back",
		"queue/discard_max_bytes":                  "4294966784",
		"queue/independent_access_ranges/0/sector": "0", "queue/independent_access_ranges/1/sector": "1048576",
		"device/../../../phy-2:4/sas_phy/phy-2:4/negotiated_linkrate": "12.0 Gbit\n",
		"device/../../../phy-2:4/sas_phy/phy-2:4/maximum_linkrate":    "12.0 Gbit\n",
	})
	m.file("/sys/devices/ses/enclosure/2:0:9:0/id", "0x500304801f715f3f\n")
	m.file("/sys/devices/ses/enclosure/2:0:9:0/Slot 04/slot", "4\n")
	m.link("/sys/block/sdb/device/enclosure_device:Slot 04", "/../../../../../../../ses/enclosure/2:0:9:0/Slot 04"[1:])
	m.tools["midclt call disk.details"] = `{"used":[],"unused":[]}`
	m.tools["midclt call disk.query"] = `[{"name":"sda","enclosure":{"number":0,"slot":7}},{"name":"sdb","enclosure":null},{"name":5}]`

	rows := m.list(Options{})
	rpm, zero := 7200, 0
	a := rows["/dev/sda"]
	if a.Place.Bay != "" { // one row of a wrong type, and nothing of the answer is believed
		t.Errorf("a garbled answer of TrueNAS gives the bay %q", a.Place.Bay)
	}
	m.tools["midclt call disk.query"] = `[{"name":"sda","enclosure":{"number":0,"slot":7}},{"name":"sdb","enclosure":null}]`
	rows = m.list(Options{})
	a = rows["/dev/sda"]
	want := drive.Place{Paths: []string{"/dev/sda"}, ByID: []string{"/dev/disk/by-id/ata-MADE_UP_SER00001"},
		Bay:       "enclosure 0 slot 7",
		Enclosure: &drive.Enclosure{Number: &zero, Slot: 7}, Controller: "ahci 0000:00:17.0", Port: "ata1",
		Link: &drive.Link{Now: "3.0 Gbps", Max: "6.0 Gbps"}, WriteCache: "write through", RotationRPM: &rpm}
	if !reflect.DeepEqual(a.Place, want) {
		t.Errorf("%+v\nwant %+v", a.Place, want)
	}
	if a.Passed == nil || *a.Passed {
		t.Error("the drive's own word is lost")
	}
	if slices.Contains(a.Unknown, "bay") || !slices.Contains(a.Unknown, "temperature") || !slices.Contains(a.Unknown,
		"temperature_limit") {
		t.Errorf("unknown: %v", a.Unknown)
	}

	b := rows["/dev/sdb"]
	if p := b.Place; p.Bay != "0x500304801f715f3f slot 4" || p.Link == nil ||
		*p.Link != (drive.Link{Now: "12.0 Gbps", Max: "12.0 Gbps"}) || p.WriteCache != "write back" ||
		p.Actuators != 2 || !p.Discards {
		t.Errorf("a SAS drive in an enclosure: %+v (link %+v)", p, p.Link)
	}
	if !slices.Contains(b.Unknown, "smart") || !slices.Contains(b.Unknown, "rotation") {
		t.Errorf("without smartctl, unknown: %v", b.Unknown)
	}
}

func TestWhereAnNVMeDriveIs(t *testing.T) {
	m := newTree(t)
	at := "pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0"
	m.block("nvme0n1", at, gib, map[string]string{"device/serial": "N1", "device/model": "M",
		"nguid": "00112233-4455-6677-8899-aabbccddeeff", "queue/rotational": "0"})
	pci := "/sys/devices/pci0000:00/0000:00:1d.0/0000:03:00.0/"
	m.file(pci+"current_link_speed", "8.0 GT/s PCIe\n")
	m.file(pci+"current_link_width", "2\n")
	m.file(pci+"max_link_speed", "16.0 GT/s PCIe\n")
	m.file(pci+"max_link_width", "4\n")
	m.file("/sys/bus/pci/slots/12/address", "0000:03:00\n")
	m.file("/sys/bus/pci/slots/1/address", "0000:04:00\n")
	p := m.list(Options{})["/dev/nvme0n1"].Place
	if p.Bay != "PCIe slot 12" || p.Link == nil || *p.Link != (drive.Link{Now: "8.0 GT/s PCIe x2",
		Max: "16.0 GT/s PCIe x4"}) || p.Controller != "0000:03:00.0" {
		t.Errorf("%+v (link %+v)", p, p.Link)
	}
}
