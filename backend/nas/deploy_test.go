//go:build linux

package nas

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"burnish/backend/testbed/need"
	"burnish/backend/testbed/sshd"
	"burnish/backend/wire"
)

func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	return found
}

func TestTheRunnerIsPutInPlaceAndFoundAgain(t *testing.T) {
	s := startServer(t)
	target := targetOf(s)
	target.StateDir = filepath.Join(rootDir(t), "it's a $HOME", "state")
	c := dial(t, target, testOptions())
	if _, err := c.Version(testContext(t)); !errors.Is(err, ErrNoRunner) {
		t.Errorf("before the deploy a call gave %v", err)
	}
	v, err := c.Deploy(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	if v.UID != 0 || c.StateDir() != target.StateDir {
		t.Errorf("version %+v in %s", v, c.StateDir())
	}
	bin := filepath.Join(target.StateDir, "bin")
	program, err := ownProgram()
	if err != nil {
		t.Fatal(err)
	}
	want := newBuild(program).name
	if got := names(t, bin); !slices.Equal(got, []string{want}) {
		t.Fatalf("%s holds %q, want only %s", bin, got, want)
	}
	before, err := os.Stat(filepath.Join(bin, want))
	if err != nil {
		t.Fatal(err)
	}
	if before.Mode().Perm() != 0o755 {
		t.Errorf("the runner's mode is %v", before.Mode())
	}

	again := dial(t, target, testOptions())
	if _, err := again.Deploy(testContext(t)); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(filepath.Join(bin, want))
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		t.Error("the second deploy wrote the runner again")
	}
}

func TestATamperedRunnerIsNeitherRunNorOverwritten(t *testing.T) {
	s := startServer(t)
	c := deployed(t, targetOf(s), testOptions())
	file := c.placed().file
	evil := []byte("#!/bin/sh\ntouch " + file + ".ran\n")
	if err := os.Remove(file); err != nil { // it may still be running, and cannot be written to then
		t.Fatal(err)
	}
	if err := os.WriteFile(file, evil, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := c.Version(testContext(t))
	if text := wantCode(t, err, "runner_changed"); !strings.Contains(text, file) {
		t.Errorf("%q does not name %s", text, file)
	}
	_, err = c.Deploy(testContext(t))
	wantCode(t, err, "runner_changed")
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, evil) {
		t.Errorf("the tampered file was touched: %v", err)
	}
	if _, err := os.Stat(file + ".ran"); err == nil {
		t.Error("the tampered runner ran")
	}
}

