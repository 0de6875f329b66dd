// Package unlock gives out grants: each lets one start erase one drive that is in use in one stated way.
//
// Its rules:
//   - A grant costs a typed phrase: the pool's name where the drive's label bears one, else the serial number as it is
//     shown, else the drive's id. It is compared byte by byte; what is nearly right is wrong. What is locked for good,
//     and what is in use by something that runs, has no phrase.
//   - A grant is bound to a NAS (by machine id; by profile where a machine has none), to a drive (serial + WWN + size),
//     and to what claimed the drive at that moment (class, pool guid, each claim). What is less is covered, what is
//     other or more is not.
//   - It lives from the phrase to the start, for TTL unless asked otherwise, and not a moment longer; a clock that was
//     set back makes none live again. It is spent by one start, whose intent is stored in the same transaction.
//   - It ends for good when it is spent, taken back, or found not to fit the drive any more.
//
// The package is pure: clock and randomness are passed in. Package store keeps grants, package jobs uses them, and the
// runner, which trusts no desktop, compares the drive.Grant in a job with what it finds under its own hold.
//
// Errors are reasons: wrong_phrase, drive_in_use, locked_for_good, grant_expired, usage_changed, usage_unread,
// identity_changed, nas_changed, wrong_use.
package unlock

import (
	"fmt"
	"io"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
)

// TTL is how long a grant lives where nobody asks for another time; whoever shows it asks here.
const TTL = 10 * time.Minute

// The bounds of what may be asked for instead.
const (
	MinTTL = time.Second
	MaxTTL = time.Hour
)

// End says how a grant ended; it is empty while it has not.
type End string

// The ends of a grant. One that expired has none: whether it has is a matter of the clock.
const (
	Spent   End = "spent"
	Taken   End = "locked"  // by hand
	Changed End = "changed" // the drive is used in another way, or is another drive
)

// Grant is one permission.
type Grant struct {
	ID        string
	ProfileID string
	MachineID string // of the NAS; empty where it has none
	Drive     drive.Identity
	Scope     drive.Grant // what is allowed; its ID is this grant's
	Text      string      // the usage in words
	By        string      // who typed the phrase: user@host
	CreatedMs int64
	ExpiresMs int64
	Ended     End
	EndedMs   int64
	Job       string // spent: what it was spent on
}

// Ask is what a person says to get a grant, and the drive as it was read just now.
type Ask struct {
	NAS       string // the profile's name, for errors
	ProfileID string
	MachineID string
	Drive     drive.Identity
	Path      string
	Usage     drive.Usage
	Phrase    string
	TTL       time.Duration // 0 means TTL
	By        string
}

// New checks a phrase and gives the grant for it. One for a drive on which nothing was found is possible and means:
// what a closer look finds there may be erased too.
func New(a Ask, now time.Time, random io.Reader) (Grant, error) {
	if a.TTL == 0 {
		a.TTL = TTL
	}
	if a.TTL < MinTTL || a.TTL > MaxTTL {
		return Grant{}, reason.New(reason.WrongUse, "what", fmt.Sprintf("a grant cannot live for %s", a.TTL),
			"hint", fmt.Sprintf("Give %d to %d seconds.", MinTTL/time.Second, MaxTTL/time.Second))
	}
	if err := unlockable(a.Drive, a.Path, a.Usage); err != nil {
		return Grant{}, err
	}
	if a.Phrase != drive.Phrase(a.Drive, a.Usage) {
		return Grant{}, reason.New(reason.WrongPhrase, "drive", name(a.Drive, a.Path), "what", what(a.Drive, a.Usage),
			"nas", a.NAS)
	}
	id, err := burnin.NewID(random)
	if err != nil {
		return Grant{}, err
	}
	g := Grant{
		ID: id, ProfileID: a.ProfileID, MachineID: a.MachineID, Drive: a.Drive, Scope: drive.GrantFor(a.Usage),
		Text: a.Usage.Text, By: a.By,
		CreatedMs: now.UnixMilli(), ExpiresMs: now.Add(a.TTL).UnixMilli(),
	}
	g.Scope.ID, g.Scope.Text, g.Scope.By, g.Scope.TypedMs = id, g.Text, g.By, g.CreatedMs
	return g, nil
}

