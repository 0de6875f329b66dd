//go:build linux

package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/leak"
	"burnish/backend/testbed/need"
)

// receiver takes webhooks and answers with a status; it keeps what came.
func receiver(t *testing.T, status *int) (url string, got func() string) {
	var mu sync.Mutex
	var all strings.Builder
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		all.WriteString(r.Header.Get("webhook-signature") + " " + string(body) + "\n")
		w.WriteHeader(*status)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}

func TestAWayIsSavedTestedAndRemovedAndItsSecretsAreOnlyInTheKeychain(t *testing.T) {
	p := &place{home: t.TempDir()}
	status := 200
	url, got := receiver(t, &status)
	const address, key, password = "addre55-part", "whsec_c2VjcmV0LXBhcnQ=", "passw0rd-part"
	look := leak.Watch(address, key, password)
	out := p.session(t, url+"/"+address+"\n"+key+"\n"+"https://ntfy.example/"+address+"\n"+password+"\n", unlockRing+`
next() { read -r line; printf '%s\n' "$line"; }
{ next; next; } | burnish notify add hook --webhook - --secret-stdin
next | burnish notify add phone --ntfy - --event job_ended:failed --event heartbeat --json
next | burnish notify add post --mail anna@example.org --smtp 127.0.0.1:1 --from b@example.org --user b \
  --password-stdin --report
burnish notify add here --desktop
burnish notify test hook
burnish notify test post --json || echo "exit $?"
burnish notify list
burnish notify list --json
burnish notify edit phone --event nas_lost
burnish notify quiet 22:00-07:00
burnish notify quiet --json
echo "kept: $(`+listRing+`)"
for way in hook phone post here; do burnish notify remove $way; done
burnish notify test hook --json || echo "exit $?"
echo "left: $(`+listRing+`)"
`)
	look.End(t, "burnish")
	for _, want := range []string{"hook is saved: webhook, http://", "Its secrets are in the keychain", "hook: 200 in ",
		`"name":"phone","method":"ntfy","where":"ntfy.example","events":["job_ended:failed","heartbeat"]`,
		`"code":"notice_untold"`, `"told":false`, "exit 2", "refused", `"signed":true`, "anna@example.org by 127.0.0.1",
		"phone is told of nas_lost", "Quiet from 22:00 to 07:00", `{"quiet":"22:00-07:00"}`, "kept: 3", "left: 0",
		`"code":"no_such_way"`} {
		if !strings.Contains(out, want) {
			t.Errorf("nobody said %q", want)
		}
	}
	if text := got(); !strings.HasPrefix(text, "v1,") || !strings.Contains(text, `"event":"test"`) {
		t.Errorf("the receiver got %q", text)
	}
	leak.Text(t, "what was printed", out, address, key, password)
	if n := leak.Files(t, []string{address, key, password}, p.home); n < 3 {
		t.Errorf("only %d files were looked at", n)
	}
	if t.Failed() {
		t.Log(out)
	}
}

// Where there is no keychain and no person, a way can be saved all the same.
func TestAWayIsSavedWhereThereIsNoKeychain(t *testing.T) {
	p := &place{home: t.TempDir()}
	status := 204
	url, got := receiver(t, &status)
	cmd := exec.CommandContext(t.Context(), need.Program(t, "sh"), "-ec", `
burnish notify add hook --webhook `+url+`/addre55-part
burnish notify test hook
burnish notify add hook --desktop || echo "exit $?"
burnish notify add two --desktop --ntfy x || echo "exit $?"
burnish notify add bad --ntfy 'https://:addre55-part@h/' || echo "exit $?"
burnish notify add bad --webhook 'http://h:x/addre55-part' || echo "exit $?"
burnish notify add bad --mail a@b || echo "exit $?"
burnish notify add bad --desktop --event nonsense || echo "exit $?"
burnish notify quiet 7 || echo "exit $?"
burnish notify list`)
	cmd.Env, cmd.Dir = p.env(noBus), p.home
	text, err := cmd.CombinedOutput()
	out := string(text)
	if err != nil || strings.Count(out, "exit 2") != 7 || !strings.Contains(out, "sealed file, its key") ||
		!strings.Contains(got(), `"event":"test"`) || !strings.Contains(out, "hook: 204 in") {
		t.Errorf("%v:\n%s\n%s", err, out, got())
	}
	leak.Text(t, "what was printed", out, "addre55-part")
	leak.Files(t, []string{"addre55-part"}, p.home)
}

// A job's end is told by the command that waits for it, and where none did by the next that watches, once.
func TestAVerdictIsToldByWhoeverWatches(t *testing.T) {
	p := newPlace(t)
	status := 200
	url, got := receiver(t, &status)
	a, b, c := disk.Loop(t, 64<<20), disk.Loop(t, 64<<20), disk.Loop(t, 64<<20)
	cmd := exec.CommandContext(t.Context(), need.Program(t, "sh"), "-ec", `
burnish nas add box --host `+p.server.Host+` --port `+fmt.Sprint(p.server.Port)+` --user `+p.server.User+` --key `+
		p.server.KeyFile+` --virtual-drives --state-dir `+p.state+` --host-key `+p.server.HostKeyFingerprint+`
burnish notify add hook --webhook `+url+`/x
burnish start box --drive `+a.Path+` --drive `+b.Path+` --plan quick --without-smart --wait
burnish start box --drive `+c.Path+` --plan quick --without-smart --json
burnish watch
burnish watch
burnish notify list --json`)
	cmd.Env, cmd.Dir = p.env(noBus), p.home
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ended := strings.Count(got(), `"event":"job_ended"`)
	if ended != 3 || strings.Count(got(), `"event":"batch_ended"`) != 1 || strings.Count(got(), "\n") != 4 {
		t.Errorf("%d ends were told: %s\n%s", ended, got(), out)
	}
}
