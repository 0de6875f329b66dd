// Package shell writes words for a POSIX shell: for the scripts on a NAS, and for hints that people copy. Whatever a
// word holds, a shell hands it on as it is and runs nothing of it.
package shell

import "strings"

// Quote makes s one word for a POSIX shell. s must hold no NUL, which no argument can.
func Quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
