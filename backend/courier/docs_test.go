package courier

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"burnish/backend/notice"
	"burnish/backend/secret"
	"burnish/backend/testbed/need"
)

// block gives the first part of docs/notices.md between a fence of a language and the next.
func block(t *testing.T, language string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/notices.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "\n```"+language+"\n")
	text, _, ended := strings.Cut(rest, "\n```\n")
	if !found || !ended {
		t.Fatalf("docs/notices.md has no %q", language)
	}
	return text
}

// TestTheDocumentedExampleIsWhatIsSent: its keys are those of an event, in their order, and its signature is ours and
// what the documented receiver wants.
func TestTheDocumentedExampleIsWhatIsSent(t *testing.T) {
	var e notice.Event
	d := json.NewDecoder(strings.NewReader(block(t, "json")))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	if err := json.Compact(&shown, []byte(block(t, "json"))); err != nil || !bytes.Equal(shown.Bytes(), body) {
		t.Fatalf("%v: the example is\n%s\nand would be sent as\n%s", err, shown.Bytes(), body)
	}
	const key, at = "whsec_YSBrZXkgb2YgdGhlIHJlY2VpdmVy", "1790000001"
	signature := sign(secret.New(key), e.ID, at, body)
	if shown := block(t, "text"); shown != signature {
		t.Errorf("the page has the signature %s, not %s", shown, signature)
	}
	script := block(t, "python") + `
import sys
body = sys.stdin.buffer.read()
headers = {"webhook-id": sys.argv[1], "webhook-timestamp": sys.argv[2], "webhook-signature": sys.argv[3]}
key, now = sys.argv[4], int(sys.argv[2]) + 1
print(verify(key, headers, body, now), verify(key, headers, body + b" ", now), verify("x" + key, headers, body, now),
      verify(key, headers, body, now + 3600))
`
	cmd := exec.CommandContext(t.Context(), need.Program(t, "python3"), "-c", script, e.ID, at, signature, key)
	cmd.Stdin = bytes.NewReader(body)
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "True False False False\n" {
		t.Errorf("%v: %s", err, out)
	}
}
