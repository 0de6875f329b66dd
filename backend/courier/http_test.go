package courier

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/notice"
	"burnish/backend/reason"
	"burnish/backend/secret"
	"burnish/backend/testbed/leak"
)

// event is a drive that failed.
func event() notice.Event {
	serial := "ZR5C0E9V"
	return notice.OfJobEnded(burnin.Job{ID: "0123456789abcdef", NAS: "tank", Plan: "standard", State: burnin.Failed,
		EndedMs: 1_790_000_000_000, Runs: make([]burnin.Run, 1), Reason: reason.New(reason.SMARTFailed, "what", "It says so."),
		Drive: burnin.Drive{ID: serial, Serial: &serial, Model: "ST18000NM000J"}})
}

// server is one with a certificate of its own, and a courier that trusts it.
func server(t *testing.T, handle http.HandlerFunc) (*httptest.Server, *Courier) {
	t.Helper()
	s := httptest.NewTLSServer(handle)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, &Courier{Now: time.Now, Version: "1.2.3", Roots: roots}
}

// to makes a way as a person adds it.
func to(t *testing.T, method notice.Method, pasted, key string) To {
	t.Helper()
	address, where, err := Parse(method, secret.New(pasted))
	if err != nil {
		t.Fatal(err)
	}
	return To{Way: notice.Way{Name: "w", Method: method, Where: where}, Address: address, Key: secret.New(key)}
}

const hush = "s3cr3t-part"

func TestAWebhookIsPostedAndSigned(t *testing.T) {
	key := "whsec_" + base64.StdEncoding.EncodeToString([]byte("a key of the receiver"))
	calls := 0
	s, c := server(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		body, _ := io.ReadAll(r.Body)
		var e notice.Event
		if err := json.Unmarshal(body, &e); err != nil || e.Kind != notice.JobEnded || e.Job.State != burnin.Failed {
			t.Errorf("%v: %s", err, body)
		}
		mac := hmac.New(sha256.New, []byte("a key of the receiver"))
		fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
		want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		if got := r.Header.Get("webhook-signature"); got != want {
			t.Errorf("signature %q, want %q", got, want)
		}
		if r.Method != "POST" || r.URL.Path != "/hooks/"+hush || r.Header.Get("Content-Type") != "application/json" ||
			r.Header.Get("webhook-id") != e.ID || r.Header.Get("User-Agent") != "Burnish/1.2.3" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		w.WriteHeader(http.StatusAccepted)
	})
	a := c.Send(t.Context(), to(t, notice.Webhook, s.URL+"/hooks/"+hush, key), event(), nil)
	if a.Fault != "" || a.Code != 202 || !strings.HasPrefix(a.Text, "202 in ") || calls != 1 {
		t.Errorf("%+v after %d calls", a, calls)
	}
}

func TestAWebhookWithALoginSendsItAsALogin(t *testing.T) {
	s, c := server(t, func(_ http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "anna" || password != "p:w" || r.Header.Get("webhook-signature") != "" {
			t.Errorf("%q %q %v", user, password, r.Header)
		}
	})
	address := strings.Replace(s.URL, "https://", "https://anna:p%3Aw@", 1)
	if a := c.Send(t.Context(), to(t, notice.Webhook, address, ""), event(), nil); a.Fault != "" {
		t.Errorf("%+v", a)
	}
}

