package jobs

import (
	"errors"
	"strings"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// bay is a NAS with a plain drive, one of two parts, one on two paths, and one that gives no serial number.
var bay = []wire.DriveRow{
	{Identity: drive.Identity{Serial: "ZL2ABCDE", WWN: "5000c500a1b2c3d4", SizeBytes: 1 << 30, LogicalBytes: 512},
		Path: "/dev/sda",
		Place: drive.Place{Paths: []string{"/dev/sda"}, ByID: []string{"/dev/disk/by-id/wwn-0x5000c500a1b2c3d4",
			"/dev/disk/by-id/ata-ST1_ZL2ABCDE"}}},
	{Identity: drive.Identity{Serial: "N1", WWN: "0025385b71b0e5f1", Part: "1", SizeBytes: 1 << 30, LogicalBytes: 512,
		Kind: drive.NVMe}, Path: "/dev/nvme0n1",
		Place: drive.Place{Paths: []string{"/dev/nvme0n1"}, ByID: []string{"/dev/disk/by-id/nvme-X_N1_1"}}},
	{Identity: drive.Identity{Serial: "N1", WWN: "0025385b71b0e5f2", Part: "2", SizeBytes: 1 << 30, LogicalBytes: 512,
		Kind: drive.NVMe}, Path: "/dev/nvme0n2",
		Place: drive.Place{Paths: []string{"/dev/nvme0n2"}, ByID: []string{"/dev/disk/by-id/nvme-X_N1_2"}}},
	{Identity: drive.Identity{Serial: "SAS1", WWN: "5000cca000000022", SizeBytes: 1 << 30, LogicalBytes: 512},
		Path: "/dev/sdb",
		Place: drive.Place{Paths: []string{"/dev/sdb", "/dev/sdc"},
			ByID: []string{"/dev/disk/by-id/scsi-35000cca000000022"}}},
	{Identity: drive.Identity{SizeBytes: 1 << 30, LogicalBytes: 512}, Path: "/dev/sdd",
		Place: drive.Place{Paths: []string{"/dev/sdd"}}},
}

func TestADriveIsMeantByItsIDItsSerialAndAnyOfItsNamesOfToday(t *testing.T) {
	for which, path := range map[string]string{
		"ZL2ABCDE@5000C500A1B2C3D4":              "/dev/sda",
		"zl2abcde@5000c500a1b2c3d4":              "/dev/sda",
		"zl2abcde":                               "/dev/sda",
		" ZL2ABCDE ":                             "/dev/sda",
		"/dev/sda":                               "/dev/sda",
		"/dev/disk/by-id/wwn-0x5000c500a1b2c3d4": "/dev/sda",
		"/dev/disk/by-id/ata-ST1_ZL2ABCDE":       "/dev/sda",
		"N1@0025385B71B0E5F2+2":                  "/dev/nvme0n2",
		"/dev/disk/by-id/nvme-X_N1_2":            "/dev/nvme0n2",
		"/dev/nvme0n1":                           "/dev/nvme0n1",
		"/dev/sdb":                               "/dev/sdb",
		"/dev/sdc":                               "/dev/sdb", // its other path
		"/dev/disk/by-id/scsi-35000cca000000022": "/dev/sdb",
		"/dev/sdd":                               "/dev/sdd",
		"":                                       "no_such_drive",
		" ":                                      "no_such_drive",
		"@":                                      "no_such_drive",
		"ZL2ABCD":                                "no_such_drive",
		"ZL2ABCDE@5000C500A1B2C3D5":              "no_such_drive",
		"/dev/SDA":                               "no_such_drive",
		"sda":                                    "no_such_drive",
		"/dev/disk/by-id/ata-ST1_ZL2ABCDE-part1": "no_such_drive",
		"/dev/disk/by-id/../../sda":              "no_such_drive",
		"N1@0025385B71B0E5F1":                    "no_such_drive",
		"N1":                                     "ambiguous_drive",
	} {
		row, err := choose(bay, which, "box")
		got := row.Path
		var said *reason.Said
		if errors.As(err, &said) {
			got = string(said.Code)
		}
		if got != path {
			t.Errorf("%q means %q, want %s", which, got, path)
		}
		if path == "ambiguous_drive" && !(strings.Contains(err.Error(), "+1 at /dev/nvme0n1") &&
			strings.Contains(err.Error(), "+2 at /dev/nvme0n2")) {
			t.Errorf("which ones is not said: %v", err)
		}
	}
}

func TestADriveThatIsLockedByItselfStartsNoPlan(t *testing.T) {
	row := bay[0]
	row.Usage = drive.Usage{Class: drive.Unsupported, Text: "locked by an ATA password",
		Remedy: "hdparm --security-unlock", Sealed: true}
	for _, name := range []string{"quick", "read-only", "standard"} {
		plan, ok := burnin.PlanNamed(name)
		if !ok {
			t.Fatalf("no plan %s", name)
		}
		var said *reason.Said
		if err := startable(profile.Profile{Name: "box"}, row, Order{Plan: plan}, nil); !errors.As(err, &said) ||
			said.Code != "drive_locked" || !strings.Contains(said.Hint, "hdparm") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A drive without health data is refused in smartctl's words, with what can be done about it.
func TestWhyADriveHasNoHealthDataIsQuoted(t *testing.T) {
	plan, _ := burnin.PlanNamed("quick")
	no := false
	off := bay[0]
	off.Usage, off.SMART, off.SMARTOff, off.SMARTSaid = drive.Usage{Class: drive.None}, &no, true,
		"SMART Disabled. Use option -s with argument 'on' to enable it."
	bridge := off
	bridge.SMARTOff, bridge.SMARTSaid, bridge.SMARTFits = false, "/dev/sda: Unknown USB bridge [0x1e91:0xde79 (0x100)]",
		"sntjmicron"
	for name, c := range map[string]struct {
		row   wire.DriveRow
		order Order
		says  []string // nothing: it starts
	}{
		"switched off": {off, Order{Plan: plan}, []string{off.SMARTSaid, "--smart-on", "stays on",
			"--without-smart"}},
		"switched off, to be switched on": {off, Order{Plan: plan, SMARTOn: true}, nil},
		"an unknown bridge": {bridge, Order{Plan: plan}, []string{"Unknown USB bridge",
			"--smart-type sntjmicron", "kept for this drive"}},
		"consent to something else": {bridge, Order{Plan: plan, SMARTOn: true}, []string{"Unknown USB bridge"}},
	} {
		err := startable(profile.Profile{Name: "box"}, c.row, c.order, nil)
		var said *reason.Said
		if (err == nil) != (c.says == nil) || err != nil && (!errors.As(err, &said) ||
			said.Code != "smart_unsupported") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, words := range c.says {
			if !strings.Contains(said.Text+" "+said.Hint, words) {
				t.Errorf("%s: %q is missing in: %s %s", name, words, said.Text, said.Hint)
			}
		}
	}
}
