package desk

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/unlock"
	"burnish/backend/wire"
)

// The longest texts of a row, in bytes.
const (
	maxWord = 200
	maxText = 1000
)

func word(s string) string { return reason.Clean(s, maxWord) }
func text(s string) string { return reason.Clean(s, maxText) }

// phase cleans one, which a NAS may have made up.
func phase(p burnin.Phase) burnin.Phase { return burnin.Phase(word(string(p))) }

// optional cleans a word that may be missing.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	s = word(s)
	return &s
}

// said copies a reason for the window, cleaned: it may stem from a journal that a NAS wrote.
func said(s *reason.Said, lacks []burnin.Lack) *reason.Said {
	s = told(s, lacks)
	if s == nil {
		return nil
	}
	return &reason.Said{Code: reason.Code(word(string(s.Code))), Title: text(s.Title), Text: text(s.Text),
		Hint: text(s.Hint), Args: s.Args}
}

// driveKey names a drive in the model: by its id, or where it has none by its path of today.
func driveKey(nas, id, path string) string {
	if id == "" {
		id = path
	}
	return nas + "/" + id
}

// driveRow shows a drive and the permission that waits for it, if any.
func driveRow(p profile.Profile, r wire.DriveRow, g *unlock.Grant) Drive {
	id, u := r.Identity, r.Usage
	d := Drive{
		Key: driveKey(p.ID, id.ID(), r.Path), NAS: p.ID, ID: id.ID(), Serial: optional(id.Serial),
		WWN: optional(id.WWN), Model: word(id.Model),
		Kind: id.Kind, SizeBytes: id.SizeBytes, HiddenBytes: id.HiddenBytes, Path: word(r.Path),
		Transport: word(id.Transport), TempC: r.TempC, SMART: r.SMART, Passed: r.Passed, Bay: word(r.Place.Bay),
		UsageClass: u.Class, UsageText: text(u.Text), PhraseKind: u.PhraseKind, Job: r.Job,
	}
	d.SMARTSaid, d.SMARTOff, d.SMARTType = text(r.SMARTSaid), r.SMARTOff, word(r.SMARTType)
	for _, p := range u.Parts {
		d.Parts = append(d.Parts, word(p))
	}
	if u.Class != drive.None {
		d.WayOut = text(u.WayOut())
	}
	for _, w := range u.Why {
		d.Why = append(d.Why, Why{Layer: drive.Layer(word(string(w.Layer))), Answer: text(w.Answer), Sure: w.Sure})
	}
	var scope *drive.Grant
	if g != nil {
		scope = &g.Scope
		d.Grant = &Grant{ID: g.ID, Drive: d.Key, Usage: text(g.Text), ExpiresMs: g.ExpiresMs}
	}
	can := drive.StartableUnder(id, u, scope)
	d.ReadOK, d.DestructiveOK = can.Read && !r.Rootless, can.Destructive && !r.Rootless
	d.Locking, d.Rootless = locking(u), r.Rootless
	if r.Rootless {
		d.DestructiveOK = g != nil && scope.Covers(u)
	}
	if d.Locking != LockPhrase {
		d.PhraseKind = drive.NoPhrase
	} else if phrase := drive.Phrase(id, u); word(phrase) == phrase {
		d.Phrase = phrase
	}
	return d
}

func locking(u drive.Usage) Locking {
	switch rule := drive.RuleOf(u.Class); {
	case u.Unlockable():
		return LockPhrase
	case rule.Locked == drive.Open:
		return LockNone
	case rule.Locked == drive.ForGood:
		return LockForGood
	}
	return LockInUse
}

