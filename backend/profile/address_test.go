package profile

import (
	"strings"
	"testing"
)

func TestHostsAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]Address{
		"nas":                              {Host: "nas"},
		" nas.lan\t":                       {Host: "nas.lan"},
		"nas:2222":                         {Host: "nas", Port: 2222},
		"nas:":                             {Host: "nas"},
		"admin@nas":                        {User: "admin", Host: "nas"},
		"admin@nas:22":                     {User: "admin", Host: "nas", Port: 22},
		"me@corp.example@nas":              {User: "me@corp.example", Host: "nas"},
		"ssh://nas":                        {Host: "nas"},
		"SSH://root@nas:2222/":             {User: "root", Host: "nas", Port: 2222},
		"ssh://me%40corp@nas":              {User: "me@corp", Host: "nas"},
		"::1":                              {Host: "::1"},
		"[::1]":                            {Host: "::1"},
		"[::1]:2222":                       {Host: "::1", Port: 2222},
		"root@fe80::1%eth0":                {User: "root", Host: "fe80::1%eth0"},
		"ssh://root@[fe80::1%25eth0]:2222": {User: "root", Host: "fe80::1%eth0", Port: 2222},
		"192.0.2.7:22":                     {Host: "192.0.2.7", Port: 22},
		"  root@[fd00::20]:2200\n":         {User: "root", Host: "fd00::20", Port: 2200},
	} {
		if got, err := ParseAddress(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"nas:ssh", "nas:0", "nas:65536", "[::1", "[nas]:22", "[::1]22", "ssh://nas/share",
		"root:secret@nas", "@nas"} {
		got, err := ParseAddress(text)
		if err == nil {
			t.Errorf("%q: %+v", text, got)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("a password is repeated: %v", err)
		}
	}
}

func TestWhatIsGivenTwiceMustAgree(t *testing.T) {
	a := Address{User: "admin", Host: "nas", Port: 2222}
	for _, c := range []struct {
		user string
		port int
		says string
	}{{"", 0, ""}, {" admin ", 2222, ""}, {"root", 0, `"admin", and "root"`}, {"", 22, "2222, and 22"}} {
		got, err := a.With(c.user, c.port)
		if c.says == "" && (err != nil || got != a) || c.says != "" && (err == nil || !strings.Contains(err.Error(),
			c.says)) {
			t.Errorf("%q %d: %+v, %v", c.user, c.port, got, err)
		}
	}
	if got, err := (Address{Host: "nas"}).With("root", 0); err != nil || got != (Address{"root", "nas", DefaultPort}) {
		t.Errorf("%+v, %v", got, err)
	}
}
