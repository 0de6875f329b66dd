package nas

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"burnish/backend/reason"
)

const (
	maxKeys    = 6        // a server ends the login after six refused keys
	maxKeyFile = 64 << 10 // bytes
)

// loadKey reads the private key of the profile; nil if it names none.
func loadKey(file string) (ssh.Signer, error) {
	if file == "" {
		return nil, nil
	}
	unusable := func(err any) error { return reason.New("key_unusable", "key", file, "error", err) }
	f, err := os.Open(file)
	if err != nil {
		return nil, unusable(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, unusable(err)
	}
	if len(text) > maxKeyFile {
		return nil, unusable("it is too long for a key")
	}
	signer, err := ssh.ParsePrivateKey(text)
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		return nil, unusable("it is protected by a passphrase")
	case err != nil:
		return nil, unusable(err)
	}
	return signer, nil
}

// login offers the profile's keys. Its connection to the agent must stay open until the login is over.
type login struct {
	signers []ssh.Signer
	agent   net.Conn
	problem string // why the agent gave no keys
	asked   bool   // the server wanted keys
}

// newLogin collects the keys. An agent that does not answer is no error while there is another key.
func newLogin(ctx context.Context, t Target, o Options) (*login, error) {
	signer, err := loadKey(t.KeyFile)
	if err != nil {
		return nil, err
	}
	l := &login{}
	if signer != nil {
		l.signers = append(l.signers, signer)
	}
	if t.Agent {
		if err := l.askAgent(ctx, o); err != nil {
			l.problem = fmt.Sprintf("the SSH agent: %v", err)
		}
	}
	if len(l.signers) == 0 {
		if l.problem == "" {
			l.problem = "the SSH agent holds no key"
		}
		l.close()
		return nil, reason.New("auth_failed", "user", t.User, "nas", t.Name, "error", l.problem)
	}
	return l, nil
}

func (l *login) askAgent(ctx context.Context, o Options) error {
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return errors.New("SSH_AUTH_SOCK is not set")
	}
	dialer := net.Dialer{Timeout: o.ConnectTimeout}
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	l.agent = conn
	if err := conn.SetDeadline(deadline(o.HandshakeTimeout)); err != nil {
		return err
	}
	held, err := agent.NewClient(conn).Signers()
	if err != nil {
		return err
	}
	for _, s := range held {
		if len(l.signers) == maxKeys {
			break
		}
		if !l.has(s.PublicKey()) {
			l.signers = append(l.signers, s)
		}
	}
	return nil
}

func (l *login) has(key ssh.PublicKey) bool {
	for _, s := range l.signers {
		if bytes.Equal(s.PublicKey().Marshal(), key.Marshal()) {
			return true
		}
	}
	return false
}

// method is the one public key method that a client may name.
func (l *login) method(o Options) ssh.AuthMethod {
	return ssh.PublicKeysCallback(func() ([]ssh.Signer, error) {
		l.asked = true
		if l.agent != nil {
			if err := l.agent.SetDeadline(deadline(o.LoginTimeout)); err != nil {
				return nil, err
			}
		}
		return l.signers, nil
	})
}

// refused says why the server let nobody in.
func (l *login) refused() string {
	if !l.asked {
		return "it takes no public keys"
	}
	what := fmt.Sprintf("it took none of %d keys", len(l.signers))
	if len(l.signers) == 1 {
		what = "it did not take the key " + ssh.FingerprintSHA256(l.signers[0].PublicKey())
	}
	if l.problem != "" {
		what += "; " + l.problem
	}
	return what
}

func (l *login) close() {
	if l.agent != nil {
		l.agent.Close()
	}
}
