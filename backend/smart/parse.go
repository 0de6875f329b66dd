package smart

import (
	"fmt"
	"strings"
)

// NoDataError says that smartctl ran but could not read a drive: exit status bit 0 or 1, or an output about no drive.
type NoDataError struct {
	ExitStatus int64
	Text       string // smartctl's own messages
}

// Error names what smartctl said.
func (e *NoDataError) Error() string {
	text := e.Text
	if text == "" {
		text = "its output names no drive; run smartctl -x --json on one device"
	}
	return fmt.Sprintf("smart: smartctl read no drive (exit status %d): %s", e.ExitStatus, text)
}

// Exit status bits of smartctl that matter here [smartctl.8, EXIT STATUS]. The others are findings that the JSON holds
// as well.
const (
	exitNoData  = 1<<0 | 1<<1
	exitFailing = 1 << 3
)

// maxHours is more than any drive lives: 200,000 years. What exceeds it is garbage.
const maxHours = 1 << 31

// Parse reads the output of smartctl --json about one drive (best of -x, with --json=o also what only stands in the
// text). The error is a *NoDataError where smartctl read no drive.
func Parse(data []byte) (Health, error) {
	t, err := decode(data)
	if err != nil {
		return Health{}, err
	}
	h := Health{Messages: messages(t)}
	var exit int64
	if n := t.integer("smartctl", "exit_status"); n != nil {
		exit = *n
	}
	if exit&exitNoData != 0 || !aboutDrive(t) {
		return Health{}, &NoDataError{ExitStatus: exit, Text: strings.Join(h.Messages, "; ")}
	}
	h.Drive = readDrive(t)
	if available, enabled := t.flag("smart_support", "available"), t.flag("smart_support", "enabled"); enabled != nil &&
		!*enabled {
		h.SwitchedOff = available == nil || *available
	}
	h.Passed = readPassed(t, exit)
	h.PowerOnHours = first(t.within(0, maxHours, "power_on_time", "hours"),
		t.within(0, maxHours, "nvme_smart_health_information_log", "power_on_hours"))
	h.PowerCycles = first(t.count("power_cycle_count"), t.count("nvme_smart_health_information_log", "power_cycles"))
	h.EnduranceUsedPercent = first(t.count("endurance_used", "current_percent"),
		t.count("scsi_percentage_used_endurance_indicator"),
		t.count("scsi_Percentage used endurance indicator")) // as smartctl 7.3 writes it
	readTemperature(t, &h)
	switch h.Drive.Protocol {
	case ATA:
		readATA(t, &h)
	case SCSI:
		readSCSI(t, &h)
	case NVMe:
		readNVMe(t, &h)
	}
	if h.Drive.Protocol == ATA && h.Drive.RotationRPM != nil && *h.Drive.RotationRPM > 0 {
		h.EnduranceUsedPercent = nil // platters have no rated endurance
	}
	h.Farm = readFarm(t)
	readText(t, &h)
	if h.Passed != nil && contradicted(h) {
		h.Passed = new(false)
	}
	return h, nil
}

// contradicted reports whether the drive's own details say no, whatever its overall word: NVMe's critical warning, of
// which smartctl makes that word, and SCSI's prediction of failure.
func contradicted(h Health) bool {
	return h.CriticalWarning != nil && *h.CriticalWarning != 0 || h.IE != nil && h.IE.ASC == ascFailurePredict
}

func aboutDrive(t tree) bool {
	if t.has("devices") {
		return false // a scan
	}
	return t.text("device", "name") != "" || t.text("model_name") != "" || t.text("scsi_model_name") != "" ||
		t.text("serial_number") != ""
}

