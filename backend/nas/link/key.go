package link

import (
	"crypto/x509"
	"errors"
	"io"
	"os"

	"golang.org/x/crypto/ssh"

	"burnish/backend/reason"
)

const (
	maxKeyFile = 64 << 10 // bytes
	maxTries   = 3        // of a passphrase
)

// loadKey reads the private key of the profile; nil if it names none. The passphrase of a protected key is asked for
// when a server wants a signature, or now where the file does not show the key's public half.
func loadKey(file string, a *asker) (ssh.Signer, error) {
	if file == "" {
		return nil, nil
	}
	unusable := func(err any) error {
		return reason.New(reason.KeyUnusable, "key", file, "error", err, "hint", usualKey)
	}
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
	var protected *ssh.PassphraseMissingError
	if !errors.As(err, &protected) {
		if err != nil {
			return nil, notPrivate(file, text, err)
		}
		return signer, nil
	}
	k := &protectedKey{file: file, text: text, public: protected.PublicKey, asker: a}
	if k.public == nil {
		return k.open()
	}
	return k, nil
}

// protectedKey is a signer whose passphrase is asked for at the first signature.
type protectedKey struct {
	file   string
	text   []byte
	public ssh.PublicKey
	asker  *asker
	signer ssh.Signer
	err    error // why it could not be opened
}

func (k *protectedKey) PublicKey() ssh.PublicKey { return k.public }

func (k *protectedKey) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	s, err := k.open()
	if err != nil {
		return nil, err
	}
	return s.Sign(rand, data)
}

// SignWithAlgorithm lets an RSA key sign with SHA-2.
func (k *protectedKey) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	s, err := k.open()
	if err != nil {
		return nil, err
	}
	if s, ok := s.(ssh.AlgorithmSigner); ok {
		return s.SignWithAlgorithm(rand, data, algorithm)
	}
	return s.Sign(rand, data)
}

func (k *protectedKey) open() (ssh.Signer, error) {
	if k.signer == nil && k.err == nil {
		k.signer, k.err = k.unlock()
	}
	return k.signer, k.err
}

func (k *protectedKey) unlock() (ssh.Signer, error) {
	for try := range maxTries {
		passphrase, err := k.asker.ask(Question{Want: WantPassphrase, Key: k.file, Again: try > 0})
		if err != nil && try > 0 && reason.CodeOf(err) == reason.PassphraseNeeded {
			break // the saved one was wrong, and nobody gives another
		}
		if err != nil {
			return nil, err
		}
		signer, err := ssh.ParsePrivateKeyWithPassphrase(k.text, []byte(passphrase))
		if err == nil {
			return signer, nil
		}
		if !errors.Is(err, x509.IncorrectPasswordError) {
			return nil, reason.New(reason.KeyUnusable, "key", k.file, "error", err, "hint", usualKey)
		}
	}
	return nil, reason.New(reason.PassphraseWrong, "key", k.file, "nas", k.asker.t.Name)
}