func TestARunnerThatWasRemovedIsReportedAsMissing(t *testing.T) {
	s := startServer(t)
	c := deployed(t, targetOf(s), testOptions())
	if err := os.RemoveAll(c.StateDir()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Version(testContext(t)); !errors.Is(err, ErrNoRunner) {
		t.Fatalf("got %v", err)
	}
	if _, err := c.Deploy(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Version(testContext(t)); err != nil {
		t.Error(err)
	}
}

func TestADirectoryThatAllowsNoProgramsIsRefusedAndLeftClean(t *testing.T) {
	s := startServer(t)
	dir := rootDir(t)
	if out, err := exec.Command(need.Program(t, "mount"), "-t", "tmpfs", "-o", "noexec,mode=0755,size=64m",
		"burnish-test", dir).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	target := targetOf(s)
	target.StateDir = filepath.Join(dir, "burnish")
	_, err := dial(t, target, testOptions()).Deploy(testContext(t))
	if text := wantCode(t, err, "state_dir_unusable"); !strings.Contains(text, target.StateDir) ||
		!strings.Contains(text, "Permission denied") {
		t.Errorf("%q does not say where and why", text)
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestADirectoryWithoutSpaceIsRefusedAndLeftClean(t *testing.T) {
	s := startServer(t)
	dir := rootDir(t)
	if out, err := exec.Command(need.Program(t, "mount"), "-t", "tmpfs", "-o", "mode=0755,size=64k", "burnish-test",
		dir).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	target := targetOf(s)
	target.StateDir = filepath.Join(dir, "burnish")
	_, err := dial(t, target, testOptions()).Deploy(testContext(t))
	if text := wantCode(t, err, "state_dir_unusable"); !strings.Contains(text, "No space left") {
		t.Errorf("%q does not say why", text)
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestADirectoryThatOthersCanChangeIsRefused(t *testing.T) {
	s := startServer(t)
	theirs, open := rootDir(t), rootDir(t)
	if err := os.Chown(theirs, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o775); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(rootDir(t), "link")
	if err := os.Symlink(theirs, link); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{theirs, open, link} {
		target := targetOf(s)
		target.StateDir = filepath.Join(dir, "below", "burnish")
		_, err := dial(t, target, testOptions()).Deploy(testContext(t))
		wantCode(t, err, "state_dir_unusable")
		if _, err := os.Stat(filepath.Join(dir, "below")); err == nil {
			t.Errorf("something was made in %s", dir)
		}
	}
}

// In a sticky directory others cannot replace what is root's; only the runner must not lie in it directly.
func TestAPlaceBelowAStickyDirectoryIsFit(t *testing.T) {
	s := startServer(t)
	sticky := rootDir(t)
	if err := os.Chmod(sticky, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	target := targetOf(s)
	target.StateDir = filepath.Join(sticky, "burnish")
	deployed(t, target, testOptions())
	if err := os.Chmod(filepath.Join(target.StateDir, "bin"), 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	_, err := dial(t, target, testOptions()).Deploy(testContext(t))
	wantCode(t, err, "state_dir_unusable")
}

// Also for one that is there already and works: somebody may have put it there.
func TestARunnerInADirectoryThatOthersCanChangeIsNotUsed(t *testing.T) {
	s := startServer(t)
	target := targetOf(s)
	parent := rootDir(t)
	target.StateDir = filepath.Join(parent, "burnish")
	deployed(t, target, testOptions())
	if err := os.Chmod(parent, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := dial(t, target, testOptions()).Deploy(testContext(t))
	if text := wantCode(t, err, "state_dir_unusable"); !strings.Contains(text, "others than root") {
		t.Errorf("%q does not say why", text)
	}
}

func TestAnUploadThatIsCutLeavesNothing(t *testing.T) {
	s := startServer(t)
	proxy := sshd.NewProxy(t, s.Addr())
	target := targetOf(s)
	target.Host, target.Port = proxy.Host, proxy.Port
	target.StateDir = filepath.Join(rootDir(t), "burnish")
	bin := filepath.Join(target.StateDir, "bin")
	c := dial(t, target, testOptions())
	cut := make(chan struct{})
	go func() {
		defer close(cut)
		for range 300_000 {
			// As soon as part of it is there.
			if got, _ := filepath.Glob(filepath.Join(bin, ".burnish-runner-*")); len(got) > 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		proxy.Drop()
	}()
	_, err := c.Deploy(testContext(t))
	<-cut
	if err == nil {
		t.Skip("the upload was faster than the cut")
	}
	wantCode(t, err, "connection_lost")

	// The shell at the NAS sees the end of its stdin and clears up by itself; what a crash leaves, the next deploy
	// takes.
	left := filepath.Join(bin, ".burnish-runner-0badcafe.999999999")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dial(t, target, testOptions()).Deploy(testContext(t)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for range 60_000 {
		if got = names(t, bin); len(got) == 1 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s holds %q, want one runner", bin, got)
}

func TestTheFirstPlaceThatIsFitIsTakenAndKept(t *testing.T) {
	s := startServer(t)
	first, second, third := rootDir(t), rootDir(t), rootDir(t)
	if err := os.Chmod(first, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := dial(t, targetOf(s), testOptions()).deployTo(testContext(t), first, second, third); err != nil {
		t.Fatal(err)
	}
	// The first one is fit now, but the jobs are where the runner is.
	if err := os.Chmod(first, 0o755); err != nil {
		t.Fatal(err)
	}
	c := dial(t, targetOf(s), testOptions())
	if _, err := c.deployTo(testContext(t), first, second, third); err != nil {
		t.Fatal(err)
	}
	if c.StateDir() != second || len(names(t, first)) > 0 || len(names(t, third)) > 0 {
		t.Errorf("it is in %s, not only in %s", c.StateDir(), second)
	}
}

func TestOldRunnersGoOnlyWhenAsked(t *testing.T) {
	s := startServer(t)
	target := targetOf(s)
	target.StateDir = filepath.Join(rootDir(t), "burnish")
	bin := filepath.Join(target.StateDir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"burnish-runner-01234567", "keep-me"} {
		if err := os.WriteFile(filepath.Join(bin, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := deployed(t, target, testOptions())
	if got := names(t, bin); len(got) != 3 {
		t.Errorf("after the deploy: %q", got)
	}
	if err := c.RemoveOld(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if got := names(t, bin); len(got) != 2 || slices.Contains(got, "burnish-runner-01234567") {
		t.Errorf("after the removal: %q", got)
	}
	if _, err := c.Version(testContext(t)); err != nil {
		t.Error(err)
	}
}

func TestTheVerbsAnswer(t *testing.T) {
	s := startServer(t)
	c := deployed(t, targetOf(s), testOptions())
	ctx := testContext(t)
	job := "0123456789abcdefghij"
	if r, err := c.Start(ctx, wire.StartRequest{Job: job}); err != nil || r.Run != 1 {
		t.Errorf("start: %+v, %v", r, err)
	}
	if r, err := c.Resume(ctx, job); err != nil || r.Run != 2 {
		t.Errorf("resume: %+v, %v", r, err)
	}
	if r, err := c.Stop(ctx, job, "a test"); err != nil || !r.Stopped {
		t.Errorf("stop: %+v, %v", r, err)
	}
	if jobs, err := c.List(ctx); err != nil || len(jobs) != 1 || jobs[0].Job != job {
		t.Errorf("list: %+v, %v", jobs, err)
	}
	content := bytes.Repeat([]byte("0123456789"), 10_000)
	if err := os.WriteFile(filepath.Join(c.StateDir(), "jobs", job, "run-1.ndjson"), content, 0o640); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Read(ctx, job, "run-1.ndjson", 5); err != nil || !bytes.Equal(got, content[5:5+wire.MaxChunk]) {
		t.Errorf("read: %d bytes, %v", len(got), err)
	}
	if rows, err := c.Inventory(ctx, wire.InventoryRequest{}); err != nil || len(rows) != 1 {
		t.Errorf("inventory: %+v, %v", rows, err)
	}
	if r, err := c.Clean(ctx, wire.CleanRequest{Runner: true}); err != nil || !r.RunnerRemoved {
		t.Errorf("clean: %+v, %v", r, err)
	}
	if _, err := c.List(ctx); !errors.Is(err, ErrNoRunner) {
		t.Errorf("after the runner has gone: %v", err)
	}
}
