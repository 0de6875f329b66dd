// Package drive says what a drive is, what uses it, and what may be done with it.
//
// Its rules:
//   - A drive is known by serial + WWN + size, never by a path. /dev/sdX is only where it is today.
//   - What uses a drive is one Usage, the worst of what all layers found. None is proven, never assumed: a layer that
//     failed or timed out makes it CannotTell, and CannotTell is in use.
//   - The lock rules are data (rules in lock.go): a class, the phrase that unlocks it, what to do.
//
// The package is pure: no I/O, no state, safe from any goroutine.
package drive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"burnish/backend/size"
)

// Kind says how a drive stores.
type Kind string

// The kinds of drives.
const (
	HDD     Kind = "hdd"
	SSD     Kind = "ssd"
	NVMe    Kind = "nvme"
	Virtual Kind = "virtual" // loop, nbd, virtio: only for labs
)

// Identity is what a drive is, as read from the drive itself (VPD pages, NVMe identify, sysfs), never from udev.
type Identity struct {
	Serial        string `json:"serial,omitempty"`
	WWN           string `json:"wwn,omitempty"`     // logical unit: naa., eui. or nguid, without a prefix
	Part          string `json:"part,omitempty"`    // LUN or namespace, where one serial has several
	Backing       string `json:"backing,omitempty"` // loop devices only: the file behind it
	Model         string `json:"model,omitempty"`
	Firmware      string `json:"firmware,omitempty"`
	SizeBytes     int64  `json:"size_bytes"`
	HiddenBytes   int64  `json:"hidden_bytes,omitempty"` // that it has and does not show
	LogicalBytes  int    `json:"logical_bytes"`
	PhysicalBytes int    `json:"physical_bytes"`
	Kind          Kind   `json:"kind"`
	Transport     string `json:"transport,omitempty"`
}

// ID is the drive's name for people and programs: serial@wwn(+part), trimmed, upper case, the same on any port and
// behind any bridge that passes both on. A loop device is named by its backing file and size. It holds no spaces and
// no '=', whatever the drive says. It is empty if the drive has neither serial nor WWN.
func (d Identity) ID() string {
	serial, wwn := normal(d.Serial), normal(d.WWN)
	switch {
	case serial == "" && wwn == "" && d.Backing != "":
		sum := sha256.Sum256([]byte(d.Backing))
		return "LOOP-" + strings.ToUpper(hex.EncodeToString(sum[:6])) + "@" + strconv.FormatInt(d.SizeBytes, 10)
	case serial == "" && wwn == "":
		return ""
	}
	id := serial + "@" + wwn
	if p := normal(d.Part); p != "" {
		id += "+" + p
	}
	return id
}

// Same reports whether both are the same drive: the same ID and the same size.
func (d Identity) Same(other Identity) bool {
	return d.ID() != "" && d.ID() == other.ID() && d.SizeBytes == other.SizeBytes
}

// String names the drive in a sentence: model, serial or ID, and size.
func (d Identity) String() string {
	name := strings.TrimSpace(d.Serial)
	if name == "" {
		name = d.ID()
	}
	if name == "" {
		name = "no serial number"
	}
	return fmt.Sprintf("%s (%s, %s, %d bytes)", name, strings.TrimSpace(d.Model), size.Text(d.SizeBytes), d.SizeBytes)
}

const maxIDPart = 64

func normal(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-._:/", r):
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
		if b.Len() == maxIDPart {
			break
		}
	}
	return b.String()
}
