//go:build (desktop || dev) && !bindings

package main

import (
	"context"
	"errors"
	goos "runtime"
	"sync"

	"github.com/wailsapp/wails/v2/pkg/runtime"

	"burnish/backend/courier"
	"burnish/backend/notice"
)

// desktop shows notices on this computer's desktop; a click calls open with the job of the notice. On Linux that is the
// session's bus itself: through Wails, closing a notice could not be told from a click on it.
func desktop(w *view, open func(job string)) courier.Desktop {
	if goos.GOOS == "linux" {
		return courier.NewSession(open)
	}
	return &toasts{view: w, open: open}
}

// toasts shows notices through Wails.
type toasts struct {
	view *view
	open func(job string)

	mu    sync.Mutex // held while one is shown, by a goroutine of its own: the system may ask the person first
	ready bool
}

// jobKey is where a notice keeps its job.
const jobKey = "job"

// Show shows a notice, or says why it cannot.
func (t *toasts) Show(ctx context.Context, e notice.Event) error {
	web, there := t.view.context()
	if !there {
		return errors.New("the window is not there yet")
	}
	done := make(chan error, 1)
	go func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		done <- t.show(ctx, web, e)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return errors.New("the system does not answer")
	}
}

func (t *toasts) show(ctx, web context.Context, e notice.Event) error {
	if ctx.Err() != nil { // the one before has taken all the time
		return ctx.Err()
	}
	if !t.ready {
		if err := runtime.InitializeNotifications(web); err != nil {
			return err
		}
		if may, err := runtime.RequestNotificationAuthorization(web); err != nil || !may {
			return errors.Join(errors.New("the system does not let Burnish show notices; its settings can change that"), err)
		}
		runtime.OnNotificationResponse(web, func(r runtime.NotificationResult) {
			if job, _ := r.Response.UserInfo[jobKey].(string); r.Error == nil {
				t.open(job)
			}
		})
		t.ready = true
	}
	job := ""
	if e.Job != nil {
		job = e.Job.ID
	}
	return runtime.SendNotification(web, runtime.NotificationOptions{ID: e.ID, Title: e.Title, Body: e.Text,
		Data: map[string]any{jobKey: job}})
}
