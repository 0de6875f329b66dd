package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/middleware"
	"burnish/backend/nas"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/store"
	"burnish/backend/truenas"
	"burnish/backend/wire"
)

// Jobs that TrueNAS's middleware does, see package middleware: no runner is there to go on with them, so that whoever
// looks at one takes it on, one process at a time.

// trueNAS is a login of a NAS as package middleware asks it.
type trueNAS struct{ c *nas.Conn }

func (t trueNAS) Disk(ctx context.Context, name string) (middleware.Disk, error) {
	d, err := t.c.KernelDisk(ctx, name)
	return middleware.Disk(d), err
}

func (t trueNAS) Call(ctx context.Context, method string, args ...string) (truenas.Answer, error) {
	a, err := t.c.MidcltCall(ctx, method, args...)
	return truenas.Answer(a), noMidclt(err)
}

func (t trueNAS) CallOn(ctx context.Context, d middleware.Disk, method string, args ...string) (truenas.Answer, error) {
	a, err := t.c.MidcltOn(ctx, nas.KernelDisk(d), method, args...)
	if errors.Is(err, nas.ErrOtherDisk) {
		err = middleware.ErrOtherDisk
	}
	return truenas.Answer(a), noMidclt(err)
}

func noMidclt(err error) error {
	if errors.Is(err, nas.ErrNoMidclt) {
		return reason.New(reason.MidcltRefused, "error", err)
	}
	return err
}

// requestOf gives what a job was asked to be.
func requestOf(row store.Job) (req wire.StartRequest, err error) {
	err = json.Unmarshal(row.Request, &req)
	return req, err
}

// byTrueNAS reports whether TrueNAS does the job.
func byTrueNAS(row store.Job) bool {
	req, err := requestOf(row)
	return err == nil && req.Plan.ByTrueNAS()
}

// split parts the jobs that TrueNAS does from those of a runner.
func split(rows []store.Job) (theirs, ours []store.Job) {
	for _, row := range rows {
		if byTrueNAS(row) {
			theirs = append(theirs, row)
		} else {
			ours = append(ours, row)
		}
	}
	return theirs, ours
}

// driven is a job that this process takes on.
type driven struct {
	*Service
	row     store.Job
	journal *ownJournal
	driver  middleware.Driver
}

// drive takes a job on; errHeld where another process does.
func (s *Service) drive(c *nas.Conn, row store.Job) (*driven, error) {
	req, err := requestOf(row)
	if err != nil {
		return nil, reason.New(reason.MirrorDamaged, "job", row.ID, "error", err)
	}
	journal, events, err := holdJournal(s.mirror, row.ID)
	if err != nil {
		return nil, err
	}
	job, err := middleware.Load(events)
	if err != nil {
		journal.close()
		return nil, reason.New(reason.MirrorDamaged, "job", row.ID, "error", err)
	}
	facts := c.Facts()
	return &driven{s, row, journal, middleware.Driver{
		NAS: trueNAS{c}, Journal: journal, Job: job, Stop: journal.stopAsked,
		Request: middleware.Request{Job: row.ID, CreatedMs: req.CreatedMs, Plan: req.Plan, Drive: req.Drive,
			NAS: burnin.NAS{MachineID: facts.MachineID, Hostname: facts.Hostname}, Runner: "desktop",
			Usage: req.Usage, Grant: req.Grant,
			TooLate: !job.Begun() && s.Now().Sub(time.UnixMilli(req.CreatedMs)) >= askedFor},
	}}, nil
}

func (d *driven) close() { d.journal.close() }

// step takes the job a step on, and keeps what is known of it then.
func (d *driven) step(ctx context.Context) (job burnin.Job, wait time.Duration, err error) {
	wait, err = d.driver.Step(ctx)
	if err != nil {
		return job, 0, err
	}
	seen := d.driver.Seen()
	obs := burnin.Observation{Run: 1, LockHeld: !d.driver.Job.Ended(), StopAsked: d.journal.stopAsked(),
		BootID: seen.Boot, BootedMs: seen.NowMs - seen.UpMs, UpMs: seen.UpMs, SeenMs: d.Now().UnixMilli(),
		Complete: true, Live: d.driver.Live}
	if err := errors.Join(d.store.SetThere(ctx, d.row.ID), d.store.SaveObservation(ctx, d.row.ID, obs,
		obs.SeenMs)); err != nil {
		return job, 0, err
	}
	if job, err = d.View(ctx, d.row.ID); err != nil {
		return job, 0, err
	}
	ends, err := d.endOf(ctx, d.row, job, false)
	if err != nil {
		return job, 0, err
	}
	return job, wait, d.store.SaveFold(ctx, d.row.ID, job.State, job.Reason, job.EndedMs, ends...)
}

