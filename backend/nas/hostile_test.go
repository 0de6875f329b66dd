package nas

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"burnish/backend/nas/link"
	"burnish/backend/nas/mirror"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

const honestFacts = scriptBegins + "\nos=Linux\narch=x86_64\nuid=0\ngid=0\nhost=nas\n" + scriptDone + "\n"

// hostileConn is a connection to an SSH server of the test's own, which answers the login's script with facts and all
// else with answer. The exit status is what answer returns; below zero none is sent.
func hostileConn(t *testing.T, facts string, o Options, answer func(ch ssh.Channel) int) (*Conn, error) {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(newKey(t), "")
	if err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	host, err := ssh.NewSignerFromKey(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions,
		error) {
		return nil, nil
	}}
	config.AddHostKey(host)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		raw, err := l.Accept()
		if err != nil {
			return
		}
		conn, channels, requests, err := ssh.NewServerConn(raw, config)
		if err != nil {
			return
		}
		t.Cleanup(func() { conn.Close() })
		go ssh.DiscardRequests(requests)
		for offered := range channels {
			ch, requests, err := offered.Accept()
			if err != nil {
				return
			}
			go func() {
				for r := range requests {
					r.Reply(r.Type == "exec", nil)
					if r.Type != "exec" {
						continue
					}
					go func() {
						status := 0
						if bytes.Contains(r.Payload, []byte("uname -s")) {
							io.WriteString(ch, facts)
						} else {
							io.WriteString(ch, scriptBegins+"\n")
							status = answer(ch)
						}
						if status >= 0 {
							ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status)}))
						}
						ch.Close()
					}()
				}
			}()
		}
	}()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Dial(testContext(t), Target{Target: link.Target{
		Name: "hostile", Host: "127.0.0.1", Port: number, User: "u", KeyFile: keyFile,
		HostKey: ssh.FingerprintSHA256(host.PublicKey()),
	}}, o)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { c.Close() })
	c.runner = placed{"/s", "/s/bin/burnish-runner-00000000", strings.Repeat("0", 64)}
	return c, nil
}

