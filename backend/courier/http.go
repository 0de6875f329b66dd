package courier

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"burnish/backend/notice"
	"burnish/backend/secret"
)

// maxReply bounds what is read of a server's answer, in bytes.
const maxReply = 4 << 10

// reply is what a server said.
type reply struct {
	notice.Answer
	body []byte
}

// post sends JSON to an address, with the login that stands in it.
func (c *Courier) post(ctx context.Context, address secret.Secret, body any, header http.Header) reply {
	data, ok := body.([]byte)
	if !ok {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return reply{Answer: notice.Answer{Fault: notice.Content, Text: "the notice cannot be written as JSON"}}
		}
	}
	u, err := url.Parse(address.Reveal())
	if err != nil {
		return reply{Answer: notice.Answer{Fault: notice.Refused, Text: "the saved address cannot be read"}}
	}
	login := u.User
	u.User = nil
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(data))
	if err != nil {
		return reply{Answer: notice.Answer{Fault: notice.Refused, Text: "the saved address cannot be used"}}
	}
	req.Header = header
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", strings.TrimSuffix("Burnish/"+c.Version, "/"))
	if login != nil && req.Header.Get("Authorization") == "" {
		password, _ := login.Password()
		req.SetBasicAuth(login.Username(), password)
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: c.dial, TLSClientConfig: c.tls(""),
		DisableKeepAlives: true, ForceAttemptHTTP2: true}
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	begin := c.Now()
	res, err := client.Do(req)
	if err != nil {
		return reply{Answer: unreached(err)}
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxReply)) // an answer that breaks off has said its code
	r := reply{Answer: answerOf(res, text), body: text}
	if r.Fault == "" {
		r.Text = fmt.Sprintf("%d in %d ms", res.StatusCode, c.Now().Sub(begin).Milliseconds())
	}
	return r
}

// unreached says why there was no answer. What net/http says around the reason holds the address.
func unreached(err error) notice.Answer {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var bad *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return notice.Answer{Fault: notice.Away, Text: fmt.Sprintf("no answer in %d s", int(Patience.Seconds()))}
	case errors.Is(err, context.Canceled):
		return notice.Answer{Fault: notice.Away, Text: "broken off, since Burnish ends"}
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid), errors.As(err, &bad):
		return notice.Answer{Fault: notice.Refused, Text: "its certificate is not trusted here: " + err.Error()}
	}
	return notice.Answer{Fault: notice.Away, Text: err.Error()}
}

// answerOf says what a status means.
func answerOf(res *http.Response, body []byte) notice.Answer {
	a := notice.Answer{Code: res.StatusCode}
	a.Text = strings.TrimSpace(fmt.Sprintf("%d %s", res.StatusCode, http.StatusText(res.StatusCode)))
	if said := plain(res.Header.Get("Content-Type"), body); said != "" {
		a.Text += ": " + said
	}
	switch code := res.StatusCode; {
	case code >= 200 && code < 300:
		return a
	case code >= 300 && code < 400:
		a.Fault = notice.Refused
		a.Text = fmt.Sprintf("%d: the server sends elsewhere%s, and that is not followed; give the address that it "+
			"leads to", code, elsewhere(res))
	case code == http.StatusBadRequest || code == http.StatusRequestEntityTooLarge ||
		code == http.StatusUnprocessableEntity:
		a.Fault = notice.Content
	case code == http.StatusRequestTimeout || code == http.StatusTooEarly || code == http.StatusTooManyRequests ||
		code >= 500:
		a.Fault = notice.Away
		if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
			a.After = time.Duration(min(s, 1<<20)) * time.Second
		}
	default:
		a.Fault = notice.Refused
	}
	return a
}

// elsewhere names the host of a redirect: what follows it may be a secret.
func elsewhere(res *http.Response) string {
	to, err := res.Location()
	if err != nil {
		return ""
	}
	return " (" + to.Scheme + "://" + to.Host + ")"
}

// plain is what a server says in words: no pages.
func plain(contentType string, body []byte) string {
	text := strings.TrimSpace(string(body))
	if strings.Contains(contentType, "html") || strings.HasPrefix(text, "<") {
		return ""
	}
	var said struct{ Error, Message, Detail string }
	if json.Unmarshal(body, &said) == nil {
		for _, word := range []string{said.Error, said.Message, said.Detail} {
			if word != "" {
				return word
			}
		}
	}
	return strings.Join(strings.Fields(text), " ")
}
