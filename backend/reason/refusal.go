package reason

// refusals is what is refused for safety: the reasons of kind Refusal.
var refusals = []Entry{
	{
		Code:  UsageChanged,
		Title: "What the drive is used for has changed",
		Text:  "Expected {expected}, found {found}.",
		Hint: "Nothing was written by this refusal. Look at the drives again: they show whether this one has to " +
			"be unlocked before it is erased as it is now, or what to do first.",
	},
	{
		Code:  UsageUnread,
		Title: "What the drive is used for could not be read",
		Text:  "{what}. That says nothing of how the drive is used, and nothing was written after it.",
		Hint:  "{way_out}",
	},
	{
		Code:  SectorsUnfit,
		Title: "The drive's sectors cannot be tested",
		Text:  "{drive}: {error}.",
		Hint: "Nothing was written. Look how the drive is attached: a USB bridge or a controller may show it " +
			"with a wrong size or with wrong sectors. Attach it directly, and start again.",
	},
	{
		Code:  IdentityChanged,
		Title: "This is another drive",
		Text:  "Expected {expected}, found {found} at {path}.",
		Hint: "Check which drive sits in which bay. With the right one back, start again, or resume the job if " +
			"it had begun.",
	},
	{
		Code:  DriveInUse,
		Title: "The drive is in use",
		Text:  "{drive} ({path}): {usage}.",
		Hint:  "{way_out}",
	},
	{
		Code:  LockedForGood,
		Title: "The drive cannot be unlocked",
		Text:  "{drive}: {usage}.",
		Hint:  "{way_out}",
	},
	{
		Code:  DriveLocked,
		Title: "The drive is locked",
		Text:  "{drive}: {usage}.",
		Hint:  "{way_out}",
	},
	{
		Code:  GrantExpired,
		Title: "The permission has ended",
		Text:  "The permission for {drive} {how}.",
		Hint: "Look at the drives again (burnish drives {nas}): they show whether this one still has to be " +
			"unlocked, and how.",
		Window: "Look at the drives again and unlock this one again.",
	},
	{
		Code:  WrongPhrase,
		Title: "The phrase is not right",
		Text:  "{drive} is unlocked by {what}.",
		Hint: "Type it just as burnish drives {nas} --json shows it: the same case, no blank before, within or " +
			"after that is not there.",
		Window: "Type it just as it is shown above the field: the same case, no blank before, within or after " +
			"that is not there.",
	},
	{
		Code:  CannotUndo,
		Title: "The drive cannot be brought back",
		Text:  "Job {job}: {why}.",
		Hint:  "{way_out}",
	},
	{
		Code:  SMARTUnsupported,
		Title: "The drive gives no health data",
		Text:  "{drive} answers no SMART request: {error}.",
		Hint:  "{hint}",
		Window: "In the start dialog: let SMART be switched on where it is off, or choose how smartctl reaches " +
			"the drive; or tick that this drive is tested without its health data, to do so knowingly.",
	},
	{
		Code:  SMARTSilent,
		Title: "The drive did not answer in time",
		Text:  "smartctl was asked about {drive} and gave no answer within its time.",
		Hint: "Nothing is known against this drive. Try again when the NAS is less busy; if it stays so, run " +
			"smartctl by hand on the NAS.",
	},
	{
		Code:  RAIDVolume,
		Title: "This is a volume of a RAID controller",
		Text:  "{drive} is not a drive: smartctl reaches the drives behind a RAID controller.",
		Hint: "Set the controller to HBA (IT) mode, or move the drives to an HBA, so that each can be tested by " +
			"itself.",
	},
	{
		Code:  NotReadable,
		Title: "The drive cannot be read",
		Text:  "{drive}: {error}.",
		Hint:  "Check cable and slot.",
	},
	{
		Code:  HostKeyChanged,
		Title: "The NAS shows another host key",
		Text:  "Known for {nas} is {known}; it now shows {shown}.",
		Hint: "If the NAS was reinstalled, remove the profile and add it again with the new fingerprint. If " +
			"not, somebody may be between you and the NAS.",
	},
	{
		Code:  NASChanged,
		Title: "This is another machine",
		Text:  "{nas} was machine {known}; it now answers as {shown}.",
		Hint:  "If the NAS was replaced or cloned, remove the profile and add it again.",
	},
	{
		Code:  RunnerChanged,
		Title: "The runner on the NAS is not ours",
		Text:  "{path} has another content than was put there.",
		Hint:  "Find out who changed it, remove it, and test the NAS again.",
	},
}
