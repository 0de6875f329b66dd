package cli

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/user"
	"path/filepath"

	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/secret"
	"burnish/backend/sshconfig"
)

type nasPasswordCmd struct {
	Name       string `arg:"" help:"The NAS."`
	Sudo       bool   `xor:"kind" help:"The password that sudo asks for."`
	Passphrase bool   `xor:"kind" help:"The passphrase of the key."`
	Jump       bool   `xor:"kind" help:"The password of the login at the jump host."`
	Secrets    string `default:"auto" enum:"auto,keychain,session,file" help:"Keep all passwords of this NAS here from now on."`
}

func (c *nasPasswordCmd) run(ctx context.Context, a *app) (int, error) {
	p, err := a.svc.ProfileNamed(ctx, c.Name)
	if err != nil {
		return 0, err
	}
	kind, what := secret.Login, "Password of "+p.User+" at "+p.Name
	switch {
	case c.Sudo:
		kind, what = secret.Sudo, "Sudo password of "+p.User+" at "+p.Name
	case c.Passphrase:
		kind, what = secret.Passphrase, "Passphrase of "+p.KeyFile
	case c.Jump:
		kind, what = secret.Jump, "Password of "+p.Jump.User+" at "+p.Jump.Host
	}
	var text secret.Secret
	if keep(c.Secrets) != profile.KeepSession {
		if text, err = a.mustSecret(ctx, what); err != nil {
			return 0, err
		}
	}
	where, err := a.svc.SaveSecret(ctx, p.ID, kind, text, keep(c.Secrets))
	if err != nil {
		return 0, err
	}
	if a.json {
		return 0, a.put(map[string]string{"name": p.Name, "secrets": string(where)})
	}
	a.sayWhere(where)
	return 0, nil
}

type nasImportCmd struct {
	Host       string `arg:"" optional:"" help:"The host, as it stands in the file."`
	File       string `placeholder:"FILE" help:"The configuration to read (default ~/.ssh/config)."`
	KnownHosts string `name:"known-hosts" placeholder:"FILE" help:"Where ssh keeps the host keys that were accepted (default ~/.ssh/known_hosts)."`
	Name       string `help:"What you call it (default: as in the file)."`
	nasFlags
}

func (c *nasImportCmd) run(ctx context.Context, a *app) (int, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return 0, err
	}
	me, err := user.Current()
	if err != nil {
		return 0, err
	}
	if c.File == "" {
		c.File = filepath.Join(home, ".ssh", "config")
	}
	if c.KnownHosts == "" {
		c.KnownHosts = filepath.Join(home, ".ssh", "known_hosts")
	}
	config, err := sshconfig.Read(c.File, home, me.Username)
	if err != nil {
		return 0, err
	}
	if c.Host == "" {
		return 0, a.importable(config)
	}
	p, err := config.Profile(c.Host)
	if err != nil {
		return 0, err
	}
	if c.Name != "" {
		p.Name = c.Name
	}
	if c.PasswordStdin && p.Agent {
		p.Agent = false // it was only what ssh does where no key is named
	}
	if c.HostKey == "" || p.Jump.Host != "" && c.JumpKey == "" {
		host, jump, err := config.HostKeys(c.KnownHosts, c.Host)
		if err != nil {
			return 0, err
		}
		c.HostKey, c.JumpKey = cmp.Or(c.HostKey, host), cmp.Or(c.JumpKey, jump)
	}
	return c.save(ctx, a, p)
}

// importRow is a host of ssh's configuration as --json shows it.
type importRow struct {
	Host   string       `json:"host"`
	Reach  string       `json:"reach"` // user@host:port
	Key    string       `json:"key"`   // empty: the agent
	Jump   string       `json:"jump"`
	Reason *reason.Said `json:"reason"` // why it cannot be imported
}

// importable lists the hosts of the file.
func (a *app) importable(config *sshconfig.Config) error {
	t := a.table("HOST", "LOGIN", "KEY", "JUMP")
	for _, host := range config.Hosts() {
		p, err := config.Profile(host)
		row := importRow{Host: host, Reach: jumpText(profile.Jump{Host: p.Host, Port: p.Port, User: p.User}),
			Key: p.KeyFile, Jump: jumpText(p.Jump)}
		if err != nil {
			if !errors.As(err, &row.Reason) {
				return err
			}
			row.Jump = row.Reason.Text
		}
		if !a.json {
			t.row(row.Host, row.Reach, row.Key, row.Jump)
		} else if err := a.put(row); err != nil {
			return err
		}
	}
	t.print()
	if !a.json {
		a.say("Save one with: burnish nas import HOST")
	}
	return nil
}
