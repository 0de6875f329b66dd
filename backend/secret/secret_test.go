package secret

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const plain = "correct-horse-battery"

// Whatever prints a secret, alone or deep in something else, prints no part of it.
func TestASecretPrintsAsSuch(t *testing.T) {
	s := New(plain)
	type deep struct {
		Name   string
		Shown  Secret
		hidden Secret
		all    map[string]*Secret
	}
	d := deep{"n", s, s, map[string]*Secret{"k": &s}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T", "%10.3s"} {
		for _, v := range []any{s, &s, d, &d, []Secret{s}, map[string]Secret{"a": s}, error(fmt.Errorf("login: %v", s)),
			struct{ any }{s}} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, v := range []any{s, &s, d, map[string]any{"s": s}} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("login", "password", s, "all", d)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("login", "password", s, "all", d)
	out.WriteString(errors.Join(ErrDenied, fmt.Errorf("%w: %s", ErrNotFound, s)).Error())
	func() {
		defer func() { fmt.Fprint(&out, recover()) }()
		panic(s)
	}()
	for _, form := range []string{plain, fmt.Sprintf("%x", plain), fmt.Sprintf("%X", plain), "correct", "636f7272"} {
		if strings.Contains(out.String(), form) {
			t.Errorf("it shows as %q in:\n%s", form, out.String())
		}
	}
	if n := strings.Count(out.String(), hidden); n < 50 {
		t.Errorf("only %d times %q in:\n%s", n, hidden, out.String())
	}
	if s.Reveal() != plain || s.Empty() || !(Secret{}).Empty() || (Secret{}).Reveal() != "" {
		t.Error("it is not what was hidden")
	}
}

type store interface {
	Get(ctx context.Context, account string) (Secret, error)
	Set(ctx context.Context, account string, s Secret) error
	Delete(ctx context.Context, account string) error
}

// testStore tries what all places of secrets have in common.
func testStore(t *testing.T, s store) {
	t.Helper()
	ctx := t.Context()
	a, b := Account("0123456789abcdefghij", Login), Account("0123456789abcdefghij", Sudo)
	if a != "profile/0123456789abcdefghij/login" {
		t.Errorf("the account is %q", a)
	}
	if _, err := s.Get(ctx, a); !errors.Is(err, ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	if err := s.Delete(ctx, a); !errors.Is(err, ErrNotFound) {
		t.Errorf("delete before: %v", err)
	}
	for _, text := range []string{"first", plain, "pass wörd\t\"'$(id)\\"} {
		if err := s.Set(ctx, a, New(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(ctx, a); err != nil || got.Reveal() != text {
			t.Errorf("got %q, %v, want %q", got.Reveal(), err, text)
		}
	}
	if err := s.Set(ctx, b, New("sudo")); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(ctx, a); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(ctx, a); !errors.Is(err, ErrNotFound) {
		t.Errorf("after: %v", err)
	}
	if got, err := s.Get(ctx, b); err != nil || got.Reveal() != "sudo" {
		t.Errorf("the other account: %q, %v", got.Reveal(), err)
	}
	if err := s.Delete(ctx, b); err != nil {
		t.Error(err)
	}
}

func TestMemoryKeepsUntilItIsTold(t *testing.T) { testStore(t, &Memory{}) }
