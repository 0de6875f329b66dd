//go:build !unix

package runner

import (
	"errors"
	"syscall"
)

const errorDiskFull = syscall.Errno(112)

func isNoSpace(err error) bool { return errors.Is(err, errorDiskFull) }
