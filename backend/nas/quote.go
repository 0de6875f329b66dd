package nas

import (
	"strings"

	"burnish/backend/nas/shell"
)

// commandLine runs a fixed script with arguments, whatever the login's own shell is. The script must be one line
// without single quotes, since not every shell quotes those alike. Before the script's own words it says that it
// begins: what stands before comes from the login.
func commandLine(script string, args ...string) string {
	var b strings.Builder
	b.WriteString("/bin/sh -c " + shell.Quote(sayBegins+script) + " burnish")
	for _, a := range args {
		b.WriteByte(' ')
		b.WriteString(shell.Quote(a))
	}
	return b.String()
}
