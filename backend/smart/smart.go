// Package smart reads what smartctl --json says about one drive and judges it.
//
// Parse makes one Health of a capture, whatever smartctl's version: keys are looked for, versions never. Judge looks at
// one Health, Compare at two of the same drive, Review at both together; each gives findings from one table of rules
// (Rules). NewSelfTestRow finds the result of a self-test that was started between two captures.
//
// Its rules:
//   - What a capture does not say is nil (null in JSON), never zero and never "passed". Passed is true only where
//     smartctl wrote a true and nothing in the capture contradicts it.
//   - Each field is decoded by itself: one of a wrong type is unknown and costs no other. Text is cleaned and cut,
//     tables are capped, a capture over MaxInput is refused.
//   - Counters are compared as decoded numbers: raw values that pack several counts are split first. Attributes 190
//     and 194 are never taken for a temperature.
//   - Log rows carry hours modulo 65,536; they are compared so.
//
// Errors: Parse gives a *NoDataError where smartctl could not read the drive, and a plain error for what is not its
// JSON. The package is pure: no I/O, no state that changes; all of it may be used from any goroutine.
package smart

import "encoding/json"

// Health is what one capture says about one drive. Nil means that the capture does not say; a nil slice too, while an
// empty one was read and is empty.
type Health struct {
	Drive  Drive      `json:"drive,omitzero"`
	Passed *bool      `json:"passed"`              // the drive's own word
	Notice string     `json:"notice,omitempty"`    // smartctl's drive database warns of this model or firmware
	IE     *Exception `json:"exception,omitempty"` // SCSI informational exception

	PowerOnHours      *int64 `json:"power_on_hours"`
	PowerCycles       *int64 `json:"power_cycles"`
	StartStops        *int64 `json:"start_stops"`
	LoadCycles        *int64 `json:"load_cycles"`
	BytesWritten      *int64 `json:"bytes_written"` // by the host, over the drive's life
	TemperatureC      *int64 `json:"temperature_c"`
	TemperatureOddC   *int64 `json:"temperature_odd_c,omitempty"` // what the sensor says that cannot be believed
	TemperatureLimitC *int64 `json:"temperature_limit_c"`         // the drive's own limit for operation

	// where the drive's own limit says that it may take harm
	TemperatureCriticalC *int64 `json:"temperature_critical_c,omitempty"`

	EnduranceUsedPercent  *int64 `json:"endurance_used_percent"`
	SparePercent          *int64 `json:"spare_percent"`
	SpareThresholdPercent *int64 `json:"spare_threshold_percent"`
	CriticalWarning       *int64 `json:"critical_warning"` // NVMe bit field

	Counters   Counters    `json:"counters"`
	Attributes []Attribute `json:"attributes"` // ATA, in the drive's order
	// ATA ids that bear a name of another meaning, and so are not judged
	Unread  []int64 `json:"unread,omitempty"`
	Guessed []int64 `json:"guessed,omitempty"` // ATA ids of a flash drive that bear only smartctl's general name

	SelfTests      []SelfTestRow   `json:"self_tests"` // newest first
	LastSelfTest   SelfTestState   `json:"last_self_test,omitempty"`
	Running        *RunningTest    `json:"running"`
	SwitchedOff    bool            `json:"smart_off,omitempty"` // the drive has SMART and it is switched off
	Capabilities   Capabilities    `json:"capabilities"`
	ErrorLogCount  *int64          `json:"error_log_count"` // ATA: errors over the drive's life
	ErrorLog       []ErrorLogEntry `json:"error_log"`       // ATA, newest first
	Farm           *Farm           `json:"farm"`
	BackgroundScan string          `json:"background_scan,omitempty"` // SCSI: state of the background scan
	ScanStatus     *int64          `json:"background_scan_status,omitempty"`
	WriteCache     *bool           `json:"write_cache,omitempty"` // whether the drive's cache takes writes
	// SATA: speed of the link now, and the most that the drive can
	LinkMbps    *int64   `json:"link_mbps,omitempty"`
	LinkMaxMbps *int64   `json:"link_max_mbps,omitempty"`
	Messages    []string `json:"messages,omitempty"` // smartctl's own
}

// HasData reports whether the capture holds any health data, not only an identity.
func (h Health) HasData() bool {
	return h.Passed != nil || len(h.Attributes) > 0 || h.CriticalWarning != nil || h.Counters.GrownDefects != nil ||
		h.Counters.UncorrectedReads != nil || h.Counters.UncorrectedWrites != nil
}

// Protocol is the language that a drive speaks behind all bridges.
type Protocol string

// The protocols.
const (
	ATA  Protocol = "ata"
	SCSI Protocol = "scsi"
	NVMe Protocol = "nvme"
)

// RAID says that the device node is a volume of a RAID controller and not a drive.
type RAID string

// What can stand between the node and a drive.
const (
	RAIDVolume RAID = "volume" // the capture is of the volume itself
	RAIDMember RAID = "member" // the capture is of a drive behind it; the node is still the volume
)

