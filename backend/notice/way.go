package notice

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// Method is how a way tells.
type Method string

// The methods.
const (
	Webhook Method = "webhook"
	Ntfy    Method = "ntfy"
	Apprise Method = "apprise"
	Mail    Method = "mail"
	Desktop Method = "desktop"
)

// Way is where notices go to, without its secrets: the addresses of Webhook, Ntfy and Apprise are among those.
type Way struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Method    Method   `json:"method"`
	Where     string   `json:"where"`  // for people: what of the address is no secret
	Events    []string `json:"events"` // topics, see Wants
	Signed    bool     `json:"signed"` // a webhook with a key
	Post      *Post    `json:"mail,omitempty"`
	Secrets   string   `json:"secrets"` // where they are kept: "keychain", "file", or "" where it has none
	CreatedMs int64    `json:"created_ms"`
}

// Post is how mail goes.
type Post struct {
	To     []string `json:"to"`
	From   string   `json:"from"`
	Host   string   `json:"host"`
	Port   int      `json:"port"`
	User   string   `json:"user"` // empty for no login
	TLS    TLS      `json:"tls"`
	Report bool     `json:"report"` // a job's report comes with its end
}

// TLS says how mail is encrypted on its way to the server.
type TLS string

// What can be demanded.
const (
	TLSRequire       TLS = "require"
	TLSOpportunistic TLS = "opportunistic" // where the server offers it
	TLSNone          TLS = "none"
)

// nameOf is what a way may be called.
var nameOf = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$`)

// Check reports what of a way cannot be: bad_way.
func (w Way) Check() error {
	if !nameOf.MatchString(w.Name) {
		return reason.New(reason.BadWay, "what", "a name has 1 to 64 letters, digits, blanks, dots and dashes")
	}
	for _, topic := range w.Events {
		if !slices.Contains(Topics(), topic) {
			return reason.New(reason.BadWay, "what", fmt.Sprintf("there is no event %q; there are %s", topic,
				strings.Join(Topics(), ", ")))
		}
	}
	if w.Method == Mail {
		return w.Post.check()
	}
	return nil
}

func (p *Post) check() error {
	switch {
	case p == nil || len(p.To) == 0 || p.From == "" || p.Host == "":
		return reason.New(reason.BadWay, "what", "mail needs whom it goes to, whom it comes from, and a server")
	case p.Port < 1 || p.Port > 65535:
		return reason.New(reason.BadWay, "what", fmt.Sprintf("%d is no port", p.Port))
	case p.TLS != TLSRequire && p.TLS != TLSOpportunistic && p.TLS != TLSNone:
		return reason.New(reason.BadWay, "what", fmt.Sprintf("TLS is require, opportunistic or none, not %q", p.TLS))
	}
	return nil
}

// Topics are what a way can be told of: each kind of event, and the ends of jobs by their state ("job_ended:failed").
func Topics() []string {
	var all []string
	for _, kind := range Kinds() {
		all = append(all, string(kind))
		if kind == JobEnded {
			for _, state := range []burnin.State{burnin.Failed, burnin.Unknown, burnin.Cancelled, burnin.Passed} {
				all = append(all, string(kind)+":"+string(state))
			}
		}
	}
	return all
}

// Usual is what a way is told of where a person does not say: all but what comes every day.
func Usual() []string {
	var all []string
	for _, kind := range Kinds() {
		if kind != Summary && kind != Heartbeat {
			all = append(all, string(kind))
		}
	}
	return all
}

// Wants reports whether a way is told of an event. Who wants to know that a job has ended as unknown hears too that one
// has and can go on. A test is not chosen: it is asked of one way.
func (w Way) Wants(e Event) bool {
	if e.Old {
		return false
	}
	kinds := []Kind{e.Kind}
	if e.Kind == JobResumable {
		kinds = append(kinds, JobEnded)
	}
	for _, kind := range kinds {
		if slices.Contains(w.Events, string(kind)) ||
			e.Job != nil && slices.Contains(w.Events, string(kind)+":"+string(e.Job.State)) {
			return true
		}
	}
	return false
}
