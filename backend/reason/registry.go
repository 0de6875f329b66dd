package reason

// byCode is made from registry once, at start.
var byCode = func() map[Code]Entry {
	m := make(map[Code]Entry, len(registry))
	for _, e := range registry {
		if _, twice := m[e.Code]; twice {
			panic("reason: " + string(e.Code) + " is registered twice")
		}
		m[e.Code] = e
	}
	return m
}()

var registry = []Entry{
	// Evidence against the drive.
	{
		Code: SurfaceErrors, Kind: Evidence,
		Title: "The surface has bad places",
		Text: "{ranges|bad range|bad ranges}, {sectors|sector|sectors} {extent}; the first is at LBA {lba} " +
			"({kind}).",
		Hint: "Replace the drive. For a return under warranty the report lists each range.",
	},
	{
		Code: FakeCapacity, Kind: Evidence,
		Title: "The drive is smaller than it claims",
		Text:  "It claims {claimed:exact}, but what is written beyond about {real:exact} is lost or lands elsewhere.",
		Hint:  "Return the drive. Never put data on it.",
		Hides: []Code{SurfaceErrors},
	},
	{
		Code: DriveLost, Kind: Evidence,
		Title: "The drive does not stay",
		Text:  "{what}.{kernel}",
		Hint:  "Replace the drive. If other drives vanish in the same bay, or on the same cable, those are to blame.",
	},
	{
		Code: SMARTFailed, Kind: Evidence,
		Title: "The drive's health data speaks against it",
		Text:  "{what}",
		Hint:  "Replace the drive.",
	},
	{
		Code: SelfTestFailed, Kind: Evidence,
		Title: "The drive failed its self-test",
		Text:  "The {test} self-test ended with: {result}.",
		Hint:  "Replace the drive.",
	},

	// Nothing can be concluded.
	{
		Code: Stuck, Kind: Doubt,
		Title: "No progress",
		Text:  "{stage} moved nothing for {minutes|minute|minutes} and was ended.",
		Hint:  "Check cable, power and slot, then resume the job.",
	},
	{
		Code: DriveVanished, Kind: Doubt,
		Title: "The drive vanished",
		Text:  "During {stage} the drive was no longer there{where}: {error}.{kernel}",
		Hint: "Reseat the drive or swap its slot and cable, then resume the job. If it vanishes again, or is " +
			"still not there, that counts against the drive.",
		Hides: []Code{SurfaceErrors},
	},
	{
		Code: DriveUnsure, Kind: Doubt,
		Title: "Whether the drive is there is not certain",
		Text:  "{drive} was not found as it was when the test began: {what}.",
		Hint: "Nothing is known against the drive. Plug it in as it was (the same slot or USB dock), and take " +
			"away or wait for what is named here; then resume the job.",
	},
	{
		Code: PathSuspect, Kind: Doubt,
		Title: "The way to the drive is in doubt",
		Text:  "{what}, during {stage}; nothing shows that it came from the medium.",
		Hint:  "Check cable, slot, HBA and memory, then run the test again.",
	},
	{
		Code: DriveUnsteady, Kind: Doubt,
		Title: "The drive fails again and again",
		Text:  "{what}, during {stage}. The kernel's log lays it to the drive and not to the way there: {kernel}.",
		Hint: "Do not trust this drive with data. Look at its SMART values, test it once more in another slot, " +
			"and replace it if that comes to the same.",
	},
	{
		Code: TooHot, Kind: Doubt,
		Title: "Too hot",
		Text:  "The drive was at {temperature} °C, its limit is {limit} °C.",
		Hint:  "Improve the cooling, then resume the job.",
	},
	{
		Code: Cooling, Kind: Note,
		Title: "Waits for the drive to cool",
		Text: "The drive was at {temperature} °C, its limit is {limit} °C. The test goes on by itself once the " +
			"drive is cooler.",
		Hint: "Improve the cooling if this comes often.",
	},
	{
		Code: NASRestarted, Kind: Doubt,
		Title: "The NAS restarted",
		Text:  "The NAS restarted at {when} during {stage}{progress}.",
		Hint:  "Nothing is known against this drive. Resume the job.",
		Hides: []Code{RunnerKilled},
	},
	{
		Code: RunnerKilled, Kind: Doubt,
		Title: "The test was killed at the NAS",
		Text:  "The runner ended without a word during {stage}{progress}; the NAS itself did not restart.",
		Hint:  "Look for out-of-memory kills in the NAS's log, then resume the job.",
	},
	{
		Code: JournalGone, Kind: Doubt,
		Title: "The job's files are gone from the NAS",
		Text:  "The NAS no longer has this job, which was last seen during {stage}{progress}.{drive}",
		Hint: "Look whether the state directory is mounted, or who removed it. What came of the drive since is " +
			"not known here: look at it before you use it.",
		Hides: []Code{RunnerKilled},
	},
	{
		Code: RecordRemoved, Kind: Doubt,
		Title: "The job's record was removed",
		Text:  "It ran at the NAS; its record was removed there before all of it was copied here.{last}{drive}",
		Hint:  "Who removed it may have the whole record. Look at the drive before you use it or start a new job.",
		Hides: []Code{RunnerKilled},
	},
	{
		Code: StartUnanswered, Kind: Doubt,
		Title: "Nobody knows whether the job began",
		Text: "The NAS was asked to start it and the answer was lost; the NAS does not have the job now. Either " +
			"it never began, or it ran and its record was removed there before it was copied here.{drive}",
		Hint: "Look at the drive before you use it; then start a new job.",
	},
	{
		Code: NeverBegun, Kind: Doubt,
		Title: "The job never began",
		Text:  "The NAS was never asked for this job, or was asked and has begun no run of it.",
		Hint:  "Nothing was touched. Start it again.",
	},
	{
		Code: ToldToEnd, Kind: Doubt,
		Title: "The NAS told the test to end",
		Text: "The runner was told to end by the system during {stage}{progress} (the NAS shut down or the " +
			"service was stopped).",
		Hint: "Nothing is known against this drive. Resume the job.",
	},
	{
		Code: ForeignWrites, Kind: Doubt,
		Title: "Something else wrote to the drive",
		Text:  "{foreign|sector was|sectors were} written to the drive that Burnish did not write.",
		Hint:  "Find what else uses this drive, then start a new job.",
		Hides: []Code{SurfaceErrors},
	},
	{
		Code: UsageChanged, Kind: Refusal,
		Title: "What the drive is used for has changed",
		Text:  "Expected {expected}, found {found}.",
		Hint: "Nothing was written by this refusal. Look at the drives again: they show whether this one has to " +
			"be unlocked before it is erased as it is now, or what to do first.",
	},
	{
		Code: UsageUnread, Kind: Refusal,
		Title: "What the drive is used for could not be read",
		Text:  "{what}. That says nothing of how the drive is used, and nothing was written after it.",
		Hint:  "{way_out}",
	},
	{
		Code: SectorsUnfit, Kind: Refusal,
		Title: "The drive's sectors cannot be tested",
		Text:  "{drive}: {error}.",
		Hint: "Nothing was written. Look how the drive is attached: a USB bridge or a controller may show it " +
			"with a wrong size or with wrong sectors. Attach it directly, and start again.",
	},
	{
		Code: IdentityChanged, Kind: Refusal,
		Title: "This is another drive",
		Text:  "Expected {expected}, found {found} at {path}.",
		Hint: "Check which drive sits in which bay. With the right one back, start again, or resume the job if " +
			"it had begun.",
	},
	{
		Code: EvidenceIncomplete, Kind: Doubt,
		Title: "The evidence is incomplete",
		Text:  "The job ended as {state}, but this is missing: {missing}.",
		Hint:  "Start a new job. If it happens again, report it with the job's journal.",
	},
	{
		Code: ResumedMismatch, Kind: Doubt,
		Title: "Not what an earlier run wrote",
		Text: "In {sectors|sector|sectors}, the first at LBA {lba}, there is not what was written before the " +
			"job was interrupted. Nobody watched the drive in between: it may have lost its cache, or somebody " +
			"else wrote.",
		Hint: "Start a new job. If it happens without an interruption, the drive is bad.",
	},
	{
		Code: MismatchUncounted, Kind: Doubt,
		Title: "Not what was written, and nobody counted",
		Text: "{what} what was written. The kernel of the NAS does not count the writes to this drive: the " +
			"drive may have lost them, or something else wrote there.",
		Hint: "Make sure that nothing else uses the drive, and start a new job. If it happens again, test the " +
			"drive in another machine.",
	},
	{
		Code: UnconfirmedErrors, Kind: Doubt,
		Title: "Errors that could not be confirmed",
		Text: "{sectors} gave errors or wrong data and could not be read again within the limit; the first is " +
			"at LBA {lba} ({kind}); {where}.",
		Hint: "Run the test again. A drive that needs minutes for each request is not fit for use, whatever " +
			"comes of it.",
	},
	{
		Code: FlushFailed, Kind: Doubt,
		Title: "The drive refused to flush its cache",
		Text:  "{stage}: {error}. What was written may not be on the medium.",
		Hint:  "Check cable and power, then run the test again.",
	},
	{
		Code: EngineFailed, Kind: Doubt,
		Title: "The test program did not do its work",
		Text:  "{engine} ended {how}: {said}.",
		Hint:  "Run it by hand on the NAS to see why, or choose the plan standard.",
	},
	{
		Code: DriveError, Kind: Doubt,
		Title: "The drive refused a request",
		Text:  "{stage}: {error}.",
		Hint:  "Check whether the drive is locked, write-protected or reserved by another host.",
	},
	{
		Code: JournalFailed, Kind: Fault,
		Title: "The journal could not be written",
		Text:  "{error}.",
		Hint:  "Free space in the state directory on the NAS, then resume the job.",
	},
	{
		Code: RunnerFault, Kind: Fault,
		Title: "The runner failed",
		Text:  "{stage}: {error}.",
		Hint:  "Report this with the job's journal, then resume the job.",
	},
	{
		Code: SMARTUnreadable, Kind: Doubt,
		Title: "SMART could not be read",
		Text:  "smartctl gave no usable answer: {error}.",
		Hint:  "Run smartctl by hand on the NAS to see why.",
	},
	{
		Code: SelfTestAborted, Kind: Doubt,
		Title: "The self-test was aborted",
		Text:  "The {test} self-test ended without a result: {result}.",
		Hint: "Nothing is known against this drive. Look for what resets it, lets it sleep or stops its tests " +
			"(spin-down timers, USB bridges, other tools), then resume the job.",
	},
	{
		Code: SelfTestNoTool, Kind: Doubt,
		Title: "The NAS cannot start this self-test",
		Text:  "The drive can test itself, but {what}.",
		Hint:  "{hint}",
	},
	{
		Code: SelfTestUnknown, Kind: Doubt,
		Title: "The self-test has no result",
		Text:  "The {test} self-test: {result}.",
		Hint:  "{hint}",
	},
	{
		Code: WipeUnwritten, Kind: Doubt,
		Title: "TrueNAS calls the wipe done, and it is not",
		Text: "TrueNAS's job ended as a success, but the kernel of the NAS counted {written:exact} written to the " +
			"drive of {whole:exact}.",
		Hint: "Nothing is known against this drive. Start a new job; if that ends the same, log in with a user who " +
			"may use sudo and choose the plan standard, which reads back.",
	},
	{
		Code: WipeFailed, Kind: Doubt,
		Title: "TrueNAS's wipe ended with an error",
		Text:  "After {bytes:exact}: {error}. TrueNAS tells no place, and tries nothing again.",
		Hint: "A bad drive ends so, and so do a bad cable and a drive that something else holds. Log in with a user " +
			"who may use sudo, and start a new job with the plan standard: it says which.",
	},
	{
		Code: WipeAborted, Kind: Doubt,
		Title: "The wipe was aborted in TrueNAS",
		Text:  "Somebody ended TrueNAS's job {id:plain} during {stage}{progress}. What was written stays.",
		Hint:  "Start a new job when nobody needs the drive.",
	},
	{
		Code: WipeLost, Kind: Doubt,
		Title: "TrueNAS no longer knows its wipe",
		Text: "TrueNAS's job {id:plain} is gone during {stage}{progress}: its middleware was restarted, and a wipe " +
			"ends with it.",
		Hint: "Nothing is known against this drive. Start a new job.",
	},
	{
		Code: WipeQueued, Kind: Doubt,
		Title: "Another wipe of the drive came first",
		Text: "When TrueNAS was asked, another wipe of {disk} ran already, and this one waited behind it; it was " +
			"taken back.",
		Hint: "Look in TrueNAS who wipes this drive, then start a new job.",
	},
	{
		Code: WipeUnanswered, Kind: Doubt,
		Title: "Whether TrueNAS wipes the drive is not known",
		Text: "TrueNAS was asked to wipe {disk} and the answer was lost; {found|job|jobs} of TrueNAS could be it. " +
			"{bytes:exact} were written to the drive since. It is not asked twice.",
		Hint: "Look at Jobs in TrueNAS. Once nothing wipes this drive, start a new job.",
	},

	// A person wanted it.
	{
		Code: StoppedByPerson, Kind: Person,
		Title: "Stopped",
		Text:  "Stopped during {stage}{progress}.",
		Hint:  "Start a new job when you want the drive tested.",
	},
	{
		Code: BroughtBack, Kind: Person,
		Title: "Brought back",
		Text: "The test was given up, and what it had erased is back on the drive: {bytes:exact}, read back and " +
			"right.{lost}",
		Hint: "Start a new job when you want the drive tested.",
	},
	{
		Code: Undone, Kind: Person,
		Title: "Given up to undo it",
		Text: "The test was given up to bring back what it had erased on the drive. The log of the undo says " +
			"how that went.",
		Hint: "Start a new job when you want the drive tested.",
	},

	{
		Code: StartGivenUp, Kind: Person,
		Title: "Given up with the others of its start",
		Text:  "It was started together with other drives, all or none: {why}. Nothing was written to this drive.",
		Hint:  "Start it again, with the drives that can be started.",
	},

	// Said beside a verdict.
	{
		Code: NeverReached, Kind: Note,
		Title: "Not reached",
		Text:  "The job ended before this stage.",
	},
	{
		Code: SMARTSwitchedOn, Kind: Note,
		Title: "SMART was switched on",
		Text: "SMART was switched off on this drive. As agreed, Burnish switched it on (smartctl -s on): the " +
			"drive now keeps its counts, and goes on doing so.",
		Hint: "To switch it off again, run smartctl -s off on this drive.",
	},
	{
		Code: WithoutSMART, Kind: Note,
		Title: "Tested without SMART",
		Text:  "The SMART stages were left out on request: the drive's own health data played no part.",
	},
	{
		Code: SelfTestUnsupported, Kind: Note,
		Title: "The drive cannot test itself",
		Text:  "The drive has no {test} self-test.",
	},
	{
		Code: SelfTestNoMethod, Kind: Note,
		Title: "This TrueNAS starts no self-tests",
		Text: "It has no method {method}: TrueNAS took it away with 25.10. A login that may use sudo can have the " +
			"drive test itself.",
	},
	{
		Code: WrittenOnly, Kind: Note,
		Title: "Written, and nothing read back",
		Text: "TrueNAS wrote to the whole drive but for its last {tail:exact}, as the kernel counted. Nothing was " +
			"read back: whether all of it can be read is not known.",
	},
	{
		Code: SelfTestAdopted, Kind: Note,
		Title: "A self-test was running already",
		Text:  "A {test} self-test that Burnish did not start was let end, and its result taken.",
	},
	{
		Code: SelfTestForeign, Kind: Note,
		Title: "Somebody else tests this drive",
		Text:  "The drive's log shows {count|self-test|self-tests} of this time that Burnish did not start.",
		Hint:  "Look for schedules of smartd or of the NAS.",
	},
	{
		Code: SMARTWarning, Kind: Note,
		Title: "Health data worth watching",
		Text:  "{says} {figures}",
	},
	{
		Code: SMARTGap, Kind: Note,
		Title: "Health data was missing after a stage",
		Text:  "After {stage} smartctl gave no word of what the drive told at first: {what}.",
		Hint:  "The last check decides. If it comes often, run smartctl by hand on the NAS to see why.",
	},
	{
		Code: KernelErrors, Kind: Note, Path: true,
		Title: "The kernel logged errors of this drive",
		Text: "{reads|failed read|failed reads}, {writes|failed write|failed writes} and {resets|reset|resets} " +
			"of its link; the first: {first}",
		Hint: "Check cable, slot and power.",
	},
	{
		Code: HiddenCapacity, Kind: Note,
		Title: "The drive hides a part of itself",
		Text:  "A part of it, {bytes:exact}, is not shown and was not tested.",
		Hint: "See what hides them before you trust its size: hdparm -N for a host protected area, nvme id-ctrl " +
			"(unvmcap) for NVMe.",
	},
	{
		Code: SensorStill, Kind: Note,
		Title: "The temperature sensor may not be believed",
		Text:  "The sensor of this drive never moved: {what}.",
		Hint: "Feel the drive, or measure it, and compare the siblings beside it. If it is cool, its sensor is " +
			"broken.",
	},
	{
		Code: Hot, Kind: Note,
		Title: "The drive ran hot",
		Text:  "{temperature} °C during {stage}; its limit is {limit} °C.",
		Hint:  "Improve the cooling.",
	},
	{
		Code: EngineMissing, Kind: Use,
		Title: "This version has no such engine",
		Text:  "{what} is not part of this version.",
		Hint:  "{hint}",
	},
	{
		Code: JournalWaits, Kind: Note,
		Title: "The job waits for room on the NAS",
		Text:  "The job cannot write its journal: {what}.",
		Hint: "Free some space there, or make it writable again: the job goes on by itself. If the NAS has to " +
			"restart for that, resume the job afterwards.",
	},
	{
		Code: FilesPutBack, Kind: Note,
		Title: "The job's files were removed",
		Text:  "Somebody removed {dir} while the job was at work; the runner made it anew from what it held open.",
		Hint:  "Leave the state directory alone while jobs run; burnish clean removes what is no longer needed.",
		Window: "Leave the state directory alone while jobs run. Clean up, in the settings, removes what is no " +
			"longer needed.",
	},
	{
		Code: Stopping, Kind: Note,
		Title: "Stopping",
		Text:  "The NAS was asked to stop it. It is stopped when nothing that it began goes on there.",
		Hint:  "Wait. Most drives take some seconds.",
	},
	{
		Code: StopWaits, Kind: Note,
		Title: "Stopping, the drive does not answer",
		Text:  "The job was stopped, but the drive has not answered {what}: nothing can end that before it does.",
		Hint:  "Wait. If the drive stays silent, pull it, or switch the NAS off.",
	},
	{
		Code: Resumed, Kind: Note,
		Title: "Resumed",
		Text: "The job was resumed {times|time|times}; {repeated|stage was|stages were} begun again, and " +
			"{bytes:size} were written or read once more.",
	},
	{
		Code: TransientErrors, Kind: Note, Path: true,
		Title: "Errors that healed",
		Text: "{count|place gave an error or wrong data once and was|places gave an error or wrong data once " +
			"and were} right when read again; the first at LBA {lba}.",
		Hint: "Check cable, slot and memory; watch this drive.",
	},
	{
		Code: RequestHung, Kind: Note, Path: true,
		Title: "The drive was silent for long",
		Text:  "{what} had no answer for {seconds|second|seconds}.",
		Hint:  "Check cable and power. A drive that does this again should not be trusted.",
	}, {
		Code: RequestsHung, Kind: Note, Path: true,
		Title: "The drive was silent for long, again and again",
		Text: "In {stage}, {count|request|requests} had no answer for minutes; the longest, {what}, for " +
			"{seconds|second|seconds}. The first ones are told one by one.",
		Hint: "Check cable and power. A drive that does this again and again should not be trusted.",
	},

	{
		Code: SlowSpots, Kind: Note,
		Title: "The drive has slow places",
		Text: "In the {phase} sweep the speed of {count} of {parts|part|parts} of the drive was below {percent} " +
			"% of that around; the slowest, from LBA {lba} on, made {speed} MB/s, with a request of {ms} ms.",
		Hint: "Slow places are often sectors that the drive reads again and again. Watch it.",
	},
	{
		Code: SlowRequests, Kind: Note, Path: true,
		Title: "The drive took seconds for single requests",
		Text: "{count|request|requests} took longer than a second; the longest, {ms} ms, in the {phase} sweep " +
			"in the part of the drive from LBA {lba} on.",
		Hint: "A drive that needs so long reads or writes a sector again and again, or its link does. Check " +
			"cable and power; watch it.",
	},
	{
		Code: SlowAnswers, Kind: Note, Path: true,
		Title: "The drive took long to answer",
		Text:  "{count} beside the sweeps took long in {stage}; the longest, {what}, {ms} ms.",
		Hint:  "A drive or a link that needs so long tries again and again. Check cable and power; watch it.",
	},
	{
		Code: SlowForModel, Kind: Note, Path: true,
		Title: "The drive is slow for its model",
		Text: "In the {phase} sweep it made {percent} % of the speed of {siblings|other drive|other drives} of " +
			"its model in this NAS, at the same places.",
		Hint: "Check its cable, slot, write cache and firmware against the others.",
	},
	{
		Code: WritesUncounted, Kind: Note,
		Title: "Writes to this drive are not counted",
		Text: "The kernel of the NAS does not count the writes to this drive: {how}. So writes of something " +
			"else would go unseen, and wrong data will not be held against the drive.",
		Hint: "Make sure that nothing else writes to the drive.",
	},
	{
		Code: Shingled, Kind: Note,
		Title: "The drive writes as shingled drives do",
		Text:  "It began to write at {first} MB/s and went on at {speed} MB/s.",
		Hint:  "Nothing is wrong with it, but it is slow in arrays: rebuilding one takes days.",
	},
	{
		Code: CachePossible, Kind: Note,
		Title: "A cache may have answered",
		Text: "badblocks reads back each part of the drive soon after writing it; the cache of an SSD can hold " +
			"as much.",
		Hint: "The plan standard reads back only after all of the drive was written.",
	},
	{
		Code: NotOnMedium, Kind: Note,
		Title: "Zeros read",
		Text: "{percent} % of what was read are zeros; a drive that takes back unused blocks may answer them " +
			"without reading its medium.",
	},
	{
		Code: LinkSlow, Kind: Note, Path: true,
		Title: "The link is slower than the drive",
		Text:  "It runs at {now}, the drive can {max}.",
		Hint:  "Look at the slot: how many lanes it has, of which generation, and whether the drive sits well in it.",
	},
	{
		Code: OneActuator, Kind: Note,
		Title: "The sweep works one actuator at a time",
		Text: "The drive has {count}, each for a part of its addresses; a sweep in the order of addresses takes " +
			"about {count} times as long as the drive could.",
	},
	{
		Code: FlashFull, Kind: Note,
		Title: "The drive takes all of its blocks for data",
		Text: "The test wrote {bytes:exact}, the whole of a drive that takes back unused blocks; they hold " +
			"nothing of use.{endurance}",
		Hint: "Burnish discards nothing by itself. To give the blocks back before use, run blkdiscard on this " +
			"drive: look at its serial number first, for it erases everything.",
	},

	// Refused for safety.
	{
		Code: DriveInUse, Kind: Refusal,
		Title: "The drive is in use",
		Text:  "{drive} ({path}): {usage}.",
		Hint:  "{way_out}",
	},
	{
		Code: LockedForGood, Kind: Refusal,
		Title: "The drive cannot be unlocked",
		Text:  "{drive}: {usage}.",
		Hint:  "{way_out}",
	},
	{
		Code: DriveLocked, Kind: Refusal,
		Title: "The drive is locked",
		Text:  "{drive}: {usage}.",
		Hint:  "{way_out}",
	},
	{
		Code: GrantExpired, Kind: Refusal,
		Title: "The permission has ended",
		Text:  "The permission for {drive} {how}.",
		Hint: "Look at the drives again (burnish drives {nas}): they show whether this one still has to be " +
			"unlocked, and how.",
		Window: "Look at the drives again and unlock this one again.",
	},
	{
		Code: WrongPhrase, Kind: Refusal,
		Title: "The phrase is not right",
		Text:  "{drive} is unlocked by {what}.",
		Hint: "Type it just as burnish drives {nas} --json shows it: the same case, no blank before, within or " +
			"after that is not there.",
		Window: "Type it just as it is shown above the field: the same case, no blank before, within or after " +
			"that is not there.",
	},
	{
		Code: CannotUndo, Kind: Refusal,
		Title: "The drive cannot be brought back",
		Text:  "Job {job}: {why}.",
		Hint:  "{way_out}",
	},
	{
		Code: SMARTUnsupported, Kind: Refusal,
		Title: "The drive gives no health data",
		Text:  "{drive} answers no SMART request: {error}.",
		Hint:  "{hint}",
		Window: "In the start dialog: let SMART be switched on where it is off, or choose how smartctl reaches " +
			"the drive; or tick that this drive is tested without its health data, to do so knowingly.",
	},
	{
		Code: SMARTSilent, Kind: Refusal,
		Title: "The drive did not answer in time",
		Text:  "smartctl was asked about {drive} and gave no answer within its time.",
		Hint: "Nothing is known against this drive. Try again when the NAS is less busy; if it stays so, run " +
			"smartctl by hand on the NAS.",
	},
	{
		Code: RAIDVolume, Kind: Refusal,
		Title: "This is a volume of a RAID controller",
		Text:  "{drive} is not a drive: smartctl reaches the drives behind a RAID controller.",
		Hint: "Set the controller to HBA (IT) mode, or move the drives to an HBA, so that each can be tested by " +
			"itself.",
	},
	{
		Code: NotReadable, Kind: Refusal,
		Title: "The drive cannot be read",
		Text:  "{drive}: {error}.",
		Hint:  "Check cable and slot.",
	},
	{
		Code: HostKeyChanged, Kind: Refusal,
		Title: "The NAS shows another host key",
		Text:  "Known for {nas} is {known}; it now shows {shown}.",
		Hint: "If the NAS was reinstalled, remove the profile and add it again with the new fingerprint. If " +
			"not, somebody may be between you and the NAS.",
	},
	{
		Code: NASChanged, Kind: Refusal,
		Title: "This is another machine",
		Text:  "{nas} was machine {known}; it now answers as {shown}.",
		Hint:  "If the NAS was replaced or cloned, remove the profile and add it again.",
	},

	// Wrong use or configuration.
	{
		Code: WrongUse, Kind: Use,
		Title: "Wrong use",
		Text:  "{what}.",
		Hint:  "{hint}",
	},
	{
		Code: BadWay, Kind: Use,
		Title:  "No notice can go this way",
		Text:   "{what}.",
		Hint:   "burnish notify add --help shows what each way needs.",
		Window: "Correct what is named here and save it again.",
	},
	{
		Code: NoSuchWay, Kind: Use,
		Title:  "No such way for notices",
		Text:   "There is no way named {way}.",
		Hint:   "burnish notify list shows the saved ones.",
		Window: "It may have been removed in another window.",
	},
	{
		Code: WayExists, Kind: Use,
		Title:  "The name is taken",
		Text:   "There is a way named {way} already.",
		Hint:   "Choose another name, or remove it with: burnish notify remove {way}",
		Window: "Choose another name, or remove the other one first.",
	},
	{
		Code: NoticeUntold, Kind: Use,
		Title: "The notice did not arrive",
		Text:  "{way}: {answer}.",
		Hint:  "Correct the address or the password, or what the answer names, and test it again.",
	},
	{
		Code: HostKeyUnknown, Kind: Use,
		Title: "The host key of the NAS is not known",
		Text:  "{nas} shows {shown}.",
		Hint: "Compare it with the NAS's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and add " +
			"--host-key {shown}.",
		Window: "Compare it with the NAS's own: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows that at " +
			"the NAS. Go on only if they are the same.",
	},
	{
		Code: NoSuchNAS, Kind: Use,
		Title:  "No such NAS",
		Text:   "There is no profile named {nas}.",
		Hint:   "burnish nas list shows the saved ones.",
		Window: "It may have been removed in another window. Add it again.",
	},
	{
		Code: NASExists, Kind: Use,
		Title:  "The name is taken",
		Text:   "There is a profile named {nas} already.",
		Hint:   "Choose another name, or remove it with: burnish nas remove {nas}",
		Window: "Choose another name, or remove the other one in the settings.",
	},
	{
		Code: NASHasJobs, Kind: Use,
		Title: "The NAS has jobs that have not ended",
		Text:  "Of {nas} {count|job has|jobs have} not ended.",
		Hint:  "Stop them first.",
	},
	{
		Code: NoSuchDrive, Kind: Use,
		Title:  "No such drive",
		Text:   "{nas} has no drive {drive}.",
		Hint:   "burnish drives {nas} shows what is there.",
		Window: "Look at the drives again.",
	},
	{
		Code: AmbiguousDrive, Kind: Use,
		Title: "More than one drive is meant",
		Text:  "{drive} fits {count|drive|drives}: {ids}.",
		Hint:  "Give the id of the one you mean.",
	},
	{
		Code: NoSuchGrant, Kind: Use,
		Title:  "No such permission",
		Text:   "There is no permission {grant} here.",
		Hint:   "burnish grants NAS lists them.",
		Window: "It may have ended. Unlock the drive again.",
	},
	{
		Code: NoSuchJob, Kind: Use,
		Title:  "No such job",
		Text:   "There is no job {job} here.",
		Hint:   "burnish jobs lists them; burnish adopt NAS takes over those that another computer started.",
		Window: "Find jobs, in the settings, takes over those that another computer started.",
	},
	{
		Code: NoSuchPlan, Kind: Use,
		Title:  "No such plan",
		Text:   "There is neither a plan nor a file named {plan}.",
		Hint:   "burnish plans lists the built-in ones.",
		Window: "Choose another plan.",
	},
	{
		Code: BadPlan, Kind: Use,
		Title:  "The plan is not right",
		Text:   "{plan}: {error}.",
		Hint:   "burnish plans --json shows what a plan looks like.",
		Window: "Mend the file of the plan, or choose another plan.",
	},
	{
		Code: BadProfile, Kind: Use,
		Title: "The profile is not right",
		Text:  "{what}.",
		Hint:  "{hint}",
	},
	{
		Code: BadRequest, Kind: Use,
		Title:  "The runner did not understand the request",
		Text:   "{error}.",
		Hint:   "Desktop and runner differ in version: test the NAS again (burnish nas test NAME).",
		Window: "Burnish and its runner on the NAS differ in version: test the NAS again, in the settings.",
	},
	{
		Code: CannotResume, Kind: Use,
		Title: "The job cannot be resumed",
		Text:  "{job} is {state}.",
		Hint:  "Only a job that ended as unknown can be resumed.",
	},
	{
		Code: NeedsNewJob, Kind: Use,
		Title: "The job cannot be gone on with",
		Text:  "{job} ended as unknown: {why}.",
		Hint: "Nothing that it had found out can be built upon. Start a new job; burnish drives {nas} shows " +
			"whether the drive has to be unlocked for it.",
		Window: "Nothing that it had found out can be built upon. Start a new job; the table shows whether the " +
			"drive has to be unlocked for it.",
	},
	{
		Code: RunnerNotEmbedded, Kind: Use,
		Title: "This build holds no runner",
		Text:  "burnish-runner for linux/{arch} is not embedded.",
		Hint:  "Build with: make headless (or make build).",
	},
	{
		Code: DataDirUnusable, Kind: Use,
		Title:  "The data directory cannot be used",
		Text:   "{dir}: {error}.",
		Hint:   "Choose another with --data-dir.",
		Window: "Make room there, or give this user the right to write there, and start Burnish again.",
	},
	{
		Code: DataDamaged, Kind: Fault,
		Title: "The data was damaged",
		Text:  "It was set aside as {file}; a new one was begun, with the jobs whose copies are here.",
		Hint: "Add your NAS again with: burnish nas add; then burnish adopt NAS brings back what is on the NAS " +
			"alone. Remove the file when you do not need it.",
		Window: "Add your NAS again; then Find jobs, in the settings, brings the history back, from the NAS and " +
			"from the copies here. Remove the file when you do not need it.",
	},
	{
		Code: NewerData, Kind: Use,
		Title: "The data is of a newer version",
		Text:  "{what} was written by a newer Burnish ({version}).",
		Hint:  "Update Burnish.",
	},

	// The NAS cannot be reached or used.
	{
		Code: NASUnreachable, Kind: Reach,
		Title: "The NAS cannot be reached",
		Text:  "{nas} ({address}): {error}.",
		Hint:  "Check that it is on and that SSH is enabled there.",
	},
	{
		Code: AuthFailed, Kind: Reach,
		Title: "The NAS refused the login",
		Text:  "{user} at {nas}: {error}.",
		Hint: "Check the user, and that the public key is in the NAS's authorized keys; or log in with a " +
			"password (--password-stdin).",
		Window: "Check the user, and that the public key is in the NAS's authorized keys; or sign in with a " +
			"password.",
	},
	{
		Code: AgentUnusable, Kind: Reach,
		Title:  "The SSH agent gives no key",
		Text:   "{user} at {nas}: {error}.",
		Hint:   "Start the agent and add a key to it (ssh-add), or give a key with --key FILE.",
		Window: "Start the agent and add a key to it (ssh-add), or choose a key file.",
	},
	{
		Code: PasswordNeeded, Kind: Use,
		Title:  "A password is needed",
		Text:   "{user} at {nas}: {error}.",
		Hint:   "Run the command at a terminal to be asked, or save the password with: burnish nas password NAME",
		Window: "Try the NAS again, in the settings: Burnish asks for the password.",
	},
	{
		Code: PasswordRefused, Kind: Reach,
		Title: "The NAS refused the password",
		Text:  "{user} at {nas}: {error}.",
		Hint: "Check the password, and that this user may log in with one (root often may not); then save the " +
			"right one with: burnish nas password NAME",
		Window: "Check that this user may sign in with a password (root often may not). Try the NAS again, and " +
			"Burnish asks for the right one.",
	},
	{
		Code: PasswordOff, Kind: Reach,
		Title: "The NAS takes no passwords",
		Text:  "{user} at {nas}: {error}.",
		Hint: "Allow password logins in the NAS's SSH settings (TrueNAS: Services, SSH, Allow Password " +
			"Authentication, and the same for the user), or use a key.",
	},
	{
		Code: SecondFactor, Kind: Reach,
		Title: "The NAS asks for a second factor",
		Text:  "{user} at {nas} is asked \"{prompt}\": {error}.",
		Hint:  "Codes cannot be saved: run the command at a terminal, or let the NAS accept a key without a code.",
		Window: "Codes cannot be saved: test the NAS again, in the settings, to be asked, or let the NAS accept " +
			"a key without a code.",
	},
	{
		Code: SecondFactorRefused, Kind: Reach,
		Title: "The NAS refused password or code",
		Text:  "{user} at {nas}: it did not take the answers.",
		Hint:  "Wait for the next code and check the clocks of NAS and phone; check the password too.",
	},
	{
		Code: PassphraseNeeded, Kind: Use,
		Title: "The key is protected by a passphrase",
		Text:  "{key} for {nas}: {error}.",
		Hint: "Run the command at a terminal to be asked, save the passphrase with: burnish nas password NAME " +
			"--passphrase, or use the SSH agent.",
		Window: "Test the NAS again, in the settings, to be asked for the passphrase, or use the SSH agent.",
	},
	{
		Code: PassphraseWrong, Kind: Use,
		Title:  "The passphrase is wrong",
		Text:   "{key} for {nas} cannot be opened with it.",
		Hint:   "Save the right one with: burnish nas password NAME --passphrase",
		Window: "Try the NAS again, and type the right one.",
	},
	{
		Code: SudoRefused, Kind: Reach,
		Title:  "sudo refused the password",
		Text:   "{user} at {nas}: {error}.",
		Hint:   "Check the password, then save the right one with: burnish nas password NAME --sudo",
		Window: "Try the NAS again, and Burnish asks for the right one.",
	},
	{
		Code: JumpKeyUnknown, Kind: Use,
		Title: "The host key of the jump host is not known",
		Text:  "{nas} shows {shown}.",
		Hint: "Compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and add " +
			"--jump-key {shown}.",
		Window: "Compare it with the host's own: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows that at " +
			"the host. Go on only if they are the same.",
	},
	{
		Code: JumpRefused, Kind: Reach,
		Title: "The jump host passes nothing on",
		Text:  "{jump} to {address}: {error}.",
		Hint:  "Allow it there: AllowTcpForwarding yes in sshd_config, and no restriction of the key.",
	},
	{
		Code: KeychainUnavailable, Kind: Use,
		Title: "There is no keychain",
		Text:  "{what}: {error}.",
		Hint: "Add --secrets session to be asked each time, or --secrets file to keep secrets in a file that a " +
			"passphrase seals.",
		Window: "Choose that secrets are kept in a sealed file, or until the window is closed.",
	},
	{
		Code: KeychainDenied, Kind: Use,
		Title: "The keychain is locked",
		Text:  "{what}: {error}.",
		Hint:  "Unlock the keychain of this computer and try again, or add --secrets session to be asked each time.",
		Window: "Unlock the keychain of this computer and try again, or choose that secrets are kept until the " +
			"window is closed.",
	},
	{
		Code: SealedFileDenied, Kind: Use,
		Title: "The sealed file stays closed",
		Text:  "{file}: {error}.",
		Hint: "Try again with the passphrase that it was sealed with. Nobody can recover a forgotten one: then " +
			"remove the file and save the passwords anew.",
	},
	{
		Code: SealedFileUnusable, Kind: Fault,
		Title:  "The sealed file cannot be used",
		Text:   "{file}: {error}.",
		Hint:   "Move it away and save the passwords anew with: burnish nas password NAME",
		Window: "Move it away; the passwords are asked for again.",
	},
	{
		Code: SecretsLeft, Kind: Use,
		Title: "Secrets were left behind",
		Text:  "{nas} is removed, but its secrets are not: {error}.",
		Hint:  "Remove what is named {accounts} of the service burnish by hand.",
	},
	{
		Code: ImportFailed, Kind: Use,
		Title: "The SSH configuration cannot be imported",
		Text:  "{file}: {error}.",
		Hint:  "{hint}",
	},
	{
		Code: LegacyAlgorithms, Kind: Reach,
		Title: "Only weak encryption in common",
		Text:  "{nas}: {error}.",
		Hint:  "Update the SSH server on the NAS. If that cannot be and the network is yours, add --legacy-algorithms.",
		Window: "Update the SSH server on the NAS. If that cannot be and the network is yours, allow weak " +
			"encryption, under More.",
	},
	{
		Code: Algorithms, Kind: Reach,
		Title: "No common encryption",
		Text:  "{nas}: {error}.",
		Hint:  "Update the SSH server on the NAS.",
	},
	{
		Code: KeyUnusable, Kind: Use,
		Title: "The key cannot be used",
		Text:  "{key}: {error}.",
		Hint:  "{hint}",
	},
	{
		Code: NoRoot, Kind: Reach,
		Title: "No root rights on the NAS",
		Text:  "{user} at {nas}: {error}.",
		Hint: "Log in as root, or let {user} use sudo and say so in the profile (--sudo password or nopasswd). " +
			"On TrueNAS: Credentials, Users, {user}, Allow all sudo commands. Without root no plan starts but, on a " +
			"TrueNAS, the plan truenas.",
		Window: "Sign in as root, or let this user use sudo and choose so under Rights on the NAS. On TrueNAS: " +
			"Credentials, Users, Allow all sudo commands. Without root no plan starts but, on a TrueNAS, the plan " +
			"truenas.",
	},
	{
		Code: MidcltRefused, Kind: Reach,
		Title: "TrueNAS does not do this for the login",
		Text:  "{error}.",
		Hint: "Log in with a user who may use sudo, or give this user a role that may manage disks. From 25.10 " +
			"on TrueNAS has no methods for self-tests: they need root.",
	},
	{
		Code: NoShell, Kind: Reach,
		Title: "The login runs no commands",
		Text:  "{user} at {nas}: {how}. It printed: {said}.",
		Hint: "Give this user a shell that runs commands, such as bash: nologin, and a login for sftp alone, " +
			"run none. On TrueNAS: Credentials, Users, {user}, Edit, Shell. Elsewhere: chsh -s, and ForceCommand " +
			"in the SSH server's settings. A user that has a shell has a start-up file (.bashrc, .profile, " +
			".zshenv, .config/fish/config.fish) that ends or takes over the session.",
	},
	{
		Code: LoginNoisy, Kind: Reach,
		Title: "The login prints too much",
		Text:  "{user} at {nas}: more than {limit} before anything that was asked for ran. It begins with: {said}.",
		Hint: "Look for that in the start-up files of this user's shell (.bashrc, .zshenv, " +
			".config/fish/config.fish, .tcshrc) and in ForceCommand of the SSH server's settings, and let it " +
			"print only where somebody reads it.",
	},
	{
		Code: SudoTimeout, Kind: Reach,
		Title: "sudo ends commands too early",
		Text: "{user} at {nas}: sudo ended a command after {limit}: sudoers sets a timeout (command_timeout, or " +
			"TIMEOUT in the user's rule).",
		Hint: "Take it out for this user, or raise it to some minutes (visudo).",
	},
	{
		Code: PlatformUnsupported, Kind: Reach,
		Title: "This machine cannot run the runner",
		Text:  "{nas} is {platform}.",
		Hint:  "Burnish needs Linux on amd64 or arm64.",
	},
	{
		Code: StateDirUnusable, Kind: Reach,
		Title: "No place for the runner on the NAS",
		Text:  "{tried}.",
		Hint:  "Give a directory that root owns and that allows programs to run: --state-dir DIR",
		Window: "Give a directory that root owns and that allows programs to run: Directory on the NAS, under " +
			"More.",
	},
	{
		Code: RunnerChanged, Kind: Refusal,
		Title: "The runner on the NAS is not ours",
		Text:  "{path} has another content than was put there.",
		Hint:  "Find out who changed it, remove it, and test the NAS again.",
	},
	{
		Code: NASGarbage, Kind: Reach,
		Title: "The NAS answers nonsense",
		Text:  "{nas}: {error}.",
		Hint: "Check that this is the NAS you mean, and that nothing which start-up files leave running prints " +
			"into its sessions.",
	},
	{
		Code: NASTooMuch, Kind: Reach,
		Title: "The NAS sends too much",
		Text:  "{what} is over the limit of {limit}.",
		Hint:  "Check that this is the NAS you mean.",
	},
	{
		Code: ConnectionLost, Kind: Reach,
		Title: "The connection was lost",
		Text:  "{nas}: {error}.",
		Hint:  "Check the NAS and the way to it. Jobs that run there go on.",
	},
	{
		Code: NoAnswerYet, Kind: Reach,
		Title: "The NAS has not answered yet",
		Text:  "{nas} did not answer in time; it may be busy.",
		Hint:  "Ask again in a while. Jobs that run there go on.",
	},
	{
		Code: NotStopped, Kind: Reach,
		Title:  "Not proven stopped",
		Text:   "{job}: {error}.",
		Hint:   "The request to stop stands. Look again with: burnish show {job}",
		Window: "The request to stop stands. The drive shows how it goes on.",
	},
	{
		Code: NotStarted, Kind: Reach,
		Title: "The job did not start",
		Text:  "{error}.",
		Hint:  "Look at runner.log in the job's directory on the NAS.",
	},
	{
		Code: NoSpace, Kind: Fault,
		Title: "No space left",
		Text:  "{what}: {error}.",
		Hint:  "Free some space there.",
	},
	{
		Code: MirrorDamaged, Kind: Fault,
		Title:  "The copy of this job is damaged",
		Text:   "{job}: {error}.",
		Hint:   "While the NAS has the job, it is fetched again by: burnish show {job}",
		Window: "While the NAS has the job, opening it again fetches it anew.",
	},
	{
		Code: JobKept, Kind: Note,
		Title: "The job stays on the NAS",
		Text:  "{job}: {why}.",
		Hint:  "{hint}",
	},
	{
		Code: JobDamaged, Kind: Fault,
		Title: "A job on the NAS is damaged",
		Text:  "{job}: {error}.",
		Hint: "Its files lie in the state directory of the NAS; move them away when they are of no use. The " +
			"other jobs are as they were.",
	},
	{
		Code: JournalForeign, Kind: Fault,
		Title: "A journal of this job is of another one",
		Text:  "Among the files of job {job} lies a journal of {of}. Nothing is concluded from it.",
		Hint: "Somebody has moved or restored files in the state directory of the NAS, or in the data directory " +
			"here. Put each job's files back into its own directory; the drive itself was not touched by this.",
	},
	{
		Code: MirrorFull, Kind: Fault,
		Title: "The copy of this job is full",
		Text:  "The journals of {job} are over the limit of {limit:size}: no job of Burnish writes so much.",
		Hint: "What was copied is shown. Look at the job's directory on the NAS: its files are damaged, or not " +
			"of Burnish.",
	},
	{
		Code: MirrorsFull, Kind: Fault,
		Title: "The copies of this NAS are full",
		Text:  "All that is copied here of the jobs of one NAS is over the limit of {limit:size}.",
		Hint: "Save what you need (burnish report), then remove the directories of old jobs in {dir}. Logs are " +
			"cut long before this; look whether the NAS sends what Burnish wrote.",
		Window: "Save the reports that you need, then remove the directories of old jobs in {dir}. Logs are cut " +
			"long before this; look whether the NAS sends what Burnish wrote.",
	},
	{
		Code: ReportNotWritten, Kind: Use,
		Title: "The report could not be written",
		Text:  "{file}: {error}.",
		Hint:  "Choose another file with -o.",
	},
	{
		Code: DemoDiffers, Kind: Fault,
		Title: "The demo did not come out as it should",
		Text:  "{count} of {of|practice drive|practice drives} did not get the verdict that their fault deserves.",
		Hint:  "The table says which. This is a fault of Burnish, or this computer is far too slow.",
	},
	{
		Code: Internal, Kind: Fault,
		Title: "Burnish failed",
		Text:  "{error}.",
		Hint:  "Report this.",
	},
}
