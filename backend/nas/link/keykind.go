package link

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"

	"burnish/backend/nas/shell"
	"burnish/backend/reason"
)

const usualKey = "Give a private key in the form of OpenSSH, or use the agent."

const holdsNone = "it holds no private key"

// header is the first line of a key in one of the forms with lines of dashes.
var header = regexp.MustCompile(`(?m)^-{4,5} ?BEGIN ([A-Z0-9 ]+?) ?-{4,5}\s*$`)

// notPrivate says what a file is that is no private key which can be read, and how to make one of it; err is what the
// library said.
func notPrivate(file string, text []byte, err error) error {
	what, hint := kindOfKey(file, text)
	if what == "" {
		what, hint = err.Error(), usualKey
	}
	return reason.New(reason.KeyUnusable, "key", file, "error", what, "hint", hint)
}

func kindOfKey(file string, text []byte) (what, hint string) {
	name := shell.Quote(file)
	bare, marked := bytes.CutPrefix(text, []byte("\xef\xbb\xbf"))
	if marked {
		if what, hint := kindOfKey(file, bare); what != "" && what != holdsNone {
			return what, hint
		}
	}
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return "the file is empty", usualKey
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return "it is written in UTF-16, as some editors and PowerShell's > do; a key is plain ASCII",
			fmt.Sprintf("Make one that is: iconv -f UTF-16 -t ASCII %s > NEWFILE (then chmod 600 NEWFILE), or save "+
				"it again as ASCII.", name)
	case marked:
		return "it begins with a byte order mark (BOM), as some editors on Windows write it; a key has none",
			fmt.Sprintf("Take it out: tail -c +4 %s > NEWFILE (then chmod 600 NEWFILE), or save the file again as "+
				"ASCII or UTF-8 without BOM.", name)
	case bytes.HasPrefix(bytes.TrimSpace(text), []byte("PuTTY-User-Key-File-")):
		return "it is a key of PuTTY (.ppk)",
			fmt.Sprintf("Convert it: puttygen %s -O private-openssh -o NEWFILE; on Windows: PuTTYgen, Load, then "+
				"Conversions, Export OpenSSH key.", name)
	}
	block := ""
	if m := header.FindSubmatch(text); m != nil {
		block = string(m[1])
	}
	private := "give the private key, which has the same name without .pub where ssh-keygen made it"
	if trimmed, ok := strings.CutSuffix(file, ".pub"); ok {
		private = "give the private key, which is usually " + trimmed
	}
	_, _, _, _, public := ssh.ParseAuthorizedKey(text)
	switch {
	case strings.Contains(block, "PUBLIC KEY"), public == nil && block == "":
		return "it is a public key, the half that belongs on the NAS",
			"Put this one into the NAS's authorized keys, and " + private + "."
	case strings.Contains(block, "CERTIFICATE"):
		return "it is a certificate and no key", "Give the private key that belongs to it."
	case block == "SSH2 ENCRYPTED PRIVATE KEY":
		return "it is a private key in the form of SSH.com",
			fmt.Sprintf("Convert it: ssh-keygen -i -f %s > NEWFILE (then chmod 600 NEWFILE).", name)
	case block == "ENCRYPTED PRIVATE KEY":
		return "it is an encrypted private key in the form PKCS 8, which Burnish does not open",
			fmt.Sprintf("Write it anew in the form of OpenSSH, with its passphrase: cp %s NEWFILE; ssh-keygen -p -f "+
				"NEWFILE", name)
	case block == "" && !utf8.Valid(text):
		return "it is binary, perhaps a key in the form DER",
			fmt.Sprintf("Convert it: openssl pkey -inform DER -in %s -out NEWFILE (then chmod 600 NEWFILE).", name)
	case block == "":
		return holdsNone, usualKey
	}
	return "", ""
}
