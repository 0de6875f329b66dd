// Package notify keeps a person's ways to be told notices, and tells them.
//
// Its rules:
//   - What is to be told is stored before it is told and survives every end of a process (Tell). It is stored once for
//     each event, however often it is handed over.
//   - One process of all that use a data directory tells: the one that leads. A try is noted before it is made, and
//     what came of it after; a crash between the two tells at most once more.
//   - A way that fails is tried again for a day, then given up, and says so (List). It never holds up another way, and
//     never a job.
//   - Addresses, keys and passwords of ways lie in the keychain or a sealed file, never in the index.
//
// An Outbox is safe for concurrent use, by several processes too. Errors are reasons, or the context's.
package notify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/courier"
	"burnish/backend/notice"
	"burnish/backend/reason"
	"burnish/backend/secret"
	"burnish/backend/store"
)

// Secrets is a place where secrets are kept; package secret has them.
type Secrets interface {
	Get(ctx context.Context, account string) (secret.Secret, error)
	Set(ctx context.Context, account string, s secret.Secret) error
	Delete(ctx context.Context, account string) error
}

// The places of secrets.
const (
	KeepAuto     = "auto"     // the keychain, or the file with a key where there is none
	KeepKeychain = "keychain" // of the system
	KeepFile     = "file"     // sealed by a passphrase, which a person types
	KeepKeyed    = "keyed"    // sealed by a key that lies in the person's configuration
)

// Outbox is what a person's notices need. Open makes it; Report and Ended may be nil.
type Outbox struct {
	store   *store.Store
	Places  map[string]Secrets // by the names above, KeepAuto left out
	Courier *courier.Courier
	Now     func() time.Time // in the person's time zone
	// Report makes the file that goes with the mail of a job.
	Report func(ctx context.Context, job string) (*courier.Report, error)

	// Ended gives the jobs that ended in a time, by unix milliseconds; without it there is no summary.
	Ended func(ctx context.Context, fromMs, toMs int64) ([]burnin.Job, error)

	busy busy
	days days
}

// Open makes an outbox of a data directory. keychain and file are the places that the saved NAS use too.
func Open(db *store.Store, dir string, keychain, file Secrets, version string) *Outbox {
	conf, err := os.UserConfigDir()
	if err != nil {
		conf = dir // there is no better place; the file is its owner's alone
	}
	keyed := secret.NewKeyed(filepath.Join(dir, "notices.age"), filepath.Join(conf, "burnish", "notices.key"))
	return &Outbox{store: db, Now: time.Now, Courier: &courier.Courier{Now: time.Now, Version: version},
		Places: map[string]Secrets{KeepKeychain: keychain, KeepFile: file, KeepKeyed: keyed}}
}

// held are the secrets of a way, as they are kept.
type held struct {
	Address  string `json:"address,omitempty"`
	Key      string `json:"key,omitempty"`
	Password string `json:"password,omitempty"`
}

// Fresh is a way that is to be saved.
type Fresh struct {
	Way      notice.Way // name, method, events and mail; the rest is filled in
	Address  secret.Secret
	Key      secret.Secret
	Password secret.Secret
	Keep     string
}

// Add saves a way: bad_way, way_exists, keychain_unavailable, keychain_denied, sealed_file_denied,
// sealed_file_unusable.
func (o *Outbox) Add(ctx context.Context, f Fresh) (notice.Way, error) {
	w := f.Way
	if w.Events == nil {
		w.Events = notice.Usual()
	}
	kept := held{Key: f.Key.Reveal(), Password: f.Password.Reveal()}
	switch w.Method {
	case notice.Mail:
		if w.Post != nil {
			w.Where = fmt.Sprintf("%s by %s", strings.Join(w.Post.To, ", "), w.Post.Host)
		}
	case notice.Desktop:
		w.Where = "the desktop of this computer"
	default:
		address, shown, err := courier.Parse(w.Method, f.Address)
		if err != nil {
			return w, err
		}
		kept.Address, w.Where = address.Reveal(), shown
	}
	if err := courier.CheckKey(f.Key); err != nil {
		return w, err
	}
	w.Signed, w.CreatedMs, w.ID = kept.Key != "", o.Now().UnixMilli(), newID()
	if err := w.Check(); err != nil {
		return w, err
	}
	if _, err := o.store.WayNamed(ctx, w.Name); err == nil {
		return w, reason.New(reason.WayExists, "way", w.Name)
	}
	if kept != (held{}) {
		var err error
		if w.Secrets, err = o.keep(ctx, w, kept, f.Keep); err != nil {
			return w, err
		}
	}
	if err := o.store.AddWay(ctx, w); err != nil {
		return w, errors.Join(err, o.forget(context.WithoutCancel(ctx), w))
	}
	return w, nil
}

func newID() string {
	raw := make([]byte, 10)
	_, _ = rand.Read(raw) // it never fails
	return hex.EncodeToString(raw)
}

