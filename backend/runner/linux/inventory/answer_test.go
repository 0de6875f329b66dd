//go:build linux

package inventory

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"burnish/backend/drive"
)

// answers draws what layers may say: any claim, sure or not, in any order.
func answers(t *rapid.T) []answer {
	var classes []drive.Class
	for _, r := range drive.Rules() {
		classes = append(classes, r.Class, drive.None)
	}
	return rapid.SliceOf(rapid.Custom(func(t *rapid.T) answer {
		a := answer{
			layer: rapid.SampledFrom([]drive.Layer{drive.LayerLabels, drive.LayerContent, drive.LayerZFS,
				drive.LayerMounts, drive.LayerTrueNAS}).Draw(t, "layer"),
			class: rapid.SampledFrom(classes).Draw(t, "class"),
			sure:  rapid.IntRange(0, 5).Draw(t, "sure") > 0,
			text:  "said",
		}
		switch {
		case !a.sure:
			a.medium = rapid.Bool().Draw(t, "medium")
		case a.class == drive.OpenByProcess:
			a.claimed = rapid.Bool().Draw(t, "claimed")
		case a.class == drive.ExportedPool && rapid.Bool().Draw(t, "named"):
			a.poolName, a.poolGUID = "old", "1"
		case a.class == drive.Pool:
			a.poolName, a.poolGUID, a.dispensable = "tank", rapid.SampledFrom([]string{"", "2", "3"}).Draw(t, "guid"),
				rapid.Bool().Draw(t, "dispensable")
		case a.layer == "labels" && rapid.Bool().Draw(t, "marked"):
			a.marks = []string{rapid.SampledFrom([]string{"ext a", "ext b"}).Draw(t, "mark")}
		}
		return a
	})).Draw(t, "answers")
}

func TestOnlyADriveThatAllLayersCallFreeCanBeStarted(t *testing.T) {
	id := drive.Identity{Serial: "S", SizeBytes: gib, LogicalBytes: 512}
	rapid.Check(t, func(t *rapid.T) {
		said := answers(t)
		u := usageOf(said)
		free := len(said) > 0 && !slices.ContainsFunc(said, func(a answer) bool {
			return !a.sure ||
				a.class != drive.None
		})
		if got := drive.StartableFor(id, u).Destructive; got != free {
			t.Fatalf("startable %v, with all free %v: %s", got, free, whyOf(u))
		}
		if len(said) > 0 && len(u.Why) != len(said) {
			t.Fatalf("%d answers of %d are told", len(u.Why), len(said))
		}
	})
}

func TestNoClaimIsUnlockedByTheWordForALesserOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		said := answers(t)
		u := usageOf(said)
		if !u.Unlockable() {
			return
		}
		for _, a := range said {
			lesser := a.class == drive.None || a.class == drive.Data || a.class == drive.ExportedPool &&
				u.Class == drive.ExportedPool ||
				a.class == drive.Pool && a.dispensable && a.poolGUID == u.PoolGUID
			if a.sure && !lesser {
				t.Fatalf("%s, unlocked by %s, over a claim of %s: %s", u.Class, u.PhraseKind, a.class, whyOf(u))
			}
			if !a.sure && !a.medium {
				t.Fatalf("%s, unlocked by %s, though a layer failed: %s", u.Class, u.PhraseKind, whyOf(u))
			}
		}
	})
}

func TestAClaimWithoutANameIsNewsOnlyWhereNothingElseExplainsIt(t *testing.T) {
	busy := claim(claimLayer, drive.OpenByProcess, "EBUSY")
	busy.claimed = true
	if u := usageOf([]answer{busy, claim("mounts", drive.Mounted, "mounted")}); u.Class != drive.Mounted ||
		len(u.Why) != 2 {
		t.Errorf("a mounted drive is %s", u.Class)
	}
	if u := usageOf([]answer{busy, claim("labels", drive.Data, "ext4")}); u.Class != drive.OpenByProcess {
		t.Errorf("a claimed drive with data is %s", u.Class)
	}
}

// TestAGrantForWhatOneLookFoundStartsNothingThatAnotherLookAddsTo: two looks at one drive, in which layers say
// anything.
func TestAGrantForWhatOneLookFoundStartsNothingThatAnotherLookAddsTo(t *testing.T) {
	id := drive.Identity{Serial: "S", SizeBytes: gib, LogicalBytes: 512}
	rapid.Check(t, func(t *rapid.T) {
		first, second := answers(t), answers(t)
		then, now := usageOf(first), usageOf(second)
		g := drive.GrantFor(then)
		if !drive.StartableUnder(id, now, &g).Destructive || now.Class == drive.None {
			return
		}
		if !now.Unlockable() {
			t.Fatalf("%s starts: %s", now.Class, whyOf(now))
		}
		for _, a := range second {
			if !a.sure || a.class == drive.None || a.layer == contentLayer {
				continue
			}
			for _, name := range claimsOf([]answer{a}) {
				if !slices.Contains(then.Claims, name) {
					t.Fatalf("%q is new and starts all the same:\n%s\nbefore:\n%s", name, whyOf(now), whyOf(then))
				}
			}
		}
	})
}
