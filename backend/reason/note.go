package reason

// notes is what is said beside a verdict and changes none: the reasons of kind Note.
var notes = []Entry{
	{
		Code:  Cooling,
		Title: "Waits for the drive to cool",
		Text: "The drive was at {temperature} °C, its limit is {limit} °C. The test goes on by itself once the " +
			"drive is cooler.",
		Hint: "Improve the cooling if this comes often.",
	},
	{
		Code:  NeverReached,
		Title: "Not reached",
		Text:  "The job ended before this stage.",
	},
	{
		Code:  SMARTSwitchedOn,
		Title: "SMART was switched on",
		Text: "SMART was switched off on this drive. As agreed, Burnish switched it on (smartctl -s on): the " +
			"drive now keeps its counts, and goes on doing so.",
		Hint: "To switch it off again, run smartctl -s off on this drive.",
	},
	{
		Code:  WithoutSMART,
		Title: "Tested without SMART",
		Text:  "The SMART stages were left out on request: the drive's own health data played no part.",
	},
	{
		Code:  SelfTestUnsupported,
		Title: "The drive cannot test itself",
		Text:  "The drive has no {test} self-test.",
	},
	{
		Code:  SelfTestNoMethod,
		Title: "This TrueNAS starts no self-tests",
		Text: "It has no method {method}: TrueNAS took it away with 25.10. A login that may use sudo can have the " +
			"drive test itself.",
	},
	{
		Code:  WrittenOnly,
		Title: "Written, and nothing read back",
		Text: "TrueNAS wrote to the whole drive but for its last {tail:exact}, as the kernel counted. Nothing was " +
			"read back: whether all of it can be read is not known.",
	},
	{
		Code:  SelfTestAdopted,
		Title: "A self-test was running already",
		Text:  "A {test} self-test that Burnish did not start was let end, and its result taken.",
	},
	{
		Code:  SelfTestForeign,
		Title: "Somebody else tests this drive",
		Text:  "The drive's log shows {count|self-test|self-tests} of this time that Burnish did not start.",
		Hint:  "Look for schedules of smartd or of the NAS.",
	},
	{
		Code:  SMARTWarning,
		Title: "Health data worth watching",
		Text:  "{says} {figures}",
	},
	{
		Code:  SMARTGap,
		Title: "Health data was missing after a stage",
		Text:  "After {stage} smartctl gave no word of what the drive told at first: {what}.",
		Hint:  "The last check decides. If it comes often, run smartctl by hand on the NAS to see why.",
	},
	{
		Code: KernelErrors, Path: true,
		Title: "The kernel logged errors of this drive",
		Text: "{reads|failed read|failed reads}, {writes|failed write|failed writes} and {resets|reset|resets} " +
			"of its link; the first: {first}",
		Hint: "Check cable, slot and power.",
	},
	{
		Code:  HiddenCapacity,
		Title: "The drive hides a part of itself",
		Text:  "A part of it, {bytes:exact}, is not shown and was not tested.",
		Hint: "See what hides them before you trust its size: hdparm -N for a host protected area, nvme id-ctrl " +
			"(unvmcap) for NVMe.",
	},
	{
		Code:  SensorStill,
		Title: "The temperature sensor may not be believed",
		Text:  "The sensor of this drive never moved: {what}.",
		Hint: "Feel the drive, or measure it, and compare the siblings beside it. If it is cool, its sensor is " +
			"broken.",
	},
	{
		Code:  Hot,
		Title: "The drive ran hot",
		Text:  "{temperature} °C during {stage}; its limit is {limit} °C.",
		Hint:  "Improve the cooling.",
	},
	{
		Code:  JournalWaits,
		Title: "The job waits for room on the NAS",
		Text:  "The job cannot write its journal: {what}.",
		Hint: "Free some space there, or make it writable again: the job goes on by itself. If the NAS has to " +
			"restart for that, resume the job afterwards.",
	},
	{
		Code:  FilesPutBack,
		Title: "The job's files were removed",
		Text:  "Somebody removed {dir} while the job was at work; the runner made it anew from what it held open.",
		Hint:  "Leave the state directory alone while jobs run; burnish clean removes what is no longer needed.",
		Window: "Leave the state directory alone while jobs run. Clean up, in the settings, removes what is no " +
			"longer needed.",
	},
	{
		Code:  Stopping,
		Title: "Stopping",
		Text:  "The NAS was asked to stop it. It is stopped when nothing that it began goes on there.",
		Hint:  "Wait. Most drives take some seconds.",
	},
	{
		Code:  StopWaits,
		Title: "Stopping, the drive does not answer",
		Text:  "The job was stopped, but the drive has not answered {what}: nothing can end that before it does.",
		Hint:  "Wait. If the drive stays silent, pull it, or switch the NAS off.",
	},
	{
		Code:  Resumed,
		Title: "Resumed",
		Text: "The job was resumed {times|time|times}; {repeated|stage was|stages were} begun again, and " +
			"{bytes:size} were written or read once more.",
	},
	{
		Code: TransientErrors, Path: true,
		Title: "Errors that healed",
		Text: "{count|place gave an error or wrong data once and was|places gave an error or wrong data once " +
			"and were} right when read again; the first at LBA {lba}.",
		Hint: "Check cable, slot and memory; watch this drive.",
	},
	{
		Code: RequestHung, Path: true,
		Title: "The drive was silent for long",
		Text:  "{what} had no answer for {seconds|second|seconds}.",
		Hint:  "Check cable and power. A drive that does this again should not be trusted.",
	},
	{
		Code: RequestsHung, Path: true,
		Title: "The drive was silent for long, again and again",
		Text: "In {stage}, {count|request|requests} had no answer for minutes; the longest, {what}, for " +
			"{seconds|second|seconds}. The first ones are told one by one.",
		Hint: "Check cable and power. A drive that does this again and again should not be trusted.",
	},
	{
		Code:  SlowSpots,
		Title: "The drive has slow places",
		Text: "In the {phase} sweep the speed of {count} of {parts|part|parts} of the drive was below {percent} " +
			"% of that around; the slowest, from LBA {lba} on, made {speed} MB/s, with a request of {ms} ms.",
		Hint: "Slow places are often sectors that the drive reads again and again. Watch it.",
	},
	{
		Code: SlowRequests, Path: true,
		Title: "The drive took seconds for single requests",
		Text: "{count|request|requests} took longer than a second; the longest, {ms} ms, in the {phase} sweep " +
			"in the part of the drive from LBA {lba} on.",
		Hint: "A drive that needs so long reads or writes a sector again and again, or its link does. Check " +
			"cable and power; watch it.",
	},
	{
		Code: SlowAnswers, Path: true,
		Title: "The drive took long to answer",
		Text:  "{count} beside the sweeps took long in {stage}; the longest, {what}, {ms} ms.",
		Hint:  "A drive or a link that needs so long tries again and again. Check cable and power; watch it.",
	},
	{
		Code: SlowForModel, Path: true,
		Title: "The drive is slow for its model",
		Text: "In the {phase} sweep it made {percent} % of the speed of {siblings|other drive|other drives} of " +
			"its model in this NAS, at the same places.",
		Hint: "Check its cable, slot, write cache and firmware against the others.",
	},
	{
		Code:  WritesUncounted,
		Title: "Writes to this drive are not counted",
		Text: "The kernel of the NAS does not count the writes to this drive: {how}. So writes of something " +
			"else would go unseen, and wrong data will not be held against the drive.",
		Hint: "Make sure that nothing else writes to the drive.",
	},
	{
		Code:  Shingled,
		Title: "The drive writes as shingled drives do",
		Text:  "It began to write at {first} MB/s and went on at {speed} MB/s.",
		Hint:  "Nothing is wrong with it, but it is slow in arrays: rebuilding one takes days.",
	},
	{
		Code:  CachePossible,
		Title: "A cache may have answered",
		Text: "badblocks reads back each part of the drive soon after writing it; the cache of an SSD can hold " +
			"as much.",
		Hint: "The plan standard reads back only after all of the drive was written.",
	},
	{
		Code:  NotOnMedium,
		Title: "Zeros read",
		Text: "{percent} % of what was read are zeros; a drive that takes back unused blocks may answer them " +
			"without reading its medium.",
	},
	{
		Code: LinkSlow, Path: true,
		Title: "The link is slower than the drive",
		Text:  "It runs at {now}, the drive can {max}.",
		Hint:  "Look at the slot: how many lanes it has, of which generation, and whether the drive sits well in it.",
	},
	{
		Code:  OneActuator,
		Title: "The sweep works one actuator at a time",
		Text: "The drive has {count}, each for a part of its addresses; a sweep in the order of addresses takes " +
			"about {count} times as long as the drive could.",
	},
	{
		Code:  FlashFull,
		Title: "The drive takes all of its blocks for data",
		Text: "The test wrote {bytes:exact}, the whole of a drive that takes back unused blocks; they hold " +
			"nothing of use.{endurance}",
		Hint: "Burnish discards nothing by itself. To give the blocks back before use, run blkdiscard on this " +
			"drive: look at its serial number first, for it erases everything.",
	},
	{
		Code:  JobKept,
		Title: "The job stays on the NAS",
		Text:  "{job}: {why}.",
		Hint:  "{hint}",
	},
}
