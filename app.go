//go:build desktop || dev || e2e || bindings

package main

import (
	"encoding/json"
	"errors"

	"burnish/backend/burnin"
	"burnish/backend/desk"
	"burnish/backend/reason"
	"burnish/backend/report"
	"burnish/backend/secret"
)

// App is what the page can ask for: each method calls the desk and hands on what it says. Errors reach the page as
// asSaid makes them.
type App struct {
	desk *desk.Desk
	quit func() // closes the window without a question
	keep func(theme string) error
}

// Snapshot is all as it is now; the deltas after it come as events.
func (a *App) Snapshot() desk.Snapshot { return a.desk.Snapshot() }

// Survey looks at the drives of a NAS.
func (a *App) Survey(nas string) error { return a.desk.Survey(nas) }

// Connect connects to a NAS and looks at its drives.
func (a *App) Connect(nas string) error { return a.desk.Survey(nas) }

// TryNow tries a NAS that is away at once.
func (a *App) TryNow(nas string) error { return a.desk.TryNow(nas) }

// AddNAS tries a NAS and saves it.
func (a *App) AddNAS(form desk.NASForm) (desk.AddResult, error) { return a.desk.AddNAS(form) }

// CancelAdd ends a try to add a NAS; nothing is saved then.
func (a *App) CancelAdd() { a.desk.CancelAdd() }

// ImportHosts lists the hosts of ~/.ssh/config.
func (a *App) ImportHosts() (desk.List[desk.FoundHost], error) { return a.desk.ImportHosts() }

// PickKey lets the person choose a key file.
func (a *App) PickKey() (string, error) { return a.desk.PickKey() }

// TestNAS goes the whole way to a NAS.
func (a *App) TestNAS(nas string) (desk.List[desk.Step], error) { return a.desk.TestNAS(nas) }

// Form is a saved NAS as it was filled in, without its secrets.
func (a *App) Form(nas string) (desk.NASForm, error) { return a.desk.Form(nas) }

// EditNAS tries a NAS as the form says, and makes it so; it forgets these kinds of secrets.
func (a *App) EditNAS(nas string, form desk.NASForm, forget desk.List[secret.Kind]) (desk.AddResult, error) {
	return a.desk.EditNAS(nas, form, forget)
}

// RemoveNAS forgets a NAS.
func (a *App) RemoveNAS(nas string) error { return a.desk.RemoveNAS(nas) }

// Answer answers what a login asks.
func (a *App) Answer(question, text string) error { return a.desk.Answer(question, text) }

// Refuse closes a question without an answer.
func (a *App) Refuse(question string) { a.desk.Refuse(question) }

// Start starts a plan on drives.
func (a *App) Start(order desk.StartOrder) (desk.List[desk.Job], error) { return a.desk.Start(order) }

// Unlock gives a permission for a typed phrase.
func (a *App) Unlock(nas, drive, phrase string) (desk.Grant, error) {
	return a.desk.Unlock(nas, drive, phrase)
}

// Lock takes a permission back.
func (a *App) Lock(grant string) error { return a.desk.Lock(grant) }

// Stop ends a job, and proves it.
func (a *App) Stop(job string) error { return a.desk.Stop(job) }

// Resume goes on with a job that ended as unknown.
func (a *App) Resume(job string) error { return a.desk.Resume(job) }

// Undo brings back what a start erased.
func (a *App) Undo(job string) error { return a.desk.Undo(job) }

// Whole is a job with all that is known of it.
func (a *App) Whole(job string) (desk.JobWhole, error) { return a.desk.Whole(job) }

// Log is a piece of a job's log.
func (a *App) Log(job string, file burnin.LogName, from int64) (desk.LogChunk, error) {
	return a.desk.Log(job, file, from)
}

// Series is how a job went.
func (a *App) Series(job string) (desk.Series, error) { return a.desk.Series(job) }

// History lists all jobs.
func (a *App) History() (desk.List[desk.Job], error) { return a.desk.History() }

// SaveReport saves what is known of a job.
func (a *App) SaveReport(job string, format report.Format) (string, error) {
	return a.desk.SaveReport(job, format)
}

// Adopt takes over jobs that another computer started.
func (a *App) Adopt(nas string) (desk.List[desk.Job], error) { return a.desk.Adopt(nas) }

// Clean removes ended jobs from a NAS.
func (a *App) Clean(nas string) (desk.Cleaned, error) { return a.desk.Clean(nas) }

// Notices says who is told what, and how each way does.
func (a *App) Notices() (desk.Notices, error) { return a.desk.Notices() }

// AddWay saves a way to be told.
func (a *App) AddWay(form desk.WayForm) error { return a.desk.AddWay(form) }

// SetEvents changes what a way is told of: these and nothing else.
func (a *App) SetEvents(way string, events desk.List[string]) error {
	return a.desk.SetEvents(way, events)
}

// TestWay sends a test at once and says what the server answered.
func (a *App) TestWay(way string) (desk.WayTested, error) { return a.desk.TestWay(way) }

// RemoveWay forgets a way and its secrets, with what it has not told yet.
func (a *App) RemoveWay(way string) error { return a.desk.RemoveWay(way) }

// SetQuiet changes the quiet hours.
func (a *App) SetQuiet(q desk.QuietHours) error { return a.desk.SetQuiet(q) }

// KeepTheme keeps the theme that was chosen, light, dark or system, for the next window's first frame.
func (a *App) KeepTheme(theme string) error { return a.keep(theme) }

// Quit answers the question that was asked before the window closes. With stop all jobs are stopped first; if one
// cannot be, the window stays.
func (a *App) Quit(stop bool) error {
	if stop {
		if err := a.desk.StopAll(); err != nil {
			return err
		}
	}
	a.quit()
	return nil
}

// asSaid is how errors reach the page: a reason as JSON in one text. The web view makes an Error of what it is given,
// and an Error keeps nothing but a text.
func asSaid(err error) any {
	var said *reason.Said
	if !errors.As(err, &said) {
		said = reason.New(reason.Internal, "error", err)
	}
	text, err := json.Marshal(said.Window())
	if err != nil {
		panic(err) // texts
	}
	return string(text)
}
