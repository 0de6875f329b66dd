//go:build linux

package programs

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"burnish/backend/testbed/leak"
)

// hook is a webhook server whose answer is set from outside.
type hook struct {
	mu     sync.Mutex
	answer int
	signed int // requests with a signature
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.URL.Path == "/control" {
		h.answer, _ = strconv.Atoi(r.URL.Query().Get("answer"))
		return
	}
	if strings.HasPrefix(r.Header.Get("webhook-signature"), "v1,") {
		h.signed++
	}
	w.WriteHeader(h.answer)
}

// TestNoticesAreSetUpInThePage: with a real server, and what is typed as address and key is nowhere in clear.
func TestNoticesAreSetUpInThePage(t *testing.T) {
	if !*page {
		t.Skip("run by make page-test")
	}
	const hidden, key = "h1dd3n-p4th-0f-a-h00k", "k3y-that-s1gns"
	h := &hook{answer: http.StatusNoContent}
	server := httptest.NewServer(h)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "secret") // the story removes it when it has read it
	typed, err := json.Marshal(map[string]string{"address": server.URL + "/" + hidden, "key": key})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, typed, 0o600); err != nil {
		t.Fatal(err)
	}
	about, err := json.Marshal(map[string]string{"control": server.URL + "/control", "secret": file})
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	look := leak.Watch(hidden, key)
	var said strings.Builder
	story(t, "notices", func(line string) { said.WriteString(line + "\n") }, "BURNISH_TEST_HOOK="+string(about),
		"BURNISH_TEST_DIR="+home)
	look.End(t, "burnish-e2e")
	leak.Text(t, "what was said", said.String(), hidden, key)
	leak.Files(t, []string{hidden, key}, home)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.signed != 3 {
		t.Errorf("%d tests came signed, not 3", h.signed)
	}
}
