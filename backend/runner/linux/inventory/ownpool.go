//go:build linux

package inventory

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"burnish/backend/label"
)

// ownPool is how surely a label's pool was last used by this machine.
type ownPool int

const (
	foreignPool ownPool = iota
	likeNamed           // by a machine of this one's name: many bear the same
	ownedPool           // by a machine of its name and its host id
)

// own compares the host that a label names with this one. Both must fit: machines that were copied share one of them.
func (i *imported) own(f label.Found) ownPool {
	switch {
	case i.hostname == "" || f.Hostname != i.hostname:
		return foreignPool
	case i.hostID == "" || f.HostID != i.hostID:
		return likeNamed
	}
	return ownedPool
}

// namesItself reads what this machine writes into labels: a host id that the module was given goes before the file.
func (h *Host) namesItself() (hostname, hostID string) {
	hostname = text(h.at("/proc/sys/kernel/hostname"))
	if id, err := strconv.ParseUint(text(h.at("/sys/module/spl/parameters/spl_hostid")), 10, 32); err == nil &&
		id != 0 {
		return hostname, fmt.Sprintf("%08x", id)
	}
	if data, err := h.readFile("/etc/hostid"); err == nil && len(data) >= 4 {
		if id := binary.LittleEndian.Uint32(data); id != 0 {
			return hostname, fmt.Sprintf("%08x", id)
		}
	}
	return hostname, ""
}