// unlockable says why no phrase unlocks the drive now; nil where one does.
func unlockable(id drive.Identity, path string, u drive.Usage) error {
	rule := drive.RuleOf(u.Class)
	code, wayOut := reason.Code(reason.DriveInUse), u.WayOut()
	switch {
	case id.ID() == "":
		code, wayOut = reason.LockedForGood, drive.RuleOf(drive.Duplicate).WayOut
	case u.Class == drive.None || u.Unlockable():
		return nil
	case rule.Locked == drive.ForGood:
		code = reason.LockedForGood
	}
	return reason.New(code, "drive", name(id, path), "path", path, "usage", u.Text, "way_out", wayOut)
}

// what names what must be typed.
func what(id drive.Identity, u drive.Usage) string {
	switch {
	case u.PhraseKind == drive.PoolPhrase:
		return "the name of its pool"
	case id.Serial != "":
		return "its serial number"
	}
	return "its id, since it has no serial number"
}

func name(id drive.Identity, path string) string {
	if s := id.ID(); s != "" {
		return s
	}
	return path
}

// State is where a grant stands: live, expired, or one of the ends.
func (g *Grant) State(now time.Time) string {
	switch ms := now.UnixMilli(); {
	case g.Ended != "":
		return string(g.Ended)
	case ms >= g.ExpiresMs || ms < g.CreatedMs:
		return "expired"
	}
	return "live"
}

// Live reports whether the grant can be spent now.
func (g *Grant) Live(now time.Time) bool { return g.State(now) == "live" }

// Left is how long it has to live, 0 once it has not.
func (g *Grant) Left(now time.Time) time.Duration {
	if !g.Live(now) {
		return 0
	}
	return time.UnixMilli(g.ExpiresMs).Sub(now)
}

// Usable says why the grant cannot be spent now on a NAS; nil if it can.
func (g *Grant) Usable(nas, profileID, machineID string, now time.Time) error {
	if g.MachineID != machineID || machineID == "" && g.ProfileID != profileID {
		return reason.New(reason.NASChanged, "nas", nas, "known", g.MachineID, "shown", machineID)
	}
	if g.Live(now) {
		return nil
	}
	how := "ended at " + time.UnixMilli(g.ExpiresMs).UTC().Format(time.RFC3339)
	switch at := time.UnixMilli(g.EndedMs).UTC().Format(time.RFC3339); g.Ended {
	case Spent:
		how = fmt.Sprintf("was used at %s, for job %s; it is good for one start", at, g.Job)
	case Taken:
		how = "was taken back at " + at
	case Changed:
		how = fmt.Sprintf("ended at %s, when the drive was found to be used in another way", at)
	}
	return reason.New(reason.GrantExpired, "drive", g.Drive.ID(), "how", how, "nas", nas)
}

// Fits says why the grant is not for this drive as it is now; nil if it is.
func (g *Grant) Fits(id drive.Identity, path string, u drive.Usage) error {
	if !id.Same(g.Drive) {
		return reason.New(reason.IdentityChanged, "expected", g.Drive, "found", id, "path", path)
	}
	if !g.Scope.Covers(u) && u.Class == drive.CannotTell {
		return reason.New(reason.UsageUnread, "what", u.Text, "way_out", u.UnreadWayOut())
	}
	if !g.Scope.Covers(u) {
		return reason.New(reason.UsageChanged, "expected", fmt.Sprintf("%s: %s", g.Scope.Class, g.Text),
			"found", fmt.Sprintf("%s: %s%s", u.Class, u.Text, g.Scope.Differs(u)))
	}
	return nil
}

// EndsBy reports whether seeing the drive in this usage ends the grant for good. Who only looks at a drive for a
// moment, and a job that has it, end none; a start meanwhile is refused all the same.
func (g *Grant) EndsBy(u drive.Usage) bool {
	return u.Class != drive.OpenByProcess && u.Class != drive.BurnIn && !(u.Class == drive.CannotTell &&
		u.PhraseKind == drive.NoPhrase) && !g.Scope.Covers(u)
}
