//go:build !unix

package runner

import (
	"errors"
	"os"
	"syscall"

	"burnish/backend/burnin"
)

const errorDiskFull = syscall.Errno(112)

func isNoSpace(err error) bool { return errors.Is(err, errorDiskFull) }

// trouble is not looked for here.
func trouble(*os.Root) burnin.Trouble { return "" }
