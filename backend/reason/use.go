package reason

// misuses is what is wrong in use or configuration: the reasons of kind Use.
var misuses = []Entry{
	{
		Code:  EngineMissing,
		Title: "This version has no such engine",
		Text:  "{what} is not part of this version.",
		Hint:  "{hint}",
	},
	{
		Code:  WrongUse,
		Title: "Wrong use",
		Text:  "{what}.",
		Hint:  "{hint}",
	},
	{
		Code:   BadWay,
		Title:  "No notice can go this way",
		Text:   "{what}.",
		Hint:   "burnish notify add --help shows what each way needs.",
		Window: "Correct what is named here and save it again.",
	},
	{
		Code:   NoSuchWay,
		Title:  "No such way for notices",
		Text:   "There is no way named {way}.",
		Hint:   "burnish notify list shows the saved ones.",
		Window: "It may have been removed in another window.",
	},
	{
		Code:   WayExists,
		Title:  "The name is taken",
		Text:   "There is a way named {way} already.",
		Hint:   "Choose another name, or remove it with: burnish notify remove {way}",
		Window: "Choose another name, or remove the other one first.",
	},
	{
		Code:  NoticeUntold,
		Title: "The notice did not arrive",
		Text:  "{way}: {answer}.",
		Hint:  "Correct the address or the password, or what the answer names, and test it again.",
	},
	{
		Code:  HostKeyUnknown,
		Title: "The host key of the NAS is not known",
		Text:  "{nas} shows {shown}.",
		Hint: "Compare it with the NAS's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and add " +
			"--host-key {shown}.",
		Window: "Compare it with the NAS's own: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows that at " +
			"the NAS. Go on only if they are the same.",
	},
	{
		Code:   NoSuchNAS,
		Title:  "No such NAS",
		Text:   "There is no profile named {nas}.",
		Hint:   "burnish nas list shows the saved ones.",
		Window: "It may have been removed in another window. Add it again.",
	},
	{
		Code:   NASExists,
		Title:  "The name is taken",
		Text:   "There is a profile named {nas} already.",
		Hint:   "Choose another name, or remove it with: burnish nas remove {nas}",
		Window: "Choose another name, or remove the other one in the settings.",
	},
	{
		Code:  NASHasJobs,
		Title: "The NAS has jobs that have not ended",
		Text:  "Of {nas} {count|job has|jobs have} not ended.",
		Hint:  "Stop them first.",
	},
	{
		Code:   NoSuchDrive,
		Title:  "No such drive",
		Text:   "{nas} has no drive {drive}.",
		Hint:   "burnish drives {nas} shows what is there.",
		Window: "Look at the drives again.",
	},
	{
		Code:  AmbiguousDrive,
		Title: "More than one drive is meant",
		Text:  "{drive} fits {count|drive|drives}: {ids}.",
		Hint:  "Give the id of the one you mean.",
	},
	{
		Code:   NoSuchGrant,
		Title:  "No such permission",
		Text:   "There is no permission {grant} here.",
		Hint:   "burnish grants NAS lists them.",
		Window: "It may have ended. Unlock the drive again.",
	},
	{
		Code:   NoSuchJob,
		Title:  "No such job",
		Text:   "There is no job {job} here.",
		Hint:   "burnish jobs lists them; burnish adopt NAS takes over those that another computer started.",
		Window: "Find jobs, in the settings, takes over those that another computer started.",
	},
	{
		Code:   NoSuchPlan,
		Title:  "No such plan",
		Text:   "There is neither a plan nor a file named {plan}.",
		Hint:   "burnish plans lists the built-in ones.",
		Window: "Choose another plan.",
	},
	{
		Code:   BadPlan,
		Title:  "The plan is not right",
		Text:   "{plan}: {error}.",
		Hint:   "burnish plans --json shows what a plan looks like.",
		Window: "Mend the file of the plan, or choose another plan.",
	},
	{
		Code:  BadProfile,
		Title: "The profile is not right",
		Text:  "{what}.",
		Hint:  "{hint}",
	},
	{
		Code:   BadRequest,
		Title:  "The runner did not understand the request",
		Text:   "{error}.",
		Hint:   "Desktop and runner differ in version: test the NAS again (burnish nas test NAME).",
		Window: "Burnish and its runner on the NAS differ in version: test the NAS again, in the settings.",
	},
	{
		Code:  CannotResume,
		Title: "The job cannot be resumed",
		Text:  "{job} is {state}.",
		Hint:  "Only a job that ended as unknown can be resumed.",
	},
	{
		Code:  NeedsNewJob,
		Title: "The job cannot be gone on with",
		Text:  "{job} ended as unknown: {why}.",
		Hint: "Nothing that it had found out can be built upon. Start a new job; burnish drives {nas} shows " +
			"whether the drive has to be unlocked for it.",
		Window: "Nothing that it had found out can be built upon. Start a new job; the table shows whether the " +
			"drive has to be unlocked for it.",
	},
	{
		Code:  RunnerNotEmbedded,
		Title: "This build holds no runner",
		Text:  "burnish-runner for linux/{arch} is not embedded.",
		Hint:  "Build with: make headless (or make build).",
	},
	{
		Code:   DataDirUnusable,
		Title:  "The data directory cannot be used",
		Text:   "{dir}: {error}.",
		Hint:   "Choose another with --data-dir.",
		Window: "Make room there, or give this user the right to write there, and start Burnish again.",
	},
	{
		Code:  NewerData,
		Title: "The data is of a newer version",
		Text:  "{what} was written by a newer Burnish ({version}).",
		Hint:  "Update Burnish.",
	},
	{
		Code:   PasswordNeeded,
		Title:  "A password is needed",
		Text:   "{user} at {nas}: {error}.",
		Hint:   "Run the command at a terminal to be asked, or save the password with: burnish nas password NAME",
		Window: "Try the NAS again, in the settings: Burnish asks for the password.",
	},
	{
		Code:  PassphraseNeeded,
		Title: "The key is protected by a passphrase",
		Text:  "{key} for {nas}: {error}.",
		Hint: "Run the command at a terminal to be asked, save the passphrase with: burnish nas password NAME " +
			"--passphrase, or use the SSH agent.",
		Window: "Test the NAS again, in the settings, to be asked for the passphrase, or use the SSH agent.",
	},
	{
		Code:   PassphraseWrong,
		Title:  "The passphrase is wrong",
		Text:   "{key} for {nas} cannot be opened with it.",
		Hint:   "Save the right one with: burnish nas password NAME --passphrase",
		Window: "Try the NAS again, and type the right one.",
	},
	{
		Code:  JumpKeyUnknown,
		Title: "The host key of the jump host is not known",
		Text:  "{nas} shows {shown}.",
		Hint: "Compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and add " +
			"--jump-key {shown}.",
		Window: "Compare it with the host's own: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows that at " +
			"the host. Go on only if they are the same.",
	},
	{
		Code:  KeychainUnavailable,
		Title: "There is no keychain",
		Text:  "{what}: {error}.",
		Hint: "Add --secrets session to be asked each time, or --secrets file to keep secrets in a file that a " +
			"passphrase seals.",
		Window: "Choose that secrets are kept in a sealed file, or until the window is closed.",
	},
	{
		Code:  KeychainDenied,
		Title: "The keychain is locked",
		Text:  "{what}: {error}.",
		Hint:  "Unlock the keychain of this computer and try again, or add --secrets session to be asked each time.",
		Window: "Unlock the keychain of this computer and try again, or choose that secrets are kept until the " +
			"window is closed.",
	},
	{
		Code:  SealedFileDenied,
		Title: "The sealed file stays closed",
		Text:  "{file}: {error}.",
		Hint: "Try again with the passphrase that it was sealed with. Nobody can recover a forgotten one: then " +
			"remove the file and save the passwords anew.",
	},
	{
		Code:  SecretsLeft,
		Title: "Secrets were left behind",
		Text:  "{nas} is removed, but its secrets are not: {error}.",
		Hint:  "Remove what is named {accounts} of the service burnish by hand.",
	},
	{
		Code:  ImportFailed,
		Title: "The SSH configuration cannot be imported",
		Text:  "{file}: {error}.",
		Hint:  "{hint}",
	},
	{
		Code:  KeyUnusable,
		Title: "The key cannot be used",
		Text:  "{key}: {error}.",
		Hint:  "{hint}",
	},
	{
		Code:  ReportNotWritten,
		Title: "The report could not be written",
		Text:  "{file}: {error}.",
		Hint:  "Choose another file with -o.",
	},
}
