package reason

// faults is what fails of Burnish's own files or its runner: the reasons of kind Fault.
var faults = []Entry{
	{
		Code:  JournalFailed,
		Title: "The journal could not be written",
		Text:  "{error}.",
		Hint:  "Free space in the state directory on the NAS, then resume the job.",
	},
	{
		Code:  RunnerFault,
		Title: "The runner failed",
		Text:  "{stage}: {error}.",
		Hint:  "Report this with the job's journal, then resume the job.",
	},
	{
		Code:  DataDamaged,
		Title: "The data was damaged",
		Text:  "It was set aside as {file}; a new one was begun, with the jobs whose copies are here.",
		Hint: "Add your NAS again with: burnish nas add; then burnish adopt NAS brings back what is on the NAS " +
			"alone. Remove the file when you do not need it.",
		Window: "Add your NAS again; then Find jobs, in the settings, brings the history back, from the NAS and " +
			"from the copies here. Remove the file when you do not need it.",
	},
	{
		Code:   SealedFileUnusable,
		Title:  "The sealed file cannot be used",
		Text:   "{file}: {error}.",
		Hint:   "Move it away and save the passwords anew with: burnish nas password NAME",
		Window: "Move it away; the passwords are asked for again.",
	},
	{
		Code:  NoSpace,
		Title: "No space left",
		Text:  "{what}: {error}.",
		Hint:  "Free some space there.",
	},
	{
		Code:   MirrorDamaged,
		Title:  "The copy of this job is damaged",
		Text:   "{job}: {error}.",
		Hint:   "While the NAS has the job, it is fetched again by: burnish show {job}",
		Window: "While the NAS has the job, opening it again fetches it anew.",
	},
	{
		Code:  JobDamaged,
		Title: "A job on the NAS is damaged",
		Text:  "{job}: {error}.",
		Hint: "Its files lie in the state directory of the NAS; move them away when they are of no use. The " +
			"other jobs are as they were.",
	},
	{
		Code:  JournalForeign,
		Title: "A journal of this job is of another one",
		Text:  "Among the files of job {job} lies a journal of {of}. Nothing is concluded from it.",
		Hint: "Somebody has moved or restored files in the state directory of the NAS, or in the data directory " +
			"here. Put each job's files back into its own directory; the drive itself was not touched by this.",
	},
	{
		Code:  MirrorFull,
		Title: "The copy of this job is full",
		Text:  "The journals of {job} are over the limit of {limit:size}: no job of Burnish writes so much.",
		Hint: "What was copied is shown. Look at the job's directory on the NAS: its files are damaged, or not " +
			"of Burnish.",
	},
	{
		Code:  MirrorsFull,
		Title: "The copies of this NAS are full",
		Text:  "All that is copied here of the jobs of one NAS is over the limit of {limit:size}.",
		Hint: "Save what you need (burnish report), then remove the directories of old jobs in {dir}. Logs are " +
			"cut long before this; look whether the NAS sends what Burnish wrote.",
		Window: "Save the reports that you need, then remove the directories of old jobs in {dir}. Logs are cut " +
			"long before this; look whether the NAS sends what Burnish wrote.",
	},
	{
		Code:  DemoDiffers,
		Title: "The demo did not come out as it should",
		Text:  "{count} of {of|practice drive|practice drives} did not get the verdict that their fault deserves.",
		Hint:  "The table says which. This is a fault of Burnish, or this computer is far too slow.",
	},
	{
		Code:  Internal,
		Title: "Burnish failed",
		Text:  "{error}.",
		Hint:  "Report this.",
	},
}
