package courier

import (
	"net/url"
	"regexp"
	"strings"

	"burnish/backend/notice"
	"burnish/backend/reason"
	"burnish/backend/secret"
)

// topicOf is what ntfy takes as a topic.
var topicOf = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)

// Parse reads an address as people paste it for a webhook, ntfy or Apprise. It gives the address that is to be kept
// secret, and what of it may be shown. Errors are bad_way and hold nothing of the address.
func Parse(method notice.Method, pasted secret.Secret) (secret.Secret, string, error) {
	text := strings.TrimSpace(pasted.Reveal())
	bad := func(what string) (secret.Secret, string, error) {
		return secret.Secret{}, "", reason.New(reason.BadWay, "what", what)
	}
	if len(text) > maxAddress {
		return bad("the address is too long to be kept in a keychain")
	}
	if method == notice.Ntfy && !strings.Contains(text, "://") {
		if topicOf.MatchString(text) {
			text = "ntfy.sh/" + text
		}
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" { // err holds the address
		return bad("that is no address like https://HOST/PATH")
	}
	u.Fragment = ""
	var what string
	switch method {
	case notice.Webhook:
		what = webhookAddress(u)
	case notice.Ntfy:
		what = ntfyAddress(u)
	case notice.Apprise:
		what = appriseAddress(u)
	default:
		what = "this way has no address"
	}
	if what != "" {
		return bad(what)
	}
	shown := u.Host
	if u.Scheme == "http" {
		shown = "http://" + u.Host + " (not encrypted)"
	}
	return secret.New(u.String()), reason.Clean(shown, 200), nil
}

// maxAddress is less than every keychain takes, in bytes.
const maxAddress = 1000

func webhookAddress(u *url.URL) string {
	if u.Scheme != "https" && u.Scheme != "http" {
		return "a webhook begins with https:// or http://"
	}
	return ""
}

// ntfyAddress makes https://[user[:password]@]HOST/TOPIC of the three dialects: of ntfy's own apps, of Shoutrrr and of
// Apprise. Apprise takes ntfy:// as http; here it is https, as in the other two, unless the address says otherwise.
func ntfyAddress(u *url.URL) string {
	query := u.Query()
	plain := u.Scheme == "http" || query.Get("scheme") == "http" || query.Get("secure") == "false"
	if u.Path == "" && u.User == nil && (u.Scheme == "ntfy" || u.Scheme == "ntfys") && topicOf.MatchString(u.Host) {
		u.Path, u.Host = "/"+u.Host, "ntfy.sh" // a topic alone
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "ntfy" && u.Scheme != "ntfys":
		return "ntfy begins with https://, http:// or ntfy://"
	case query.Has("auth"):
		return "a token in ?auth= ends in the logs of proxies; put it before the host: ntfy://:TOKEN@HOST/TOPIC"
	case !topicOf.MatchString(strings.Trim(u.Path, "/")):
		return "ntfy needs one topic of letters, digits, - and _ behind the host: ntfy://HOST/TOPIC"
	}
	u.Scheme, u.Path, u.RawQuery = "https", "/"+strings.Trim(u.Path, "/"), ""
	if plain {
		u.Scheme = "http"
	}
	return ""
}

// appriseAddress makes http[s]://HOST/notify/KEY[?tag=TAGS] of that, of apprise[s]://HOST/KEY, and of the page on
// which the key is configured.
func appriseAddress(u *url.URL) string {
	switch u.Scheme {
	case "apprise":
		u.Scheme = "http"
	case "apprises":
		u.Scheme = "https"
	case "http", "https":
	default:
		return "Apprise begins with https://, http:// or apprises://"
	}
	tag := u.Query().Get("tag")
	if tag == "" {
		tag = u.Query().Get("tags")
	}
	u.RawQuery = ""
	if tag != "" {
		u.RawQuery = url.Values{"tag": {tag}}.Encode()
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	key := parts[len(parts)-1]
	before := parts[:len(parts)-1]
	if n := len(before); n > 0 && (before[n-1] == "notify" || before[n-1] == "cfg") {
		before = before[:n-1]
	}
	if key == "" || key == "notify" || key == "cfg" {
		return "Apprise needs the key of a saved configuration: https://HOST/notify/KEY"
	}
	u.Path = "/" + strings.Join(append(before, "notify", key), "/")
	return ""
}
