package runner

import (
	"burnish/backend/drive"
)

// startable applies the lock rules to what was found under the hold: before the first destructive act what a person
// allowed, after it what was left and what the job itself wrote. In between, of what was allowed any part may be gone.
func (r *run) startable(id drive.Identity, u drive.Usage) drive.Startable {
	switch {
	case r.deeds.rest != nil:
		return drive.StartableAgain(id, u, r.deeds.rest)
	case r.deeds.began && r.req.Grant != nil:
		return drive.StartableAgain(id, u, r.req.Grant)
	}
	return drive.StartableUnder(id, u, r.req.Grant)
}

// expected says in words what the drive was to be used for.
func (r *run) expected() string {
	if r.deeds.rest != nil {
		return "what this job left there"
	}
	return string(r.req.Usage)
}
