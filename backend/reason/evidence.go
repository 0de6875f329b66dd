package reason

// evidence is what speaks against the drive: the reasons of kind Evidence.
var evidence = []Entry{
	{
		Code:  SurfaceErrors,
		Title: "The surface has bad places",
		Text: "{ranges|bad range|bad ranges}, {sectors|sector|sectors} {extent}; the first is at LBA {lba} " +
			"({kind}).",
		Hint: "Replace the drive. For a return under warranty the report lists each range.",
	},
	{
		Code:  FakeCapacity,
		Title: "The drive is smaller than it claims",
		Text:  "It claims {claimed:exact}, but what is written beyond about {real:exact} is lost or lands elsewhere.",
		Hint:  "Return the drive. Never put data on it.",
		Hides: []Code{SurfaceErrors},
	},
	{
		Code:  DriveLost,
		Title: "The drive does not stay",
		Text:  "{what}.{kernel}",
		Hint:  "Replace the drive. If other drives vanish in the same bay, or on the same cable, those are to blame.",
	},
	{
		Code:  SMARTFailed,
		Title: "The drive's health data speaks against it",
		Text:  "{what}",
		Hint:  "Replace the drive.",
	},
	{
		Code:  SelfTestFailed,
		Title: "The drive failed its self-test",
		Text:  "The {test} self-test ended with: {result}.",
		Hint:  "Replace the drive.",
	},
}
