package store

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"burnish/backend/profile"
)

func TestHowToLogInIsKept(t *testing.T) {
	s := withTank(t)
	want := profile.Profile{
		ID: nasID("7"), Name: "Vault", Host: "vault.lan", Port: 22, User: "admin", Password: true, Legacy: true,
		Secrets: profile.KeepKeychain,
		Jump:    profile.Jump{Host: "door.lan", Port: 2200, User: "me"}, Sudo: profile.SudoPassword, Slots: 4,
		CreatedMs: 1,
	}
	if err := s.AddProfile(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err := s.ProfileNamed(t.Context(), "vault")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	want.KeyFile = filepath.Join(t.TempDir(), "key")
	want.Password, want.Legacy, want.Secrets, want.Jump = false, false, profile.KeepFile, profile.Jump{Host: "gate.lan",
		Port: 22, User: "you"}
	if err := s.UpdateProfile(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err = s.ProfileByID(t.Context(), want.ID)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
