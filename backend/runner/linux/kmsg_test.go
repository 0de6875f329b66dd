//go:build linux

package linux

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"burnish/backend/runner/port"
	"burnish/backend/surface"
)

func TestOnlyErrorsOfThisDriveCount(t *testing.T) {
	sata := namesOf("/sys/devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0/block/sdd")
	nvme := namesOf("/sys/devices/pci0000:00/0000:00:02.0/0000:01:00.0/nvme/nvme0/nvme0n1")
	usb := namesOf("/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1.4/2-1.4:1.0/host6/target6:0:0/6:0:0:0/block/sdg")
	for text, c := range map[string]struct {
		of   names
		want [3]int // reads, writes, resets
	}{
		"critical medium error, dev sdd, sector 19456 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2": {sata,
			[3]int{1, 0, 0}},
		"I/O error, dev sdd, sector 8 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2": {sata,
			[3]int{0, 1, 0}},
		"blk_update_request: I/O error, dev sdd, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0": {sata,
			[3]int{1, 0, 0}},
		"critical target error, dev sdd, sector 0 op 0x3:(DISCARD) flags 0x800 phys_seg 1 prio class 2": {sata,
			[3]int{}},
		"critical target error, dev sdd, sector 0 op 0x9:(WRITE_ZEROES) flags 0x800 phys_seg 0 prio class 2": {sata,
			[3]int{}},
		"I/O error, dev sdda, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2": {sata, [3]int{}},
		"I/O error, dev sdc, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2":  {sata, [3]int{}},
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
		"critical medium error, dev nvme0n1, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2": {nvme,
			[3]int{1, 0, 0}},
		"usb 2-1.4: reset SuperSpeed USB device number 3 using xhci_hcd": {usb, [3]int{0, 0, 1}},
		"usb 2-1: reset SuperSpeed USB device number 3 using xhci_hcd":   {usb, [3]int{}},
	} {
		var got port.KernelErrors
		c.of.count(text, &got)
		if (got.Reads != c.want[0]) || got.Writes != c.want[1] || got.Resets != c.want[2] {
			t.Errorf("%q counts as %+v, want %v", text, got, c.want)
		}
		if got.Any() && got.First != text {
			t.Errorf("the first is %q", got.First)
		}
	}
}

// sound is a drive that is there and never spoke.
type sound struct{}

func (sound) alive() bool     { return true }
func (sound) defective() bool { return false }

type broken struct{ sound }

func (broken) defective() bool { return true }

