package notice

import (
	"fmt"
	"slices"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// made gives an event its id and its words.
func made(key string, e Event) Event {
	e.Schema, e.ID = Schema, idOf(key)
	e.NAS = reason.Clean(e.NAS, maxName)
	e.Urgent = e.urgent()
	e.Title, e.Text = e.words()
	return e
}

// urgent reports what is told in quiet hours too: a failed drive, a lost NAS, and what a person has asked for.
func (e Event) urgent() bool {
	switch e.Kind {
	case JobEnded:
		return e.Job != nil && e.Job.State == burnin.Failed
	case SelfTestFailed, NASLost, Test:
		return true
	case Several:
		return slices.ContainsFunc(e.Events, func(one Event) bool { return one.Urgent })
	default:
		return false
	}
}

// OfJobEnded tells that a job has ended. A job that went on and ended again is told again.
func OfJobEnded(j burnin.Job) Event {
	told := jobOf(j)
	return made(fmt.Sprintf("job_ended/%s/%d/%s", j.ID, len(j.Runs), j.State),
		Event{Kind: JobEnded, AtMs: j.EndedMs, NAS: j.NAS, Job: &told})
}

// OfJobResumable tells that a job has ended as unknown and can go on, once for each time that it ends so.
func OfJobResumable(j burnin.Job, atMs int64) Event {
	told := jobOf(j)
	return made(fmt.Sprintf("job_resumable/%s/%d", j.ID, len(j.Runs)),
		Event{Kind: JobResumable, AtMs: atMs, NAS: j.NAS, Job: &told})
}

// OfDriveHot tells that a job waits for its drive to cool, once for each time that it begins to.
func OfDriveHot(j burnin.Job, sinceMs int64, why *reason.Said) Event {
	told := jobOf(j)
	told.Reason = saidOf(why)
	return made(fmt.Sprintf("drive_hot/%s/%d", j.ID, sinceMs),
		Event{Kind: DriveHot, AtMs: sinceMs, NAS: j.NAS, Job: &told})
}

// OfBatchEnded tells that the last of several jobs has ended. The same jobs with the same ends are told once.
func OfBatchEnded(nas string, atMs int64, jobs []burnin.Job) Event {
	e := Event{Kind: BatchEnded, AtMs: atMs, NAS: nas, Counts: &Counts{}}
	var key strings.Builder
	for _, j := range jobs {
		e.Jobs = append(e.Jobs, jobOf(j))
		e.Counts.add(j.State)
		fmt.Fprintf(&key, "/%s/%d", j.ID, len(j.Runs))
	}
	return made("batch_ended"+key.String(), e)
}

// OfAdopted tells that jobs which another computer started were taken over, with what they are now.
func OfAdopted(nas string, atMs int64, jobs []burnin.Job) Event {
	e := Event{Kind: Adopted, AtMs: atMs, NAS: nas}
	var key strings.Builder
	for _, j := range jobs {
		e.Jobs = append(e.Jobs, jobOf(j))
		key.WriteString("/" + j.ID)
	}
	return made("adopted"+key.String(), e)
}

// OfNASLost tells that a NAS has not been reached since a time.
func OfNASLost(nas string, sinceMs, atMs int64, why *reason.Said) Event {
	return made(fmt.Sprintf("nas_lost/%s/%d", nas, sinceMs), Event{Kind: NASLost, AtMs: atMs, NAS: nas,
		Reason: saidOf(why)})
}

// OfNASBack tells that a NAS that was told as lost since a time is reached again.
func OfNASBack(nas string, sinceMs, atMs int64) Event {
	return made(fmt.Sprintf("nas_back/%s/%d", nas, sinceMs), Event{Kind: NASBack, AtMs: atMs, NAS: nas})
}

// OfNASFull tells that a NAS has no room for what is collected of jobs, once a day at most.
func OfNASFull(nas string, atMs int64, why *reason.Said) Event {
	return made(fmt.Sprintf("nas_full/%s/%d", nas, atMs/dayMs), Event{Kind: NASFull, AtMs: atMs, NAS: nas,
		Reason: saidOf(why)})
}

// OfDrive tells something of a drive that no job is about: kind is DriveVanished, DriveChanged or SelfTestFailed. what
// tells this one from another of the same drive: it is told once.
func OfDrive(kind Kind, nas, what string, atMs int64, d Drive, why *reason.Said) Event {
	return made(fmt.Sprintf("%s/%s/%s/%s", kind, nas, d.ID, what), Event{Kind: kind, AtMs: atMs, NAS: nas, Drive: &d,
		Reason: saidOf(why)})
}

// OfSummary tells what came of the jobs that ended in the day before a time.
func OfSummary(atMs int64, jobs []burnin.Job) Event {
	e := Event{Kind: Summary, AtMs: atMs, Counts: &Counts{}}
	for _, j := range jobs {
		e.Jobs = append(e.Jobs, jobOf(j))
		e.Counts.add(j.State)
	}
	return made(fmt.Sprintf("summary/%d", atMs/dayMs), e)
}

// OfHeartbeat tells that Burnish runs, once a day.
func OfHeartbeat(atMs int64) Event {
	return made(fmt.Sprintf("heartbeat/%d", atMs/dayMs), Event{Kind: Heartbeat, AtMs: atMs})
}

// OfTest tells that a person tries a way.
func OfTest(way string, atMs int64) Event {
	return made(fmt.Sprintf("test/%s/%d", way, atMs), Event{Kind: Test, AtMs: atMs})
}

// OfSeveral puts events together, the oldest first, into one. It is the same for the same events.
func OfSeveral(atMs int64, all []Event) Event {
	e := Event{Kind: Several, AtMs: atMs, Events: slices.Clone(all)}
	ids := make([]string, 0, len(all))
	for i, one := range all {
		ids = append(ids, one.ID)
		if i == 0 {
			e.NAS = one.NAS
		} else if e.NAS != one.NAS {
			e.NAS = ""
		}
	}
	return made("several/"+strings.Join(ids, "/"), e)
}

const dayMs = 24 * 60 * 60 * 1000

func (c *Counts) add(state burnin.State) {
	switch state {
	case burnin.Passed:
		c.Passed++
	case burnin.Failed:
		c.Failed++
	case burnin.Cancelled:
		c.Cancelled++
	default:
		c.Unknown++
	}
}
