// Package sshd runs a real OpenSSH server for tests, on loopback and as root (Linux), with users to log in as
// (NewUser) and, on any system, a TCP proxy that loses connections on demand (NewProxy).
//
// A Server has its own configuration, host key, client key and log under a temporary directory; the machine's own
// sshd and its files are not touched, except that /run/sshd is made where it is missing. Logins are by the
// client key, as root and as every user of NewUser. StrictModes and PAM are off: the temporary directory is not
// what StrictModes wants, and a test must not depend on the machine's PAM stack.
//
// What a session starts bears the server's mark in its environment. It is not killed by Stop or KillSessions, as
// nothing on a NAS is killed by a lost connection; it is killed when the test ends. A program that clears its
// environment, as sudo does, loses the mark: a test that starts daemons so ends them itself, or runs them as a
// user of NewUser, all of whose processes are killed with the user.
//
// Functions that take a test end it when they fail and must be called on its goroutine. The methods of Proxy may be
// called from any goroutine; those of Server from one at a time. All is removed when the test ends, and, where the
// test binary is killed, when it is; see package tether.
package sshd
