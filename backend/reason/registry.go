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
		SurfaceErrors, Evidence, "The surface has bad places",
		"{ranges}, {sectors} {extent}; the first is at LBA {lba} ({kind}).",
		"Replace the drive. For a return under warranty the report lists each range.",
		nil,
	},
	{
		FakeCapacity, Evidence, "The drive is smaller than it claims",
		"It claims {claimed} bytes, but what is written beyond about {real} bytes is lost or lands elsewhere.",
		"Return the drive. Never put data on it.",
		[]Code{SurfaceErrors},
	},
	{
		DriveLost, Evidence, "The drive does not stay",
		"{what}.{kernel}",
		"Replace the drive. If other drives vanish in the same bay, or on the same cable, those are to blame.",
		nil,
	},
	{
		SMARTFailed, Evidence, "The drive's health data speaks against it",
		"{what}",
		"Replace the drive.",
		nil,
	},
	{
		SelfTestFailed, Evidence, "The drive failed its self-test",
		"The {test} self-test ended with: {result}.",
		"Replace the drive.",
		nil,
	},

	// Nothing can be concluded.
	{
		Stuck, Doubt, "No progress",
		"{stage} moved nothing for {minutes|minute|minutes} and was ended.",
		"Check cable, power and slot, then resume the job.",
		nil,
	},
	{
		DriveVanished, Doubt, "The drive vanished",
		"During {stage} the drive was no longer there{where}: {error}.{kernel}",
		"Reseat the drive or swap its slot and cable, then resume the job. If it vanishes again, or is still not " +
			"there, that counts against the drive.",
		[]Code{SurfaceErrors},
	},
	{
		DriveUnsure, Doubt, "Whether the drive is there is not certain",
		"{drive} was not found as it was when the test began: {what}.",
		"Nothing is known against the drive. Plug it in as it was (the same slot or USB dock), and take away or " +
			"wait for what is named here; then resume the job.",
		nil,
	},
	{
		PathSuspect, Doubt, "The way to the drive is in doubt",
		"{what}, during {stage}; nothing shows that it came from the medium.",
		"Check cable, slot, HBA and memory, then run the test again.",
		nil,
	},
	{
		DriveUnsteady, Doubt, "The drive fails again and again",
		"{what}, during {stage}. The kernel's log lays it to the drive and not to the way there: {kernel}.",
		"Do not trust this drive with data. Look at its SMART values, test it once more in another slot, and " +
			"replace it if that comes to the same.",
		nil,
	},
	{
		TooHot, Doubt, "Too hot",
		"The drive was at {temperature} °C, its limit is {limit} °C.",
		"Improve the cooling, then resume the job.",
		nil,
	},
	{
		Cooling, Note, "Waits for the drive to cool",
		"The drive was at {temperature} °C, its limit is {limit} °C. The test goes on by itself once the drive is " +
			"cooler.",
		"Improve the cooling if this comes often.",
		nil,
	},
	{
		NASRestarted, Doubt, "The NAS restarted",
		"The NAS restarted at {when} during {stage}{progress}.",
		"Nothing is known against this drive. Resume the job.",
		[]Code{RunnerKilled},
	},
	{
		RunnerKilled, Doubt, "The test was killed at the NAS",
		"The runner ended without a word during {stage}{progress}; the NAS itself did not restart.",
		"Look for out-of-memory kills in the NAS's log, then resume the job.",
		nil,
	},
	{
		JournalGone, Doubt, "The job's files are gone from the NAS",
		"The NAS no longer has this job, which was last seen during {stage}{progress}.{drive}",
		"Look whether the state directory is mounted, or who removed it. What came of the drive since is not known " +
			"here: look at it before you use it.",
		[]Code{RunnerKilled},
	},
	{
		RecordRemoved, Doubt, "The job's record was removed",
		"It ran at the NAS; its record was removed there before all of it was copied here.{last}{drive}",
		"Who removed it may have the whole record. Look at the drive before you use it or start a new job.",
		[]Code{RunnerKilled},
	},
	{
		StartUnanswered, Doubt, "Nobody knows whether the job began",
		"The NAS was asked to start it and the answer was lost; the NAS does not have the job now. Either it never " +
			"began, or it ran and its record was removed there before it was copied here.{drive}",
		"Look at the drive before you use it; then start a new job.",
		nil,
	},
	{
		NeverBegun, Doubt, "The job never began",
		"The NAS was never asked for this job, or was asked and has begun no run of it.",
		"Nothing was touched. Start it again.",
		nil,
	},
	{
		ToldToEnd, Doubt, "The NAS told the test to end",
		"The runner was told to end by the system during {stage}{progress} (the NAS shut down or the service was " +
			"stopped).",
		"Nothing is known against this drive. Resume the job.",
		nil,
	},
	{
		ForeignWrites, Doubt, "Something else wrote to the drive",
		"{foreign|sector was|sectors were} written to the drive that Burnish did not write.",
		"Find what else uses this drive, then start a new job.",
		[]Code{SurfaceErrors},
	},
	{
		UsageChanged, Refusal, "What the drive is used for has changed",
		"Expected {expected}, found {found}.",
		"Nothing was written by this refusal. Look at the drives again: they show whether this one has to be " +
			"unlocked before it is erased as it is now, or what to do first.",
		nil,
	},
	{
		UsageUnread, Refusal, "What the drive is used for could not be read",
		"{what}. That says nothing of how the drive is used, and nothing was written after it.",
		"{way_out}",
		nil,
	},
	{
		SectorsUnfit, Refusal, "The drive's sectors cannot be tested",
		"{drive}: {error}.",
		"Nothing was written. Look how the drive is attached: a USB bridge or a controller may show it with a wrong " +
			"size or with wrong sectors. Attach it directly, and start again.",
		nil,
	},
	{
		IdentityChanged, Refusal, "This is another drive",
		"Expected {expected}, found {found} at {path}.",
		"Check which drive sits in which bay. With the right one back, start again, or resume the job if it had begun.",
		nil,
	},
	{
		EvidenceIncomplete, Doubt, "The evidence is incomplete",
		"The job ended as {state}, but this is missing: {missing}.",
		"Start a new job. If it happens again, report it with the job's journal.",
		nil,
	},
	{
		ResumedMismatch, Doubt, "Not what an earlier run wrote",
		"In {sectors|sector|sectors}, the first at LBA {lba}, there is not what was written before the job was " +
			"interrupted. Nobody watched the drive in between: it may have lost its cache, or somebody else wrote.",
		"Start a new job. If it happens without an interruption, the drive is bad.",
		nil,
	},
	{
		MismatchUncounted, Doubt, "Not what was written, and nobody counted",
		"{what} what was written. The kernel of the NAS does not count the writes to this drive: the drive may have " +
			"lost them, or something else wrote there.",
		"Make sure that nothing else uses the drive, and start a new job. If it happens again, test the drive in " +
			"another machine.",
		nil,
	},
	{
		UnconfirmedErrors, Doubt, "Errors that could not be confirmed",
		"{sectors} gave errors or wrong data and could not be read again within the limit; the first is at LBA " +
			"{lba} ({kind}); {where}.",
		"Run the test again. A drive that needs minutes for each request is not fit for use, whatever comes of it.",
		nil,
	},
	{
		FlushFailed, Doubt, "The drive refused to flush its cache",
		"{stage}: {error}. What was written may not be on the medium.",
		"Check cable and power, then run the test again.",
		nil,
	},
	{
		EngineFailed, Doubt, "The test program did not do its work",
		"{engine} ended {how}: {said}.",
		"Run it by hand on the NAS to see why, or choose the plan standard.",
		nil,
	},
	{
		DriveError, Doubt, "The drive refused a request",
		"{stage}: {error}.",
		"Check whether the drive is locked, write-protected or reserved by another host.",
		nil,
	},
	{
		JournalFailed, Fault, "The journal could not be written",
		"{error}.",
		"Free space in the state directory on the NAS, then resume the job.",
		nil,
	},
	{
		RunnerFault, Fault, "The runner failed",
		"{stage}: {error}.",
		"Report this with the job's journal, then resume the job.",
		nil,
	},
	{
		SMARTUnreadable, Doubt, "SMART could not be read",
		"smartctl gave no usable answer: {error}.",
		"Run smartctl by hand on the NAS to see why.",
		nil,
	},
	{
		SelfTestAborted, Doubt, "The self-test was aborted",
		"The {test} self-test ended without a result: {result}.",
		"Nothing is known against this drive. Look for what resets it, lets it sleep or stops its tests (spin-down " +
			"timers, USB bridges, other tools), then resume the job.",
		nil,
	},
	{
		SelfTestNoTool, Doubt, "The NAS cannot start this self-test",
		"The drive can test itself, but {what}.",
		"{hint}",
		nil,
	},
	{
		SelfTestUnknown, Doubt, "The self-test has no result",
		"The {test} self-test: {result}.",
		"{hint}",
		nil,
	},

	// A person wanted it.
	{
		StoppedByPerson, Person, "Stopped",
		"Stopped during {stage}{progress}.",
		"Start a new job when you want the drive tested.",
		nil,
	},
	{
		BroughtBack, Person, "Brought back",
		"The test was given up, and what it had erased is back on the drive: {bytes} bytes, read back and right.{lost}",
		"Start a new job when you want the drive tested.",
		nil,
	},
	{
		Undone, Person, "Given up to undo it",
		"The test was given up to bring back what it had erased on the drive. The log of the undo says how that went.",
		"Start a new job when you want the drive tested.",
		nil,
	},

	{
		StartGivenUp, Person, "Given up with the others of its start",
		"It was started together with other drives, all or none: {why}. Nothing was written to this drive.",
		"Start it again, with the drives that can be started.",
		nil,
	},

	// Said beside a verdict.
	{
		NeverReached, Note, "Not reached",
		"The job ended before this stage.",
		"",
		nil,
	},
	{
		SMARTSwitchedOn, Note, "SMART was switched on",
		"SMART was switched off on this drive. As agreed, Burnish switched it on (smartctl -s on): the drive now " +
			"keeps its counts, and goes on doing so.",
		"To switch it off again, run smartctl -s off on this drive.",
		nil,
	},
	{
		WithoutSMART, Note, "Tested without SMART",
		"The SMART stages were left out on request: the drive's own health data played no part.",
		"",
		nil,
	},
	{
		SelfTestUnsupported, Note, "The drive cannot test itself",
		"The drive has no {test} self-test.",
		"",
		nil,
	},
	{
		SelfTestAdopted, Note, "A self-test was running already",
		"A {test} self-test that Burnish did not start was let end, and its result taken.",
		"",
		nil,
	},
	{
		SelfTestForeign, Note, "Somebody else tests this drive",
		"The drive's log shows {count|self-test|self-tests} of this time that Burnish did not start.",
		"Look for schedules of smartd or of the NAS.",
		nil,
	},
	{
		SMARTWarning, Note, "Health data worth watching",
		"{says} {figures}",
		"",
		nil,
	},
	{
		SMARTGap, Note, "Health data was missing after a stage",
		"After {stage} smartctl gave no word of what the drive told at first: {what}.",
		"The last check decides. If it comes often, run smartctl by hand on the NAS to see why.",
		nil,
	},
	{
		KernelErrors, Note, "The kernel logged errors of this drive",
		"{reads|failed read|failed reads}, {writes|failed write|failed writes} and {resets|reset|resets} of its " +
			"link; the first: {first}",
		"Check cable, slot and power.",
		nil,
	},
	{
		HiddenCapacity, Note, "The drive hides a part of itself",
		"{bytes|byte of it is not shown and was|bytes of it are not shown and were} not tested.",
		"See what hides them before you trust its size: hdparm -N for a host protected area, nvme id-ctrl (unvmcap) " +
			"for NVMe.",
		nil,
	},
	{
		SensorStill, Note, "The temperature sensor may not be believed",
		"The sensor of this drive never moved: {what}.",
		"Feel the drive, or measure it, and compare the siblings beside it. If it is cool, its sensor is broken.",
		nil,
	},
	{
		Hot, Note, "The drive ran hot",
		"{temperature} °C during {stage}; its limit is {limit} °C.",
		"Improve the cooling.",
		nil,
	},
	{
		EngineMissing, Use, "This version has no such engine",
		"{what} is not part of this version.",
		"{hint}",
		nil,
	},
	{
		JournalWaits, Note, "The job waits for room on the NAS",
		"The job cannot write its journal: {what}.",
		"Free some space there, or make it writable again: the job goes on by itself. If the NAS has to restart for " +
			"that, resume the job afterwards.",
		nil,
	},
	{
		FilesPutBack, Note, "The job's files were removed",
		"Somebody removed {dir} while the job was at work; the runner made it anew from what it held open.",
		"Leave the state directory alone while jobs run; burnish clean removes what is no longer needed.",
		nil,
	},
	{
		Stopping, Note, "Stopping",
		"The NAS was asked to stop it. It is stopped when nothing that it began goes on there.",
		"Wait. Most drives take some seconds.",
		nil,
	},
	{
		StopWaits, Note, "Stopping, the drive does not answer",
		"The job was stopped, but the drive has not answered {what}: nothing can end that before it does.",
		"Wait. If the drive stays silent, pull it, or switch the NAS off.",
		nil,
	},
	{
		Resumed, Note, "Resumed",
		"The job was resumed {times|time|times}; {repeated|stage was|stages were} begun again, and {bytes|byte " +
			"was|bytes were} written or read once more.",
		"",
		nil,
	},
	{
		TransientErrors, Note, "Errors that healed",
		"{count|place gave an error or wrong data once and was|places gave an error or wrong data once and were} " +
			"right when read again; the first at LBA {lba}.",
		"Check cable, slot and memory; watch this drive.",
		nil,
	},
	{
		RequestHung, Note, "The drive was silent for long",
		"{what} had no answer for {seconds|second|seconds}.",
		"Check cable and power. A drive that does this again should not be trusted.",
		nil,
	},
	{
		SlowSpots, Note, "The drive has slow places",
		"In the {phase} sweep the speed of {count} of {parts|part|parts} of the drive was below {percent} % of that " +
			"around; the slowest, from LBA {lba} on, made {speed} MB/s, with a request of {ms} ms.",
		"Slow places are often sectors that the drive reads again and again. Watch it.",
		nil,
	},
	{
		SlowRequests, Note, "The drive took seconds for single requests",
		"{count|request|requests} took longer than a second; the longest, {ms} ms, in the {phase} sweep in the part " +
			"of the drive from LBA {lba} on.",
		"A drive that needs so long reads or writes a sector again and again, or its link does. Check cable and " +
			"power; watch it.",
		nil,
	},
	{
		SlowAnswers, Note, "The drive took long to answer",
		"{count} beside the sweeps took long in {stage}; the longest, {what}, {ms} ms.",
		"A drive or a link that needs so long tries again and again. Check cable and power; watch it.",
		nil,
	},
	{
		SlowForModel, Note, "The drive is slow for its model",
		"In the {phase} sweep it made {percent} % of the speed of {siblings|other drive|other drives} of its model " +
			"in this NAS, at the same places.",
		"Check its cable, slot, write cache and firmware against the others.",
		nil,
	},
	{
		WritesUncounted, Note, "Writes to this drive are not counted",
		"The kernel of the NAS does not count the writes to this drive: {how}. So writes of something else would go " +
			"unseen, and wrong data will not be held against the drive.",
		"Make sure that nothing else writes to the drive.",
		nil,
	},
	{
		Shingled, Note, "The drive writes as shingled drives do",
		"It began to write at {first} MB/s and went on at {speed} MB/s.",
		"Nothing is wrong with it, but it is slow in arrays: rebuilding one takes days.",
		nil,
	},
	{
		CachePossible, Note, "A cache may have answered",
		"badblocks reads back each part of the drive soon after writing it; the cache of an SSD can hold as much.",
		"The plan standard reads back only after all of the drive was written.",
		nil,
	},
	{
		NotOnMedium, Note, "Zeros read",
		"{percent} % of what was read are zeros; a drive that takes back unused blocks may answer them without " +
			"reading its medium.",
		"",
		nil,
	},
	{
		LinkSlow, Note, "The link is slower than the drive",
		"It runs at {now}, the drive can {max}.",
		"Look at the slot: how many lanes it has, of which generation, and whether the drive sits well in it.",
		nil,
	},
	{
		OneActuator, Note, "The sweep works one actuator at a time",
		"The drive has {count}, each for a part of its addresses; a sweep in the order of addresses takes about " +
			"{count} times as long as the drive could.",
		"",
		nil,
	},
	{
		FlashFull, Note, "The drive takes all of its blocks for data",
		"The test wrote {bytes} bytes, the whole of a drive that takes back unused blocks; they hold nothing of " +
			"use.{endurance}",
		"Burnish discards nothing by itself. To give the blocks back before use, run blkdiscard on this drive: look " +
			"at its serial number first, for it erases everything.",
		nil,
	},

	// Refused for safety.
	{
		DriveInUse, Refusal, "The drive is in use",
		"{drive} ({path}): {usage}.",
		"{way_out}",
		nil,
	},
	{
		LockedForGood, Refusal, "The drive cannot be unlocked",
		"{drive}: {usage}.",
		"{way_out}",
		nil,
	},
	{
		DriveLocked, Refusal, "The drive is locked",
		"{drive}: {usage}.",
		"{way_out}",
		nil,
	},
	{
		GrantExpired, Refusal, "The permission has ended",
		"The permission for {drive} {how}.",
		"Look at the drives again (burnish drives {nas}): they show whether this one still has to be unlocked, and " +
			"how.",
		nil,
	},
	{
		WrongPhrase, Refusal, "The phrase is not right",
		"{drive} is unlocked by {what}.",
		"Type it just as burnish drives {nas} --json shows it: the same case, no blank before, within or after that " +
			"is not there.",
		nil,
	},
	{
		CannotUndo, Refusal, "The drive cannot be brought back",
		"Job {job}: {why}.",
		"{way_out}",
		nil,
	},
	{
		SMARTUnsupported, Refusal, "The drive gives no health data",
		"{drive} answers no SMART request: {error}.",
		"{hint}",
		nil,
	},
	{
		SMARTSilent, Refusal, "The drive did not answer in time",
		"smartctl was asked about {drive} and gave no answer within its time.",
		"Nothing is known against this drive. Try again when the NAS is less busy; if it stays so, run smartctl by " +
			"hand on the NAS.",
		nil,
	},
	{
		RAIDVolume, Refusal, "This is a volume of a RAID controller",
		"{drive} is not a drive: smartctl reaches the drives behind a RAID controller.",
		"Set the controller to HBA (IT) mode, or move the drives to an HBA, so that each can be tested by itself.",
		nil,
	},
	{
		NotReadable, Refusal, "The drive cannot be read",
		"{drive}: {error}.",
		"Check cable and slot.",
		nil,
	},
	{
		HostKeyChanged, Refusal, "The NAS shows another host key",
		"Known for {nas} is {known}; it now shows {shown}.",
		"If the NAS was reinstalled, remove the profile and add it again with the new fingerprint. If not, somebody " +
			"may be between you and the NAS.",
		nil,
	},
	{
		NASChanged, Refusal, "This is another machine",
		"{nas} was machine {known}; it now answers as {shown}.",
		"If the NAS was replaced or cloned, remove the profile and add it again.",
		nil,
	},

	// Wrong use or configuration.
	{
		WrongUse, Use, "Wrong use",
		"{what}.",
		"{hint}",
		nil,
	},
	{
		HostKeyUnknown, Use, "The host key of the NAS is not known",
		"{nas} shows {shown}.",
		"Compare it with the NAS's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and add --host-key {shown}.",
		nil,
	},
	{
		NoSuchNAS, Use, "No such NAS",
		"There is no profile named {nas}.",
		"burnish nas list shows the saved ones.",
		nil,
	},
	{
		NASExists, Use, "The name is taken",
		"There is a profile named {nas} already.",
		"Choose another name, or remove it with: burnish nas remove {nas}",
		nil,
	},
	{
		NASHasJobs, Use, "The NAS has jobs that have not ended",
		"Of {nas} {count|job has|jobs have} not ended.",
		"Stop them first.",
		nil,
	},
	{
		NoSuchDrive, Use, "No such drive",
		"{nas} has no drive {drive}.",
		"burnish drives {nas} shows what is there.",
		nil,
	},
	{
		AmbiguousDrive, Use, "More than one drive is meant",
		"{drive} fits {count|drive|drives}: {ids}.",
		"Give the id of the one you mean.",
		nil,
	},
	{
		NoSuchGrant, Use, "No such permission",
		"There is no permission {grant} here.",
		"burnish grants NAS lists them.",
		nil,
	},
	{
		NoSuchJob, Use, "No such job",
		"There is no job {job} here.",
		"burnish jobs lists them; burnish adopt NAS takes over those that another computer started.",
		nil,
	},
	{
		NoSuchPlan, Use, "No such plan",
		"There is neither a plan nor a file named {plan}.",
		"burnish plans lists the built-in ones.",
		nil,
	},
	{
		BadPlan, Use, "The plan is not right",
		"{plan}: {error}.",
		"burnish plans --json shows what a plan looks like.",
		nil,
	},
	{
		BadProfile, Use, "The profile is not right",
		"{what}.",
		"{hint}",
		nil,
	},
	{
		BadRequest, Use, "The runner did not understand the request",
		"{error}.",
		"Desktop and runner differ in version: test the NAS again (burnish nas test NAME).",
		nil,
	},
	{
		CannotResume, Use, "The job cannot be resumed",
		"{job} is {state}.",
		"Only a job that ended as unknown can be resumed.",
		nil,
	},
	{
		NeedsNewJob, Use, "The job cannot be gone on with",
		"{job} ended as unknown: {why}.",
		"Nothing that it had found out can be built upon. Start a new job; burnish drives {nas} shows whether the " +
			"drive has to be unlocked for it.",
		nil,
	},
	{
		RunnerNotEmbedded, Use, "This build holds no runner",
		"burnish-runner for linux/{arch} is not embedded.",
		"Build with: make headless (or make build).",
		nil,
	},
	{
		DataDirUnusable, Use, "The data directory cannot be used",
		"{dir}: {error}.",
		"Choose another with --data-dir.",
		nil,
	},
	{
		DataDamaged, Fault, "The data was damaged",
		"It was set aside as {file}; a new one was begun, with the jobs whose copies are here.",
		"Add your NAS again with: burnish nas add; then burnish adopt NAS brings back what is on the NAS alone. " +
			"Remove the file when you do not need it.",
		nil,
	},
	{
		NewerData, Use, "The data is of a newer version",
		"{what} was written by a newer Burnish ({version}).",
		"Update Burnish.",
		nil,
	},

	// The NAS cannot be reached or used.
	{
		NASUnreachable, Reach, "The NAS cannot be reached",
		"{nas} ({address}): {error}.",
		"Check that it is on and that SSH is enabled there.",
		nil,
	},
	{
		AuthFailed, Reach, "The NAS refused the login",
		"{user} at {nas}: {error}.",
		"Check the user, and that the public key is in the NAS's authorized keys; or log in with a password " +
			"(--password-stdin).",
		nil,
	},
	{
		AgentUnusable, Reach, "The SSH agent gives no key",
		"{user} at {nas}: {error}.",
		"Start the agent and add a key to it (ssh-add), or give a key with --key FILE.",
		nil,
	},
	{
		PasswordNeeded, Use, "A password is needed",
		"{user} at {nas}: {error}.",
		"Run the command at a terminal to be asked, or save the password with: burnish nas password NAME",
		nil,
	},
	{
		PasswordRefused, Reach, "The NAS refused the password",
		"{user} at {nas}: {error}.",
		"Check the password, and that this user may log in with one (root often may not); then save the right one " +
			"with: burnish nas password NAME",
		nil,
	},
	{
		PasswordOff, Reach, "The NAS takes no passwords",
		"{user} at {nas}: {error}.",
		"Allow password logins in the NAS's SSH settings (TrueNAS: Services, SSH, Allow Password Authentication, " +
			"and the same for the user), or use a key.",
		nil,
	},
	{
		SecondFactor, Reach, "The NAS asks for a second factor",
		"{user} at {nas} is asked \"{prompt}\": {error}.",
		"Codes cannot be saved: run the command at a terminal, or let the NAS accept a key without a code.",
		nil,
	},
	{
		SecondFactorRefused, Reach, "The NAS refused password or code",
		"{user} at {nas}: it did not take the answers.",
		"Wait for the next code and check the clocks of NAS and phone; check the password too.",
		nil,
	},
	{
		PassphraseNeeded, Use, "The key is protected by a passphrase",
		"{key} for {nas}: {error}.",
		"Run the command at a terminal to be asked, save the passphrase with: burnish nas password NAME " +
			"--passphrase, or use the SSH agent.",
		nil,
	},
	{
		PassphraseWrong, Use, "The passphrase is wrong",
		"{key} for {nas} cannot be opened with it.",
		"Save the right one with: burnish nas password NAME --passphrase",
		nil,
	},
	{
		SudoRefused, Reach, "sudo refused the password",
		"{user} at {nas}: {error}.",
		"Check the password, then save the right one with: burnish nas password NAME --sudo",
		nil,
	},
	{
		JumpKeyUnknown, Use, "The host key of the jump host is not known",
		"{nas} shows {shown}.",
		"Compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and add --jump-key {shown}.",
		nil,
	},
	{
		JumpRefused, Reach, "The jump host passes nothing on",
		"{jump} to {address}: {error}.",
		"Allow it there: AllowTcpForwarding yes in sshd_config, and no restriction of the key.",
		nil,
	},
	{
		KeychainUnavailable, Use, "There is no keychain",
		"{what}: {error}.",
		"Add --secrets session to be asked each time, or --secrets file to keep secrets in a file that a passphrase " +
			"seals.",
		nil,
	},
	{
		KeychainDenied, Use, "The keychain is locked",
		"{what}: {error}.",
		"Unlock the keychain of this computer and try again, or add --secrets session to be asked each time.",
		nil,
	},
	{
		SealedFileDenied, Use, "The sealed file stays closed",
		"{file}: {error}.",
		"Try again with the passphrase that it was sealed with. Nobody can recover a forgotten one: then remove the " +
			"file and save the passwords anew.",
		nil,
	},
	{
		SealedFileUnusable, Fault, "The sealed file cannot be used",
		"{file}: {error}.",
		"Move it away and save the passwords anew with: burnish nas password NAME",
		nil,
	},
	{
		SecretsLeft, Use, "Secrets were left behind",
		"{nas} is removed, but its secrets are not: {error}.",
		"Remove what is named {accounts} of the service burnish by hand.",
		nil,
	},
	{
		ImportFailed, Use, "The SSH configuration cannot be imported",
		"{file}: {error}.",
		"{hint}",
		nil,
	},
	{
		LegacyAlgorithms, Reach, "Only weak encryption in common",
		"{nas}: {error}.",
		"Update the SSH server on the NAS. If that cannot be and the network is yours, add --legacy-algorithms.",
		nil,
	},
	{
		Algorithms, Reach, "No common encryption",
		"{nas}: {error}.",
		"Update the SSH server on the NAS.",
		nil,
	},
	{
		KeyUnusable, Use, "The key cannot be used",
		"{key}: {error}.",
		"{hint}",
		nil,
	},
	{
		NoRoot, Reach, "No root rights on the NAS",
		"{user} at {nas}: {error}.",
		"Log in as root, or let {user} use sudo and say so in the profile (--sudo password or nopasswd). On " +
			"TrueNAS: Credentials, Users, {user}, Allow all sudo commands. Without root no plan starts; on TrueNAS " +
			"the drives can still be listed.",
		nil,
	},
	{
		MidcltRefused, Reach, "TrueNAS does not do this for the login",
		"{error}.",
		"Log in with a user who may use sudo, or give this user a role that may manage disks. From 25.10 on TrueNAS " +
			"has no methods for self-tests: they need root.",
		nil,
	},
	{
		NoShell, Reach, "The login runs no commands",
		"{user} at {nas}: {how}. It printed: {said}.",
		"Give this user a shell that runs commands, such as bash: nologin, and a login for sftp alone, run none. On " +
			"TrueNAS: Credentials, Users, {user}, Edit, Shell. Elsewhere: chsh -s, and ForceCommand in the SSH " +
			"server's " +
			"settings. A user that has a shell has a start-up file (.bashrc, .profile, .zshenv, " +
			".config/fish/config.fish) that ends or takes over the session.",
		nil,
	},
	{
		LoginNoisy, Reach, "The login prints too much",
		"{user} at {nas}: more than {limit} before anything that was asked for ran. It begins with: {said}.",
		"Look for that in the start-up files of this user's shell (.bashrc, .zshenv, .config/fish/config.fish, " +
			".tcshrc) and in ForceCommand of the SSH server's settings, and let it print only where somebody reads it.",
		nil,
	},
	{
		SudoTimeout, Reach, "sudo ends commands too early",
		"{user} at {nas}: sudo ended a command after {limit}: sudoers sets a timeout (command_timeout, or TIMEOUT " +
			"in the user's rule).",
		"Take it out for this user, or raise it to some minutes (visudo).",
		nil,
	},
	{
		PlatformUnsupported, Reach, "This machine cannot run the runner",
		"{nas} is {platform}.",
		"Burnish needs Linux on amd64 or arm64.",
		nil,
	},
	{
		StateDirUnusable, Reach, "No place for the runner on the NAS",
		"{tried}.",
		"Give a directory that root owns and that allows programs to run: --state-dir DIR",
		nil,
	},
	{
		RunnerChanged, Refusal, "The runner on the NAS is not ours",
		"{path} has another content than was put there.",
		"Find out who changed it, remove it, and test the NAS again.",
		nil,
	},
	{
		NASGarbage, Reach, "The NAS answers nonsense",
		"{nas}: {error}.",
		"Check that this is the NAS you mean, and that nothing which start-up files leave running prints into its " +
			"sessions.",
		nil,
	},
	{
		NASTooMuch, Reach, "The NAS sends too much",
		"{what} is over the limit of {limit}.",
		"Check that this is the NAS you mean.",
		nil,
	},
	{
		ConnectionLost, Reach, "The connection was lost",
		"{nas}: {error}.",
		"Check the NAS and the way to it. Jobs that run there go on.",
		nil,
	},
	{
		NoAnswerYet, Reach, "The NAS has not answered yet",
		"{nas} did not answer in time; it may be busy.",
		"Ask again in a while. Jobs that run there go on.",
		nil,
	},
	{
		NotStopped, Reach, "Not proven stopped",
		"{job}: {error}.",
		"The request to stop stands. Look again with: burnish show {job}",
		nil,
	},
	{
		NotStarted, Reach, "The job did not start",
		"{error}.",
		"Look at runner.log in the job's directory on the NAS.",
		nil,
	},
	{
		NoSpace, Fault, "No space left",
		"{what}: {error}.",
		"Free some space there.",
		nil,
	},
	{
		MirrorDamaged, Fault, "The copy of this job is damaged",
		"{job}: {error}.",
		"While the NAS has the job, it is fetched again by: burnish show {job}",
		nil,
	},
	{
		JobKept, Note, "The job stays on the NAS",
		"{job}: {why}.",
		"{hint}",
		nil,
	},
	{
		JobDamaged, Fault, "A job on the NAS is damaged",
		"{job}: {error}.",
		"Its files lie in the state directory of the NAS; move them away when they are of no use. The other jobs " +
			"are as they were.",
		nil,
	},
	{
		JournalForeign, Fault, "A journal of this job is of another one",
		"Among the files of job {job} lies a journal of {of}. Nothing is concluded from it.",
		"Somebody has moved or restored files in the state directory of the NAS, or in the data directory here. Put " +
			"each job's files back into its own directory; the drive itself was not touched by this.",
		nil,
	},
	{
		MirrorFull, Fault, "The copy of this job is full",
		"The journals of {job} are over the limit of {limit} bytes: no job of Burnish writes so much.",
		"What was copied is shown. Look at the job's directory on the NAS: its files are damaged, or not of Burnish.",
		nil,
	},
	{
		MirrorsFull, Fault, "The copies of this NAS are full",
		"All that is copied here of the jobs of one NAS is over the limit of {limit} bytes.",
		"Save what you need (burnish report), then remove the directories of old jobs in {dir}. Logs are cut long " +
			"before this; look whether the NAS sends what Burnish wrote.",
		nil,
	},
	{
		ReportNotWritten, Use, "The report could not be written",
		"{file}: {error}.",
		"Choose another file with -o.",
		nil,
	},
	{
		DemoDiffers, Fault, "The demo did not come out as it should",
		"{count} of {of|practice drive|practice drives} did not get the verdict that their fault deserves.",
		"The table says which. This is a fault of Burnish, or this computer is far too slow.",
		nil,
	},
	{
		Internal, Fault, "Burnish failed",
		"{error}.",
		"Report this.",
		nil,
	},
}
