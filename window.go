//go:build (desktop || dev) && !bindings

package main

import (
	"context"
	"os"
	"path/filepath"
	goos "runtime"
	"sync/atomic"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"burnish/backend/cli"
	"burnish/backend/desk"
)

// window is nil where there is no display to show one on.
func window() func(context.Context, cli.Window) error {
	if goos.GOOS == "linux" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return nil
	}
	return show
}

// show opens the window and returns when it is closed.
func show(ctx context.Context, on cli.Window) error {
	files, err := page()
	if err != nil {
		return err
	}
	prepare()
	kept := ofUser()
	w := &view{told: ctx}
	app := &App{quit: w.close, keep: kept.keep}
	if on.Outbox != nil {
		on.Outbox.Courier.Desktop = desktop(w, func(job string) { w.raise(app, job) })
	}
	opened, err := desk.Open(desk.Options{
		Service: on.Service, Emit: w.emit, Dialogs: w, Version: version, Practice: on.Practice, Temporary: on.Temporary,
		Home: home(), User: login(), Outbox: on.Outbox,
	})
	if err != nil {
		return err
	}
	defer opened.Close()
	app.desk = opened
	return wails.Run(&options.App{
		Title: title(on), Width: 1280, Height: 820, MinWidth: 640, MinHeight: 420,
		BackgroundColour: ground(kept.theme()),
		AssetServer:      &assetserver.Options{Assets: files},
		OnStartup:        w.started,
		OnBeforeClose:    func(context.Context) bool { return w.asks(opened) },
		Bind:             []any{app},
		ErrorFormatter:   asSaid,
		// Wails would log the arguments of a call that panics or cannot be read, passwords among them. A panic ends the
		// program instead, with a trace that holds none; the runs go on at their NAS.
		DisablePanicRecovery: true,
		Linux:                &linux.Options{WebviewGpuPolicy: linux.WebviewGpuPolicyNever, ProgramName: "burnish"},
	})
}

// pageGround is the page's own ground (--bg-window).
func pageGround(theme string) *options.RGBA {
	if theme == "dark" {
		return options.NewRGB(0x0f, 0x11, 0x14)
	}
	return options.NewRGB(0xf4, 0xf5, 0xf6)
}

// prepare sets what the web view reads from the environment. Without a password anybody at this computer could drive
// the window through the inspector, so it is off but in builds for tests; the renderer is the one that works with every
// driver, unless the person chose another.
func prepare() {
	if !forTests {
		_ = os.Unsetenv("WEBKIT_INSPECTOR_HTTP_SERVER")
		_ = os.Unsetenv("WEBKIT_INSPECTOR_SERVER")
	}
	if _, chosen := os.LookupEnv("WEBKIT_DISABLE_DMABUF_RENDERER"); !chosen {
		_ = os.Setenv("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
	}
}

// view is the desk's way to the web view.
type view struct {
	told context.Context // done once the system wants the program to end
	ctx  atomic.Value    // context.Context of the web view, once it has started
	sure atomic.Bool     // the person has answered
}

func (w *view) started(ctx context.Context) {
	w.ctx.Store(&ctx)
	watchDialogs()
	go func() {
		<-w.told.Done()
		w.close()
	}()
}

func (w *view) context() (context.Context, bool) {
	ctx, ok := w.ctx.Load().(*context.Context)
	if !ok {
		return nil, false
	}
	return *ctx, true
}

// emit tells the page. Before the web view has started there is nobody to tell; the page begins with a snapshot.
func (w *view) emit(event string, data any) {
	if ctx, ok := w.context(); ok {
		runtime.EventsEmit(ctx, event, data)
	}
}

// asks reports whether the window stays open, since the page asks the person first. Who is told to end by the system
// asks nobody.
func (w *view) asks(d *desk.Desk) bool {
	return !w.sure.Load() && w.told.Err() == nil && d.Leaving()
}

// raise brings the window up, with the job that a notice was about; none where it was about none.
func (w *view) raise(app *App, job string) {
	ctx, there := w.context()
	if !there {
		return
	}
	runtime.WindowUnminimise(ctx)
	runtime.WindowShow(ctx)
	if job != "" {
		app.desk.OpenJob(job)
	}
}

func (w *view) close() {
	w.sure.Store(true)
	cancelDialogs()
	if ctx, ok := w.context(); ok {
		runtime.Quit(ctx)
	}
}

// OpenFile and SaveFile are the system's dialogs.
func (w *view) OpenFile(title, dir string) (string, error) {
	ctx, _ := w.context()
	return runtime.OpenFileDialog(ctx, runtime.OpenDialogOptions{Title: title, DefaultDirectory: there(dir),
		ShowHiddenFiles: true})
}

func (w *view) SaveFile(title, name string) (string, error) {
	ctx, _ := w.context()
	return runtime.SaveFileDialog(ctx, runtime.SaveDialogOptions{Title: title, DefaultDirectory: there(home()),
		DefaultFilename: name})
}

// there is a directory, or the next above it that is there: Wails opens no dialog in one that is missing.
func there(dir string) string {
	for {
		if at, err := os.Stat(dir); err == nil && at.IsDir() || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}
