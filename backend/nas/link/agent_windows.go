package link

import (
	"context"
	"net"
	"os"
	"strings"

	"github.com/Microsoft/go-winio"
)

// agentPipe is where the OpenSSH agent of Windows listens.
const agentPipe = `\\.\pipe\openssh-ssh-agent`

// dialAgent connects to the SSH agent of this session: the pipe that SSH_AUTH_SOCK names, or that of Windows' own
// agent.
func dialAgent(ctx context.Context) (net.Conn, error) {
	pipe := agentPipe
	if named := os.Getenv("SSH_AUTH_SOCK"); strings.HasPrefix(named, `\\.\pipe\`) {
		pipe = named
	}
	return winio.DialPipeContext(ctx, pipe)
}
