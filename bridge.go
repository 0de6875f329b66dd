//go:build e2e && !desktop && !dev && !bindings

package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"

	"burnish/backend/cli"
	"burnish/backend/desk"
	"burnish/backend/reason"
)

// The bridge shows the page in a browser instead of a window, for tests: on loopback alone, to whoever has the token of
// this run. It is in no other build.

//go:embed bridge.js
var bridgeScript []byte

// window is the bridge.
func window() func(context.Context, cli.Window) error { return show }

// show serves the page and prints its address, until the page or the system ends it.
func show(ctx context.Context, on cli.Window) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	files, err := page()
	if err != nil {
		return err
	}
	token := make([]byte, 16)
	if _, err := rand.Read(token); err != nil {
		return err
	}
	b := &bridge{token: hex.EncodeToString(token), files: files, ears: map[chan []byte]bool{}}
	b.app = &App{quit: cancel, keep: ofUser().keep}
	b.app.desk, err = desk.Open(desk.Options{
		Service: on.Service, Emit: b.emit, Dialogs: b, Version: version, Practice: on.Practice, Temporary: on.Temporary,
		Home: home(), User: login(), Outbox: on.Outbox,
	})
	if err != nil {
		return err
	}
	defer b.app.desk.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: b.handler()}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	fmt.Printf("http://%s/?token=%s\n", listener.Addr(), b.token)
	if err := server.Serve(listener); ctx.Err() == nil {
		return err
	}
	return nil
}

// bridge is the web view's part: events out, calls in.
type bridge struct {
	token string
	files fs.FS
	app   *App

	mu   sync.Mutex
	ears map[chan []byte]bool // one queue for each page
}

// queue is how many events a page may lag behind; one that lags more is cut off and begins anew.
const queue = 4096

func (b *bridge) emit(event string, data any) {
	line, err := json.Marshal(map[string]any{"event": event, "data": data})
	if err != nil {
		panic(err) // a row that does not marshal ends the real window too
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for ear := range b.ears {
		select {
		case ear <- line:
		default:
			delete(b.ears, ear)
			close(ear)
		}
	}
}

// handler serves the files of the page to anybody on this computer, and the rest to who has the token.
func (b *bridge) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(b.files))
	mux.HandleFunc("GET /{$}", b.guard(b.index))
	mux.HandleFunc("GET /e2e/bridge.js", b.guard(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(bridgeScript)
	}))
	mux.HandleFunc("GET /e2e/events", b.guard(b.events))
	mux.HandleFunc("POST /e2e/call", b.guard(b.call))
	// What the frame of a window does when somebody closes it.
	mux.HandleFunc("POST /e2e/close", b.guard(func(w http.ResponseWriter, _ *http.Request) {
		if !b.app.desk.Leaving() {
			b.app.quit()
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	return mux
}

func (b *bridge) guard(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("token") != b.token {
			http.Error(w, "no token", http.StatusForbidden)
			return
		}
		next(w, r)
	}
}

// index is the page with the bridge before its own script.
func (b *bridge) index(w http.ResponseWriter, _ *http.Request) {
	html, err := fs.ReadFile(b.files, "index.html")
	if err != nil {
		http.Error(w, "the page is not built", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprint(w, strings.Replace(string(html), "<head>", `<head><script src="/e2e/bridge.js?token=`+b.token+`"></script>`, 1))
}

// events streams what the desk tells, in its order.
func (b *bridge) events(w http.ResponseWriter, r *http.Request) {
	ear := make(chan []byte, queue)
	b.mu.Lock()
	b.ears[ear] = true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.ears, ear)
		b.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	_ = out.Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case line, ok := <-ear:
			if !ok {
				return
			}
			if _, err := fmt.Fprintf(w, "data: %s\n\n", line); err != nil || out.Flush() != nil {
				return
			}
		}
	}
}

// maxCall bounds one call, in bytes.
const maxCall = 1 << 20

// call calls a method of App by its name, as the window does.
func (b *bridge) call(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Method string
		Args   []json.RawMessage
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCall)).Decode(&ask); err != nil {
		b.refuse(w, reason.New(reason.WrongUse, "what", "the call is not JSON: "+err.Error(), "hint", ""))
		return
	}
	method := reflect.ValueOf(b.app).MethodByName(ask.Method)
	if !method.IsValid() || method.Type().NumIn() != len(ask.Args) {
		b.refuse(w, reason.New(reason.WrongUse, "what", "there is no method "+ask.Method+" with so many arguments",
			"hint", ""))
		return
	}
	var in []reflect.Value
	for i, raw := range ask.Args {
		arg := reflect.New(method.Type().In(i))
		if err := json.Unmarshal(raw, arg.Interface()); err != nil {
			b.refuse(w, reason.New(reason.WrongUse, "what", "an argument of "+ask.Method+" is not right: "+err.Error(),
				"hint", ""))
			return
		}
		in = append(in, arg.Elem())
	}
	var answer any
	for _, out := range method.Call(in) {
		if err, failed := out.Interface().(error); failed {
			b.refuse(w, err)
			return
		}
		if out.Type() != reflect.TypeFor[error]() {
			answer = out.Interface()
		}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (b *bridge) refuse(w http.ResponseWriter, err error) {
	w.WriteHeader(http.StatusUnprocessableEntity)
	_ = json.NewEncoder(w).Encode(asSaid(err))
}

// OpenFile and SaveFile choose what a test laid out in BURNISH_E2E_DIR; without it the person chose nothing.
func (b *bridge) OpenFile(string, string) (string, error) { return chosen("key"), nil }

func (b *bridge) SaveFile(_, name string) (string, error) { return chosen(name), nil }

func chosen(name string) string {
	dir := os.Getenv("BURNISH_E2E_DIR")
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}
