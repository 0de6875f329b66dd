package cli

import (
	"context"

	"burnish/backend/jobs"
	"burnish/backend/profile"
	"burnish/backend/reason"
)

type nasCmd struct {
	Add    nasAddCmd    `cmd:"" help:"Save a connection after trying it."`
	List   nasListCmd   `cmd:"" help:"The saved connections."`
	Test   nasTestCmd   `cmd:"" help:"Try a connection to the end: login, rights, runner, drives."`
	Remove nasRemoveCmd `cmd:"" help:"Forget a connection."`
}

type nasAddCmd struct {
	Name          string `arg:"" help:"What you call it."`
	Host          string `required:"" help:"Host name or address."`
	Port          int    `default:"22" help:"SSH port."`
	User          string `required:"" help:"Login."`
	Key           string `placeholder:"FILE" xor:"login" help:"Private key without a passphrase."`
	Agent         bool   `xor:"login" help:"Ask the SSH agent."`
	Sudo          string `default:"none" enum:"none,nopasswd,password" help:"How to become root: none, nopasswd or password."`
	HostKey       string `name:"host-key" placeholder:"SHA256:..." help:"The fingerprint that the NAS must show."`
	VirtualDrives bool   `name:"virtual-drives" help:"Loop, nbd and virtio devices count as drives. For labs."`
	StateDir      string `name:"state-dir" placeholder:"DIR" help:"Where the runner lives on the NAS."`
	Slots         int    `default:"4" help:"How many jobs run at once."`
}

func (c *nasAddCmd) run(ctx context.Context, a *app) (int, error) {
	p := profile.Profile{
		Name: c.Name, Host: c.Host, Port: c.Port, User: c.User, Agent: c.Agent, Sudo: profile.Sudo(c.Sudo),
		VirtualDrives: c.VirtualDrives, StateDir: c.StateDir, Slots: c.Slots,
	}
	if c.Sudo == string(profile.SudoPassword) {
		return 0, reason.New("wrong_use", "what", "this version keeps no passwords", "hint", "Log in as root with a key, or use --sudo nopasswd.")
	}
	if c.Key != "" {
		key, err := absolute(c.Key)
		if err != nil {
			return 0, err
		}
		p.KeyFile = key
	}
	p, err := a.svc.AddNAS(ctx, p, c.HostKey)
	if err != nil {
		return 0, err
	}
	if a.json {
		return 0, a.put(nasLine(p))
	}
	a.say("%s is saved: %s@%s, machine %s (%s).", p.Name, p.User, p.Host, clean(p.Hostname), clean(p.MachineID))
	return 0, nil
}

// nasRow is a saved NAS as --json shows it.
type nasRow struct {
	Name          string `json:"name"`
	Host          string `json:"host"`
	Port          int    `json:"port"`
	User          string `json:"user"`
	Login         string `json:"login"` // key or agent
	Sudo          string `json:"sudo"`
	HostKey       string `json:"host_key"`
	StateDir      string `json:"state_dir"`
	VirtualDrives bool   `json:"virtual_drives"`
	MachineID     string `json:"machine_id"`
	Hostname      string `json:"hostname"`
	Slots         int    `json:"slots"`
}

func nasLine(p profile.Profile) nasRow {
	login := "key"
	if p.Agent {
		login = "agent"
	}
	return nasRow{p.Name, p.Host, p.Port, p.User, login, string(p.Sudo), p.HostKey, p.StateDir, p.VirtualDrives, p.MachineID, p.Hostname, p.Slots}
}

type nasListCmd struct{}

func (c *nasListCmd) run(ctx context.Context, a *app) (int, error) {
	all, err := a.svc.Store.Profiles(ctx)
	if err != nil {
		return 0, err
	}
	if !a.json && len(all) == 0 {
		a.say("No NAS is saved. Add one with: burnish nas add NAME --host HOST --user root --key FILE")
	}
	t := a.table("NAME", "LOGIN", "HOST NAME", "SUDO")
	for _, p := range all {
		if a.json {
			if err := a.put(nasLine(p)); err != nil {
				return 0, err
			}
			continue
		}
		t.row(p.Name, p.User+"@"+p.Host, p.Hostname, string(p.Sudo))
	}
	t.print()
	return 0, nil
}

type nasTestCmd struct {
	Name string `arg:"" help:"The NAS."`
}

func (c *nasTestCmd) run(ctx context.Context, a *app) (int, error) {
	return 0, a.svc.TestNAS(ctx, c.Name, func(s jobs.Step) {
		if a.json {
			_ = a.put(s)
			return
		}
		a.say("%-7s %s", s.Name, clean(s.Text))
	})
}

type nasRemoveCmd struct {
	Name string `arg:"" help:"The NAS."`
}

func (c *nasRemoveCmd) run(ctx context.Context, a *app) (int, error) {
	if err := a.svc.RemoveNAS(ctx, c.Name); err != nil {
		return 0, err
	}
	if !a.json {
		a.say("%s is removed. Its ended jobs stay in the history.", c.Name)
	}
	return 0, nil
}
