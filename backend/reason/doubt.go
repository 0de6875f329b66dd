package reason

// doubts is what leaves nothing that can be concluded: the reasons of kind Doubt.
var doubts = []Entry{
	{
		Code:  Stuck,
		Title: "No progress",
		Text:  "{stage} moved nothing for {minutes|minute|minutes} and was ended.",
		Hint:  "Check cable, power and slot, then resume the job.",
	},
	{
		Code:  DriveVanished,
		Title: "The drive vanished",
		Text:  "During {stage} the drive was no longer there{where}: {error}.{kernel}",
		Hint: "Reseat the drive or swap its slot and cable, then resume the job. If it vanishes again, or is " +
			"still not there, that counts against the drive.",
		Hides: []Code{SurfaceErrors},
	},
	{
		Code:  DriveUnsure,
		Title: "Whether the drive is there is not certain",
		Text:  "{drive} was not found as it was when the test began: {what}.",
		Hint: "Nothing is known against the drive. Plug it in as it was (the same slot or USB dock), and take " +
			"away or wait for what is named here; then resume the job.",
	},
	{
		Code:  PathSuspect,
		Title: "The way to the drive is in doubt",
		Text:  "{what}, during {stage}; nothing shows that it came from the medium.",
		Hint:  "Check cable, slot, HBA and memory, then run the test again.",
	},
	{
		Code:  DriveUnsteady,
		Title: "The drive fails again and again",
		Text:  "{what}, during {stage}. The kernel's log lays it to the drive and not to the way there: {kernel}.",
		Hint: "Do not trust this drive with data. Look at its SMART values, test it once more in another slot, " +
			"and replace it if that comes to the same.",
	},
	{
		Code:  TooHot,
		Title: "Too hot",
		Text:  "The drive was at {temperature} °C, its limit is {limit} °C.",
		Hint:  "Improve the cooling, then resume the job.",
	},
	{
		Code:  NASRestarted,
		Title: "The NAS restarted",
		Text:  "The NAS restarted at {when} during {stage}{progress}.",
		Hint:  "Nothing is known against this drive. Resume the job.",
		Hides: []Code{RunnerKilled},
	},
	{
		Code:  RunnerKilled,
		Title: "The test was killed at the NAS",
		Text:  "The runner ended without a word during {stage}{progress}; the NAS itself did not restart.",
		Hint:  "Look for out-of-memory kills in the NAS's log, then resume the job.",
	},
	{
		Code:  JournalGone,
		Title: "The job's files are gone from the NAS",
		Text:  "The NAS no longer has this job, which was last seen during {stage}{progress}.{drive}",
		Hint: "Look whether the state directory is mounted, or who removed it. What came of the drive since is " +
			"not known here: look at it before you use it.",
		Hides: []Code{RunnerKilled},
	},
	{
		Code:  RecordRemoved,
		Title: "The job's record was removed",
		Text:  "It ran at the NAS; its record was removed there before all of it was copied here.{last}{drive}",
		Hint:  "Who removed it may have the whole record. Look at the drive before you use it or start a new job.",
		Hides: []Code{RunnerKilled},
	},
	{
		Code:  StartUnanswered,
		Title: "Nobody knows whether the job began",
		Text: "The NAS was asked to start it and the answer was lost; the NAS does not have the job now. Either " +
			"it never began, or it ran and its record was removed there before it was copied here.{drive}",
		Hint: "Look at the drive before you use it; then start a new job.",
	},
	{
		Code:  NeverBegun,
		Title: "The job never began",
		Text:  "The NAS was never asked for this job, or was asked and has begun no run of it.",
		Hint:  "Nothing was touched. Start it again.",
	},
	{
		Code:  ToldToEnd,
		Title: "The NAS told the test to end",
		Text: "The runner was told to end by the system during {stage}{progress} (the NAS shut down or the " +
			"service was stopped).",
		Hint: "Nothing is known against this drive. Resume the job.",
	},
	{
		Code:  ForeignWrites,
		Title: "Something else wrote to the drive",
		Text:  "{foreign|sector was|sectors were} written to the drive that Burnish did not write.",
		Hint:  "Find what else uses this drive, then start a new job.",
		Hides: []Code{SurfaceErrors},
	},
	{
		Code:  EvidenceIncomplete,
		Title: "The evidence is incomplete",
		Text:  "The job ended as {state}, but this is missing: {missing}.",
		Hint:  "Start a new job. If it happens again, report it with the job's journal.",
	},
	{
		Code:  ResumedMismatch,
		Title: "Not what an earlier run wrote",
		Text: "In {sectors|sector|sectors}, the first at LBA {lba}, there is not what was written before the " +
			"job was interrupted. Nobody watched the drive in between: it may have lost its cache, or somebody " +
			"else wrote.",
		Hint: "Start a new job. If it happens without an interruption, the drive is bad.",
	},
	{
		Code:  MismatchUncounted,
		Title: "Not what was written, and nobody counted",
		Text: "{what} what was written. The kernel of the NAS does not count the writes to this drive: the " +
			"drive may have lost them, or something else wrote there.",
		Hint: "Make sure that nothing else uses the drive, and start a new job. If it happens again, test the " +
			"drive in another machine.",
	},
	{
		Code:  UnconfirmedErrors,
		Title: "Errors that could not be confirmed",
		Text: "{sectors} gave errors or wrong data and could not be read again within the limit; the first is " +
			"at LBA {lba} ({kind}); {where}.",
		Hint: "Run the test again. A drive that needs minutes for each request is not fit for use, whatever " +
			"comes of it.",
	},
	{
		Code:  FlushFailed,
		Title: "The drive refused to flush its cache",
		Text:  "{stage}: {error}. What was written may not be on the medium.",
		Hint:  "Check cable and power, then run the test again.",
	},
	{
		Code:  EngineFailed,
		Title: "The test program did not do its work",
		Text:  "{engine} ended {how}: {said}.",
		Hint:  "Run it by hand on the NAS to see why, or choose the plan standard.",
	},
	{
		Code:  DriveError,
		Title: "The drive refused a request",
		Text:  "{stage}: {error}.",
		Hint:  "Check whether the drive is locked, write-protected or reserved by another host.",
	},
	{
		Code:  SMARTUnreadable,
		Title: "SMART could not be read",
		Text:  "smartctl gave no usable answer: {error}.",
		Hint:  "Run smartctl by hand on the NAS to see why.",
	},
	{
		Code:  SelfTestAborted,
		Title: "The self-test was aborted",
		Text:  "The {test} self-test ended without a result: {result}.",
		Hint: "Nothing is known against this drive. Look for what resets it, lets it sleep or stops its tests " +
			"(spin-down timers, USB bridges, other tools), then resume the job.",
	},
	{
		Code:  SelfTestNoTool,
		Title: "The NAS cannot start this self-test",
		Text:  "The drive can test itself, but {what}.",
		Hint:  "{hint}",
	},
	{
		Code:  SelfTestUnknown,
		Title: "The self-test has no result",
		Text:  "The {test} self-test: {result}.",
		Hint:  "{hint}",
	},
	{
		Code:  WipeUnwritten,
		Title: "TrueNAS calls the wipe done, and it is not",
		Text: "TrueNAS's job ended as a success, but the kernel of the NAS counted {written:exact} written to the " +
			"drive of {whole:exact}.",
		Hint: "Nothing is known against this drive. Start a new job; if that ends the same, log in with a user who " +
			"may use sudo and choose the plan standard, which reads back.",
	},
	{
		Code:  WipeFailed,
		Title: "TrueNAS's wipe ended with an error",
		Text:  "After {bytes:exact}: {error}. TrueNAS tells no place, and tries nothing again.",
		Hint: "A bad drive ends so, and so do a bad cable and a drive that something else holds. Log in with a user " +
			"who may use sudo, and start a new job with the plan standard: it says which.",
	},
	{
		Code:  WipeAborted,
		Title: "The wipe was aborted in TrueNAS",
		Text:  "Somebody ended TrueNAS's job {id:plain} during {stage}{progress}. What was written stays.",
		Hint:  "Start a new job when nobody needs the drive.",
	},
	{
		Code:  WipeLost,
		Title: "TrueNAS no longer knows its wipe",
		Text: "TrueNAS's job {id:plain} is gone during {stage}{progress}: its middleware was restarted, and a wipe " +
			"ends with it.",
		Hint: "Nothing is known against this drive. Start a new job.",
	},
	{
		Code:  WipeQueued,
		Title: "Another wipe of the drive came first",
		Text: "When TrueNAS was asked, another wipe of {disk} ran already, and this one waited behind it; it was " +
			"taken back.",
		Hint: "Look in TrueNAS who wipes this drive, then start a new job.",
	},
	{
		Code:  WipeUnanswered,
		Title: "Whether TrueNAS wipes the drive is not known",
		Text: "TrueNAS was asked to wipe {disk} and the answer was lost; {found|job|jobs} of TrueNAS could be it. " +
			"{bytes:exact} were written to the drive since. It is not asked twice.",
		Hint: "Look at Jobs in TrueNAS. Once nothing wipes this drive, start a new job.",
	},
}
