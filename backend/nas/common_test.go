package nas

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"burnish/backend/reason"
	"burnish/backend/wire"
)

const aJob = "0123456789abcdefghij"

// testContext bounds a test that hangs; no test waits for it.
func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// wantCode asks for an error with this code and gives its text.
func wantCode(t testing.TB, err error, want reason.Code) string {
	t.Helper()
	var said *reason.Said
	if !errors.As(err, &said) || said.Code != want {
		t.Fatalf("got the error %v, want %s", err, want)
	}
	return said.Text
}

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func nothing(string, *wire.JobStatus) {}