func hostile(t *testing.T, answer func(ch ssh.Channel) int) *Conn {
	t.Helper()
	c, err := hostileConn(t, honestFacts, Options{BeatTimeout: 20 * time.Second}, answer)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// says writes frames, or whatever else, and ends well.
func says(lines ...string) func(ssh.Channel) int {
	return func(ch ssh.Channel) int {
		for _, line := range lines {
			io.WriteString(ch, line+"\n")
		}
		return 0
	}
}

func frame(t *testing.T, kind wire.FrameType, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(wire.Frame{Type: kind, Value: raw})
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

const end = `{"t":"end"}`

// flood writes until nobody reads any more.
func flood(piece string) func(ssh.Channel) int {
	return func(ch ssh.Channel) int {
		block := bytes.Repeat([]byte(piece), 1+32<<10/len(piece))
		for {
			if _, err := ch.Write(block); err != nil {
				return -1
			}
		}
	}
}

func TestOnlyAnEndFrameIsSuccess(t *testing.T) {
	reply := frame(t, wire.FrameReply, wire.ListReply{})
	oneJob := frame(t, wire.FrameReply, wire.ListReply{Jobs: []wire.JobStatus{{Job: aJob}}})
	status := func(n int, stderr string, lines ...string) func(ssh.Channel) int {
		return func(ch ssh.Channel) int {
			says(lines...)(ch)
			io.WriteString(ch.Stderr(), stderr)
			return n
		}
	}
	for name, c := range map[string]struct {
		answer func(ssh.Channel) int
		want   reason.Code
	}{
		"exit 0 without a word":   {status(0, ""), "nas_garbage"},
		"exit 0 after the answer": {status(0, "", reply), "nas_garbage"},
		"no exit status":          {status(-1, "", reply), "connection_lost"},
		"a torn line": {func(ch ssh.Channel) int { io.WriteString(ch, reply[:5]); return 0 },
			"nas_garbage"},
		"a crash":                         {status(2, "panic: oh no\n", reply), "nas_garbage"},
		"a start-up file that prints":     {says("Welcome to my NAS!", reply, end), "nas_garbage"},
		"the same job twice":              {says(oneJob, oneJob, end), "nas_garbage"},
		"no answer":                       {says(end), "nas_garbage"},
		"another frame":                   {says(`{"t":"drive","v":{}}`, end), "nas_garbage"},
		"its own reason":                  {says(`{"t":"error","v":{"code":"journal_failed","title":"x","text":"y","hint":"z"}}`), "journal_failed"},
		"a reason that is not registered": {says(`{"t":"error","v":{"code":"you_are_fired","title":"x","text":"y","hint":"z"}}`), "nas_garbage"},
		"another runner":                  {status(126, saysChanged+"\n"), "runner_changed"},
		"a job with a name like a way out": {says(frame(t, wire.FrameReply,
			wire.ListReply{Jobs: []wire.JobStatus{{Job: "../../../../../../etc"}}}), end), "nas_garbage"},
		"a file with a name like a way out": {says(frame(t, wire.FrameReply, wire.ListReply{
			Jobs: []wire.JobStatus{{Job: aJob, Sizes: map[string]int64{"../x.log": 1}}}}), end), "nas_garbage"},
		"gigabytes without a newline": {flood("A"), "nas_too_much"},
		"gigabytes of lines":          {flood("A\n"), "nas_garbage"},
		"gigabytes of beats":          {flood(`{"t":"beat"}` + "\n"), "nas_too_much"},
		"gigabytes of errors":         {func(ch ssh.Channel) int { return flood("E\n")(stderrOf{ch}) }, "nas_too_much"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := hostile(t, c.answer).List(testContext(t))
			wantCode(t, err, c.want)
		})
	}

	t.Run("the end of the error output is told", func(t *testing.T) {
		c := hostile(t, func(ch ssh.Channel) int {
			io.WriteString(ch.Stderr(), strings.Repeat("noise\n", 100_000)+"the disk is \x1b[31mon fire\n")
			return 1
		})
		_, err := c.List(testContext(t))
		if text := wantCode(t, err, "nas_garbage"); !strings.Contains(text, "on fire") || strings.Contains(text,
			"\x1b") {
			t.Errorf("%q", text)
		}
	})
	t.Run("with an end frame an exit code means nothing", func(t *testing.T) {
		if _, err := hostile(t, status(1, "grumble", reply, end)).List(testContext(t)); err != nil {
			t.Error(err)
		}
	})
}

// stderrOf is a channel whose output is stderr.
type stderrOf struct{ ssh.Channel }

func (s stderrOf) Write(p []byte) (int, error) { return s.Channel.Stderr().Write(p) }

func TestAnInventoryIsBounded(t *testing.T) {
	row := frame(t, wire.FrameDrive, wire.DriveRow{Path: "/dev/sda"})
	_, err := hostile(t, flood(row+"\n")).Inventory(testContext(t), wire.InventoryRequest{})
	wantCode(t, err, "nas_too_much")
	wide := frame(t, wire.FrameDrive, wire.DriveRow{Path: strings.Repeat("x", 200_000)})
	_, err = hostile(t, flood(wide+"\n")).Inventory(testContext(t), wire.InventoryRequest{})
	wantCode(t, err, "nas_too_much")
}

func TestOnlyTheDataThatWasAskedForIsTaken(t *testing.T) {
	data := func(job, file string, off int64, n int) string {
		return frame(t, wire.FrameData, wire.Data{Job: job, File: file, Off: off, Bytes: make([]byte, n)})
	}
	other := "zzzzzzzzzzzzzzzzzzzz"
	for name, answer := range map[string]string{
		"another job":      data(other, "run-1.ndjson", 0, 1),
		"a gap":            data(aJob, "run-1.ndjson", 5, 1),
		"a way out":        data(aJob, "../../x.log", 0, 1),
		"too much at once": data(aJob, "run-1.ndjson", 0, wire.MaxChunk+1),
		"a negative size": frame(t, wire.FrameJob, wire.JobStatus{Job: aJob,
			Sizes: map[string]int64{"run-1.ndjson": -1}}),
		"another's state": frame(t, wire.FrameJob, wire.JobStatus{Job: other}),
		"an inventory":    `{"t":"drive","v":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := mirror.Mirror{Dir: t.TempDir()}
			err := hostile(t, says(answer, end)).Follow(testContext(t), m, nil, []string{aJob}, true, nothing)
			wantCode(t, err, "nas_garbage")
			if have, err := m.Have(aJob); err != nil || have["run-1.ndjson"] != 0 {
				t.Errorf("the mirror has %v, %v", have, err)
			}
		})
	}
	_, err := hostile(t, says(data(aJob, "run-1.ndjson", 1, 10), end)).Read(testContext(t), aJob, "run-1.ndjson", 0)
	wantCode(t, err, "nas_garbage")
}

func TestAJobThatIsFullIsNamed(t *testing.T) {
	m := mirror.Mirror{Dir: t.TempDir()}
	if _, err := m.Write(wire.Data{Job: aJob, File: "run-1.ndjson", Bytes: []byte("x")}, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(m.Dir, aJob, "run-1.ndjson"), wire.MaxMirror); err != nil {
		t.Fatal(err)
	}
	more := frame(t, wire.FrameData, wire.Data{Job: aJob, File: "run-1.ndjson", Off: wire.MaxMirror,
		Bytes: []byte("y")})
	err := hostile(t, says(more, end)).Follow(testContext(t), m, nil, []string{aJob}, true, nothing)
	wantCode(t, err, "mirror_full")
	if job := (*JobError)(nil); !errors.As(err, &job) || job.Job != aJob {
		t.Errorf("%v does not name the job", err)
	}
}

func TestADeadlineOfACallIsKept(t *testing.T) {
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	c := hostile(t, func(ssh.Channel) int { <-hang; return 0 })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := c.List(ctx)
	wantCode(t, err, "connection_lost")
	ctx, cancel = context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err = c.List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call gave %v", err)
	}
	if c.Err() != nil {
		t.Errorf("the connection itself ended: %v", c.Err())
	}
}

func TestOddMachinesAreRefusedAtTheLogin(t *testing.T) {
	facts := func(os, arch, uid string) string {
		return fmt.Sprintf("hello\n"+scriptBegins+"\nos=%s\narch=%s\nuid=%s\ngid=0\nhost=x\n%s\n", os, arch, uid,
			scriptDone)
	}
	for name, c := range map[string]struct {
		facts string
		want  reason.Code
	}{
		"FreeBSD":         {facts("FreeBSD", "amd64", "0"), "platform_unsupported"},
		"32 bits":         {facts("Linux", "armv7l", "0"), "platform_unsupported"},
		"a nasty name":    {facts("Linux; rm -rf /", "x86_64", "0"), "nas_garbage"},
		"a nasty id":      {facts("Linux", "x86_64", "-1"), "nas_garbage"},
		"no shell":        {"This account is currently not available.\n", "no_shell"},
		"nothing":         {"", "no_shell"},
		"no end of talks": {strings.Repeat("blah\n", 1<<18), "login_noisy"},
		"no end of facts": {scriptBegins + "\n" + strings.Repeat("blah\n", 1<<16), "nas_too_much"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := hostileConn(t, c.facts, Options{}, says())
			wantCode(t, err, c.want)
		})
	}
	c, err := hostileConn(t, facts("Linux", "aarch64", "1000\nsystem=\"Some \u202e\x1b[31mNAS "+
		strings.Repeat("9", 500)+"\""), Options{}, says())
	if err == nil && (!strings.HasPrefix(c.Facts().System, "Some ") || strings.ContainsAny(c.Facts().System,
		"\u202e\x1b") || len(c.Facts().System) > 100) {
		t.Errorf("the system is %q", c.Facts().System)
	}
	if err != nil || c.Facts().GOARCH != "arm64" || c.Facts().UID != 1000 || c.Facts().MachineID != "" {
		t.Errorf("%v", err)
	}
}