func messages(t tree) []string {
	var out []string
	for _, m := range t.list(8, "smartctl", "messages") {
		if text := m.text("string"); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// readPassed gives the drive's word. Any no beats a yes: a capture that contradicts itself did not pass.
func readPassed(t tree, exit int64) *bool {
	word := t.flag("smart_status", "passed")
	sct := t.flag("ata_sct_status", "smart_status", "passed")
	if exit&exitFailing != 0 || sct != nil && !*sct {
		return new(false)
	}
	return word
}

func readDrive(t tree) Drive {
	d := Drive{
		Model:         t.text("model_name"),
		Family:        t.text("model_family"),
		Serial:        t.text("serial_number"),
		WWN:           readWWN(t),
		Firmware:      firstText(t.text("firmware_version"), t.text("scsi_revision"), t.text("revision")),
		SizeBytes:     t.count("user_capacity", "bytes"),
		LogicalBytes:  t.count("logical_block_size"),
		PhysicalBytes: t.count("physical_block_size"),
		RotationRPM:   t.within(0, 100_000, "rotation_rate"),
		Protocol:      protocol(t),
		DeviceType:    t.text("device", "type"),
	}
	if d.Model == "" { // names of 7.3 and 7.4 for SCSI, then of all
		d.Model = firstText(t.text("scsi_model_name"),
			strings.TrimSpace(t.text("scsi_vendor")+" "+t.text("scsi_product")),
			strings.TrimSpace(t.text("vendor")+" "+t.text("product")))
	}
	if d.SizeBytes == nil { // a controller asked without a namespace gives no user capacity
		if spare := t.count("nvme_unallocated_capacity"); spare == nil || *spare == 0 {
			d.SizeBytes = t.count("nvme_total_capacity")
		}
	}
	if d.SizeBytes != nil && *d.SizeBytes == 0 {
		d.SizeBytes = nil
	}
	d.RAID = raidOf(d)
	return d
}

// protocol takes smartctl's word, else the keys that only one protocol has.
func protocol(t tree) Protocol {
	switch p := Protocol(strings.ToLower(t.text("device", "protocol"))); p {
	case ATA, SCSI, NVMe:
		return p
	}
	object, _ := t.v.(map[string]any)
	seen := map[Protocol]bool{}
	for key := range object {
		for _, p := range []Protocol{ATA, SCSI, NVMe} {
			if strings.HasPrefix(key, string(p)+"_") {
				seen[p] = true
			}
		}
	}
	switch {
	case seen[NVMe]:
		return NVMe
	case seen[ATA]:
		return ATA
	case seen[SCSI]:
		return SCSI
	}
	return ""
}

// readWWN gives the name of the logical unit: ATA's three parts, SCSI's identifier, or the EUI-64 of the only
// namespace.
func readWWN(t tree) string {
	naa, oui, id := t.within(0, 15, "wwn", "naa"), t.within(0, 1<<24-1, "wwn", "oui"), t.within(0, 1<<36-1, "wwn", "id")
	if naa != nil && oui != nil && id != nil {
		return fmt.Sprintf("%x%06x%09x", *naa, *oui, *id)
	}
	if lu := strings.ToLower(t.text("logical_unit_id")); lu != "" {
		return strings.TrimPrefix(lu, "0x")
	}
	if spaces := t.list(2, "nvme_namespaces"); len(spaces) == 1 {
		oui, id := spaces[0].within(0, 1<<24-1, "eui64", "oui"), spaces[0].within(0, 1<<40-1, "eui64", "ext_id")
		if oui != nil && id != nil {
			return fmt.Sprintf("%06x%010x", *oui, *id)
		}
	}
	return ""
}

// raidTypes are smartctl's device types that reach through a RAID controller [smartctl.8, -d].
var raidTypes = []string{"megaraid", "cciss", "areca", "3ware", "aacraid", "hpt", "sssraid", "ps3stor", "jmb39x",
	"intelliprop"}

// raidModels are words in the models that RAID controllers give to their volumes.
var raidModels = []string{"logical volume", "raid", "perc h", "perc 5", "perc 6", "perc/", "mr9", "mr8", "virtual disk",
	"virtual drive"}

func raidOf(d Drive) RAID {
	for _, name := range raidTypes {
		if strings.Contains(d.DeviceType, name) {
			return RAIDMember
		}
	}
	if d.Protocol == SCSI {
		model := strings.ToLower(d.Model)
		for _, words := range raidModels {
			if strings.Contains(model, words) {
				return RAIDVolume
			}
		}
	}
	return ""
}

// readFarm reads Seagate's log under its ATA and its SAS names.
func readFarm(t tree) *Farm {
	log := t.at("seagate_farm_log")
	if supported := log.flag("supported"); supported != nil && !*supported {
		return nil
	}
	ata, sas := log.at("page_1_drive_information"), log.at("drive_information")
	f := Farm{
		PowerOnHours:    first(ata.count("poh"), sas.count("power_on_hour")),
		SpindleHours:    ata.count("spoh"),
		HeadFlightHours: ata.count("head_flight_hours"),
		PowerCycles:     first(ata.count("power_cycle_count"), sas.count("power_cycle_count")),
		Assembled:       firstText(ata.text("date_of_assembly"), sas.text("date_of_assembled")),
	}
	if f == (Farm{}) {
		return nil
	}
	return &f
}

func first(all ...*int64) *int64 {
	for _, n := range all {
		if n != nil {
			return n
		}
	}
	return nil
}

func firstText(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
