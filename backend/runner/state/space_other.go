//go:build !unix

package state

import (
	"errors"
	"os"
	"syscall"

	"burnish/backend/burnin"
)

const errorDiskFull = syscall.Errno(112)

func IsNoSpace(err error) bool { return errors.Is(err, errorDiskFull) }

// Trouble is not looked for here.
func Trouble(*os.Root) burnin.Trouble { return "" }
