package drive

import (
	"fmt"
	"strings"
)

// Place says where a drive is today and how it hangs there. What is empty could not be found out; nothing of it plays
// a part in who a drive is.
type Place struct {
	Paths       []string   `json:"paths"`               // all of its device nodes, the first is the row's
	ByID        []string   `json:"by_id,omitempty"`     // its names below /dev/disk/by-id
	Bay         string     `json:"bay,omitempty"`       // for a person who stands before the NAS: "enclosure 1 slot 4"
	Enclosure   *Enclosure `json:"enclosure,omitempty"` //
	Controller  string     `json:"controller,omitempty"`
	Port        string     `json:"port,omitempty"` // of the controller: "ata3", "0:0:4:0"
	Link        *Link      `json:"link,omitempty"`
	WriteCache  string     `json:"write_cache,omitempty"` // "write back" or "write through", as the kernel takes it
	RotationRPM *int       `json:"rotation_rpm,omitempty"`
	// where it has several, of which each has a part of the drive for itself
	Actuators int  `json:"actuators,omitempty"`
	Discards  bool `json:"discards,omitempty"` // it takes back blocks that hold nothing of use any more
}

// Enclosure is a bay as an enclosure's own numbers name it.
type Enclosure struct {
	Number *int   `json:"number,omitempty"` // as TrueNAS counts enclosures
	Name   string `json:"name,omitempty"`   // as the enclosure calls itself, or its logical id
	Slot   int    `json:"slot"`
}

// Bay names a bay in a few words.
func (e *Enclosure) Bay() string {
	switch {
	case e == nil:
		return ""
	case e.Number != nil:
		return fmt.Sprintf("enclosure %d slot %d", *e.Number, e.Slot)
	case e.Name != "":
		return fmt.Sprintf("%s slot %d", e.Name, e.Slot)
	}
	return fmt.Sprintf("slot %d", e.Slot)
}

// Link is how fast a drive is connected, and how fast it could be.
type Link struct {
	Now string `json:"now"`           // "6.0 Gbps", "8.0 GT/s PCIe x4"
	Max string `json:"max,omitempty"` // of the drive or its port, whichever is known
}

// Chip is a usage in the few words that fit beside a drive: what it is, whose, how it is.
func (u Usage) Chip() string {
	if len(u.Parts) > 0 {
		return strings.Join(u.Parts, " · ")
	}
	return u.Text
}
