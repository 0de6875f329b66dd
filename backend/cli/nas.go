package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"

	"burnish/backend/jobs"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/secret"
	"burnish/backend/sshconfig"
	"burnish/backend/store"
)

type nasCmd struct {
	Add      nasAddCmd      `cmd:"" help:"Save a connection after trying it."`
	Import   nasImportCmd   `cmd:"" help:"Save a connection that ssh knows, after trying it; without a host, list those."`
	List     nasListCmd     `cmd:"" help:"The saved connections."`
	Test     nasTestCmd     `cmd:"" help:"Try a connection to the end: login, rights, runner, drives."`
	Password nasPasswordCmd `cmd:"" help:"Save or change a password, or where passwords are kept."`
	Edit     nasEditCmd     `cmd:"" help:"Change how jobs of a NAS are treated."`
	Remove   nasRemoveCmd   `cmd:"" help:"Forget a connection and its passwords."`
}

// nasFlags are what add and import have in common.
type nasFlags struct {
	PasswordStdin     bool   `name:"password-stdin" help:"Log in with a password: the next line of stdin, or asked for at a terminal."`
	PassphraseStdin   bool   `name:"passphrase-stdin" help:"The key's passphrase is the next line of stdin."`
	Sudo              string `default:"none" enum:"none,nopasswd,password" help:"How to become root: none, nopasswd or password. The password is the next line of stdin or asked for; an empty one is that of the login."`
	SudoPasswordStdin bool   `name:"sudo-password-stdin" help:"As --sudo password; the line must be there."`
	HostKey           string `name:"host-key" placeholder:"SHA256:..." help:"The fingerprint that the NAS must show."`
	JumpKey           string `name:"jump-key" placeholder:"SHA256:..." help:"The fingerprint that the jump host must show."`
	Secrets           string `default:"auto" enum:"auto,keychain,session,file" help:"Where passwords are kept: the system's keychain, nowhere but in memory (session), or a file sealed by a passphrase. auto is the keychain, or session where there is none."`
	Legacy            bool   `name:"legacy-algorithms" help:"Allow encryption that is known to be weak, for a NAS that cannot be updated."`
	VirtualDrives     bool   `name:"virtual-drives" help:"Loop, nbd and virtio devices count as drives. For labs."`
	StateDir          string `name:"state-dir" placeholder:"DIR" help:"Where the runner lives on the NAS."`
	Slots             int    `default:"4" help:"How many jobs run at once."`
	AutoResume        bool   `name:"auto-resume" help:"Jobs that a restart of the NAS or the end of their runner broke off go on by themselves, while Burnish runs; a few times a day at most."`
	KeepDays          int    `name:"keep-days" default:"30" placeholder:"N" help:"How long the NAS keeps what Burnish has collected of ended jobs; 0 for as long as nobody cleans it."`
}

type nasAddCmd struct {
	Name  string `arg:"" help:"What you call it."`
	Host  string `required:"" help:"Host name or address; also USER@HOST:PORT or ssh://USER@HOST:PORT."`
	Port  int    `placeholder:"22" help:"SSH port, where the host does not say it."`
	User  string `help:"Login, where the host does not say it."`
	Key   string `placeholder:"FILE" xor:"login" help:"Private key."`
	Agent bool   `xor:"login" help:"Ask the SSH agent."`
	Jump  string `placeholder:"USER@HOST:PORT" help:"Go through this host; the login there is by the same key or agent, or by a password of its own."`
	nasFlags
}

func (c *nasAddCmd) run(ctx context.Context, a *app) (int, error) {
	at, err := profile.ParseAddress(c.Host)
	if err == nil {
		at, err = at.With(c.User, c.Port)
	}
	if err != nil {
		return 0, err
	}
	p := profile.Profile{Name: c.Name, Host: at.Host, Port: at.Port, User: at.User, Agent: c.Agent}
	if c.Key != "" {
		key, err := absolute(c.Key)
		if err != nil {
			return 0, err
		}
		p.KeyFile = key
	}
	if c.Jump != "" {
		jump, err := sshconfig.ParseJump(c.Jump, at.User)
		if err != nil {
			return 0, err
		}
		if jump.Port == 0 {
			jump.Port = profile.DefaultPort
		}
		p.Jump = jump
	}
	return c.save(ctx, a, p)
}