// keep puts the secrets of a way where the person wishes, and says where that is.
func (o *Outbox) keep(ctx context.Context, w notice.Way, kept held, wish string) (string, error) {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // it has to fit into a keychain
	if err := e.Encode(kept); err != nil {
		return "", err
	}
	places := []string{wish}
	if wish == KeepAuto || wish == "" {
		places = []string{KeepKeychain, KeepKeyed}
	}
	var err error
	for _, name := range places {
		place := o.Places[name]
		if place == nil {
			return "", reason.New(reason.BadWay, "what", "there is no place named "+name+" for secrets")
		}
		err = place.Set(ctx, secret.WayAccount(w.ID), secret.New(strings.TrimSpace(text.String())))
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, secret.ErrUnavailable) && !errors.Is(err, secret.ErrDenied) {
			break
		}
		err = placeSaid(name, w.Name, err)
	}
	return "", err
}

// placeSaid turns what a place of secrets answers into a reason.
func placeSaid(place, way string, err error) error {
	var said *reason.Said
	if errors.As(err, &said) {
		return err
	}
	denied := errors.Is(err, secret.ErrDenied)
	switch file := map[string]string{KeepFile: "secrets.age", KeepKeyed: "notices.age"}[place]; {
	case file != "" && denied:
		return reason.New(reason.SealedFileDenied, "file", file, "error", err)
	case file != "":
		return reason.New(reason.SealedFileUnusable, "file", file, "error", err)
	case denied:
		return reason.New(reason.KeychainDenied, "what", "the secrets of the way "+way, "error", err)
	}
	return reason.New(reason.KeychainUnavailable, "what", "the secrets of the way "+way, "error", err)
}

func (o *Outbox) forget(ctx context.Context, w notice.Way) error {
	place := o.Places[w.Secrets]
	if place == nil {
		return nil
	}
	err := place.Delete(ctx, secret.WayAccount(w.ID))
	if errors.Is(err, secret.ErrNotFound) {
		return nil
	}
	return err
}

// open gives a way with its secrets.
func (o *Outbox) open(ctx context.Context, w notice.Way) (courier.To, error) {
	to := courier.To{Way: w}
	if w.Secrets == "" {
		return to, nil
	}
	place := o.Places[w.Secrets]
	if place == nil {
		return to, reason.New(reason.BadWay, "what", "there is no place named "+w.Secrets+" for secrets")
	}
	text, err := place.Get(ctx, secret.WayAccount(w.ID))
	if err != nil {
		return to, placeSaid(w.Secrets, w.Name, err)
	}
	var kept held
	if json.Unmarshal([]byte(text.Reveal()), &kept) != nil { // its error might quote what was read
		return to, reason.New(reason.BadWay, "what", "what is kept for "+w.Name+
			" cannot be read; remove it and add it anew")
	}
	to.Address, to.Key, to.Password = secret.New(kept.Address), secret.New(kept.Key), secret.New(kept.Password)
	return to, nil
}

// Remove forgets a way and its secrets: no_such_way. Secrets in a place that cannot be used now stay there:
// secrets_left.
func (o *Outbox) Remove(ctx context.Context, name string) error {
	w, err := o.store.WayNamed(ctx, name)
	if err != nil {
		return err
	}
	if err := o.store.RemoveWay(ctx, w.ID); err != nil {
		return err
	}
	if err := o.forget(ctx, w); err != nil {
		return reason.New(reason.SecretsLeft, "nas", w.Name, "accounts", secret.WayAccount(w.ID), "error", err)
	}
	return nil
}

// SetEvents changes what a way is told of: no_such_way, bad_way.
func (o *Outbox) SetEvents(ctx context.Context, name string, events []string) (notice.Way, error) {
	w, err := o.store.WayNamed(ctx, name)
	if err != nil {
		return w, err
	}
	w.Events = events
	return w, o.store.UpdateWay(ctx, w)
}

// Quiet gives the hours in which only what cannot wait is told.
func (o *Outbox) Quiet(ctx context.Context) (notice.Quiet, error) { return o.store.Quiet(ctx) }

// SetQuiet changes them, for all ways.
func (o *Outbox) SetQuiet(ctx context.Context, q notice.Quiet) error { return o.store.SetQuiet(ctx, q) }

// Shown is a way and how it does.
type Shown struct {
	notice.Way
	store.Standing
}

// List shows all ways by name.
func (o *Outbox) List(ctx context.Context) ([]Shown, error) {
	ways, err := o.store.Ways(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Shown, 0, len(ways))
	for _, w := range ways {
		st, err := o.store.WayStanding(ctx, w.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, Shown{w, st})
	}
	return all, nil
}

// Test tells a person's try at once and gives what the server answered: no_such_way, or why the secrets cannot be read.
// A way that answers tells what waits for it.
func (o *Outbox) Test(ctx context.Context, name string) (notice.Answer, error) {
	w, err := o.store.WayNamed(ctx, name)
	if err != nil {
		return notice.Answer{}, err
	}
	to, err := o.open(ctx, w)
	if err != nil {
		return notice.Answer{}, err
	}
	answer := o.Courier.Send(ctx, to, notice.OfTest(w.Name, o.Now().UnixMilli()), nil)
	if answer.Fault == "" {
		err = o.store.WakeWay(ctx, w.ID)
	}
	return answer, err
}
