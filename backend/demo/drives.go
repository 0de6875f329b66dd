package demo

import (
	"strconv"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/practice"
	"burnish/backend/reason"
	"burnish/backend/surface/faultdev"
)

// Case is one practice drive, what is done with it, and what that has to come to.
type Case struct {
	Drive practice.Drive
	About string // what is wrong with it, for people

	// Refused is the reason with which a plain start has to be refused; empty where it has to be accepted.
	Refused      reason.Code
	Phrase       string // then unlocks it; empty: it is left alone
	WithoutSMART bool   // then it is started knowingly without its health data

	State   burnin.State // the verdict that it deserves; empty for a drive that is left alone
	Reason  reason.Code  // with this reason
	Warning reason.Code  // and this warning beside it
	LBA     int64        // surface_errors: the first bad sector
}

// Left reports whether the drive is never started.
func (c Case) Left() bool { return c.State == "" }

// The pools of the demo.
const (
	oldPool  = "oldtank"
	livePool = "tank"
	liveGUID = 7_070_707_070_707_070_707
)

const (
	size = 16 << 20
	// slowShare of the others' speed is what the slow drive has.
	diskRate, slowShare = 8_000_000, 60
)

// Cases gives the drives of the demo.
func Cases() []Case {
	cases := []Case{
		{About: "sound", Drive: disk("sda", "BRN0A001", "Practice HD 16M"), State: burnin.Passed},
		{About: "sound, of the same model", Drive: disk("sdb", "BRN0A002", "Practice HD 16M"), State: burnin.Passed},
		{About: "slow beside the others of its model", Drive: with(disk("sdc", "BRN0A003", "Practice HD 16M"),
			func(d *practice.Drive) { d.BytesPerSecond = diskRate * slowShare / 100 }),
			State: burnin.Passed, Warning: reason.SlowForModel},
		{About: "sectors that do not hold what is written", Drive: with(disk("sdd", "BRN0B104", "Practice NAS 16M"),
			func(d *practice.Drive) { d.Weak = []int64{21000, 21001, 21002} }),
			State: burnin.Failed, Reason: reason.SurfaceErrors, LBA: 21000},
		{About: "one bit flips in one sector", Drive: with(flash("sde", "BRN5S201", "Practice SSD 16M"),
			func(d *practice.Drive) {
				d.Faults = []faultdev.Fault{{Effect: faultdev.FlipRead, First: 17017, Last: 17017, Byte: 100, Mask: 4}}
			}), State: burnin.Failed, Reason: reason.SurfaceErrors, LBA: 17017},
		{About: "its own self-test fails", Drive: with(disk("sdf", "BRN0B105", "Practice NAS 16M"),
			func(d *practice.Drive) { d.SMART.Fails, d.SMART.FailsLBA = true, 12345 }),
			State: burnin.Failed, Reason: reason.SelfTestFailed},
		{About: "sound", Drive: flash("sdg", "BRN5S202", "Practice SSD 16M"), State: burnin.Passed},
		{About: "sound", Drive: nvme("nvme0n1", "BRN9N301"), State: burnin.Passed},
		{About: "from a pool that was exported; unlocked by its name",
			Drive: with(flash("sdh", "BRN5S203", "Practice SSD 16M"), func(d *practice.Drive) {
				d.Pool = &practice.Pool{Name: oldPool, GUID: 1234567890123456789, Vdev: 11,
					Hostname: "attic", Exported: true}
			}), Refused: reason.DriveInUse, Phrase: oldPool, State: burnin.Passed},
		{About: "member of a pool in use; must be left alone", Drive: with(disk("sdi", "BRN0B106", "Practice NAS 16M"),
			func(d *practice.Drive) {
				d.Pool = &practice.Pool{Name: livePool, GUID: liveGUID, Vdev: 22, Hostname: practice.Hostname}
			}), Refused: reason.DriveInUse},
		{About: "answers no SMART request; tested knowingly without",
			Drive:   with(flash("sdj", "BRN7U401", "Practice USB 16M"), func(d *practice.Drive) { d.SMART = nil }),
			Refused: reason.SMARTUnsupported, WithoutSMART: true, State: burnin.Passed},
		{About: "leaves the bus in the middle of the test", Drive: with(disk("sdk", "BRN0B107", "Practice NAS 16M"),
			func(d *practice.Drive) { d.GoneAfter = 90 << 20 }),
			State: burnin.Unknown, Reason: reason.DriveVanished},
		{About: "claims twice of what it holds", Drive: with(flash("sdl", "BRN7U402", "Practice Stick 16M"),
			func(d *practice.Drive) { d.RealBytes = size / 2 }),
			State: burnin.Failed, Reason: reason.FakeCapacity},
		{About: "sectors that wait for a write, and recover", Drive: with(disk("sdm", "BRN0B108", "Practice NAS 16M"),
			func(d *practice.Drive) { d.Pending = []int64{15000, 15001, 15008} }),
			State: burnin.Passed, Warning: reason.SMARTWarning},
	}
	for i := range cases {
		cases[i].Drive.Bay = strconv.Itoa(i + 1)
	}
	return cases
}

func with(d practice.Drive, change func(*practice.Drive)) practice.Drive {
	change(&d)
	return d
}

func disk(name, serial, model string) practice.Drive {
	return practice.Drive{
		Path: "/dev/" + name, BytesPerSecond: diskRate, TempC: 31,
		SMART: &practice.SMART{Hours: 12, Short: 3 * time.Second, Long: 5 * time.Second},
		Identity: drive.Identity{Serial: serial, WWN: "5000C500" + serial, Model: model, Firmware: "PR01",
			SizeBytes: size, LogicalBytes: 512,
			PhysicalBytes: 4096, Kind: drive.HDD, Transport: "sata"},
	}
}

func flash(name, serial, model string) practice.Drive {
	d := disk(name, serial, model)
	d.Identity.Kind, d.Identity.PhysicalBytes, d.BytesPerSecond, d.TempC = drive.SSD, 512, 12_000_000, 28
	return d
}

func nvme(name, serial string) practice.Drive {
	d := flash(name, serial, "Practice NVMe 16M")
	d.Identity.Kind, d.Identity.Transport, d.Identity.WWN, d.BytesPerSecond, d.TempC = drive.NVMe,
		"nvme", "EUI."+serial, 16_000_000, 36
	return d
}