func TestWhatServersAnswer(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a redirect was followed: %v", r.URL)
	}))
	defer other.Close()
	for _, c := range []struct {
		name  string
		do    http.HandlerFunc
		fault notice.Fault
		text  string
	}{
		{"refuses", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not you", http.StatusForbidden) }, notice.Refused,
			"403 Forbidden: not you"},
		{"is gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, notice.Refused, "410 Gone"},
		{"breaks", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"error":"out of\u001b[2J order"}`, http.StatusInternalServerError)
		},
			notice.Away, "500 Internal Server Error: out of\uFFFD[2J order"},
		{"is behind a page", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502); _, _ = w.Write([]byte("<html>x")) },
			notice.Away, "502 Bad Gateway"},
		{"cannot read it", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) }, notice.Content,
			"400 Bad Request"},
		{"wants rest", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "120"); w.WriteHeader(429) },
			notice.Away, "429 Too Many Requests"},
		{"sends elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+r.URL.Path+"?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
		}, notice.Refused, "307: the server sends elsewhere (" + other.URL + "), and that is not followed; give the " +
			"address that it leads to"},
		{"says all it was told", func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			http.Error(w, r.URL.String()+" "+r.Host+" "+strings.Repeat(" ", len(body)/1000)+r.Header.Get("Authorization"),
				http.StatusUnauthorized)
		}, notice.Refused, "401 Unauthorized: (secret)"},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, notice.Away, "EOF"},
	} {
		s, courier := server(t, c.do)
		s.Config.ErrorLog = nil
		a := courier.Send(t.Context(), to(t, notice.Webhook, s.URL+"/"+hush+"?k="+hush+"2", hush+"3"), event(), nil)
		if a.Fault != c.fault || !strings.HasPrefix(a.Text, c.text) {
			t.Errorf("a server that %s: %+v", c.name, a)
		}
		leak.Text(t, "the answer of a server that "+c.name, a.Text, hush)
		if c.name == "wants rest" && a.After != 2*time.Minute {
			t.Errorf("rest %v", a.After)
		}
	}
}

func TestServersThatDoNotAnswer(t *testing.T) {
	stop := make(chan struct{})
	s, c := server(t, func(_ http.ResponseWriter, r *http.Request) { <-stop })
	defer close(stop)
	way := to(t, notice.Webhook, s.URL+"/"+hush, "")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if a := c.Send(ctx, way, event(), nil); a.Fault != notice.Away || !strings.Contains(a.Text, "no answer") {
		t.Errorf("slow: %+v", a)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if a := c.Send(ended, way, event(), nil); a.Fault != notice.Away || !strings.Contains(a.Text, "broken off") {
		t.Errorf("ended: %+v", a)
	}
	c.Roots = x509.NewCertPool()
	if a := c.Send(t.Context(), way, event(), nil); a.Fault != notice.Refused || !strings.Contains(a.Text, "certificate") {
		t.Errorf("not trusted: %+v", a)
	}
	dead := httptest.NewServer(nil)
	dead.Close()
	a := c.Send(t.Context(), to(t, notice.Webhook, dead.URL+"/"+hush, ""), event(), nil)
	if a.Fault != notice.Away || !strings.Contains(a.Text, "refused") {
		t.Errorf("dead: %+v", a)
	}
	leak.Text(t, "an answer", a.Text, hush)
}

// ntfyLike answers as ntfy does; token is what it wants.
func ntfyLike(t *testing.T, token string, got *map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" || r.Method != "POST" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		if r.Header.Get("Authorization") != token {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(401)
			fmt.Fprint(w, `{"code":40101,"http":401,"error":"unauthorized","link":"https://ntfy.sh/docs/publish/#authentication"}`)
			return
		}
		if err := json.NewDecoder(r.Body).Decode(got); err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, `{"id":"hwQ2YpKdmg","time":1,"event":"message","topic":"%v"}`, (*got)["topic"])
	}
}

func TestNtfyGetsJSONAtItsRoot(t *testing.T) {
	var got map[string]any
	s, c := server(t, ntfyLike(t, "Bearer tk_"+hush, &got))
	host := strings.TrimPrefix(s.URL, "https://")
	for _, pasted := range []string{"ntfy://:tk_" + hush + "@" + host + "/burnish-x", "ntfys://tk_" + hush + "@" + host + "/burnish-x/"} {
		a := c.Send(t.Context(), to(t, notice.Ntfy, pasted, ""), event(), nil)
		if a.Fault != "" || got["topic"] != "burnish-x" || got["title"] != "Failed: ST18000NM000J ZR5C0E9V" ||
			got["priority"] != 4.0 || !strings.Contains(fmt.Sprint(got["message"]), "It says so.") {
			t.Errorf("%+v, %v", a, got)
		}
	}
	a := c.Send(t.Context(), to(t, notice.Ntfy, "https://"+host+"/burnish-x", ""), event(), nil)
	if a.Fault != notice.Refused || a.Text != "401 Unauthorized: unauthorized" {
		t.Errorf("without a token: %+v", a)
	}
	long := event()
	long.Text = strings.Repeat("ö", 4000)
	if a := c.Send(t.Context(), to(t, notice.Ntfy, "ntfy://:tk_"+hush+"@"+host+"/x", ""), long, nil); a.Fault != "" ||
		len(fmt.Sprint(got["message"])) > 4096 {
		t.Errorf("%+v, %d bytes", a, len(fmt.Sprint(got["message"])))
	}
	page, c2 := server(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>welcome") })
	if a := c2.Send(t.Context(), to(t, notice.Ntfy, page.URL+"/x", ""), event(), nil); a.Fault != notice.Refused {
		t.Errorf("a server that is none: %+v", a)
	}
}

func TestAppriseThatToldNobodyHasToldNobody(t *testing.T) {
	for code, fault := range map[int]notice.Fault{200: "", 204: notice.Refused, 424: notice.Away, 500: notice.Away} {
		s, c := server(t, func(w http.ResponseWriter, r *http.Request) {
			var got map[string]string
			if err := json.NewDecoder(r.Body).Decode(&got); err != nil || r.URL.String() != "/notify/"+hush ||
				got["type"] != "failure" || got["tag"] != "home" || got["body"] == "" || got["format"] != "text" {
				t.Errorf("%v: %s %v", err, r.URL, got)
			}
			w.WriteHeader(code)
		})
		a := c.Send(t.Context(), to(t, notice.Apprise, s.URL+"/notify/"+hush+"?tag=home", ""), event(), nil)
		if a.Fault != fault {
			t.Errorf("%d: %+v", code, a)
		}
		leak.Text(t, "the answer", a.Text, hush)
	}
}

func TestAddressesAreTakenAsPeoplePasteThem(t *testing.T) {
	for _, c := range []struct {
		method        notice.Method
		pasted, want  string
		shown, refuse string
	}{
		{notice.Ntfy, "ntfy://:tk_a@ntfy.example/t", "https://:tk_a@ntfy.example/t", "ntfy.example", ""},
		{notice.Ntfy, " ntfy://anna:pw@ntfy.example:8443/t\n", "https://anna:pw@ntfy.example:8443/t", "ntfy.example:8443", ""},
		{notice.Ntfy, "ntfys://ntfy.example/t", "https://ntfy.example/t", "ntfy.example", ""},
		{notice.Ntfy, "ntfy://ntfy.example/t?scheme=http", "http://ntfy.example/t", "http://ntfy.example (not encrypted)", ""},
		{notice.Ntfy, "ntfy://ntfy.example/t?secure=false", "http://ntfy.example/t", "http://ntfy.example (not encrypted)", ""},
		{notice.Ntfy, "https://ntfy.example/t/", "https://ntfy.example/t", "ntfy.example", ""},
		{notice.Ntfy, "http://10.0.0.5:8080/t", "http://10.0.0.5:8080/t", "http://10.0.0.5:8080 (not encrypted)", ""},
		{notice.Ntfy, "ntfy.sh/my-topic", "https://ntfy.sh/my-topic", "ntfy.sh", ""},
		{notice.Ntfy, "ntfy://my-topic", "https://ntfy.sh/my-topic", "ntfy.sh", ""},
		{notice.Ntfy, "my-topic", "https://ntfy.sh/my-topic", "ntfy.sh", ""},
		{notice.Ntfy, "https://ntfy.example/t?auth=QmVhcmVy", "", "", "logs of proxies"},
		{notice.Ntfy, "https://ntfy.example/", "", "", "topic"},
		{notice.Ntfy, "https://ntfy.example/a/b", "", "", "one topic"},
		{notice.Ntfy, "ftp://ntfy.example/a", "", "", "begins with"},
		{notice.Ntfy, "https://ntfy.example/t%zz", "", "", "no address"},
		{notice.Webhook, "https://h.example/a/b?c=d#e", "https://h.example/a/b?c=d", "h.example", ""},
		{notice.Webhook, "http://h.example/a", "http://h.example/a", "http://h.example (not encrypted)", ""},
		{notice.Webhook, "h.example/a", "", "", "no address"},
		{notice.Webhook, "file:///etc/passwd", "", "", "no address"},
		{notice.Webhook, "https://h.example/" + strings.Repeat("x", 1000), "", "", "too long"},
		{notice.Apprise, "https://a.example/notify/key", "https://a.example/notify/key", "a.example", ""},
		{notice.Apprise, "http://a.example:8000/cfg/key", "http://a.example:8000/notify/key",
			"http://a.example:8000 (not encrypted)", ""},
		{notice.Apprise, "apprises://a.example/key?tags=a,b", "https://a.example/notify/key?tag=a%2Cb", "a.example", ""},
		{notice.Apprise, "https://a.example/sub/notify/key", "https://a.example/sub/notify/key", "a.example", ""},
		{notice.Apprise, "https://a.example/notify/", "", "", "key"},
		{notice.Apprise, "https://a.example", "", "", "key"},
		{notice.Desktop, "https://a.example", "", "", "no address"},
	} {
		got, shown, err := Parse(c.method, secret.New(c.pasted))
		if got.Reveal() != c.want || shown != c.shown || (err != nil) != (c.refuse != "") ||
			err != nil && !strings.Contains(err.Error(), c.refuse) {
			t.Errorf("%s %q is %q, %q, %v", c.method, c.pasted, got.Reveal(), shown, err)
		}
	}
}

// No text makes Parse say it again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"ntfy://:tk_a@ntfy.example/t", "https://h.example/%zz", "https://[::1/x", "://", "a\x00b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, method := range []notice.Method{notice.Webhook, notice.Ntfy, notice.Apprise} {
			got, _, err := Parse(method, secret.New(text))
			var said *reason.Said
			if err != nil && (!errors.As(err, &said) || said.Code != reason.BadWay || len(text) > 40 && strings.Contains(err.Error(), text)) {
				t.Errorf("%s: %v", method, err)
			}
			if err != nil {
				continue
			}
			if u, err := url.Parse(got.Reveal()); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
				t.Errorf("%s %q became %q", method, text, got.Reveal())
			}
		}
	})
}
