package secret

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"filippo.io/age"
	"github.com/gofrs/flock"
)

// File keeps secrets in one file that a passphrase seals (age with scrypt), for machines without a keychain. It is
// read and written whole; a write that is cut off leaves the file as it was.
type File struct {
	path       string
	passphrase func(ctx context.Context, fresh bool) (Secret, error)
	work       int // scrypt's work factor for what is written, as a power of two

	mu     sync.Mutex
	key    Secret            // the passphrase, once it has opened the file
	opened [sha256.Size]byte // which content kept is of
	kept   map[string]string
}

// workFactor makes one try of a passphrase cost about a second and 256 MiB.
const workFactor = 18

// maxFile bounds what is read, in bytes.
const maxFile = 1 << 20

// NewFile does not touch the file yet. passphrase is asked at most once as long as it is right; fresh means that there
// is no file and that a new passphrase is to be chosen. Its errors are given back as they are.
func NewFile(path string, passphrase func(ctx context.Context, fresh bool) (Secret, error)) *File {
	return &File{path: path, passphrase: passphrase, work: workFactor}
}

// Get gives the secret of an account: ErrNotFound, ErrUnavailable where the file is damaged, ErrDenied if the
// passphrase is wrong.
func (f *File) Get(ctx context.Context, account string) (Secret, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	there, err := f.open(ctx)
	if err != nil {
		return Secret{}, err
	}
	text, ok := f.kept[account]
	if !there || !ok {
		return Secret{}, ErrNotFound
	}
	return New(text), nil
}

// Set keeps a secret in the place of any other of its account. Errors are those of Get and the file system's.
func (f *File) Set(ctx context.Context, account string, s Secret) error {
	return f.change(ctx, func() error {
		f.kept[account] = s.Reveal()
		return nil
	})
}

// Delete forgets a secret: ErrNotFound, and as Set.
func (f *File) Delete(ctx context.Context, account string) error {
	return f.change(ctx, func() error {
		if _, ok := f.kept[account]; !ok {
			return ErrNotFound
		}
		delete(f.kept, account)
		return nil
	})
}

// change reads, changes and writes the file while no other process does.
func (f *File) change(ctx context.Context, edit func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := flock.New(f.path+".lock", flock.SetPermissions(0o600))
	if _, err := l.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return err
	}
	defer l.Close()
	there, err := f.open(ctx)
	if err != nil {
		return err
	}
	if !there {
		f.kept = map[string]string{}
	}
	if err := edit(); err != nil {
		return err
	}
	if f.key.Empty() {
		if f.key, err = f.passphrase(ctx, true); err != nil {
			return err
		}
		if f.key.Empty() {
			return fmt.Errorf("%w: an empty passphrase seals nothing", ErrDenied)
		}
	}
	f.opened = [sha256.Size]byte{} // whatever comes, the next reader looks again
	return f.write()
}

// open brings kept up to the file's content. It reports whether there is a file.
func (f *File) open(ctx context.Context) (bool, error) {
	sealed, err := readBounded(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.kept = nil
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	sum := sha256.Sum256(sealed)
	if f.kept != nil && sum == f.opened {
		return true, nil
	}
	key := f.key
	if key.Empty() {
		if key, err = f.passphrase(ctx, false); err != nil {
			return false, err
		}
	}
	kept, err := unseal(sealed, key)
	if err != nil {
		f.key = Secret{}
		return false, err
	}
	f.key, f.kept, f.opened = key, kept, sum
	return true, nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s is too long", path)
	}
	return data, err
}

func unseal(sealed []byte, key Secret) (map[string]string, error) {
	if key.Empty() {
		return nil, fmt.Errorf("%w: the passphrase is empty", ErrDenied)
	}
	id, err := age.NewScryptIdentity(key.Reveal())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDenied, err)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), id)
	var wrong *age.NoIdentityMatchError
	switch {
	case errors.As(err, &wrong):
		return nil, fmt.Errorf("%w: the passphrase is wrong", ErrDenied)
	case err != nil:
		return nil, fmt.Errorf("%w: the file is damaged (%w)", ErrUnavailable, err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxFile))
	if err != nil {
		return nil, fmt.Errorf("%w: the file is damaged (%w)", ErrUnavailable, err)
	}
	kept := map[string]string{}
	if json.Unmarshal(text, &kept) != nil || kept == nil { // its error might quote what was read
		return nil, fmt.Errorf("%w: the file holds something else", ErrUnavailable)
	}
	return kept, nil
}

// write seals what is kept into a new file and puts it in the old one's place.
func (f *File) write() error {
	to, err := age.NewScryptRecipient(f.key.Reveal())
	if err != nil {
		return err
	}
	to.SetWorkFactor(f.work)
	text, err := json.Marshal(f.kept)
	if err != nil {
		return err
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return err
	}
	return replace(f.path, sealed.Bytes())
}

// replace writes a file for its owner alone, whole or not at all.
func replace(path string, data []byte) (err error) {
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(part.Name())
		}
	}()
	_, err = part.Write(data)
	if err := errors.Join(err, part.Sync(), part.Close()); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
