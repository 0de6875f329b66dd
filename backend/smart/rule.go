package smart

// Severity says what follows from a finding.
type Severity string

// The severities, the worst last.
const (
	Info Severity = "info"
	Warn Severity = "warn"
	Fail Severity = "fail" // evidence against the drive
)

var rank = map[Severity]int{Info: 1, Warn: 2, Fail: 3}

// Rule is one row of the table by which drives are judged. A severity that is empty means that the rule says nothing
// in that case.
type Rule struct {
	ID     string `json:"id"`
	Says   string `json:"says"`   // a sentence for people
	Source string `json:"source"` // who says so

	Held   Severity `json:"held,omitempty"`   // it holds in one capture: a count above zero, a condition met
	New    Severity `json:"new,omitempty"`    // the same, for a drive declared new
	Swept  Severity `json:"swept,omitempty"`  // the same, after all of the drive was written
	Rising Severity `json:"rising,omitempty"` // a count rose, or a condition that was not met before is met now
	Fell   Severity `json:"fell,omitempty"`   // a count above zero fell

	first   bool // speaks of the drive as it came: judged on the first capture only
	counter func(*Health) *int64
	read    func(*Health) []reading
	pair    func(before, after *Health) (from, to any, holds bool)
	// with read: what is new in the later capture, where that is not what arose
	since func(before, after *Health) []reading
	level bool // the counter is a level that stands at 100: it falls where others rise
}

// fullLevel is where a level stands as long as nothing is wrong.
const fullLevel = 100

// reading is one thing that a condition looks at.
type reading struct {
	item  string // tells readings of one rule apart, empty if there is only one
	value any    // string or int64
	holds bool
}

// Rules gives the table, in the order in which findings are given.
func Rules() []Rule { return append([]Rule(nil), rules...) }

// Sources, cut short. Standards are named by their section's title.
const (
	srcVerdict   = "the drive's own verdict (SMART RETURN STATUS, SPC informational exceptions)"
	srcBackblaze = "Backblaze: 5, 187, 188, 197, 198 precede failures; Scrutiny lists 5, 10, 184, 187, 188, 196-198 " +
		"as critical"
	srcPending = "ACS: a pending sector is settled by a write; what is left after writing all of the drive is a defect"
	srcSCSI    = "SPC-5 log pages, smartmontools scsiprint.cpp, Scrutiny thresholds"
	srcSBC     = "SBC-4 background scan log, reassign status"
	srcScan    = "SBC-4 background scan log, scan status: 3 fatal error, 4 pattern of errors, 5 no primary defect " +
		"list, 6 vendor's cause, 7 temperature"
	srcNVMe     = "NVMe 1.4, SMART / health information log"
	srcLink     = "interface CRC errors arise in cable, backplane or port, seldom in the drive"
	srcLog      = "ATA error log; smartmontools ataprint.cpp"
	srcSelfTest = "the drive's own self-test log; an older failure is settled by a newer complete pass [smartctl.8, " +
		"exit status bit 7]"
	srcHours = "log rows bear the same counter of hours, modulo 65,536, as attribute 9"
	srcFarm  = "Seagate FARM log, which survives a reset of the SMART counters"
	srcNew   = "what a factory test leaves on a drive that nobody used"
)

// The bounds for a drive declared new, and for figures that cannot be.
const (
	newHours        = 48
	newPowerCycles  = 50
	newWrittenShare = 10      // percent of the drive's size
	farmHours       = 100     // hours by which FARM may lead SMART
	farmShare       = 10      // and percent of FARM's
	cyclesPerHour   = 60      // a spindle needs most of a minute to start and stop
	diskRate        = 600e6   // bytes per second: two actuators
	ssdRate         = 2_400e6 // SAS-4
	nvmeRate        = 16_000e6
)

