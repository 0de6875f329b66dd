package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"burnish/backend/nas"
	"burnish/backend/nas/mirror"
	"burnish/backend/reason"
	"burnish/backend/secret"
	"burnish/backend/store"
)

// Open opens a data directory: its index (burnish.db) and its mirror. runner gives the program for a NAS by GOARCH.
// The function that comes with it closes the index.
func Open(ctx context.Context, dir string, runner func(goarch string) ([]byte, error)) (*Service, func() error, error) {
	return OpenWith(ctx, dir, nas.Options{Runner: runner})
}

// OpenWith is Open with all options for connections.
func OpenWith(ctx context.Context, dir string, options nas.Options) (*Service, func() error, error) {
	db, err := store.Open(ctx, dir, time.Now)
	if err != nil {
		return nil, nil, err
	}
	copies := filepath.Join(dir, "mirror")
	if err := os.MkdirAll(copies, 0o700); err != nil {
		return nil, nil, errors.Join(reason.New(reason.DataDirUnusable, "dir", copies, "error", err), db.Close())
	}
	s := &Service{
		store: db, mirror: mirror.Mirror{Dir: copies}, foldDir: filepath.Join(dir, "folds"), Now: time.Now,
		Random: rand.Reader, Who: who(),
		Dial: func(ctx context.Context, t nas.Target) (*nas.Conn, error) { return nas.Dial(ctx, t, options) },
	}
	s.logins.Keychain = secret.NewKeychain("burnish")
	s.logins.File = secret.NewFile(filepath.Join(dir, "secrets.age"), s.logins.Seal)
	if err := s.refill(ctx); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return s, db.Close, nil
}

// who names the person at this computer for audit trails and stop requests.
func who() string {
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "a computer"
	}
	return reason.Clean(name+"@"+host, 200)
}
