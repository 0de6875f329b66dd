package drive_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"burnish/backend/drive"
)

// unlockable are all usages that a phrase may unlock; every other class is locked whatever is typed.
var unlockable = []drive.Class{drive.Data, drive.ExportedPool, drive.Pool, drive.CannotTell}

func anyUsage() *rapid.Generator[drive.Usage] {
	return rapid.Custom(func(t *rapid.T) drive.Usage {
		classes := append(slices.Clone(unlockable), "of a newer version") // the first are drawn most
		for _, r := range drive.Rules() {
			classes = append(classes, r.Class)
		}
		u := drive.Usage{
			Class: rapid.SampledFrom(classes).Draw(t, "class"),
			PhraseKind: rapid.SampledFrom([]drive.PhraseKind{drive.NoPhrase, drive.SerialPhrase,
				drive.PoolPhrase}).Draw(t, "phrase kind"),
			PoolGUID:    rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "guid"),
			Dispensable: rapid.Bool().Draw(t, "dispensable"),
			Sealed:      rapid.IntRange(0, 9).Draw(t, "sealed") == 9,
			Claims: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{drive.Content, "label ext a", "label ext b",
				"zfs pool 1", "zfs pool 2"}), 0, 4, rapid.ID).Draw(t, "claims"),
		}
		if u.PoolGUID != "" {
			u.PoolName = "tank" + u.PoolGUID
		}
		return u
	})
}

// TestNoDriveWithAClaimMayBeErasedWithoutItsGrant goes through random usages and random grants, also such as nobody
// could have been given.
func TestNoDriveWithAClaimMayBeErasedWithoutItsGrant(t *testing.T) {
	id := drive.Identity{Serial: "S", SizeBytes: 1 << 30, LogicalBytes: 512}
	rapid.Check(t, func(t *rapid.T) {
		then, now := anyUsage().Draw(t, "then"), anyUsage().Draw(t, "now")
		if rapid.Bool().Draw(t, "only its claims are others") {
			claims := now.Claims
			now = then
			now.Claims = claims
		}
		if drive.StartableFor(id, now).Destructive != (now.Class == drive.None && !now.Sealed) {
			t.Fatalf("without a grant, %+v", now)
		}
		g := drive.GrantFor(then)
		if drive.StartableUnder(id, then, &g).Destructive != (then.Class == drive.None && !then.Sealed ||
			then.Unlockable()) {
			t.Fatalf("its own grant: %+v", then)
		}
		for name, may := range map[string]bool{
			"under a grant": drive.StartableUnder(id, now, &g).Destructive, "begun": drive.StartableAgain(id, now,
				&g).Destructive,
			"begun while free": drive.StartableAgain(id, now, nil).Destructive,
		} {
			if may && now.Sealed {
				t.Fatalf("%s: a locked drive may be erased", name)
			}
			if !may || now.Class == drive.None {
				continue
			}
			if !slices.Contains(unlockable, now.Class) || now.Class == drive.Pool && !now.Dispensable {
				t.Fatalf("%s: %s may be erased", name, now.Class)
			}
			for _, claim := range now.Claims {
				if name == "begun" && now.Class == drive.Pool && claim == "zfs pool "+now.PoolGUID {
					continue // by which the pool lists it still
				}
				if claim != drive.Content && (name == "begun while free" || !slices.Contains(then.Claims, claim)) {
					t.Fatalf("%s: a new claim %q is no claim: %+v", name, claim, now)
				}
			}
			if now.PoolGUID != "" && now.PoolGUID != then.PoolGUID {
				t.Fatalf("%s: another pool may be erased", name)
			}
		}
	})
}

