//go:build linux

package programs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/leak"
	"burnish/backend/testbed/need"
	"burnish/backend/testbed/sshd"
)

// TestAPasswordTypedInThePageIsNowhereElse: a wrong and a right password, a crash, questions and answers, while what is
// written, started and said is searched for it.
func TestAPasswordTypedInThePageIsNowhereElse(t *testing.T) {
	if !*page {
		t.Skip("run by make page-test")
	}
	need.Loop(t)
	server := sshd.Start(t, sshd.Config("PasswordAuthentication yes"))
	user := sshd.NewUser(t, sshd.SudoPassword)
	state := onNAS(t)
	drive := disk.Loop(t, 64<<20)
	file := filepath.Join(t.TempDir(), "secret") // the story removes it when it has read it
	if err := os.WriteFile(file, []byte(user.Password), 0o600); err != nil {
		t.Fatal(err)
	}
	about, err := json.Marshal(map[string]any{"host": server.Host, "port": server.Port, "user": user.Name,
		"secret": file, "state": state, "drive": drive.Path})
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	look := leak.Watch(user.Password)
	var said strings.Builder
	story(t, "password", func(line string) { said.WriteString(line + "\n") }, "BURNISH_TEST_NAS="+string(about),
		"BURNISH_TEST_DIR="+home)
	look.End(t, "burnish-e2e", "sudo")
	leak.Text(t, "what was said", said.String(), user.Password)
	leak.Text(t, "the SSH server's log", server.Log(), user.Password)
	if !strings.Contains(said.String(), "goroutine ") {
		t.Error("the crash said nothing")
	}
	if n := leak.Files(t, []string{user.Password}, home, filepath.Dir(state), "/var/log"); n < 5 {
		t.Errorf("only %d files were looked at", n)
	}
}