// jobRow shows a job. profileID is empty where the profile was removed.
func jobRow(profileID string, j burnin.Job) Job {
	r := Job{
		ID: j.ID, NAS: profileID, NASName: word(j.NAS), DriveKey: driveKey(profileID, j.Drive.ID, j.Drive.Path),
		DriveID:   word(j.Drive.ID),
		DriveKind: j.Identity.Kind, DrivePath: word(j.Drive.Path), Model: word(j.Drive.Model),
		SizeBytes: j.Drive.SizeBytes, Plan: word(j.Plan), Destroys: j.Spec.Destroys(), State: j.State,
		Reason: said(j.Reason, j.Verdict.Lacks), Warnings: len(j.Warnings),
		Coverage: cmp.Or(j.Verdict.Coverage, burnin.CoverageNone), CreatedMs: j.CreatedMs, EndedMs: j.EndedMs,
		SeenMs:     j.SeenMs,
		BytesMoved: j.BytesWritten + j.BytesVerified,
		CanStop:    !j.State.Ended(), CanResume: j.State == burnin.Unknown && len(j.Runs) > 0 &&
			!j.Reason.NeedsNewJob(),
	}
	if e := j.Erased; e != nil {
		r.Undo, r.CanUndo, r.Erased = e.Undo, e.Undo == burnin.BackPossible, text(e.AtWindow(j.ID, r.CanStop))
	}
	if j.Drive.Serial != nil {
		r.Serial = word(*j.Drive.Serial)
	}
	if len(j.Runs) > 0 {
		r.StartedMs = j.Runs[0].StartedMs
	}
	weights := weigh(j)
	for i, s := range j.Stages {
		seg := Segment{Kind: s.Kind, State: s.State, Weight: weights[i], Progress: share(s.Progress)}
		switch s.State {
		case burnin.Passed:
			seg.Progress = 1
		case burnin.Pending, burnin.Skipped:
			seg.Progress = 0
		case burnin.Queued, burnin.Running, burnin.Failed, burnin.Cancelled, burnin.Unknown: // as far as it came
		}
		r.Progress += seg.Weight * seg.Progress
		r.Stages = append(r.Stages, seg)
		for _, bad := range s.BadRanges {
			r.BadSectors += bad.LastLBA - bad.FirstLBA + 1
		}
	}
	if r.Progress = share(r.Progress); j.State == burnin.Passed {
		r.Progress = 1
	}
	if at := j.Current(); at >= 0 {
		s := j.Stages[at]
		r.Stage, r.Phase, r.StageProgress = s.Kind, phase(s.Phase), r.Stages[at].Progress
		r.MeanBPS = rate(s)
		if j.State == burnin.Running {
			r.Paused = paused(s)
		}
	}
	if j.Stopping() {
		r.Stopping = reason.New(reason.Stopping)
		if at := slices.IndexFunc(j.Warnings, func(w reason.Said) bool { return w.Code == reason.StopWaits }); at >= 0 {
			r.Stopping = said(&j.Warnings[at], nil)
		}
	}
	if j.State == burnin.Running {
		r.LeftMs, r.StageLeftMs = left(j)
	}
	return r
}

// paused says what a stage waits for; nil if it does not.
func paused(s burnin.Stage) *reason.Said {
	if s.Paused == nil {
		return nil
	}
	if s.Paused.Why == "too_hot" {
		return reason.New(reason.Cooling, "temperature", s.Paused.TempC, "limit", s.Paused.LimitC)
	}
	return &reason.Said{Code: reason.Code(word(s.Paused.Why)), Title: "Paused", Text: "The NAS says why by a code " +
		"that this version does not know."}
}

// unseen shows a drive by what its job knows of it: before the drives were looked at, or since it was not among them.
func unseen(j Job, looked bool, among []wire.DriveRow) Drive {
	d := Drive{
		Key: j.DriveKey, NAS: j.NAS, ID: j.DriveID, Serial: optional(j.Serial), Model: j.Model, Kind: j.DriveKind,
		SizeBytes: j.SizeBytes, Path: j.DrivePath,
		UsageClass: drive.CannotTell, UsageText: "the drives were not looked at yet",
		PhraseKind: drive.NoPhrase,
		WayOut:     "Look at the drives of the NAS.", Locking: LockInUse, Job: j.ID,
	}
	switch {
	case looked:
		d.Missing, d.UsageText = true, "it was not there when the NAS was last looked at"
		d.WayOut = "Look whether it is plugged in and has power, then look at the drives again."
		if like := mayBe(j, among); like != "" {
			d.UsageText = "not as it was: " + like
			d.WayOut = "Plug it in as it was when its test began (the same slot or USB dock), then look at the " +
				"drives again."
		}
	case j.CanStop:
		d.UsageClass, d.UsageText = drive.BurnIn, "job "+j.ID
	}
	return d
}

// mayBe tells which drives of a list may be a job's although they show another identity; empty for none.
func mayBe(j Job, among []wire.DriveRow) string {
	serial, rest, _ := strings.Cut(j.DriveID, "@")
	wwn, part, _ := strings.Cut(rest, "+")
	was := drive.Identity{Serial: serial, WWN: wwn, Part: part, SizeBytes: j.SizeBytes, Kind: j.DriveKind}
	var list []string
	for _, r := range among {
		if why := was.MayBe(r.Identity, r.Identity.ID() == ""); why != "" {
			list = append(list, r.Path+" "+why)
		}
	}
	return text(strings.Join(list, "; "))
}

// share bounds a part of a whole, whatever a journal says.
func share(v float64) float64 {
	if math.IsNaN(v) || v < 0 {
		return 0
	}
	return min(v, 1)
}