func TestWhatMustBeTyped(t *testing.T) {
	id := drive.Identity{Serial: "ZL2ABCDE", WWN: "5000c500a1b2c3d4"}
	loop := drive.Identity{Backing: "/tmp/a", SizeBytes: 1 << 20}
	for name, c := range map[string]struct {
		id   drive.Identity
		u    drive.Usage
		want string
	}{
		"data":            {id, drive.Usage{Class: drive.Data, PhraseKind: drive.SerialPhrase}, "ZL2ABCDE"},
		"data, no serial": {loop, drive.Usage{Class: drive.Data, PhraseKind: drive.SerialPhrase}, loop.ID()},
		"exported": {id, drive.Usage{Class: drive.ExportedPool, PhraseKind: drive.PoolPhrase,
			PoolName: "tank"}, "tank"},
		"exported, no name": {id, drive.Usage{Class: drive.ExportedPool, PhraseKind: drive.SerialPhrase},
			"ZL2ABCDE"},
		"nothing seen": {id, drive.Usage{Class: drive.None, PhraseKind: drive.NoPhrase}, "ZL2ABCDE"},
		"active member": {id, drive.Usage{Class: drive.Pool, PhraseKind: drive.PoolPhrase, PoolName: "tank"},
			""},
		"member that may go": {id, drive.Usage{Class: drive.Pool, PhraseKind: drive.PoolPhrase,
			PoolName: "tank", Dispensable: true}, "tank"},
		"medium error": {id, drive.Usage{Class: drive.CannotTell, PhraseKind: drive.SerialPhrase},
			"ZL2ABCDE"},
		"a layer that failed": {id, drive.Usage{Class: drive.CannotTell, PhraseKind: drive.NoPhrase}, ""},
		"mounted":             {id, drive.Usage{Class: drive.Mounted, PhraseKind: drive.SerialPhrase}, ""},
		"live on another host": {id, drive.Usage{Class: drive.Remote,
			PoolName: "tank", PhraseKind: drive.PoolPhrase}, ""},
		"locked by itself": {id, drive.Usage{Class: drive.Data, PhraseKind: drive.SerialPhrase, Sealed: true},
			""},
		"a class of a newer make": {id, drive.Usage{Class: "of a newer version", PhraseKind: drive.SerialPhrase}, ""},
	} {
		if got := drive.Phrase(c.id, c.u); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAGrantCoversWhatWasSeenOrLess(t *testing.T) {
	ext := drive.Usage{Class: drive.Data, Claims: []string{"content", "label ext a"}}
	tank := drive.Usage{Class: drive.ExportedPool, PoolGUID: "1", PoolName: "tank", Claims: []string{"zfs 1"}}
	leg := drive.Usage{Class: drive.Pool, PoolGUID: "1", PoolName: "tank", Dispensable: true,
		Claims: []string{"content", "labels gpt a", "zfs pool 1"}}
	medium := drive.Usage{Class: drive.CannotTell, PhraseKind: drive.SerialPhrase, Claims: []string{"content -.0"}}
	raw := drive.Usage{Class: drive.Data, Claims: []string{"content a.b.0.d"}}
	for name, c := range map[string]struct {
		granted, found drive.Usage
		covers, rest   bool
	}{
		"the same": {ext, ext, true, true},
		"less": {ext, drive.Usage{Class: drive.Data, Claims: []string{"content"}}, true,
			true},
		"nothing": {ext, drive.Usage{Class: drive.None}, true, true},
		"another file system": {ext, drive.Usage{Class: drive.Data,
			Claims: []string{"content", "label ext b"}}, false, false},
		"mounted": {ext, drive.Usage{Class: drive.Mounted, Claims: ext.Claims}, false, false},
		"unknown content, granted as free": {drive.Usage{Class: drive.None}, drive.Usage{Class: drive.Data,
			Claims: []string{"content 0.0.-"}}, true, true},
		"content where all was blank": {drive.Usage{Class: drive.None}, drive.Usage{Class: drive.Data,
			Claims: []string{"content 0.a.-"}}, false, true},
		"content that nobody could print": {drive.Usage{Class: drive.None}, drive.Usage{Class: drive.Data,
			Claims: []string{"content"}}, false, true},
		"the same content": {raw, raw, true, true},
		"other content": {raw, drive.Usage{Class: drive.Data, Claims: []string{"content a.c.0.d"}},
			false, true},
		"more content": {raw, drive.Usage{Class: drive.Data, Claims: []string{"content a.b.c.d"}},
			false, true},
		"less content": {raw, drive.Usage{Class: drive.Data, Claims: []string{"content a.0.0.d"}},
			true, true},
		"content that is read in part": {raw, drive.Usage{Class: drive.Data, Claims: []string{"content -.b.-.d"}},
			true, true},
		"other content, read in part": {raw, drive.Usage{Class: drive.Data, Claims: []string{"content -.c.-.d"}},
			false, true},
		"content of which none is read": {raw, drive.Usage{Class: drive.Data, Claims: []string{"content -.-.-.-"}},
			false, true},
		"content of another make of print": {raw, drive.Usage{Class: drive.Data, Claims: []string{"content a.b.0"}},
			false, true},
		"a pool of the same name": {tank, drive.Usage{Class: drive.ExportedPool,
			PoolGUID: "2", PoolName: "tank", Claims: []string{"zfs 1"}}, false, false},
		"the pool imported": {tank, drive.Usage{Class: drive.Pool, PoolGUID: "1", PoolName: "tank"},
			false, false},
		"the pool's labels gone": {tank, drive.Usage{Class: drive.Data, Claims: []string{"content"}}, false,
			true},
		"an offlined leg": {leg, leg, true, true},
		"that its pool lists by its path": {leg, drive.Usage{Class: drive.Pool, PoolGUID: "1", Dispensable: true,
			Claims: []string{"zfs pool 1"}}, true, true},
		"that was made a new file system": {leg, drive.Usage{Class: drive.Pool, PoolGUID: "1", Dispensable: true,
			Claims: []string{"labels ext b", "labels gpt b", "zfs pool 1"}}, false, false},
		"that is of another pool too": {leg, drive.Usage{Class: drive.Pool, PoolGUID: "1", Dispensable: true,
			Claims: []string{"zfs data pool 12 vdev 1", "zfs pool 1"}}, false, false},
		"data, then medium errors": {ext, medium, true, true},
		"medium errors, then data": {medium, drive.Usage{Class: drive.Data, Claims: []string{"content a.0"}},
			true, true},
		"medium errors, then other data": {medium, drive.Usage{Class: drive.Data, Claims: []string{"content a.b"}},
			false, true},
		"medium errors, then a label": {medium, ext, false, false},
	} {
		g := drive.GrantFor(c.granted)
		if got := g.Covers(c.found); got != c.covers {
			t.Errorf("%s: covers it: %v", name, got)
		}
		if got := g.CoversRest(c.found); got != c.rest {
			t.Errorf("%s: covers it once begun: %v", name, got)
		}
	}
}
