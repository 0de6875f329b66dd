//go:build linux

package linux

import (
	"testing"

	"burnish/backend/runner"
)

func TestOnlyErrorsOfThisDriveCount(t *testing.T) {
	sata := namesOf("/sys/devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0/block/sdd")
	nvme := namesOf("/sys/devices/pci0000:00/0000:00:02.0/0000:01:00.0/nvme/nvme0/nvme0n1")
	usb := namesOf("/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1.4/2-1.4:1.0/host6/target6:0:0/6:0:0:0/block/sdg")
	for text, c := range map[string]struct {
		of   names
		want [3]int // reads, writes, resets
	}{
		"critical medium error, dev sdd, sector 19456 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2":       {sata, [3]int{1, 0, 0}},
		"I/O error, dev sdd, sector 8 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2":                    {sata, [3]int{0, 1, 0}},
		"blk_update_request: I/O error, dev sdd, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0":   {sata, [3]int{1, 0, 0}},
		"critical target error, dev sdd, sector 0 op 0x3:(DISCARD) flags 0x800 phys_seg 1 prio class 2":      {sata, [3]int{}},
		"critical target error, dev sdd, sector 0 op 0x9:(WRITE_ZEROES) flags 0x800 phys_seg 0 prio class 2": {sata, [3]int{}},
		"I/O error, dev sdda, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2":                      {sata, [3]int{}},
		"I/O error, dev sdc, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2":                       {sata, [3]int{}},
		"ata3: hard resetting link":                       {sata, [3]int{0, 0, 1}},
		"ata33: hard resetting link":                      {sata, [3]int{}},
		"ata3: SATA link down (SStatus 0 SControl 300)":   {sata, [3]int{0, 0, 1}},
		"ata3.00: configured for UDMA/133":                {sata, [3]int{}},
		"sd 2:0:0:0: Power-on or device reset occurred":   {sata, [3]int{}},
		"sd 2:0:0:0: attempting task abort!scmd(0x12345)": {sata, [3]int{0, 0, 1}},
		"sd 2:0:0:01: attempting task abort!":             {sata, [3]int{}},
		"nvme nvme0: I/O 12 QID 1 timeout, aborting":      {nvme, [3]int{0, 0, 1}},
		"nvme nvme0: resetting controller":                {nvme, [3]int{0, 0, 1}},
		"nvme nvme01: resetting controller":               {nvme, [3]int{}},
		"critical medium error, dev nvme0n1, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2": {nvme, [3]int{1, 0, 0}},
		"usb 2-1.4: reset SuperSpeed USB device number 3 using xhci_hcd":                               {usb, [3]int{0, 0, 1}},
		"usb 2-1: reset SuperSpeed USB device number 3 using xhci_hcd":                                 {usb, [3]int{}},
	} {
		var got runner.KernelErrors
		c.of.count(text, &got)
		if (got.Reads != c.want[0]) || got.Writes != c.want[1] || got.Resets != c.want[2] {
			t.Errorf("%q counts as %+v, want %v", text, got, c.want)
		}
		if got.Any() && got.First != text {
			t.Errorf("the first is %q", got.First)
		}
	}
}

func TestARecordOfTheKernelsLogIsCutToItsText(t *testing.T) {
	if got := message("3,1234,5678901,-;I/O error, dev sdd; more\n SUBSYSTEM=block\n DEVICE=b8:48\n"); got != "I/O error, dev sdd; more" {
		t.Errorf("%q", got)
	}
}
