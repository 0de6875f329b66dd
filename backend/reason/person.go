package reason

// wishes is what a person wanted: the reasons of kind Person.
var wishes = []Entry{
	{
		Code:  StoppedByPerson,
		Title: "Stopped",
		Text:  "Stopped during {stage}{progress}.",
		Hint:  "Start a new job when you want the drive tested.",
	},
	{
		Code:  BroughtBack,
		Title: "Brought back",
		Text: "The test was given up, and what it had erased is back on the drive: {bytes:exact}, read back and " +
			"right.{lost}",
		Hint: "Start a new job when you want the drive tested.",
	},
	{
		Code:  Undone,
		Title: "Given up to undo it",
		Text: "The test was given up to bring back what it had erased on the drive. The log of the undo says " +
			"how that went.",
		Hint: "Start a new job when you want the drive tested.",
	},
	{
		Code:  StartGivenUp,
		Title: "Given up with the others of its start",
		Text:  "It was started together with other drives, all or none: {why}. Nothing was written to this drive.",
		Hint:  "Start it again, with the drives that can be started.",
	},
}
