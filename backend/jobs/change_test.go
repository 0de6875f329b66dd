package jobs

import (
	"slices"
	"testing"

	"burnish/backend/profile"
	"burnish/backend/secret"
)

// A secret is neither sent to another host or as another user nor lost while it is still of use.
func TestSecretsGoWithWhatTheyAreFor(t *testing.T) {
	key := profile.Profile{User: "admin", KeyFile: "/k", Sudo: profile.SudoPassword,
		Jump: profile.Jump{Host: "gate", Port: 22, User: "j"}}
	password := key
	password.KeyFile, password.Password = "", true
	for name, c := range map[string]struct {
		of     profile.Profile
		change func(*profile.Profile)
		gone   []secret.Kind
	}{
		"slots, where a server wants key and password": {key, func(p *profile.Profile) { p.Slots = 7 }, nil},
		"another key":        {key, func(p *profile.Profile) { p.KeyFile = "/other" }, []secret.Kind{secret.Passphrase}},
		"another jump host":  {key, func(p *profile.Profile) { p.Jump.Host = "other" }, []secret.Kind{secret.Jump}},
		"another port there": {key, func(p *profile.Profile) { p.Jump.Port = 23 }, []secret.Kind{secret.Jump}},
		"another user there": {key, func(p *profile.Profile) { p.Jump.User = "k" }, []secret.Kind{secret.Jump}},
		"no jump host":       {key, func(p *profile.Profile) { p.Jump = profile.Jump{} }, []secret.Kind{secret.Jump}},
		"another user": {password, func(p *profile.Profile) { p.User = "root" },
			[]secret.Kind{secret.Login, secret.Sudo}},
		"sudo without a password": {key, func(p *profile.Profile) { p.Sudo = profile.SudoNoPasswd },
			[]secret.Kind{secret.Sudo}},
		"a key in place of the password": {password, func(p *profile.Profile) { p.Password, p.KeyFile = false, "/k" },
			[]secret.Kind{secret.Passphrase, secret.Login}},
	} {
		p := c.of
		c.change(&p)
		if gone := outdated(c.of, p); !slices.Equal(gone, c.gone) {
			t.Errorf("%s: %v go, want %v", name, gone, c.gone)
		}
	}
}
