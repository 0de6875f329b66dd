//go:build linux

package desk_test

import (
	"os"
	"path/filepath"
	"testing"

	"burnish/backend/desk"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
	"burnish/backend/testbed/sshd"
)

// TestAPasswordThatIsGivenLaterBringsTheJobsBack: the window was opened, nobody answered, and the NAS was looked at
// later: its job is followed again to its end.
func TestAPasswordThatIsGivenLaterBringsTheJobsBack(t *testing.T) {
	need.Root(t)
	need.Loop(t)
	server := sshd.Start(t, sshd.Config("PasswordAuthentication yes"))
	user := sshd.NewUser(t, sshd.SudoPassword)
	state, err := os.MkdirTemp("/var/lib", "burnish-desk-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(state) })
	if err := os.Chmod(state, 0o755); err != nil {
		t.Fatal(err)
	}
	drive := disk.Faulty(t, 64<<20)
	drive.Throttle(16 << 20)
	data, home := t.TempDir(), t.TempDir()
	d, p := open(t, data, home)
	added, err := d.AddNAS(desk.NASForm{Name: "box", Host: server.Host, Port: server.Port, User: user.Name,
		PasswordLogin: true, Password: user.Password, Sudo: "password",
		SudoPassword: user.Password, HostKey: server.HostKeyFingerprint, Keep: "session", VirtualDrives: true,
		StateDir: filepath.Join(state, "burnish")})
	if err != nil || !added.OK {
		t.Fatalf("%+v, %v", added, err)
	}
	var id string
	p.until("the drive is there", func(s desk.Snapshot) bool {
		for _, r := range s.Drives {
			if r.Path == drive.Path {
				id = r.ID
			}
		}
		return id != ""
	})
	made, err := d.Start(desk.StartOrder{NAS: added.NAS, Drives: []string{id}, Plan: "standard", WithoutSMART: true,
		Declared: "unknown"})
	if err != nil || len(made) != 1 {
		t.Fatalf("%v, %v", made, err)
	}
	p.until("it is at work", func(s desk.Snapshot) bool { return s.Jobs[0].State == "running" })

	d.Close()
	d, p = open(t, data, home)
	asked := func() desk.Question {
		t.Helper()
		return p.until("a question", func(s desk.Snapshot) bool { return len(s.Questions) > 0 }).Questions[0]
	}
	d.Refuse(asked().ID)
	p.until("the NAS is not talked to", func(s desk.Snapshot) bool {
		return s.NAS[0].Phase == desk.Refused &&
			len(s.Questions) == 0
	})
	done := make(chan error, 1)
	go func() { done <- d.Survey(added.NAS) }()
	for answered := map[string]bool{}; ; {
		q := ""
		p.until("a question, or the job is followed", func(s desk.Snapshot) bool {
			for _, x := range s.Questions {
				if !answered[x.ID] {
					q = x.ID
				}
			}
			return q != "" || s.NAS[0].Phase == desk.Connected
		})
		if q == "" {
			break
		}
		answered[q] = true
		if err := d.Answer(q, user.Password); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	drive.Throttle(200 << 20)
	p.until("its end is seen", func(s desk.Snapshot) bool { return s.Jobs[0].State == "passed" })
}
