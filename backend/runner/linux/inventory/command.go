//go:build linux

package inventory

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// commander is a Device that also takes commands past the block layer. All that are sent here only ask.
type commander interface {
	// scsi sends a command that reads into in, or transfers nothing where in is empty. A status that is not good is no
	// error: the sense data says what was wrong.
	scsi(cdb, in []byte) (status byte, sense []byte, err error)
	// nvme sends a command of the admin queue, or of an I/O queue, that reads into in.
	nvme(admin bool, opcode byte, nsid, cdw10 uint32, in []byte) error
	// opal gives what the kernel knows of a self-encrypting drive.
	opal() (flags uint32, err error)
}

var _ commander = (*direct)(nil)

// errNotTaken is what a device gives that has no such commands at all.
var errNotTaken = errors.New("takes no such commands")

const (
	sgIO           = 0x2285
	nvmeAdmin      = 0xc0484e41
	nvmeIO         = 0xc0484e43
	opalGetStatus  = 0x800870ec
	commandTimeout = 10_000 // ms
)

// sgHeader is sg_io_hdr of the kernel's scsi/sg.h.
type sgHeader struct {
	interfaceID    int32
	direction      int32
	cmdLen         uint8
	senseLen       uint8
	iovecCount     uint16
	dataLen        uint32
	data           unsafe.Pointer
	cmd            unsafe.Pointer
	sense          unsafe.Pointer
	timeout        uint32
	flags          uint32
	packID         int32
	user           unsafe.Pointer
	status         uint8
	maskedStatus   uint8
	msgStatus      uint8
	senseWritten   uint8
	hostStatus     uint16
	driverStatus   uint16
	resid          int32
	duration, info uint32
}

func (d *direct) scsi(cdb, in []byte) (byte, []byte, error) {
	const noData, fromDevice = -1, -3
	sense := make([]byte, 64)
	h := sgHeader{
		interfaceID: 'S', direction: noData, cmdLen: uint8(len(cdb)), cmd: unsafe.Pointer(&cdb[0]),
		sense: unsafe.Pointer(&sense[0]), senseLen: uint8(len(sense)), timeout: commandTimeout,
	}
	if len(in) > 0 {
		h.direction, h.dataLen, h.data = fromDevice, uint32(len(in)), unsafe.Pointer(&in[0])
	}
	err := d.ioctl(sgIO, unsafe.Pointer(&h))
	runtime.KeepAlive(cdb)
	runtime.KeepAlive(in)
	if err != nil {
		return 0, nil, err
	}
	if h.hostStatus != 0 {
		return 0, nil, fmt.Errorf("a command came to no end (host status %#x)", h.hostStatus)
	}
	return h.status, sense[:min(int(h.senseWritten), len(sense))], nil
}

// nvmeCommand is nvme_passthru_cmd of the kernel's nvme_ioctl.h.
type nvmeCommand struct {
	opcode, flags         uint8
	_                     uint16
	nsid                  uint32
	_, _                  uint32
	_                     uint64
	addr                  uint64
	_                     uint32
	dataLen               uint32
	cdw10                 uint32
	_, _, _, _, _         uint32
	timeoutMs, resultCode uint32
}

func (d *direct) nvme(admin bool, opcode byte, nsid, cdw10 uint32, in []byte) error {
	request := uintptr(nvmeIO)
	if admin {
		request = nvmeAdmin
	}
	var pin runtime.Pinner // the kernel gets the address as a number
	pin.Pin(&in[0])
	defer pin.Unpin()
	c := nvmeCommand{opcode: opcode, nsid: nsid, addr: uint64(uintptr(unsafe.Pointer(&in[0]))),
		dataLen: uint32(len(in)), cdw10: cdw10, timeoutMs: commandTimeout}
	status, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(d.fd), request, uintptr(unsafe.Pointer(&c)))
	runtime.KeepAlive(in)
	switch {
	case notTaken(errno):
		return errNotTaken
	case errno != 0:
		return errno
	case status != 0:
		return fmt.Errorf("NVMe status %#x", status)
	}
	return nil
}

func (d *direct) opal() (uint32, error) {
	var status struct{ flags, reserved uint32 }
	err := d.ioctl(opalGetStatus, unsafe.Pointer(&status))
	return status.flags, err
}

func (d *direct) ioctl(request uintptr, arg unsafe.Pointer) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(d.fd), request, uintptr(arg))
	switch {
	case notTaken(errno):
		return errNotTaken
	case errno != 0:
		return errno
	}
	return nil
}

func notTaken(errno unix.Errno) bool {
	return errno == unix.ENOTTY || errno == unix.EINVAL || errno == unix.EOPNOTSUPP || errno == unix.ENOSYS
}

const (
	statusGood     = 0x00
	statusCheck    = 0x02
	statusConflict = 0x18
)

// senseKey reads the key, in both forms of sense data; 0 where there is none.
func senseKey(sense []byte) byte {
	switch {
	case len(sense) < 3:
		return 0
	case sense[0]&0x7f >= 0x72:
		return sense[1] & 0xf
	}
	return sense[2] & 0xf
}

const (
	senseIllegalRequest = 0x5
	senseUnitAttention  = 0x6
	senseDataProtect    = 0x7
)

// asked sends a SCSI command again where the drive first has something else to say, as after a reset.
func asked(c commander, cdb, in []byte) (status byte, sense []byte, err error) {
	for range 3 {
		status, sense, err = c.scsi(cdb, in)
		if err != nil || status != statusCheck || senseKey(sense) != senseUnitAttention {
			break
		}
	}
	return status, sense, err
}

// ataCommand builds an ATA PASS-THROUGH (16) command.
func ataCommand(protocol, flags, count, command byte) []byte {
	cdb := make([]byte, 16)
	cdb[0], cdb[1], cdb[2], cdb[6], cdb[13], cdb[14] = 0x85, protocol, flags, count, 0x40, command
	return cdb
}

// ataIdentify asks an ATA drive for its IDENTIFY DEVICE data; nil where it does not say.
func ataIdentify(c commander) []byte {
	const pioIn, fromDeviceInSectors = 4 << 1, 0x0e
	id := make([]byte, 512)
	status, _, err := asked(c, ataCommand(pioIn, fromDeviceInSectors, 1, 0xec), id)
	if err != nil || status != statusGood {
		return nil
	}
	return id
}

// ataNativeMax sends a command that answers with the drive's highest address: READ NATIVE MAX ADDRESS EXT or GET NATIVE
// MAX ADDRESS EXT.
func ataNativeMax(c commander, command byte) (lba int64, ok bool) {
	const noData48, withRegisters = 3<<1 | 1, 0x20
	_, sense, err := c.scsi(ataCommand(noData48, withRegisters, 0, command), nil)
	if err != nil {
		return 0, false
	}
	return ataRegisters(sense)
}

// ataRegisters reads the 48 bit address from the ATA Status Return descriptor of sense data in descriptor form; the
// fixed form holds only half of it.
func ataRegisters(sense []byte) (lba int64, ok bool) {
	if len(sense) < 8 || sense[0]&0x7f != 0x72 {
		return 0, false
	}
	for rest := sense[8:]; len(rest) >= 2; {
		n := 2 + int(rest[1])
		if n > len(rest) {
			return 0, false
		}
		if rest[0] == 0x09 && n == 14 {
			const failed = 0x21 // device fault, error
			d := rest[:n]
			for _, i := range []int{10, 8, 6, 11, 9, 7} {
				lba = lba<<8 | int64(d[i])
			}
			return lba, d[13]&failed == 0
		}
		rest = rest[n:]
	}
	return 0, false
}
