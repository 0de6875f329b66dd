package erase

import (
	"burnish/backend/drive"
	"burnish/backend/reason"
)

// Compare refuses a drive that is another one, or that is used in another way than was agreed to.
func (e *Drive) Compare(id drive.Identity, usage drive.Usage, destroys bool) *reason.Said {
	if !id.Same(e.run.Req.Drive) {
		return e.Another(id)
	}
	can := e.startable(id, usage)
	switch {
	case usage.Sealed:
		return reason.New(reason.DriveLocked, "drive", e.run.Req.Drive.ID(), "usage", usage.Text,
			"way_out", usage.WayOut())
	case destroys && !can.Destructive:
		return usageSaid(e.expected(), usage, e.run.Req.Grant.Differs(usage))
	case !can.Read:
		return e.run.InUse(usage, e.run.Held.Path())
	}
	return nil
}

// startable applies the lock rules to what was found under the hold: before the first destructive act what a person
// allowed, after it what was left and what the job itself wrote. In between, of what was allowed any part may be gone.
func (e *Drive) startable(id drive.Identity, u drive.Usage) drive.Startable {
	switch {
	case e.History.rest != nil:
		return drive.StartableAgain(id, u, e.History.rest)
	case e.History.Began && e.run.Req.Grant != nil:
		return drive.StartableAgain(id, u, e.run.Req.Grant)
	}
	return drive.StartableUnder(id, u, e.run.Req.Grant)
}

// expected says in words what the drive was to be used for.
func (e *Drive) expected() string {
	if e.History.rest != nil {
		return "what this job left there"
	}
	return string(e.run.Req.Usage)
}

// Another is the reason for a held drive that does not show the identity it was agreed to by: it is another one, or
// does not say who it is.
func (e *Drive) Another(id drive.Identity) *reason.Said {
	if id.ID() == "" {
		return reason.New(reason.DriveUnsure, "drive", e.run.Req.Drive,
			"what", e.run.Held.Path()+" does not say now which drive it is")
	}
	return reason.New(reason.IdentityChanged, "expected", e.run.Req.Drive, "found", id, "path", e.run.Held.Path())
}
