// Package link makes a connection to a NAS over SSH: it dials, through a jump host where there is one, checks who
// answers, and logs in.
//
// Its rules:
//   - A NAS is known by its host key. Without a pinned one nothing is sent but the key exchange; another key is a hard
//     stop. There is no way around the check.
//   - Every step has a deadline of its own, and ends when its context does.
//   - A secret goes to the login and nowhere else. A login sends a password once; a jump host is checked as the NAS is,
//     and never gets the NAS's password.
//   - What a login needs and Target does not hold is asked for through Target.Ask: passwords, passphrases, codes.
//
// What a person must know is a *reason.Said; the other errors are the context's.
package link