// soon is how long a wait is at most that a look waits out.
const soon = 4 * time.Second

// refreshTrueNAS takes jobs as far as they go now.
func (s *Service) refreshTrueNAS(ctx context.Context, profileID string, rows []store.Job) error {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r store.Job) bool { return r.State.Ended() })
	if len(rows) == 0 {
		return nil
	}
	p, err := s.store.ProfileByID(ctx, profileID)
	if err != nil {
		return err
	}
	c, err := s.dial(ctx, p)
	if err != nil {
		return err
	}
	defer s.release(c)
	var all error
	for _, row := range rows {
		all = errors.Join(all, s.lookAt(ctx, c, row))
	}
	return all
}

func (s *Service) lookAt(ctx context.Context, c *nas.Conn, row store.Job) error {
	d, err := s.drive(c, row)
	if errors.Is(err, errHeld) {
		return nil // who has it keeps it fresh
	}
	if err != nil {
		return err
	}
	defer d.close()
	for {
		job, wait, err := d.step(ctx)
		if err != nil || job.State.Ended() || wait > soon {
			return err
		}
		select {
		case <-ctx.Done():
			return nil // it goes on by itself
		case <-time.After(wait):
		}
	}
}

// watchTrueNAS takes jobs of one NAS on until all have ended, or follows who does.
func (s *Service) watchTrueNAS(ctx context.Context, profileID string, rows []store.Job, sink Sink) error {
	p, err := s.store.ProfileByID(ctx, profileID)
	if err != nil {
		return reason.New(reason.NoSuchNAS, "nas", rows[0].NAS)
	}
	left := slices.Clone(rows)
	var failed error
	keep := nas.Keep{
		Connect: func(ctx context.Context) (*nas.Conn, error) { return s.dial(ctx, p) },
		Release: s.release,
		Work: func(ctx context.Context, c *nas.Conn) (err error) {
			var bad error
			left, bad, err = s.takeOn(ctx, c, left, sink)
			failed = errors.Join(failed, bad)
			return err
		},
		Report: s.standing(ctx, p, sink),
		Now:    s.Now,
		Sleep:  nas.Nap{Wall: s.Now, Addresses: nas.Addresses}.Sleep,
		Rand:   rand.New(rand.NewPCG(uint64(s.Now().UnixNano()), 0)),
	}
	return errors.Join(keep.Run(ctx), failed)
}

// othersEvery is how often a job that another process takes on is looked at.
const othersEvery = 2 * time.Second

// takeOn takes jobs on over one connection, in turn, until all have ended. It gives those that have not, what is wrong
// with jobs that are given up, and what is wrong with the connection.
func (s *Service) takeOn(ctx context.Context, c *nas.Conn, rows []store.Job, sink Sink) (left []store.Job, bad,
	err error) {
	at := map[string]*driven{}
	defer func() {
		for _, d := range at {
			d.close()
		}
	}()
	due := map[string]time.Time{}
	for left = slices.Clone(rows); len(left) > 0; {
		next := slices.MinFunc(left, func(a, b store.Job) int { return due[a.ID].Compare(due[b.ID]) })
		select {
		case <-ctx.Done():
			return left, bad, context.Cause(ctx)
		case <-time.After(time.Until(due[next.ID])):
		}
		job, wait, err := s.oneTurn(ctx, c, next, at)
		var own *reason.Said
		switch {
		case err != nil && errors.As(err, &own) && own.Kind() == reason.Fault:
			bad = errors.Join(bad, err) // of this computer's own files
		case err != nil:
			return left, bad, err
		default:
			sink.Job(job)
			due[next.ID] = time.Now().Add(wait)
			if !job.State.Ended() {
				continue
			}
		}
		if d := at[next.ID]; d != nil {
			d.close()
			delete(at, next.ID)
		}
		left = slices.DeleteFunc(left, func(r store.Job) bool { return r.ID == next.ID })
	}
	return left, bad, nil
}

