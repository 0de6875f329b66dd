package unlock_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/unlock"
)

var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	seldom = drive.Identity{Serial: "ZL2ABCDE", WWN: "5000c500a1b2c3d4", SizeBytes: 1 << 40, LogicalBytes: 512}
	other  = drive.Identity{Serial: "ZL2ABCDF", WWN: "5000c500a1b2c3d5", SizeBytes: 1 << 40, LogicalBytes: 512}
	ext4   = drive.Usage{Class: drive.Data, Text: "ext4", PhraseKind: drive.SerialPhrase,
		Claims: []string{"content", "labels ext a"}}
	tank = drive.Usage{Class: drive.ExportedPool, Text: "pool tank", PhraseKind: drive.PoolPhrase,
		PoolName: "tank", PoolGUID: "1", Claims: []string{"zfs exported_pool pool 1 vdev 2"}}
)

func ask(id drive.Identity, u drive.Usage, phrase string) unlock.Ask {
	return unlock.Ask{NAS: "box", ProfileID: "p", MachineID: "m", Drive: id, Path: "/dev/sdb", Usage: u, Phrase: phrase,
		By: "me@here"}
}

func given(t *testing.T, a unlock.Ask) unlock.Grant {
	t.Helper()
	g, err := unlock.New(a, noon, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func code(err error) reason.Code {
	var said *reason.Said
	if !errors.As(err, &said) {
		return ""
	}
	return said.Code
}

func TestOnlyTheWholePhraseUnlocks(t *testing.T) {
	for _, c := range []struct {
		u     drive.Usage
		right string
	}{{ext4, "ZL2ABCDE"}, {tank, "tank"}} {
		given(t, ask(seldom, c.u, c.right))
		for _, wrong := range []string{"", " ", c.right + " ", " " + c.right, c.right + "\n",
			strings.ToLower(c.right) + "x", strings.ToUpper(c.right),
			// the last with a Cyrillic letter
			c.right[1:], c.right + c.right, "ZL2ABCDF", "TANK", "Tank", "zl2abcde", seldom.ID(), "tаnk"} {
			if wrong == c.right {
				continue
			}
			if _, err := unlock.New(ask(seldom, c.u, wrong), noon, rand.Reader); code(err) != "wrong_phrase" {
				t.Errorf("%q for %q: %v", wrong, c.right, err)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		phrase := rapid.String().Draw(t, "phrase")
		if _, err := unlock.New(ask(seldom, ext4, phrase), noon, rand.Reader); (err == nil) != (phrase == "ZL2ABCDE") {
			t.Fatalf("%q: %v", phrase, err)
		}
	})
}

func TestWhatHasNoPhraseStaysLockedWhateverIsTyped(t *testing.T) {
	for _, rule := range drive.Rules() {
		u := drive.Usage{Class: rule.Class, Text: "so", PhraseKind: drive.NoPhrase, PoolName: "tank", PoolGUID: "1"}
		want := map[drive.Locking]reason.Code{drive.InUse: "drive_in_use",
			drive.ForGood: "locked_for_good"}[rule.Locked]
		if want == "" {
			continue
		}
		for _, phrase := range []string{"", "tank", "ZL2ABCDE", seldom.ID(), string(rule.Class)} {
			_, err := unlock.New(ask(seldom, u, phrase), noon, rand.Reader)
			if code(err) != want {
				t.Errorf("%s with %q: %v, want %s", rule.Class, phrase, err, want)
			}
			var said *reason.Said
			if errors.As(err, &said) && said.Hint == "" {
				t.Errorf("%s: no hint what to do", rule.Class)
			}
		}
	}
	if _, err := unlock.New(ask(drive.Identity{SizeBytes: 1}, ext4, ""), noon,
		rand.Reader); code(err) != "locked_for_good" {
		t.Errorf("a drive without any identity: %v", err)
	}
}

func TestAGrantLivesForItsTimeAndNoLonger(t *testing.T) {
	g := given(t, ask(seldom, ext4, "ZL2ABCDE"))
	if g.ExpiresMs-g.CreatedMs != unlock.TTL.Milliseconds() {
		t.Errorf("it lives for %d ms", g.ExpiresMs-g.CreatedMs)
	}
	for _, c := range []struct {
		after time.Duration
		live  bool
	}{{0, true}, {unlock.TTL - time.Millisecond, true}, {unlock.TTL, false}, {unlock.TTL + time.Hour, false},
		{-time.Second, false}} {
		now := noon.Add(c.after)
		if err := g.Usable("box", "p", "m", now); (err == nil) != c.live || err != nil &&
			code(err) != "grant_expired" || g.Live(now) != c.live {
			t.Errorf("after %s: %v", c.after, err)
		}
	}
	if left := g.Left(noon.Add(time.Minute)); left != unlock.TTL-time.Minute {
		t.Errorf("%s left", left)
	}
	for _, ttl := range []time.Duration{-1, time.Millisecond, unlock.MaxTTL + 1} {
		a := ask(seldom, ext4, "ZL2ABCDE")
		a.TTL = ttl
		if _, err := unlock.New(a, noon, rand.Reader); code(err) != "wrong_use" {
			t.Errorf("for %s: %v", ttl, err)
		}
	}
}

func TestAnEndedGrantSaysHowItEnded(t *testing.T) {
	for end, word := range map[unlock.End]string{unlock.Spent: "job j", unlock.Taken: "taken back",
		unlock.Changed: "another way"} {
		g := given(t, ask(seldom, ext4, "ZL2ABCDE"))
		g.Ended, g.EndedMs, g.Job = end, noon.UnixMilli(), "j"
		if err := g.Usable("box", "p", "m", noon); code(err) != "grant_expired" || !strings.Contains(err.Error(),
			word) {
			t.Errorf("%s: %v", end, err)
		}
	}
}

func TestAGrantIsForOneDriveOnOneNASInOneUsage(t *testing.T) {
	g := given(t, ask(seldom, tank, "tank"))
	if err := g.Usable("box", "another profile", "m", noon); err != nil {
		t.Errorf("the same machine by another name: %v", err)
	}
	if err := g.Usable("box", "p", "another machine", noon); code(err) != "nas_changed" {
		t.Errorf("another machine: %v", err)
	}
	nameless := g
	nameless.MachineID = ""
	if err := nameless.Usable("box", "p", "", noon); err != nil {
		t.Errorf("a machine without an id: %v", err)
	}
	if err := nameless.Usable("box", "q", "", noon); code(err) != "nas_changed" {
		t.Errorf("another machine without an id: %v", err)
	}
	if err := g.Fits(seldom, "/dev/sdc", tank); err != nil {
		t.Errorf("the same drive elsewhere: %v", err)
	}
	if err := g.Fits(other, "/dev/sdb", tank); code(err) != "identity_changed" || !strings.Contains(err.Error(),
		"ZL2ABCDE") || !strings.Contains(err.Error(), "ZL2ABCDF") {
		t.Errorf("another drive in its place: %v", err)
	}
	fresh := tank
	fresh.PoolGUID = "2"
	for name, u := range map[string]drive.Usage{"imported": {Class: drive.Pool, PoolName: "tank", PoolGUID: "1"},
		"a new pool of that name": fresh, "data": ext4, "mounted": {Class: drive.Mounted}} {
		if err := g.Fits(seldom, "/dev/sdb", u); code(err) != "usage_changed" || !g.EndsBy(u) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, u := range map[string]drive.Usage{"looked at": {Class: drive.OpenByProcess},
		"no answer": {Class: drive.CannotTell, PhraseKind: drive.NoPhrase}, "tested": {Class: drive.BurnIn}} {
		if g.EndsBy(u) || g.Fits(seldom, "/dev/sdb", u) == nil {
			t.Errorf("%s: it ends by that, or fits", name)
		}
	}
}
