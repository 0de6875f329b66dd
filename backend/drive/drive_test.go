package drive_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"burnish/backend/drive"
)

func TestIDsHoldNothingThatBreaksACommandLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drive.Identity{Serial: rapid.String().Draw(t, "serial"), WWN: rapid.String().Draw(t, "wwn"),
			Part: rapid.String().Draw(t, "part"), Backing: rapid.String().Draw(t, "backing")}
		id := d.ID()
		if strings.ContainsAny(id, "= \t\n'\"\\$`;&|<>()*?") || len(id) > 200 || strings.Contains(id, "\x00") {
			t.Fatalf("%q", id)
		}
	})
}

func TestADriveIsItselfOnAnyPort(t *testing.T) {
	a := drive.Identity{Serial: " zl2abcde ", WWN: "5000c500a1b2c3d4", SizeBytes: 100}
	b := drive.Identity{Serial: "ZL2ABCDE", WWN: "5000C500A1B2C3D4", SizeBytes: 100}
	if !a.Same(b) || a.ID() != "ZL2ABCDE@5000C500A1B2C3D4" {
		t.Errorf("%s and %s", a.ID(), b.ID())
	}
	for name, other := range map[string]drive.Identity{
		"another size":   {Serial: "ZL2ABCDE", WWN: "5000C500A1B2C3D4", SizeBytes: 99},
		"another serial": {Serial: "ZL2ABCDF", WWN: "5000C500A1B2C3D4", SizeBytes: 100},
		"another WWN":    {Serial: "ZL2ABCDE", WWN: "5000C500A1B2C3D5", SizeBytes: 100},
		"another part":   {Serial: "ZL2ABCDE", WWN: "5000C500A1B2C3D4", Part: "1", SizeBytes: 100},
	} {
		if a.Same(other) {
			t.Errorf("%s counts as the same drive", name)
		}
	}
	if (drive.Identity{SizeBytes: 1}).Same(drive.Identity{SizeBytes: 1}) {
		t.Error("two drives that nothing tells apart count as one")
	}
}

// TestOnlyAProvenFreeDriveMayBeErased: of all classes, known and unknown, one.
func TestOnlyAProvenFreeDriveMayBeErased(t *testing.T) {
	id := drive.Identity{Serial: "S", SizeBytes: 1 << 30, LogicalBytes: 512}
	rapid.Check(t, func(t *rapid.T) {
		u, free, worst := drive.Usage{Class: drive.None}, true, 0
		for range rapid.IntRange(0, 5).Draw(t, "layers") {
			class := drive.Class(rapid.SampledFrom([]string{"none", "data", "pool", "mounted", "cannot_tell",
				"of a newer version", "boot"}).Draw(t, "class"))
			found := drive.Usage{Class: class, Why: []drive.Why{{Layer: "x"}}}
			if rapid.Bool().Draw(t, "first") {
				u = drive.Worse(found, u)
			} else {
				u = drive.Worse(u, found)
			}
			free, worst = free && class == drive.None, max(worst, drive.RuleOf(class).Severity)
		}
		if drive.StartableFor(id, u).Destructive != free || drive.RuleOf(u.Class).Severity != worst {
			t.Fatalf("%s is startable: %+v", u.Class, drive.StartableFor(id, u))
		}
	})
	for _, bad := range []drive.Identity{{SizeBytes: 1, LogicalBytes: 512}, {Serial: "S", LogicalBytes: 512},
		{Serial: "S", SizeBytes: 1, LogicalBytes: 520}} {
		if drive.StartableFor(bad, drive.Usage{Class: drive.None}).Destructive {
			t.Errorf("%+v may be erased", bad)
		}
	}
}

func TestAnUnknownClassIsTheWorst(t *testing.T) {
	if drive.RuleOf("of a newer version").Class != drive.CannotTell {
		t.Error("a class that is not known does not lock")
	}
}

func TestALockedDriveStaysLockedBesideWhateverElseUsesIt(t *testing.T) {
	id := drive.Identity{Serial: "S", SizeBytes: 1 << 30, LogicalBytes: 512}
	locked := drive.Usage{Class: drive.Unsupported, Sealed: true, Remedy: "unlock it"}
	for _, r := range drive.Rules() {
		other := drive.Usage{Class: r.Class, PhraseKind: drive.SerialPhrase}
		for _, u := range []drive.Usage{drive.Worse(locked, other), drive.Worse(other, locked)} {
			if s := drive.StartableFor(id, u); s.Read || s.Destructive || u.Unlockable() {
				t.Errorf("beside %s it starts: %+v", r.Class, s)
			}
			if want := r.WayOut; u.Class == r.Class && r.Class != drive.Unsupported && u.WayOut() != want {
				t.Errorf("beside %s the way out is %q, want %q", r.Class, u.WayOut(), want)
			}
		}
	}
	if locked.WayOut() != "unlock it" {
		t.Error("its own way out is not told")
	}
}