func (s *Service) oneTurn(ctx context.Context, c *nas.Conn, row store.Job, at map[string]*driven) (burnin.Job,
	time.Duration, error) {
	d := at[row.ID]
	if d == nil {
		var err error
		d, err = s.drive(c, row)
		if errors.Is(err, errHeld) {
			job, err := s.View(ctx, row.ID)
			return job, othersEvery, err
		}
		if err != nil {
			return burnin.Job{}, 0, err
		}
		at[row.ID] = d
	}
	return d.step(ctx)
}

// stopTrueNAS asks for a job's end and takes it on until it has ended.
func (s *Service) stopTrueNAS(ctx context.Context, row store.Job) (burnin.Job, error) {
	job, err := s.view(row)
	if err != nil || job.State.Ended() {
		return job, err
	}
	p, err := s.store.ProfileByID(ctx, row.ProfileID)
	if err != nil {
		return job, reason.New(reason.NoSuchNAS, "nas", row.NAS)
	}
	if err := errors.Join(s.audit(ctx, "stop", row, ""), askToStop(s.mirror, row.ID, s.Who)); err != nil {
		return job, err
	}
	c, err := s.dial(ctx, p)
	if err != nil {
		return job, err
	}
	defer s.release(c)
	_, bad, err := s.takeOn(ctx, c, []store.Job{row}, noSink{})
	if err = errors.Join(bad, err); err != nil {
		return job, err
	}
	return s.View(ctx, row.ID)
}

// noSink is for those who wait for the end alone.
type noSink struct{}

func (noSink) Job(burnin.Job)                {}
func (noSink) Standing(string, nas.Standing) {}

// startTrueNAS starts a plan that TrueNAS does. It begins with a look, which this process takes at once; what comes of
// it, also a refusal, stands in the job.
func (s *Service) startTrueNAS(ctx context.Context, o Order) ([]burnin.Job, error) {
	p, err := s.store.ProfileByID(ctx, o.NAS)
	if err != nil {
		return nil, err
	}
	if p.Sudo != profile.SudoNone {
		return nil, rootAtHand(o.Plan)
	}
	c, err := s.dial(ctx, p)
	if err != nil {
		return nil, err
	}
	defer s.release(c)
	if c.Facts().UID == 0 {
		return nil, rootAtHand(o.Plan)
	}
	rows, err := s.trueNASRows(ctx, c, p)
	if err != nil {
		return nil, noMidclt(err)
	}
	chosen, allowed, err := s.mayStart(ctx, p, o, rows)
	if err != nil {
		return nil, err
	}
	if err := mayWipe(ctx, c); err != nil {
		return nil, err
	}
	intents, _, err := s.intents(p, o, chosen, allowed)
	if err != nil {
		return nil, err
	}
	if err := s.store.AddIntents(ctx, intents, allowed.fresh...); err != nil {
		return nil, err
	}
	var made []burnin.Job
	var all error
	for _, row := range intents {
		if err := s.audit(ctx, "start", row, "plan "+row.Plan); err != nil {
			return made, err
		}
		all = errors.Join(all, s.lookAt(ctx, c, row))
		job, err := s.View(ctx, row.ID)
		if err != nil {
			return made, errors.Join(all, err)
		}
		made = append(made, job)
	}
	return made, all
}

func rootAtHand(plan burnin.Plan) error {
	return reason.New(reason.WrongUse, "what", "the plan "+plan.Name+" is for a login without root",
		"hint", "Choose the plan standard, which reads back what it writes. For this plan the NAS must be saved with "+
			"a login that cannot become root (--sudo none).").
		AtWindow("Choose the plan standard, which reads back what it writes.")
}

// mayWipe refuses a login whose roles do not suffice, as far as TrueNAS tells them.
func mayWipe(ctx context.Context, c *nas.Conn) error {
	a, err := c.MidcltCall(ctx, truenas.MethodMe)
	if err != nil {
		return err
	}
	out, err := truenas.Answer(a).Result(truenas.MethodMe)
	if err != nil || truenas.MayWipe(truenas.Roles(out)) {
		return nil // whoever does not tell roles is asked by the wipe itself
	}
	lacks := &truenas.CallError{Method: truenas.MethodWipe, Refusal: truenas.NotAllowed, Text: "the login may not"}
	return reason.New(reason.MidcltRefused, "error", lacks)
}
