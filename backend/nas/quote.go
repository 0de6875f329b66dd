package nas

import "strings"

// quote makes s one word for a POSIX shell. s must hold no NUL, which no argument can.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// shell is the command line that runs a fixed script with arguments, whatever the login's own shell is. The script
// must be one line without single quotes, since not every shell quotes those alike. Before the script's own words it
// says that it begins: what stands before comes from the login.
func shell(script string, args ...string) string {
	var b strings.Builder
	b.WriteString("/bin/sh -c " + quote(sayBegins+script) + " burnish")
	for _, a := range args {
		b.WriteByte(' ')
		b.WriteString(quote(a))
	}
	return b.String()
}
