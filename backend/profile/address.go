package profile

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Address is how people write where a host is. What is left out is empty, or 0.
type Address struct {
	User, Host string
	Port       int
}

const addressHint = "A host is given as HOST, USER@HOST:PORT, ssh://USER@HOST:PORT, or an IP address; one of IPv6 " +
	"before a port as [ADDRESS]:PORT."

// ParseAddress takes apart what people write or paste for a host: host:port, user@host, ssh://user@host:port/, an
// address of IPv6 with or without brackets, with blanks around it. Whether host and user can be such is for Check.
func ParseAddress(text string) (Address, error) {
	text = strings.TrimSpace(text)
	rest, isURL := cutScheme(text)
	if isURL {
		if rest = strings.TrimSuffix(rest, "/"); strings.ContainsAny(rest, "/?#") {
			return Address{}, bad(addressHint, "%q names more than a host", text)
		}
	}
	var a Address
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		a.User, rest = strings.TrimSpace(rest[:at]), strings.TrimSpace(rest[at+1:])
		if strings.Contains(a.User, ":") {
			return Address{}, bad("Leave it out: passwords are asked for.", "there is a password before the @ of "+
				"the host")
		}
		if a.User == "" {
			return Address{}, bad(addressHint, "there is no user before the @ of %q", text)
		}
		if isURL {
			if user, err := url.PathUnescape(a.User); err == nil {
				a.User = user
			}
		}
	}
	host, port := rest, ""
	if inner, ok := strings.CutPrefix(rest, "["); ok {
		var closed bool
		if host, port, closed = strings.Cut(inner, "]"); !closed || port != "" && port[0] != ':' {
			return Address{}, bad(addressHint, "%q has a bracket too few", text)
		}
		if isURL {
			host = strings.Replace(host, "%25", "%", 1)
		}
		if _, err := netip.ParseAddr(host); err != nil {
			return Address{}, bad(addressHint, "%q is no address of IPv6", host)
		}
		port = strings.TrimPrefix(port, ":")
	} else if _, err := netip.ParseAddr(rest); err != nil && strings.Count(rest, ":") == 1 {
		host, port, _ = strings.Cut(rest, ":")
	}
	a.Host = host
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return Address{}, bad("A port is 1 to 65535; SSH uses 22.", "%q cannot be a port", port)
		}
		a.Port = int(n)
	}
	return a, nil
}

func cutScheme(text string) (string, bool) {
	const scheme = "ssh://"
	if len(text) >= len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
		return text[len(scheme):], true
	}
	return text, false
}

// With puts user and port that were given beside the address to it; "" and 0 are not given. Two that differ are an
// error, which names both. Without any the port is SSH's own.
func (a Address) With(user string, port int) (Address, error) {
	user = strings.TrimSpace(user)
	switch {
	case a.User != "" && user != "" && a.User != user:
		return a, bad("Give the user once.", "the host names the user %q, and %q is given as well", a.User, user)
	case a.Port != 0 && port != 0 && a.Port != port:
		return a, bad("Give the port once.", "the host names port %d, and %d is given as well", a.Port, port)
	}
	if a.User == "" {
		a.User = user
	}
	if a.Port == 0 {
		a.Port = port
	}
	if a.Port == 0 {
		a.Port = DefaultPort
	}
	return a, nil
}