func TestTheKernelsLogTellsTheMediumFromTheWayToIt(t *testing.T) {
	sata := namesOf("/sys/devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0/block/sdd")
	nvme := namesOf("/sys/devices/pci0000:00/0000:00:02.0/0000:01:00.0/nvme/nvme0/nvme0n1")
	for text, c := range map[string]struct {
		of   names
		want [2]int // medium, path
	}{
		"sd 2:0:0:0: [sdd] tag#0 Sense Key : Medium Error [current]": {sata,
			[2]int{1, 0}},
		"sd 2:0:0:0: [sdd] tag#0 Sense Key : Hardware Error [current]": {sata,
			[2]int{1, 0}},
		"critical medium error, dev sdd, sector 19456 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2": {sata,
			[2]int{1, 0}},
		"critical medium error, dev sde, sector 19456 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2": {sata,
			[2]int{}},
		"ata3.00: error: { UNC }": {sata,
			[2]int{1, 0}},
		"ata3.00: error: { IDNF }": {sata,
			[2]int{1, 0}},
		"ata3.00: error: { AMNF IDNF ABRT }": {sata,
			[2]int{1, 0}},
		"ata3.00: error: { ICRC IDNF }": {sata,
			[2]int{0, 1}},
		"ata33.00: error: { IDNF }": {sata,
			[2]int{}},
		"sd 2:0:0:0: [sdd] tag#7 Sense Key : Illegal Request [current]": {sata,
			[2]int{}},
		"sd 2:0:0:0: [sdd] tag#7 Add. Sense: Logical block address out of range": {sata,
			[2]int{1, 0}},
		"sd 2:0:0:0: [sdd] tag#7 Add. Sense: Invalid field in cdb": {sata,
			[2]int{}},
		"sd 2:0:0:0: [sde] tag#7 Add. Sense: Logical block address out of range": {sata,
			[2]int{}},
		"ata3.00: error: { ICRC ABRT }": {sata,
			[2]int{0, 1}},
		"ata33.00: error: { ICRC ABRT }": {sata,
			[2]int{}},
		"ata3.00: error: { ABRT }": {sata,
			[2]int{}},
		"sd 2:0:0:0: [sdd] tag#0 Sense Key : Aborted Command [current]": {sata,
			[2]int{}},
		"sd 2:0:0:0: [sdd] tag#0 Add. Sense: I/O process terminated": {sata,
			[2]int{}},
		"sd 2:0:0:0: [sdd] tag#0 Add. Sense: Scsi parity error": {sata,
			[2]int{0, 1}},
		"sd 2:0:0:0: [sdd] tag#0 Add. Sense: Information unit iuCRC error detected": {sata,
			[2]int{0, 1}},
		"sd 2:0:0:0: [sdd] tag#0 FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_OK cmd_age=0s": {sata,
			[2]int{}},
		"sd 2:0:0:0: [sdd] tag#0 FAILED Result: hostbyte=DID_SOFT_ERROR driverbyte=DRIVER_OK cmd_age=0s": {sata,
			[2]int{0, 1}},
		"sd 2:0:0:0: [sdd] tag#0 FAILED Result: hostbyte=DID_TIME_OUT driverbyte=DRIVER_OK cmd_age=0s": {sata,
			[2]int{}},
		"sd 2:0:0:0: [sddd] tag#0 FAILED Result: hostbyte=DID_SOFT_ERROR driverbyte=DRIVER_OK cmd_age=0s": {sata,
			[2]int{}},
		"nvme0n1: I/O Cmd(0x2) @ LBA 16000, 8 blocks, I/O Error (sct 0x2 / sc 0x81) MORE DNR": {nvme,
			[2]int{1, 0}},
		"nvme0n1: I/O Cmd(0x2) @ LBA 16000, 8 blocks, I/O Error (sct 0x3 / sc 0x71)": {nvme,
			[2]int{0, 1}},
		"nvme1n1: I/O Cmd(0x2) @ LBA 16000, 8 blocks, I/O Error (sct 0x2 / sc 0x81) MORE DNR": {nvme, [2]int{}},
		"nvme0n1: Read(0x2) @ LBA 16000, 8 blocks, Unrecovered Read Error (sct 0x2 / sc 0x81) DNR": {nvme,
			[2]int{1, 0}},
		"nvme0n1: Identify(0x6), Invalid Field in Command (sct 0x0 / sc 0x2) DNR": {nvme, [2]int{}},
	} {
		var got port.KernelErrors
		c.of.count(text, &got)
		if got.Medium != c.want[0] || got.Path != c.want[1] || (got.Path > 0) != (got.OnePath == text) {
			t.Errorf("%q counts as %+v, want %v", text, got, c.want)
		}
	}
}

func TestWhatAnErrorNumberIsAbout(t *testing.T) {
	for _, c := range []struct {
		errno unix.Errno
		drive witness
		want  surface.ErrorClass
	}{
		{unix.ENODATA, sound{}, surface.ClassMedium}, {unix.EIO, sound{}, surface.ClassMedium},
		{unix.ETIMEDOUT, sound{}, surface.ClassTransport}, {unix.ENOLINK, sound{}, surface.ClassTransport},
		{unix.EREMOTEIO, sound{}, surface.ClassTransport}, {unix.EREMOTEIO, broken{}, surface.ClassMedium},
		{unix.ENOLINK, broken{}, surface.ClassTransport},
		{unix.EBADE, sound{}, surface.ClassRefused}, {unix.EILSEQ, sound{}, surface.ClassRefused},
		{unix.EROFS, sound{}, surface.ClassRefused},
		{unix.ENODEV, sound{}, surface.ClassGone}, {unix.ENXIO, sound{}, surface.ClassGone},
		{unix.EIO, pulled{}, surface.ClassGone}, {unix.EREMOTEIO, pulled{}, surface.ClassGone},
		{unix.EDOM, sound{}, surface.ClassTransport},
	} {
		var got *surface.IOError
		if err := ioError("read", 0, 512, c.errno, c.drive); !errors.As(err, &got) || got.Class != c.want ||
			got.Errno != unix.ErrnoName(c.errno) {
			t.Errorf("%s of %T: %v, want %s", unix.ErrnoName(c.errno), c.drive, err, c.want)
		}
	}
}

