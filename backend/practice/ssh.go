package practice

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// The files with the keys of the NAS and of its login.
const (
	hostKeyFile  = "host_key"
	loginKeyFile = "login_key"
)

// keyIn reads a private key, or makes it.
func keyIn(file string) (ssh.Signer, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		_, key, genErr := ed25519.GenerateKey(rand.Reader)
		if genErr != nil {
			return nil, genErr
		}
		block, genErr := ssh.MarshalPrivateKey(key, "burnish practice")
		if genErr != nil {
			return nil, genErr
		}
		text = pem.EncodeToMemory(block)
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return key, nil
}

// HostKey is the NAS's key as a line of authorized_keys.
func (n *NAS) HostKey() string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(n.host.PublicKey())))
}

// KeyFile is the file with the key that opens the login.
func (n *NAS) KeyFile() string { return filepath.Join(n.opt.Dir, loginKeyFile) }

// Dial connects to the NAS, whatever the address; it fits nas.Options.Dial.
func (n *NAS) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	here, there := newPipe()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		return nil, errors.New("connection refused: the practice NAS is off")
	}
	n.conns[there] = true
	n.served.Go(func() {
		n.serve(there)
		there.Close()
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.conns, there)
	})
	return here, nil
}

// loginTime is how long a client may take to log in.
const loginTime = time.Minute

// serve speaks SSH over a connection until it ends.
func (n *NAS) serve(conn net.Conn) {
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			switch {
			case c.User() != User || !bytes.Equal(key.Marshal(), n.login.Marshal()):
				return nil, errors.New("that key opens nothing here")
			case n.opt.Code != "":
				next := ssh.ServerAuthCallbacks{KeyboardInteractiveCallback: n.askCode}
				return nil, &ssh.PartialSuccessError{Next: next}
			}
			return nil, nil
		},
	}
	config.AddHostKey(n.host)
	conn.SetDeadline(time.Now().Add(loginTime))
	server, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return // the client says why
	}
	conn.SetDeadline(time.Time{})
	go ssh.DiscardRequests(requests) // a refusal answers a keepalive too
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for asked := range channels {
		if asked.ChannelType() != "session" {
			asked.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		channel, requests, err := asked.Accept()
		if err != nil {
			break
		}
		n.served.Go(func() { n.session(ctx, channel, requests) })
	}
	server.Close()
}

// askCode is the second step of a login that needs a code.
func (n *NAS) askCode(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
	answers, err := ask("", "", []string{"Verification code: "}, []bool{false})
	if err == nil && (len(answers) != 1 || answers[0] != n.opt.Code) {
		err = errors.New("that code is wrong")
	}
	return nil, err
}

// session runs the one command of a channel.
func (n *NAS) session(ctx context.Context, channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for r := range requests {
		var exec struct{ Command string }
		if r.Type != "exec" || ssh.Unmarshal(r.Payload, &exec) != nil {
			r.Reply(false, nil)
			continue
		}
		r.Reply(true, nil)
		go func() { // until the channel is closed; then the command ends too
			ssh.DiscardRequests(requests)
			cancel()
		}()
		status := n.command(ctx, exec.Command, channel, channel, channel.Stderr())
		channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
		return
	}
}