// save fills in what the flags say, asks for the passwords, and saves the profile.
func (c *nasFlags) save(ctx context.Context, a *app, p profile.Profile) (int, error) {
	p.VirtualDrives, p.StateDir, p.Slots, p.Legacy = c.VirtualDrives, c.StateDir, c.Slots, c.Legacy
	p.AutoResume, p.KeepDays = c.AutoResume, c.KeepDays
	p.Sudo = profile.Sudo(c.Sudo)
	if c.SudoPasswordStdin {
		p.Sudo = profile.SudoPassword
	}
	p.Password = c.PasswordStdin || p.KeyFile == "" && !p.Agent && a.Ask != nil
	with := jobs.NewNAS{HostKey: c.HostKey, JumpKey: c.JumpKey, Keep: keep(c.Secrets),
		Secrets: map[secret.Kind]secret.Secret{}}
	if err := c.read(ctx, a, p, with.Secrets); err != nil {
		return 0, err
	}
	p, err := a.svc.AddNAS(ctx, p, with)
	if err != nil {
		return 0, err
	}
	if a.json {
		return 0, a.put(nasLine(p))
	}
	a.say("%s is saved: %s@%s, machine %s (%s).", p.Name, p.User, p.Host, clean(p.Hostname), clean(p.MachineID))
	a.sayWhere(p.Secrets)
	return 0, nil
}

// read takes the passwords in the order in which they stand on stdin: login, passphrase, sudo.
func (c *nasFlags) read(ctx context.Context, a *app, p profile.Profile,
	into map[secret.Kind]secret.Secret) (err error) {
	if p.Password {
		if into[secret.Login], err = a.mustSecret(ctx, "Password of "+p.User+" at "+p.Host); err != nil {
			return err
		}
	}
	if c.PassphraseStdin {
		if into[secret.Passphrase], err = a.mustSecret(ctx, "Passphrase of "+p.KeyFile); err != nil {
			return err
		}
	}
	if p.Sudo != profile.SudoPassword || !p.Password && !p.Agent && p.KeyFile == "" {
		return nil // without a way to log in, that is what will be said
	}
	text := "Sudo password of " + p.User + " at " + p.Host
	if !p.Password || c.SudoPasswordStdin && a.Ask == nil {
		into[secret.Sudo], err = a.mustSecret(ctx, text)
		return err
	}
	own, err := a.secretLine(ctx, text+" (empty: the same)")
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !own.Empty() {
		into[secret.Sudo] = own
	}
	return nil
}

func keep(flag string) profile.Keep {
	if flag == "auto" {
		return profile.KeepNone
	}
	return profile.Keep(flag)
}

// sayWhere tells where passwords are kept, if there are any.
func (a *app) sayWhere(where profile.Keep) {
	switch where {
	case profile.KeepKeychain:
		a.say("Its passwords are in the keychain of this computer.")
	case profile.KeepFile:
		a.say("Its passwords are in the sealed file.")
	case profile.KeepSession:
		a.say("Its passwords are not kept: Burnish asks for them each time. (burnish nas password NAME --secrets " +
			"keychain or file keeps them.)")
	case profile.KeepNone: // the login has no password
	}
}

// nasRow is a saved NAS as --json shows it.
type nasRow struct {
	Name          string `json:"name"`
	Host          string `json:"host"`
	Port          int    `json:"port"`
	User          string `json:"user"`
	Login         string `json:"login"` // key, agent, password, or key+password
	Sudo          string `json:"sudo"`
	HostKey       string `json:"host_key"`
	StateDir      string `json:"state_dir"`
	VirtualDrives bool   `json:"virtual_drives"`
	MachineID     string `json:"machine_id"`
	Hostname      string `json:"hostname"`
	Slots         int    `json:"slots"`
	Jump          string `json:"jump"`    // user@host:port, empty for none
	Secrets       string `json:"secrets"` // keychain, file or session; empty where there are none
	Legacy        bool   `json:"legacy_algorithms"`
	AutoResume    bool   `json:"auto_resume"`
	KeepDays      int    `json:"keep_days"` // 0: until it is cleaned
}

