//go:build linux

package inventory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"burnish/backend/drive"
)

const (
	trueNASLayer = drive.LayerTrueNAS
	standbyLayer = drive.LayerStandby
	proxmoxLayer = drive.LayerProxmox
	unraidLayer  = drive.LayerUnraid
)

// trueNASClaims asks TrueNAS which disks it counts as used. It can only add claims: it knows nothing of LVM, md and
// mounts. The second result is false where this is no TrueNAS.
func (h *Host) trueNASClaims(ctx context.Context, t *topology) (claims, bool, error) {
	out, err := h.run(ctx, "midclt", "call", "disk.details")
	if missing(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, true, err
	}
	found, err := parseDiskDetails(t, out)
	return found, true, err
}

func parseDiskDetails(t *topology, data []byte) (claims, error) {
	type disk struct {
		Name     string  `json:"name"`
		Imported *string `json:"imported_zpool"`
		Exported *string `json:"exported_zpool"`
	}
	var doc struct {
		Used   *[]disk `json:"used"`
		Unused *[]disk `json:"unused"`
	}
	// A refused login prints a sentence and exits 0.
	if err := json.Unmarshal(data, &doc); err != nil || doc.Used == nil || doc.Unused == nil {
		return nil, errors.New("disk.details gave no list of disks")
	}
	out := claims{}
	for _, d := range *doc.Used {
		b := t.byName[d.Name]
		if b == nil {
			continue
		}
		var a answer
		switch {
		case d.Imported != nil && *d.Imported != "":
			a = claim(trueNASLayer, drive.Pool, "pool %s", *d.Imported)
			a.poolName = *d.Imported
		case d.Exported != nil && *d.Exported != "":
			a = claim(trueNASLayer, drive.ExportedPool, "pool %s, not imported", *d.Exported)
			a.poolName = *d.Exported
		default:
			a = claim(trueNASLayer, drive.Data, "TrueNAS counts it as used")
		}
		out.add(b, a)
	}
	return out, nil
}

// standbyClaims asks TrueNAS whether this is the standby controller of a pair: all drives are the other one's then,
// whatever this kernel knows of them.
func (h *Host) standbyClaims(ctx context.Context, t *topology) (claims, bool, error) {
	out, err := h.run(ctx, "midclt", "call", "failover.status")
	if missing(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, true, err
	}
	status := strings.Trim(strings.TrimSpace(string(out)), `"`)
	switch status {
	case "SINGLE", "MASTER":
		return claims{}, true, nil
	case "":
		return nil, true, errors.New("failover.status gave nothing")
	}
	found := claims{}
	for _, b := range t.disks {
		a := claim(standbyLayer, drive.Remote, "this controller is not the active one of its pair (failover status "+
			"%s): the other one may use all drives", ascii([]byte(status)))
		a.remedy = "Add the active controller as a NAS, and test the drive from there."
		found.add(b, a)
	}
	return found, true, nil
}

// proxmoxClaims asks Proxmox which disks it counts as used; it can only add claims.
func (h *Host) proxmoxClaims(ctx context.Context, t *topology) (claims, bool, error) {
	if !h.exists("/etc/pve") {
		return nil, false, nil
	}
	host := text(h.at("/proc/sys/kernel/hostname"))
	host, _, _ = strings.Cut(host, ".")
	out, err := h.run(ctx, "pvesh", "get", "/nodes/"+host+"/disks/list", "--output-format", "json")
	if missing(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, true, err
	}
	found, err := parseDiskList(t, out)
	return found, true, err
}

func parseDiskList(t *topology, data []byte) (claims, error) {
	var list []struct {
		Path string `json:"devpath"`
		Used string `json:"used"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("pvesh gave no list of disks: %w", err)
	}
	out := claims{}
	for _, d := range list {
		if b := t.resolve(d.Path); b != nil && d.Used != "" {
			a := claim(proxmoxLayer, drive.Data, "Proxmox counts it as used (%s)", d.Used)
			a.marks = []string{d.Used}
			out.add(b, a)
		}
	}
	return out, nil
}

// unraidClaims finds the disks that are assigned to Unraid's array or pools, also while the array is stopped.
func (h *Host) unraidClaims(t *topology) (claims, bool, error) {
	if !h.exists("/etc/unraid-version") {
		return nil, false, nil
	}
	ini, err := h.readFile("/var/local/emhttp/disks.ini")
	if err != nil {
		return nil, true, err
	}
	status, err := h.readFile("/proc/mdstat")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, true, err
	}
	out, err := parseUnraid(t, ini, status)
	return out, true, err
}

// parseUnraid reads disks.ini (a section a slot) and the array driver's own list (rdevName.N=sdb). A disks.ini that
// names no device at all is none: the stick that Unraid runs from is always in it.
func parseUnraid(t *topology, ini, status []byte) (claims, error) {
	out, named := claims{}, false
	assigned := func(device, slot string, boot bool) {
		b := t.byName[device]
		switch {
		case b == nil:
		case boot:
			out.add(b, claim(unraidLayer, drive.Boot, "the NAS runs from it (Unraid's %s)", slot))
		default:
			out.add(b, claim(unraidLayer, drive.Unraid, "assigned as Unraid's %s", slot))
		}
	}
	var slot, device, kind string
	flush := func() { assigned(device, first(slot, "array"), strings.EqualFold(kind, "Flash")) }
	for line := range bytes.Lines(ini) {
		line := strings.TrimSpace(string(line))
		if strings.HasPrefix(line, "[") {
			flush()
			slot, device, kind = strings.Trim(line, `[]"`), "", ""
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.TrimSpace(key) {
		case "device":
			device = value
			named = named || slot != "" && value != ""
		case "type":
			kind = value
		}
	}
	flush()
	for line := range bytes.Lines(status) {
		key, value, _ := strings.Cut(strings.TrimSpace(string(line)), "=")
		if n, ok := strings.CutPrefix(key, "rdevName."); ok && value != "" {
			assigned(value, "array slot "+n, false)
		}
	}
	if !named {
		return out, errors.New("disks.ini names no device in any slot")
	}
	return out, nil
}
