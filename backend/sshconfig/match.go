package sshconfig

import "strings"

// fits says whether a block is for a host.
type fits int

const (
	no    fits = iota
	maybe      // only ssh can judge it
	yes
)

// settings are what lines say of one host: the first value of each keyword, all of those that add up.
type settings struct {
	c      *Config
	name   string
	values map[string][]string
	doubts map[string]line // keywords that a block may set which only ssh can judge: the first such line
}

// addsUp are the keywords that may stand more than once.
var addsUp = map[string]bool{"identityfile": true, "certificatefile": true}

func (c *Config) settings(name string) *settings {
	s := &settings{c: c, name: name, values: map[string][]string{}, doubts: map[string]line{}}
	s.walk(c.read, yes)
	return s
}

func (s *settings) get(key string) string {
	if all := s.values[key]; len(all) > 0 {
		return all[0]
	}
	return ""
}

func (s *settings) walk(lines []line, outer fits) {
	now := outer
	for _, l := range lines {
		switch {
		case l.key == "include" && l.args == nil: // the end of an included file
			now = outer
		case l.key == "include":
			s.walk(l.inner, now)
		case l.key == "host":
			now = min(outer, sure(list(l.args, s.name)))
		case l.key == "match":
			now = min(outer, s.judge(l.args))
		case now == maybe:
			if _, known := s.doubts[l.key]; !known && (len(s.values[l.key]) == 0 || addsUp[l.key]) {
				s.doubts[l.key] = l
			}
		case now == yes && (len(s.values[l.key]) == 0 || addsUp[l.key]):
			s.values[l.key] = append(s.values[l.key], strings.Join(l.args, " "))
		}
	}
}

func sure(b bool) fits {
	if b {
		return yes
	}
	return no
}

// judge says whether a Match is for the host, as far as names and users tell. What asks the network, a command or a
// later pass of ssh is for ssh alone.
func (s *settings) judge(args []string) fits {
	result := yes
	for i := 0; i < len(args); i++ {
		word, value, given := strings.Cut(args[i], "=")
		word, not := strings.CutPrefix(strings.ToLower(word), "!")
		if word == "" {
			return no
		}
		if word == "all" || word == "canonical" || word == "final" {
			if word != "all" {
				result = min(result, maybe)
			}
			continue
		}
		if !given {
			if i++; i == len(args) {
				return maybe
			}
			value = args[i]
		}
		patterns := strings.Split(value, ",")
		var fit fits
		switch word {
		case "host":
			host := s.name
			if named := s.get("hostname"); named != "" {
				host, _ = expand(named, map[byte]string{'h': s.name})
			}
			fit = sure(list(patterns, host))
		case "originalhost":
			fit = sure(list(patterns, s.name))
		case "user":
			user := s.get("user")
			if user == "" {
				user = s.c.user
			}
			fit = sure(list(patterns, user))
		case "localuser":
			fit = sure(list(patterns, s.c.user))
		default:
			fit = maybe
		}
		if not && fit != maybe {
			fit = yes - fit
		}
		result = min(result, fit)
	}
	return result
}

// list reports whether a text fits one of some patterns and none of those with a !.
func list(patterns []string, text string) (fit bool) {
	for _, p := range patterns {
		p, not := strings.CutPrefix(p, "!")
		if glob(strings.ToLower(p), strings.ToLower(text)) {
			if not {
				return false
			}
			fit = true
		}
	}
	return fit
}

// glob knows * and ?, as ssh does.
func glob(pattern, text string) bool {
	star, mark, t := -1, 0, 0
	p := 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
