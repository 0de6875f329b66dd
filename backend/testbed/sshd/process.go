//go:build linux

package sshd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// processes returns the ids of all processes for which pick says yes of their directory in /proc.
func processes(pick func(proc string) bool) []int {
	procs, _ := filepath.Glob("/proc/[0-9]*")
	var found []int
	for _, proc := range procs {
		if pid, err := strconv.Atoi(filepath.Base(proc)); err == nil && pick(proc) {
			found = append(found, pid)
		}
	}
	return found
}

// sessions returns the sshd processes below parent: the ones that serve a connection. Since OpenSSH 9.8 they are
// programs of their own, sshd-session and sshd-auth. What they have started for the user is not among them.
// All that it returns are stopped, and parent must be: one that runs could make another while they are counted, and
// that one would live on when its parent is killed.
func sessions(parent int) []int {
	var found []int
	for _, pid := range processes(func(proc string) bool {
		name, state, above := stat(proc)
		return strings.HasPrefix(name, "sshd") && state != "Z" && above == strconv.Itoa(parent)
	}) {
		freeze(pid)
		found = append(found, pid)
		found = append(found, sessions(pid)...)
	}
	return found
}

// freeze stops a process and returns when it has stopped, which is a little after the signal, or has ended.
func freeze(pid int) {
	syscall.Kill(pid, syscall.SIGSTOP)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if _, state, _ := stat(filepath.Join("/proc", strconv.Itoa(pid))); state == "T" || state == "Z" || state == "" {
			return
		}
	}
}

// stat reads a process's name, state and parent; all are empty where there is no such process.
func stat(proc string) (name, state, parent string) {
	// Of "123 (sshd) S 99 ..." the name may hold blanks and brackets, so the fields count from its end.
	text, _ := os.ReadFile(filepath.Join(proc, "stat"))
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return "", "", ""
	}
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 2 {
		return "", "", ""
	}
	return string(text[open+1 : end]), fields[0], fields[1]
}

// marked returns the processes that were started with the variable in their environment, as "name=value".
func marked(variable string) []int {
	return processes(func(proc string) bool {
		env, _ := os.ReadFile(filepath.Join(proc, "environ"))
		for v := range bytes.SplitSeq(env, []byte{0}) {
			if string(v) == variable {
				return true
			}
		}
		return false
	})
}

// ownedBy returns the processes whose real user id is uid.
func ownedBy(uid int) []int {
	return processes(func(proc string) bool {
		status, _ := os.ReadFile(filepath.Join(proc, "status"))
		return bytes.Contains(status, fmt.Appendf(nil, "\nUid:\t%d\t", uid)) && !bytes.Contains(status,
			[]byte("\nState:\tZ"))
	})
}

func kill(pids []int) {
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}
