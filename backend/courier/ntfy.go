package courier

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"burnish/backend/burnin"
	"burnish/backend/notice"
	"burnish/backend/secret"
)

// maxNtfy is less than what ntfy takes as a message and not as a file, in bytes.
const maxNtfy = 4000

// patientNtfy is how long ntfy is left alone once it says that it is too much: it locks out who goes on.
const patientNtfy = 10 * time.Minute

// ntfy posts JSON to the root of the server: posted to the topic it would be shown as it is.
func (c *Courier) ntfy(ctx context.Context, to To, e notice.Event) notice.Answer {
	u, err := url.Parse(to.Address.Reveal())
	if err != nil {
		return notice.Answer{Fault: notice.Refused, Text: "the saved address cannot be read"}
	}
	body := map[string]any{"topic": strings.Trim(u.Path, "/"), "title": e.Title, "message": cut(e.Text, maxNtfy),
		"priority": priority(e)}
	if tag := tag(e); tag != "" {
		body["tags"] = []string{tag}
	}
	header := http.Header{}
	if token := tokenOf(u.User); token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	root := *u
	root.Path = "/"
	r := c.post(ctx, secret.New(root.String()), body, header)
	if r.Code == http.StatusTooManyRequests {
		r.After = max(r.After, patientNtfy)
	}
	var said struct{ ID, Event string }
	if r.Fault == "" && (json.Unmarshal(r.body, &said) != nil || said.ID == "") {
		return notice.Answer{Fault: notice.Refused, Code: r.Code,
			Text: "the server has answered, but not as ntfy does; is the address right?"}
	}
	return r.Answer
}

// tokenOf is an access token that stands in the place of user or password.
func tokenOf(user *url.Userinfo) string {
	password, has := user.Password()
	switch name := user.Username(); {
	case name == "" && has:
		return password
	case strings.HasPrefix(name, "tk_") && password == "":
		return name
	}
	return ""
}

func priority(e notice.Event) int {
	switch {
	case e.Urgent && e.Kind != notice.Test:
		return 4
	case e.Kind == notice.Heartbeat || e.Kind == notice.Summary:
		return 2
	}
	return 3
}

// tag is the name of a sign that ntfy shows before the title.
func tag(e notice.Event) string {
	switch {
	case e.Urgent && e.Kind != notice.Test:
		return "rotating_light"
	case e.Kind == notice.DriveHot:
		return "thermometer"
	case e.Job == nil:
		return ""
	case e.Job.State == burnin.Passed:
		return "white_check_mark"
	}
	return "grey_question"
}

// cut keeps whole characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}
