package secret

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keyedWork is scrypt's work factor where the passphrase is a random key, which nobody guesses.
const keyedWork = 10

// NewKeyed is a sealed file whose passphrase is a random key in another file, which its owner alone may read: for
// processes that no person attends, on machines without a keychain. Whoever copies the sealed file alone, as a backup
// of its directory does, reads nothing; whoever can read both files reads all. The key is made with the first secret,
// and keyPath should lie elsewhere than path.
func NewKeyed(path, keyPath string) *File {
	f := NewFile(path, func(_ context.Context, fresh bool) (Secret, error) { return key(keyPath, fresh) })
	f.work = keyedWork
	return f
}

// key reads the key, or makes it where there is none and fresh says that none is needed for what is sealed already.
func key(path string, fresh bool) (Secret, error) {
	text, err := readBounded(path)
	switch {
	case err == nil && len(text) > 0:
		return New(string(text)), nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return Secret{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	case !fresh:
		return Secret{}, fmt.Errorf("%w: its key %s is gone", ErrDenied, path)
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // it never fails
	text = []byte(base64.StdEncoding.EncodeToString(raw))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Secret{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := replace(path, text); err != nil {
		return Secret{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return New(string(text)), nil
}
