package drive

import (
	"fmt"
	"slices"
	"strings"
)

// Grant is what a person allowed: to erase a drive that is used in just this way. How long it may wait to be used
// is for whoever gave it; what it says of when, by whom and what for decides nothing.
type Grant struct {
	ID       string   `json:"id"`
	Class    Class    `json:"class"`
	PoolGUID string   `json:"pool_guid,omitempty"`
	Claims   []string `json:"claims,omitempty"` // Usage.Claims at that moment

	Text    string `json:"text,omitempty"` // Usage.Text at that moment
	By      string `json:"by,omitempty"`
	TypedMs int64  `json:"typed_ms,omitempty"`
}

// Content begins the claim of bytes that are nobody's known label. After it stands their print, as package label makes
// it: digests of groups of places at which every look looks, "0" for one that is blank, "-" for one that could not be
// read.
const Content = "content"

// contentOf gives the groups of a content claim's print.
func contentOf(claim string) (groups []string, ok bool) {
	print, ok := strings.CutPrefix(claim, Content)
	if !ok || print != "" && print[0] != ' ' {
		return nil, false
	}
	return strings.FieldsFunc(print, func(r rune) bool { return r == ' ' || r == '.' }), true
}

// sameContent reports whether what is there now was there then, or is less, as far as both looks could see. Where then
// there was no claim of content, all that is looked at each time was blank: a closer look may find some elsewhere.
func sameContent(then, now []string) bool {
	if len(now) > 0 && slices.Equal(then, now) {
		return true
	}
	seen := false
	for i, group := range now {
		was := "0"
		if len(then) > 0 {
			if len(then) != len(now) {
				return false
			}
			was = then[i]
		}
		switch {
		case group == "-", was == "-":
			continue
		case group != "0" && group != was:
			return false
		}
		seen = true
	}
	return seen
}

// Unlockable reports whether what is used in this way may be erased at all once a person has typed the phrase.
func (u Usage) Unlockable() bool {
	if u.Sealed {
		return false
	}
	switch u.Class {
	case Data, ExportedPool:
		return true
	case CannotTell:
		return u.PhraseKind == SerialPhrase // the drive's own medium errors, and nothing else, keep it from being told
	case Pool:
		return u.Dispensable
	default: // what is in use, and what nobody knows, is not unlocked by a phrase
	}
	return false
}

// Phrase gives what a person must type to unlock a drive: the pool's name, else the drive's serial number as it is
// shown, else its id. It is empty where nothing unlocks it.
func Phrase(id Identity, u Usage) string {
	switch {
	case u.Class != None && !u.Unlockable():
		return ""
	case u.PhraseKind == PoolPhrase:
		return u.PoolName
	case id.Serial != "":
		return id.Serial
	}
	return id.ID()
}

// GrantFor makes the grant for erasing a drive in this usage, without an id. One for a drive on which nothing was found
// is for data: what a closer look finds may be erased too.
func GrantFor(u Usage) Grant {
	g := Grant{Class: u.Class, PoolGUID: u.PoolGUID, Claims: u.Claims}
	if u.Class == None {
		g.Class = Data
	}
	return g
}

// Covers reports whether the grant is for this usage or for more: the same class, the same pool, and no claim that was
// not there. What fails to be read because the medium fails counts as data and the other way round.
func (g *Grant) Covers(u Usage) bool {
	switch {
	case u.Class == None:
		return true
	case g == nil, !u.Unlockable(), u.PoolGUID != g.PoolGUID:
		return false
	case u.Class != g.Class && !(likeData(u.Class) && likeData(g.Class)):
		return false
	}
	return g.knows(u.Claims)
}

func likeData(c Class) bool { return c == Data || c == CannotTell }

func (g *Grant) knows(claims []string) bool {
	return g.other(claims) == ""
}

// other gives the first claim that the grant does not know; empty is none.
func (g *Grant) other(claims []string) string {
	var then []string
	for _, c := range g.Claims {
		if groups, ok := contentOf(c); ok {
			then = groups
		}
	}
	for _, c := range claims {
		now, ok := contentOf(c)
		if !slices.Contains(g.Claims, c) && !(ok && sameContent(then, now)) {
			return c
		}
	}
	return ""
}

// Differs says in which way a drive that is used in the same way is not what the grant is for; empty where it is.
func (g *Grant) Differs(u Usage) string {
	if g == nil || u.Class != g.Class || u.PoolGUID != g.PoolGUID || !u.Unlockable() {
		return ""
	}
	switch other := g.other(u.Claims); {
	case other == "":
		return ""
	case strings.HasPrefix(other, Content):
		return ", but other content than there was when it was unlocked"
	default:
		return ", but another one than there was when it was unlocked (" + other + ")"
	}
}

// ofItsPool reports whether a claim is that of the pool by which the drive is used.
func (u Usage) ofItsPool(claim string) bool {
	words := strings.Fields(claim)
	for i, word := range words[:max(len(words)-1, 0)] {
		if word == "pool" && words[i+1] == u.PoolGUID {
			return words[0] == "zfs"
		}
	}
	return false
}

// CoversRest reports whether a drive that was begun to be erased under this grant, which is nil for one that was free,
// is used by nobody else since: what it still holds is what was there before, without its labels, or was written by
// the test. A claim that is new is somebody's.
func (g *Grant) CoversRest(u Usage) bool {
	if g == nil {
		g = &Grant{}
	}
	switch {
	case u.Class == None:
		return true
	case !u.Unlockable(), u.Class == Data && len(u.Claims) == 0: // nobody says what it is
		return false
	// it lists an offlined member for as long as nobody takes it off the list; what else is there may be new
	case u.Class == Pool:
		return g.Class == Pool && u.PoolGUID == g.PoolGUID && g.knows(slices.DeleteFunc(labelled(u.Claims),
			u.ofItsPool))
	case !likeData(u.Class) && u.Class != g.Class, u.PoolGUID != "" && u.PoolGUID != g.PoolGUID:
		return false
	}
	return g.knows(labelled(u.Claims))
}

// labelled are the claims but that of content, which the test itself fills.
func labelled(claims []string) []string {
	return slices.DeleteFunc(slices.Clone(claims), func(c string) bool { _, content := contentOf(c); return content })
}

// WayOut says what to do about what keeps a drive from being erased: how to unlock it where that can be done, else what
// to do first.
func WayOut(nas string, id Identity, u Usage) string {
	what, phrase := phraseOf(id, u)
	if phrase == "" {
		return u.WayOut()
	}
	return fmt.Sprintf("To erase it knowingly, type %s and start it within the time that this gives: burnish unlock "+
		"%s --drive %s --phrase %s", what, nas, id.ID(), phrase)
}

// WindowWayOut is WayOut for a person at the window.
func WindowWayOut(id Identity, u Usage) string {
	what, phrase := phraseOf(id, u)
	if phrase == "" {
		return u.WayOut()
	}
	return "To erase it knowingly, unlock it by typing " + what + ", and start it within the time that this gives."
}

// phraseOf names what unlocks a drive, in words and for the command line; empty where nothing does.
func phraseOf(id Identity, u Usage) (what, phrase string) {
	switch {
	case u.Class != None && !u.Unlockable(), id.ID() == "":
		return "", ""
	case u.PhraseKind == PoolPhrase:
		return "the pool's name", "POOL"
	case id.Serial == "":
		return "its id", "ID"
	}
	return "its serial number", "SERIAL"
}
