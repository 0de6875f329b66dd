//go:build linux

package inventory

import (
	"context"
	"encoding/binary"
	"errors"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
	"burnish/backend/label"
	"burnish/backend/size"
)

const (
	lockLayer        = drive.LayerLock
	reservationLayer = drive.LayerReservations
	capacityLayer    = drive.LayerCapacity
)

// guard is what a drive itself keeps from its users: data behind a password, capacity, or itself for another host.
type guard struct {
	answers []answer
	hidden  int64 // bytes that it has and does not show
}

// sealed makes the answer for a drive that gives no data as it is.
func sealed(remedy, format string, args ...any) answer {
	a := claim(lockLayer, drive.Unsupported, format, args...)
	a.sealed, a.remedy = true, remedy
	return a
}

const (
	unlockATA = "Unlock it with its password (hdparm --security-unlock, then --security-disable), or erase it with " +
		"the master password (hdparm --security-erase); then look again."
	unlockSED = "Unlock it with its password (sedutil-cli --setLockingRange 0 RW), or reset it with the PSID " +
		"printed on its label (sedutil-cli --yesIreallywanttoERASEALLmydatausingthePSID), which erases it; then " +
		"look again."
)

// guarded asks a drive for its own lock, for reservations and for hidden capacity. That it is not locked need not be
// known, since its data can be read; that nobody has reserved it must be.
func (s *survey) guarded(ctx context.Context, n *node) guard {
	g, err := await(ctx, func() (guard, error) {
		dev, err := s.openNode(n)
		if err != nil {
			return guard{}, err // the scan says so
		}
		defer dev.Close()
		c, _ := dev.(commander)
		switch {
		case n.id.Kind == drive.NVMe:
			return guardNVMe(c, n), nil
		case n.isATA():
			return guardATA(c, n), nil
		}
		return guardSCSI(c, n), nil
	})
	if errors.Is(err, errNoAnswer) && !n.isATA() {
		g.answers = append(g.answers, because(reservationLayer, err))
	}
	return g
}

// isATA reports whether ATA commands reach the drive through a layer that is known to pass them on. USB bridges are not
// asked: some take what they don't know for a write.
func (n *node) isATA() bool {
	return n.id.Transport != "usb" && n.attr("device", "vendor") == "ATA"
}

// guardATA reads the drive's IDENTIFY DEVICE data: as it is now, else as the kernel read it when it found the drive.
func guardATA(c commander, n *node) guard {
	var g guard
	var id []byte
	if c != nil {
		id = ataIdentify(c)
	}
	if id == nil {
		id = identifyPage(vpdPage(filepath.Join(n.dir, "device"), "vpd_pg89"))
	}
	if id == nil {
		return g.selfEncrypting(c)
	}
	switch locked, known := ataLocked(id); {
	case locked:
		g.answers = append(g.answers, sealed(unlockATA, "locked by an ATA password: it gives no data"))
	case known:
		g.answers = append(g.answers, clean(lockLayer, "no ATA password locks it"))
	}
	if command := ataMaxCommand(id); c != nil && command != 0 {
		if native, ok := ataNativeMax(c, command); ok {
			g.hide(max(native+1-ataSectors(id), 0)*int64(max(n.id.LogicalBytes, 512)),
				"a host protected area (hdparm -N shows it)")
		}
	}
	return g.selfEncrypting(c)
}

// hide notes capacity that the drive does not show.
func (g *guard) hide(bytes int64, how string) {
	if bytes > 0 {
		g.hidden = bytes
		g.answers = append(g.answers, clean(capacityLayer, "%s of it are hidden by %s; no test reaches them",
			size.Exact(bytes), how))
	}
}

// selfEncrypting asks the kernel for the state of a TCG Opal lock, where it knows one.
func (g guard) selfEncrypting(c commander) guard {
	const locked = 1 << 3
	if c == nil {
		return g
	}
	if flags, err := c.opal(); err == nil && flags&locked != 0 {
		g.answers = append(g.answers, sealed(unlockSED, "self-encrypting and locked: it gives no data"))
	}
	return g
}

// ataWord is a word of IDENTIFY DEVICE data.
func ataWord(id []byte, n int) uint16 { return binary.LittleEndian.Uint16(id[2*n:]) }

// valid reports whether a word that says so itself holds anything.
func valid(w uint16) bool { return w&0xc000 == 0x4000 }

// identifyPage is the IDENTIFY DEVICE data in the ATA Information page (0x89); nil where there is none.
func identifyPage(page []byte) []byte {
	const at = 56
	body := pageBody(page, 0x89)
	if len(body) < at+512 {
		return nil
	}
	return body[at : at+512]
}

// ataLocked reads the security status (word 128), which only counts where the feature set is supported.
func ataLocked(id []byte) (locked, known bool) {
	const supported, isLocked = 1 << 0, 1 << 2
	s := ataWord(id, 128)
	return s&supported != 0 && s&isLocked != 0, s&supported != 0
}

// ataSectors is how many sectors the drive shows.
func ataSectors(id []byte) int64 {
	const lba48 = 1 << 10
	if w := ataWord(id, 83); valid(w) && w&lba48 != 0 {
		if n := int64(binary.LittleEndian.Uint64(id[200:])); n > 0 && n < 1<<48 {
			return n
		}
	}
	return int64(binary.LittleEndian.Uint32(id[120:]))
}

