package practice

import (
	"context"
	"os/exec"
	"sync"

	"burnish/backend/drive"
	"burnish/backend/runner/port"
)

// held is a drive that a run holds.
type held struct {
	nas       *NAS
	m         *medium
	typ       string // the device type by which smartctl is asked
	exclusive bool
	kernel    port.KernelErrors // when it was held
	once      sync.Once
}

func (h *held) Path() string             { return h.m.spec.Path }
func (h *held) Identity() drive.Identity { return h.m.spec.Identity }
func (h *held) Usage() drive.Usage       { return h.nas.usage(h.m, "") }
func (h *held) Place() drive.Place       { return drive.Place{} }
func (h *held) TempC() *int              { return h.m.temp() }

// TempLimits: the sensor knows none; the drive's own word does.
func (h *held) TempLimits() (high, critical *int) { return nil, nil }

// Inspect reads identity and usage again.
func (h *held) Inspect(context.Context) (drive.Identity, drive.Usage, error) {
	if err := h.m.present(); err != nil {
		return drive.Identity{}, drive.Usage{}, err
	}
	return h.Identity(), h.Usage(), nil
}

// Device gives the drive.
func (h *held) Device(bool) (port.Device, error) {
	if err := h.m.present(); err != nil {
		return nil, err
	}
	return open{h.m}, nil
}

// open is a medium that somebody opened; closing it changes nothing.
type open struct{ *medium }

func (open) Close() error { return nil }

// SectorsWritten counts what arrived at the drive, by whomever.
func (h *held) SectorsWritten() (int64, error) {
	return h.m.bytes.Counts().BytesWritten / 512, nil
}

const unknownBridge = "Unknown USB bridge [0x1e91:0xde79 (0x100)]"

// SMART answers as smartctl does; of a drive that is gone, or has no SMART, as it does of such.
func (h *held) SMART(_ context.Context, args ...string) ([]byte, error) {
	switch {
	case h.m.present() != nil:
		return []byte(`{"smartctl":{"exit_status":2,"messages":[{"string":"Smartctl open device failed: No such device","severity":"error"}]}}`), errStatus2
	case h.m.smart == nil || h.m.spec.Bridge != h.typ:
		return []byte(`{"smartctl":{"exit_status":1,"messages":[{"string":"` + unknownBridge + `","severity":"error"}]}}`), errStatus2
	}
	return h.m.smart.smartctl(args)
}

// NVMe is not installed here.
func (h *held) NVMe(context.Context, string, ...string) ([]byte, error) {
	return nil, exec.ErrNotFound
}

// KernelErrors counts the requests of the held drive that failed.
func (h *held) KernelErrors() port.KernelErrors {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	k := h.m.kernel
	k.Reads, k.Writes = k.Reads-h.kernel.Reads, k.Writes-h.kernel.Writes
	return k
}

// Alive reports whether the drive is on the bus.
func (h *held) Alive() bool { return h.m.present() == nil }

// Find finds nothing: no program of this computer could open the drive.
func (h *held) Find(string) (string, error) { return "", exec.ErrNotFound }

// Spawn starts nothing.
func (h *held) Spawn(port.Spawn) (port.Process, error) { return nil, exec.ErrNotFound }

func (h *held) Close() error {
	h.once.Do(func() {
		h.m.mu.Lock()
		defer h.m.mu.Unlock()
		h.m.holders--
		if h.exclusive {
			h.m.alone = false
		}
	})
	return nil
}
