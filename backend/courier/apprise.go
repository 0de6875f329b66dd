package courier

import (
	"context"
	"net/http"
	"net/url"

	"burnish/backend/burnin"
	"burnish/backend/notice"
	"burnish/backend/secret"
)

// apprise posts to an Apprise API, which sends on to whatever is configured under the key.
func (c *Courier) apprise(ctx context.Context, to To, e notice.Event) notice.Answer {
	u, err := url.Parse(to.Address.Reveal())
	if err != nil {
		return notice.Answer{Fault: notice.Refused, Text: "the saved address cannot be read"}
	}
	body := map[string]string{"title": e.Title, "body": e.Text, "type": severity(e), "format": "text"}
	if e.Text == "" {
		body["body"] = e.Title // without a body it is refused
	}
	if tag := u.Query().Get("tag"); tag != "" {
		body["tag"] = tag
	}
	u.RawQuery = ""
	r := c.post(ctx, secret.New(u.String()), body, http.Header{})
	switch r.Code {
	case http.StatusNoContent:
		return notice.Answer{Fault: notice.Refused, Code: r.Code,
			Text: "204: nothing is configured under this key at the server, so that nobody was told"}
	case http.StatusFailedDependency: // others may have got it
		r.Fault, r.Text = notice.Away, "at least one of the services behind the server has not taken it ("+r.Text+")"
	}
	return r.Answer
}

func severity(e notice.Event) string {
	switch {
	case e.Urgent && e.Kind != notice.Test:
		return "failure"
	case e.Job != nil && e.Job.State == burnin.Passed:
		return "success"
	case e.Kind == notice.DriveHot || e.Job != nil:
		return "warning"
	}
	return "info"
}