// ataMaxCommand is the command that gives the drive's real end: of the feature set Accessible Max Address
// Configuration, else of Host Protected Area where it is in use; 0 where the drive has neither.
func ataMaxCommand(id []byte) byte {
	const ama, hpa, lba48 = 1 << 8, 1 << 10, 1 << 10
	switch w := ataWord(id, 83); {
	case !valid(w) || w&lba48 == 0:
		return 0
	case valid(ataWord(id, 119)) && ataWord(id, 119)&ama != 0:
		return 0x78
	case ataWord(id, 82)&hpa != 0 && ataWord(id, 85)&hpa != 0:
		return 0x27
	}
	return 0
}

// guardSCSI asks for a persistent reservation, which keeps others from writing while all may read.
func guardSCSI(c commander, n *node) guard {
	var g guard
	// a drive behind a bridge has one host, and its bridge may not bear the question
	if c == nil || n.id.Transport == "usb" {
		return g
	}
	const readReservation, size = 1, 24
	in := make([]byte, size)
	status, sense, err := asked(c, []byte{0x5e, readReservation, 0, 0, 0, 0, 0, 0, size, 0}, in)
	switch {
	case errors.Is(err, errNotTaken):
	case err != nil:
		g.answers = append(g.answers, failed(reservationLayer, "whether a host has reserved it could not be asked: %v",
			err))
	case status == statusConflict, status == statusGood && binary.BigEndian.Uint32(in[4:]) >= 16:
		g.answers = append(g.answers, claim(reservationLayer, drive.Remote, "a host has reserved it (persistent "+
			"reservation, key %x)", in[8:16]).toDo(release))
	case status == statusGood:
		g.answers = append(g.answers, clean(reservationLayer, "nobody has reserved it"))
	case status == statusCheck && senseKey(sense) == senseIllegalRequest: // it knows no reservations
	default:
		g.answers = append(g.answers, failed(reservationLayer, "whether a host has reserved it is not known: SCSI "+
			"status %02x, sense key %x", status, senseKey(sense)))
	}
	return g.selfEncrypting(c)
}

// guardNVMe reads what a controller and a namespace say of themselves. A drive is asked for nothing that it says it
// does not have: each refusal would stand in its error log.
func guardNVMe(c commander, n *node) guard {
	var g guard
	nsid := uint32(atoi(n.attr("nsid")))
	if c == nil || nsid == 0 {
		return g
	}
	const identify, ofNamespace, ofController = 0x06, 0, 1
	controller, namespace := make([]byte, 4096), make([]byte, 4096)
	err := c.nvme(true, identify, 0, ofController, controller)
	if err == nil {
		err = c.nvme(true, identify, nsid, ofNamespace, namespace)
	}
	if err != nil {
		g.answers = append(g.answers, failed(reservationLayer, "whether a host has reserved it is not known: it "+
			"does not identify itself: %v", err))
		return g.selfEncrypting(c)
	}
	const management, reservations, formatting = 1 << 3, 1 << 5, 0x80
	if binary.LittleEndian.Uint16(controller[256:])&management != 0 {
		if high := binary.LittleEndian.Uint64(controller[304:]); high == 0 {
			g.hide(int64(min(binary.LittleEndian.Uint64(controller[296:]), 1<<62)),
				"being given to no namespace (nvme id-ctrl: unvmcap)")
		}
	}
	if left := namespace[32]; left&formatting != 0 && left&^formatting > 0 && left&^formatting <= 100 {
		g.answers = append(g.answers, sealed("Wait until it is formatted, then look again.",
			"it is being formatted, %d %% are left", left&^formatting))
	}
	if binary.LittleEndian.Uint16(controller[520:])&reservations != 0 && namespace[31] != 0 {
		const report = 0x0e
		in := make([]byte, 64)
		switch err := c.nvme(false, report, nsid, uint32(len(in)/4-1), in); {
		case err != nil:
			g.answers = append(g.answers, failed(reservationLayer, "whether a host has reserved it could not be "+
				"asked: %v", err))
		case in[4] != 0:
			g.answers = append(g.answers, claim(reservationLayer, drive.Remote, "a host has reserved it (NVMe "+
				"reservation of type %d)", in[4]).toDo(release))
		default:
			g.answers = append(g.answers, clean(reservationLayer, "nobody has reserved it"))
		}
	}
	return g.selfEncrypting(c)
}

// denied asks a SCSI drive that answers errors where labels are whether it refuses its data: a locked one says so in
// its sense data, of which the block layer keeps nothing.
func (s *survey) denied(ctx context.Context, n *node, f label.Findings) []answer {
	refused := slices.ContainsFunc(f.Unreadable, func(g label.Gap) bool {
		return errors.Is(g.Err, unix.EIO) ||
			errors.Is(g.Err, unix.EACCES)
	})
	if !refused || n.virtual || n.id.Kind == drive.NVMe {
		return nil
	}
	out, _ := await(ctx, func() ([]answer, error) {
		dev, err := s.openNode(n)
		if err != nil {
			return nil, err
		}
		defer dev.Close()
		c, ok := dev.(commander)
		if !ok || !refusesData(c, n.id.LogicalBytes) {
			return nil, nil
		}
		return []answer{sealed(unlockSED,
			"it refuses its data (data protect): it is probably self-encrypting and locked")}, nil
	})
	return out
}

func refusesData(c commander, sector int) bool {
	read := []byte{0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0}
	status, sense, err := asked(c, read, make([]byte, max(sector, 512)))
	return err == nil && status == statusCheck && senseKey(sense) == senseDataProtect
}