var rules = []Rule{
	{ID: "other_drive", Says: "The two captures are not of the same drive; nothing is compared.",
		Source: "serial number, WWN and size",
		Rising: Warn, pair: otherDrive},

	// The drive's own word.
	{ID: "smart_failed", Says: "The drive says that it is failing.", Source: srcVerdict, Held: Fail, Rising: Fail,
		read: readVerdict},
	{ID: "critical_warning", Says: "The drive raised a critical warning; that is its own word.", Source: srcNVMe,
		Held: Fail, Rising: Fail, read: readCritical},
	{ID: "minor_warning", Says: "The drive raised a warning that does not concern its medium.", Source: srcNVMe,
		Held: Warn, Rising: Warn, read: readMinor},
	{ID: "attribute_now", Says: "An attribute that predicts failure is at or below its threshold.",
		Source: "ACS: pre-failure attributes; smartctl when_failed now",
		Held:   Fail, Rising: Fail, read: readPrefailNow},
	{ID: "attribute_past", Says: "An attribute is or was at or below its threshold.",
		Source: "smartctl when_failed past, or now for an old-age attribute",
		Held:   Warn, Rising: Warn, read: readThresholds},
	{ID: "selftest_failed", Says: "The drive failed its latest self-test.", Source: srcSelfTest, Held: Fail,
		Rising: Fail, read: readFailureNow, since: newFailure},
	{ID: "selftest_failed_before", Says: "The drive failed a self-test earlier and has passed no long one since.",
		Source: srcSelfTest, Held: Warn, New: Fail, first: true, read: readFailureBefore},

	// ATA counters.
	{ID: "reallocated", Says: "The drive replaced bad sectors by spare ones (attribute 5).", Source: srcBackblaze,
		Held: Warn, Rising: Fail,
		counter: func(h *Health) *int64 { return h.Counters.Reallocated }},
	{ID: "reallocation_events", Says: "The drive tried to replace bad sectors (attribute 196).", Source: srcBackblaze,
		Held: Warn, Rising: Fail,
		counter: func(h *Health) *int64 { return h.Counters.ReallocationEvents }},
	{ID: "pending", Says: "Sectors could not be read and wait for a write (attribute 197).",
		Source: srcBackblaze + "; " + srcPending,
		Held:   Warn, New: Fail, Swept: Fail, Rising: Fail, Fell: Warn,
		counter: func(h *Health) *int64 { return h.Counters.Pending }},
	{ID: "pending_log", Says: "The drive lists sectors that could not be read (pending defects log).",
		Source: "ACS-4 pending defects log; " + srcPending,
		Held:   Warn, New: Fail, Swept: Fail, Rising: Fail, Fell: Warn,
		counter: func(h *Health) *int64 { return h.Counters.PendingLog }},
	{ID: "uncorrectable", Says: "The drive's own scan found sectors that it could not read (attribute 198).",
		Source: srcBackblaze + "; " + srcPending,
		Held:   Warn, New: Fail, Swept: Fail, Rising: Fail, Fell: Warn,
		counter: func(h *Health) *int64 { return h.Counters.Uncorrectable }},
	{ID: "reported_uncorrectable", Says: "The drive reported errors that it could not correct (attribute 187).",
		Source: srcBackblaze,
		Held:   Warn, New: Fail, Rising: Fail, counter: func(h *Health) *int64 { return h.Counters.Reported }},
	{ID: "end_to_end", Says: "Data changed between the drive's cache and its host (attribute 184).",
		Source: srcBackblaze,
		Held:   Warn, Rising: Fail, counter: func(h *Health) *int64 { return h.Counters.EndToEnd }},
	{ID: "spin_retries", Says: "The spindle needed several attempts to start (attribute 10).", Source: srcBackblaze,
		Held: Warn, Rising: Warn, counter: func(h *Health) *int64 { return h.Counters.SpinRetries }},
	{ID: "timeouts", Says: "Commands timed out (attribute 188): the drive, its power or its cable.",
		Source: srcBackblaze,
		Rising: Warn, counter: func(h *Health) *int64 { return h.Counters.Timeouts }},
	{ID: "crc", Says: "Data was damaged between host and drive (attribute 199): look at cable and backplane.",
		Source: srcLink,
		Rising: Warn, counter: func(h *Health) *int64 { return h.Counters.CRC }},
	{ID: "link_errors", Says: "The link refused frames or lost words: look at cable and backplane.",
		Source: "SATA phy event counters 1, 2, 5; SPL, phy error counters; " + srcLink,
		Rising: Warn, counter: func(h *Health) *int64 { return h.Counters.LinkErrors }},
	{ID: "link_slow", Says: "The SATA link is slower than the drive can: look at cable, port and backplane.",
		Source: "the speed that drive and port agreed on; " + srcLink,
		Held:   Warn, Rising: Warn, read: readLinkSpeed},
	{ID: "write_cache_off", Says: "The drive's write cache is off, which makes writes slow.",
		Source: "the commonest cause of slow SAS drives, which often come so configured",
		Held:   Info, Rising: Info, read: readWriteCache},
	{ID: "error_log_medium", Says: "The drive logged sectors that it could not read or not find.", Source: srcLog,
		Rising: Fail, read: errorLog(errorMedium)},
	{ID: "error_log_link", Says: "The drive logged damaged transfers: look at cable and backplane.",
		Source: srcLog + "; " + srcLink, Rising: Warn, read: errorLog(errorLink)},
	{ID: "error_log_other", Says: "The drive logged errors, such as commands that it refused.", Source: srcLog,
		Rising: Info, read: errorLog(errorOther)},

	{ID: "error_log_grew", Says: "The drive counted errors of which its log shows no entry.", Source: srcLog,
		Rising: Info, pair: errorLogGrew},

	{ID: "helium", Says: "The drive has lost helium: its level is below 100 (attributes 22 to 24).",
		Source: "drives of helium keep the level at 100 for life; the makers' thresholds are 25 (HGST, WD) and 75 " +
			"(Toshiba)",
		Held: Warn, Rising: Warn, level: true, counter: heliumLevel},

	// SCSI counters.
	{ID: "grown_defects", Says: "The drive's list of grown defects has entries.", Source: srcSCSI, Held: Warn,
		Rising:  Fail,
		counter: func(h *Health) *int64 { return h.Counters.GrownDefects }},
	{ID: "uncorrected_reads", Says: "Reads failed for good.", Source: srcSCSI, Held: Warn, New: Fail, Rising: Fail,
		counter: func(h *Health) *int64 { return h.Counters.UncorrectedReads }},
	{ID: "uncorrected_writes", Says: "Writes failed for good.", Source: srcSCSI, Held: Warn, New: Fail, Rising: Fail,
		counter: func(h *Health) *int64 { return h.Counters.UncorrectedWrites }},
	{ID: "uncorrected_verifies", Says: "Verifications failed for good.", Source: srcSCSI, Held: Warn, New: Fail,
		Rising:  Fail,
		counter: func(h *Health) *int64 { return h.Counters.UncorrectedVerify }},
	{ID: "pending_defects", Says: "Sectors could not be read and wait for a write.",
		Source: srcSCSI + "; " + srcPending,
		Held:   Warn, New: Fail, Swept: Fail, Rising: Fail, Fell: Warn,
		counter: func(h *Health) *int64 { return h.Counters.PendingDefects }},
	{ID: "scan_open", Says: "The drive's background scan found places that wait for a write or a reassignment.",
		Source: srcSBC,
		Held:   Warn, New: Fail, Rising: Fail, counter: func(h *Health) *int64 { return h.Counters.ScanOpen }},
	{ID: "scan_failed", Says: "The drive could not reassign a bad place that its background scan found.",
		Source: srcSBC,
		Held:   Fail, Rising: Fail, counter: func(h *Health) *int64 { return h.Counters.ScanFailed }},
	{ID: "scan_recovered", Says: "The drive's background scan found bad places and settled them.", Source: srcSBC,
		Rising: Warn, counter: func(h *Health) *int64 { return h.Counters.ScanRecovered }},
	{ID: "scan_halted", Says: "The drive broke off its background scan because of errors.", Source: srcScan, Held: Warn,
		Rising: Warn, read: readScan(3, 4)},
	{ID: "scan_not_run", Says: "The drive does not run its background scan now.", Source: srcScan, Held: Info,
		Rising: Info, read: readScan(5, 6, 7)},
	{ID: "non_medium", Says: "Errors that did not come from the medium: look at cable, power and backplane.",
		Source: srcSCSI,
		Rising: Warn, counter: func(h *Health) *int64 { return h.Counters.NonMedium }},

	// NVMe.
	{ID: "media_errors", Says: "The drive could not give data back intact.", Source: srcNVMe, Held: Warn, New: Fail,
		Rising:  Fail,
		counter: func(h *Health) *int64 { return h.Counters.MediaErrors }},
	{ID: "spare_low", Says: "The spare blocks are below the drive's own threshold.", Source: srcNVMe, Held: Fail,
		Rising: Fail, read: readSpare},
	{ID: "endurance_used", Says: "The rated endurance is used up.", Source: srcNVMe + ", percentage used; of SATA " +
		"SSDs the vendors' gauges, by drivedb's names", Held: Warn, Rising: Warn, read: readEndurance},
	{ID: "error_log_entries", Says: "The error log grew; refused commands count too.", Source: srcNVMe, Rising: Info,
		counter: func(h *Health) *int64 { return h.Counters.ErrorLogEntries }},
	{ID: "unsafe_shutdowns", Says: "The drive lost power without notice.", Source: srcNVMe, Rising: Info,
		counter: func(h *Health) *int64 { return h.Counters.UnsafeShutdowns }},

	{ID: "too_hot", Says: "The drive is over its own temperature limit.", Source: "the drive's limit (SCT, SPC " +
		"temperature page, WCTEMP)", Held: Warn, Rising: Warn, read: readHeat},
	{ID: "sensor_odd", Says: "The temperature sensor cannot be believed: it says what no working drive can have, or " +
		"never moved in the drive's life.",
		Source: "SCT status: 80h is invalid; a drive does not work above 110 °C", Held: Warn, Rising: Warn,
		read: readOddSensor},
	{ID: "hot", Says: "The drive gives no temperature limit and is hotter than its kind should be.",
		Source: "usual limits: 60 °C for disks, 70 °C for SATA SSDs, 75 °C for NVMe",
		Held:   Warn, Rising: Warn, read: readUnusualHeat},

	// Sold as new?
	{ID: "farm_hours", Says: "The FARM log counts many more hours than SMART.", Source: srcFarm, Held: Warn,
		first: true, read: readFarmHours},
	{ID: "farm_head_hours", Says: "The heads flew for many more hours than SMART counts.", Source: srcFarm, Held: Warn,
		first: true, read: readFarmHeads},
	{ID: "log_older_than_hours", Says: "The drive's log is older than the hours that it shows.", Source: srcHours,
		Held: Warn, first: true, read: readOldRows},
	{ID: "cycles_exceed_hours", Says: "More starts than the shown hours have room for.",
		Source: "a spindle cannot start that often", Held: Warn, first: true, read: readCycles},
	{ID: "writes_exceed_hours", Says: "More was written than the shown hours have room for.",
		Source: "the fastest link of its kind", Held: Warn, first: true, read: readImpossibleWrites},
	{ID: "hours_not_new", Says: "A drive declared new has run.", Source: srcNew, New: Warn, first: true,
		read: readNewHours},
	{ID: "cycles_not_new", Says: "A drive declared new was switched on often.", Source: srcNew, New: Warn, first: true,
		read: readNewCycles},
	{ID: "writes_not_new", Says: "A drive declared new was written to.", Source: srcNew, New: Warn, first: true,
		read: readNewWrites},
	{ID: "hours_went_back", Says: "The drive shows fewer hours than before.", Source: "hours only grow", Rising: Warn,
		pair: hoursWentBack},

	{ID: "firmware_notice", Says: "smartctl's drive database warns of this model or firmware.",
		Source: "smartmontools drivedb.h", Held: Info, first: true, read: readNotice},
}