func nasLine(p profile.Profile) nasRow {
	var login []string
	for way, has := range map[string]bool{"key": p.KeyFile != "", "agent": p.Agent, "password": p.Password} {
		if has {
			login = append(login, way)
		}
	}
	slices.Sort(login)
	return nasRow{p.Name, p.Host, p.Port, p.User, strings.Join(login, "+"), string(p.Sudo), p.HostKey, p.StateDir,
		p.VirtualDrives,
		p.MachineID, p.Hostname, p.Slots, jumpText(p.Jump), string(p.Secrets), p.Legacy, p.AutoResume, p.KeepDays}
}

func jumpText(j profile.Jump) string {
	if j.Host == "" {
		return ""
	}
	return j.User + "@" + net.JoinHostPort(j.Host, strconv.Itoa(j.Port))
}

type nasListCmd struct{}

func (c *nasListCmd) run(ctx context.Context, a *app) (int, error) {
	all, err := a.svc.Profiles(ctx)
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
	nas, err := a.nas(ctx, c.Name)
	if err != nil {
		return 0, err
	}
	return 0, a.svc.TestNAS(ctx, nas, func(s jobs.Step) {
		if a.json {
			_ = a.put(s)
			return
		}
		a.say("%-7s %s", s.Name, clean(s.Text))
	})
}

type nasEditCmd struct {
	Name         string `arg:"" help:"The NAS."`
	AutoResume   bool   `name:"auto-resume" xor:"auto" help:"Jobs that the NAS broke off go on by themselves."`
	NoAutoResume bool   `name:"no-auto-resume" xor:"auto" help:"They wait until somebody resumes them."`
	KeepDays     *int   `name:"keep-days" placeholder:"N" help:"How long the NAS keeps what was collected of ended jobs; 0 for as long as nobody cleans it."`
	Slots        *int   `help:"How many jobs run at once, of those that are started from now on."`
}

func (c *nasEditCmd) run(ctx context.Context, a *app) (int, error) {
	nas, err := a.nas(ctx, c.Name)
	if err != nil {
		return 0, err
	}
	p, err := a.svc.EditNAS(ctx, nas, func(p *profile.Profile) {
		p.AutoResume = (p.AutoResume || c.AutoResume) && !c.NoAutoResume
		if c.KeepDays != nil {
			p.KeepDays = *c.KeepDays
		}
		if c.Slots != nil {
			p.Slots = *c.Slots
		}
	})
	if err != nil {
		return 0, err
	}
	if a.json {
		return 0, a.put(nasLine(p))
	}
	goOn, kept := "wait until somebody resumes them", "until they are cleaned"
	if p.AutoResume {
		goOn = "go on by themselves"
	}
	if p.KeepDays > 0 {
		kept = fmt.Sprintf("for %d days", p.KeepDays)
	}
	a.say("%s: %s at once; jobs that the NAS broke off %s; what was collected of ended jobs stays there %s.", p.Name,
		reason.Count(p.Slots, "job"), goOn, kept)
	return 0, nil
}

type nasRemoveCmd struct {
	Name string `arg:"" help:"The NAS."`
}

func (c *nasRemoveCmd) run(ctx context.Context, a *app) (int, error) {
	nas, err := a.nas(ctx, c.Name)
	if err != nil {
		return 0, err
	}
	rows, err := a.svc.Rows(ctx, store.Filter{NAS: c.Name})
	if err != nil {
		return 0, err
	}
	if err := a.svc.RemoveNAS(ctx, nas); err != nil {
		return 0, err
	}
	if a.json {
		return 0, nil
	}
	a.say("%s is removed. Its ended jobs stay in the history.", c.Name)
	if slices.ContainsFunc(rows, func(j store.Job) bool { return j.Phase == store.There }) {
		a.say("The runner and the files of ended jobs still lie on the NAS. To remove them, add the NAS again and "+
			"run: burnish clean %s", c.Name)
	}
	return 0, nil
}