// Drive is what the drive says it is. Texts are cleaned and trimmed, empty where unknown and then null in JSON.
type Drive struct {
	Model         string   `json:"model"`
	Family        string   `json:"family"` // from smartctl's drive database
	Serial        string   `json:"serial"`
	WWN           string   `json:"wwn"` // NAA or EUI-64 in lower-case hex without a prefix
	Firmware      string   `json:"firmware"`
	SizeBytes     *int64   `json:"size_bytes"`
	LogicalBytes  *int64   `json:"logical_bytes"`
	PhysicalBytes *int64   `json:"physical_bytes"`
	RotationRPM   *int64   `json:"rotation_rpm"` // 0 for an SSD
	Protocol      Protocol `json:"protocol"`
	DeviceType    string   `json:"device_type"` // smartctl's -d
	RAID          RAID     `json:"raid,omitempty"`
}

// MarshalJSON writes null for texts that are unknown.
func (d Drive) MarshalJSON() ([]byte, error) {
	type plain Drive
	return json.Marshal(struct {
		Model      *string   `json:"model"`
		Family     *string   `json:"family"`
		Serial     *string   `json:"serial"`
		WWN        *string   `json:"wwn"`
		Firmware   *string   `json:"firmware"`
		Protocol   *Protocol `json:"protocol"`
		DeviceType *string   `json:"device_type"`
		plain
	}{said(d.Model), said(d.Family), said(d.Serial), said(d.WWN), said(d.Firmware), said(d.Protocol),
		said(d.DeviceType), plain(d)})
}

// said is nil of a text that is empty.
func said[T ~string](s T) *T {
	if s == "" {
		return nil
	}
	return &s
}

// Counters are the drive's error counters by what they mean, whatever attribute or log they stand in.
type Counters struct {
	Reallocated        *int64 `json:"reallocated"`         // ATA 5
	ReallocationEvents *int64 `json:"reallocation_events"` // ATA 196
	Pending            *int64 `json:"pending"`             // ATA 197
	PendingLog         *int64 `json:"pending_log"`         // ATA pending defects log
	Uncorrectable      *int64 `json:"uncorrectable"`       // ATA 198
	Reported           *int64 `json:"reported"`            // ATA 187
	EndToEnd           *int64 `json:"end_to_end"`          // ATA 184
	SpinRetries        *int64 `json:"spin_retries"`        // ATA 10
	Timeouts           *int64 `json:"timeouts"`            // ATA 188
	CRC                *int64 `json:"crc"`                 // ATA 199
	// SATA phy events 1, 2, 5; or damaged and lost words of SAS phys
	LinkErrors        *int64 `json:"link_errors"`
	GrownDefects      *int64 `json:"grown_defects"`        // SCSI
	UncorrectedReads  *int64 `json:"uncorrected_reads"`    // SCSI
	UncorrectedWrites *int64 `json:"uncorrected_writes"`   // SCSI
	UncorrectedVerify *int64 `json:"uncorrected_verifies"` // SCSI
	NonMedium         *int64 `json:"non_medium"`           // SCSI
	PendingDefects    *int64 `json:"pending_defects"`      // SCSI
	ScanOpen          *int64 `json:"scan_open"`            // SCSI background scan: places that wait for a write
	ScanFailed        *int64 `json:"scan_failed"`          // SCSI background scan: reassignments that failed
	ScanRecovered     *int64 `json:"scan_recovered"`       // SCSI background scan: places rewritten or reassigned
	MediaErrors       *int64 `json:"media_errors"`         // NVMe
	ErrorLogEntries   *int64 `json:"error_log_entries"`    // NVMe; grows from refused commands too
	UnsafeShutdowns   *int64 `json:"unsafe_shutdowns"`     // NVMe
}

// Attribute is one ATA SMART attribute.
type Attribute struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	Value      *int64 `json:"value"` // normalised, higher is better
	Worst      *int64 `json:"worst"`
	Thresh     *int64 `json:"thresh"`
	Raw        *int64 `json:"raw"`   // 48 bits as the drive gives them
	Count      *int64 `json:"count"` // the one number that the raw value means; nil for temperatures
	Text       string `json:"text"`  // smartctl's reading of the raw value
	WhenFailed string `json:"when_failed,omitempty"`
	Prefail    bool   `json:"prefail"`
}

// Exception is a SCSI informational exception: the sense code by which a drive predicts its failure or warns.
type Exception struct {
	ASC  int64  `json:"asc"`
	ASCQ int64  `json:"ascq"`
	Text string `json:"text,omitempty"`
}

// Capabilities say how the drive can test itself. SelfTest nil means that the capture does not say.
type Capabilities struct {
	SelfTest     *bool  `json:"self_test"`
	ShortMinutes *int64 `json:"short_minutes"` // the drive's estimate when idle, not a limit
	LongMinutes  *int64 `json:"long_minutes"`
}

// ErrorLogEntry is one row of the ATA error log.
type ErrorLogEntry struct {
	Number int64  `json:"number"` // counts errors over the drive's life
	Hours  *int64 `json:"hours"`  // modulo 65,536
	Text   string `json:"text"`
}

// Farm is what Seagate's field-accessible reliability metrics say beside SMART.
type Farm struct {
	PowerOnHours    *int64 `json:"power_on_hours"`
	SpindleHours    *int64 `json:"spindle_hours"`
	HeadFlightHours *int64 `json:"head_flight_hours"`
	PowerCycles     *int64 `json:"power_cycles"`
	Assembled       string `json:"assembled,omitempty"` // year and week, YYWW
}
