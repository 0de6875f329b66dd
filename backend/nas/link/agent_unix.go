//go:build !windows

package link

import (
	"context"
	"errors"
	"net"
	"os"
)

// dialAgent connects to the SSH agent of this session.
func dialAgent(ctx context.Context) (net.Conn, error) {
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return nil, errors.New("none runs here (SSH_AUTH_SOCK is not set)")
	}
	return (&net.Dialer{}).DialContext(ctx, "unix", socket)
}