// heard is a drive that is there, and what the kernel's log says of it.
type heard struct{ *kernelLog }

func (heard) alive() bool { return true }

// A disk behind a SAS HBA does not find one of its sectors: SAT makes an illegal request of it, and the kernel an error
// of the target, which alone says nothing about the medium.
func TestASectorThatWasNotFoundIsAnErrorOfTheDrive(t *testing.T) {
	drive := namesOf("/sys/devices/pci0000:00/0000:00:02.0/0000:01:00.0/host2/port-2:0/end_device-2:0/target2:0:0/2:0:0:0/block/sdd")
	for says, want := range map[string]surface.ErrorClass{
		"sd 2:0:0:0: [sdd] tag#7 Add. Sense: Logical block address out of range": surface.ClassMedium,
		"sd 2:0:0:0: [sdd] tag#7 Add. Sense: Invalid field in cdb":               surface.ClassTransport,
		"sd 2:0:0:1: [sde] tag#7 Add. Sense: Logical block address out of range": surface.ClassTransport,
	} {
		var ends [2]int
		if err := unix.Pipe2(ends[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(ends[1])
		k := &kernelLog{names: drive, fd: ends[0], seen: port.KernelErrors{Readable: true}}
		defer k.close()
		for _, line := range []string{"sd 2:0:0:0: [sdd] tag#7 Sense Key : Illegal Request [current]", says} {
			if _, err := unix.Write(ends[1], []byte("3,1234,5678901,-;"+line+"\n")); err != nil {
				t.Fatal(err)
			}
			k.errors()
		}
		var got *surface.IOError
		if err := ioError("read", 4096, 4096, unix.EREMOTEIO, heard{k}); !errors.As(err, &got) || got.Class != want {
			t.Errorf("%s: %v, want %s", says, err, want)
		}
	}
}

type pulled struct{ broken }

func (pulled) alive() bool { return false }

func TestARecordOfTheKernelsLogIsCutToItsText(t *testing.T) {
	if got := message("3,1234,5678901,-;I/O error, dev sdd; more\n SUBSYSTEM=block\n DEVICE=b8:48\n"); got != "I/O error, dev sdd; more" {
		t.Errorf("%q", got)
	}
}

func TestTheKernelsWordThatADriveLeftIsKnown(t *testing.T) {
	sata := namesOf("/sys/devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0/block/sdd")
	nvme := namesOf("/sys/devices/pci0000:00/0000:00:02.0/0000:01:00.0/nvme/nvme0/nvme0n1")
	usb := namesOf("/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1.4/2-1.4:1.0/host6/target6:0:0/6:0:0:0/block/sdg")
	for text, c := range map[string]struct {
		of   names
		left bool
	}{
		"ata3: SATA link down (SStatus 0 SControl 300)":                           {sata, true},
		"ata3.00: disable device":                                                 {sata, true},
		"ata3.00: detaching (SCSI 2:0:0:0)":                                       {sata, true},
		"ata33: SATA link down (SStatus 0 SControl 300)":                          {sata, false},
		"ata3: hard resetting link":                                               {sata, false},
		"sd 2:0:0:0: Device offlined - not ready after error recovery":            {sata, true},
		"sd 2:0:0:0: rejecting I/O to offline device":                             {sata, true},
		"sd 2:0:0:0: [sdd] Synchronizing SCSI cache":                              {sata, true},
		"sd 2:0:0:1: [sde] Synchronizing SCSI cache":                              {sata, false},
		"sd 2:0:0:0: [sdd] Attached SCSI disk":                                    {sata, false},
		"device offline error, dev sdd, sector 8 op 0x0:(READ) flags 0x0":         {sata, true},
		"nvme nvme0: Removing after probe failure status: -19":                    {nvme, true},
		"nvme nvme1: Removing after probe failure status: -19":                    {nvme, false},
		"usb 2-1.4: USB disconnect, device number 5":                              {usb, true},
		"usb 2-1: USB disconnect, device number 4":                                {usb, false},
		"usb 2-1.4: reset SuperSpeed USB device number 3 using xhci_hcd":          {usb, false},
		"critical medium error, dev sdd, sector 8 op 0x0:(READ) flags 0x0":        {sata, false},
		"nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS": {nvme, true},
	} {
		var got port.KernelErrors
		c.of.count(text, &got)
		if (got.Gone != "") != c.left {
			t.Errorf("%q: %q", text, got.Gone)
		}
	}
}
