//go:build linux

package nas

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"burnish/backend/nas/mirror"
	"burnish/backend/testbed/sshd"
	"burnish/backend/wire"
)

// noise is content that no two pieces of which are equal.
func noise(seed uint64, n int) []byte {
	content := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed)})
	r.Read(content)
	return content
}

// putJob makes a job's files at the NAS.
func putJob(t testing.TB, c *Conn, job string, files map[string][]byte) {
	t.Helper()
	dir := filepath.Join(c.StateDir(), "jobs", job)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func wantMirrored(t testing.TB, m mirror.Mirror, c *Conn, job, file string) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join(c.StateDir(), "jobs", job, file))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(m.Dir, job, file))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: the mirror has %d bytes and the NAS %d, or they differ: %v", file, len(got), len(want), err)
	}
}

func TestAFollowBringsGrowthAndStatus(t *testing.T) {
	s := startServer(t)
	c := deployed(t, targetOf(s), testOptions())
	putJob(t, c, aJob, map[string][]byte{"run-1.ndjson": []byte("one\n")})
	m := mirror.Mirror{Dir: t.TempDir()}
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	var last *wire.JobStatus
	err := c.Follow(ctx, m, nil, []string{aJob}, false, func(job string, status *wire.JobStatus) {
		have, err := m.Have(job)
		if err != nil {
			t.Error(err)
		}
		switch have["run-1.ndjson"] {
		case 4:
			putJob(t, c, aJob, map[string][]byte{"run-1.ndjson": []byte("two\n")})
		case 8:
			last = status
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the follow ended with %v", err)
	}
	wantMirrored(t, m, c, aJob, "run-1.ndjson")
	if last == nil || !last.LockHeld || last.Run != 1 {
		t.Errorf("the status with the growth is %+v", last)
	}
}

// A reset in the middle costs nothing but the growth: the cursor is the mirror's size.
func TestAFollowGoesOnWhereItWasCut(t *testing.T) {
	s := startServer(t)
	proxy := sshd.NewProxy(t, s.Addr())
	target := targetOf(s)
	target.Host, target.Port = proxy.Host, proxy.Port
	c := deployed(t, target, testOptions())
	const size = 4 << 20
	putJob(t, c, aJob, map[string][]byte{"run-1.ndjson": noise(1, size/4), "surface_validate.log": noise(2, size*3/4)})
	m := mirror.Mirror{Dir: t.TempDir()}
	var got atomic.Int64
	have := func() (total int64) {
		sizes, err := m.Have(aJob)
		if err != nil {
			t.Error(err)
		}
		for _, n := range sizes {
			total += n
		}
		return total
	}
	var once sync.Once
	err := c.Follow(testContext(t), m, nil, []string{aJob}, true, func(string, *wire.JobStatus) {
		if got.Store(have()); got.Load() > size/2 {
			once.Do(proxy.Drop)
		}
	})
	wantCode(t, err, "connection_lost")
	before := have()
	if before < size/2 || before == size {
		t.Fatalf("%d of %d bytes came before the cut", before, size)
	}

	target.StateDir = c.StateDir()
	again := deployed(t, target, testOptions())
	down := proxy.Down()
	if err := again.Follow(testContext(t), m, nil, []string{aJob}, true, nothing); err != nil {
		t.Fatal(err)
	}
	wantMirrored(t, m, c, aJob, "run-1.ndjson")
	wantMirrored(t, m, c, aJob, "surface_validate.log")
	// Base64 makes four bytes of three; frames and packets add little.
	if moved, most := proxy.Down()-down, (size-before)*3/2+64<<10; moved > most {
		t.Errorf("%d bytes moved for a growth of %d", moved, size-before)
	}
}

func TestTwoFollowsIntoOneMirrorDoNoHarm(t *testing.T) {
	s := startServer(t)
	c := deployed(t, targetOf(s), testOptions())
	putJob(t, c, aJob, map[string][]byte{"run-1.ndjson": noise(3, 3<<20), "short_smart.log": noise(4, 100_000)})
	m := mirror.Mirror{Dir: t.TempDir()}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := c.Follow(testContext(t), m, nil, []string{aJob}, true, nothing); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	wantMirrored(t, m, c, aJob, "run-1.ndjson")
	wantMirrored(t, m, c, aJob, "short_smart.log")
}

// The strictest server allows one channel. A call then goes in between, and the follow misses nothing.
func TestWithOneSessionACallGoesBetween(t *testing.T) {
	s := startServer(t, sshd.MaxSessions(1))
	c := deployed(t, targetOf(s), testOptions())
	m := mirror.Mirror{Dir: t.TempDir()}
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	putJob(t, c, aJob, map[string][]byte{"run-1.ndjson": noise(5, 500_000)})
	seen := make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- c.Follow(ctx, m, nil, []string{aJob}, false, func(string, *wire.JobStatus) {
			select {
			case seen <- struct{}{}:
			default:
			}
		})
	}()
	<-seen
	var calls sync.WaitGroup
	for range 3 {
		calls.Go(func() {
			if jobs, err := c.List(ctx); err != nil || len(jobs) != 1 {
				t.Errorf("list: %v, %v", jobs, err)
			}
		})
	}
	calls.Wait()
	putJob(t, c, aJob, map[string][]byte{"run-1.ndjson": noise(6, 500_000)})
	for end := time.Now().Add(10 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if have, err := m.Have(aJob); err != nil || have["run-1.ndjson"] == 1_000_000 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the follow did not go on after the calls")
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the follow ended with %v", err)
	}
	wantMirrored(t, m, c, aJob, "run-1.ndjson")
}

// A cable that is pulled says nothing: only the keepalive tells.
func TestAStalledConnectionIsLost(t *testing.T) {
	s := startServer(t)
	proxy := sshd.NewProxy(t, s.Addr())
	target := targetOf(s)
	target.Host, target.Port = proxy.Host, proxy.Port
	o := testOptions()
	o.KeepaliveEvery = 2 * time.Second // a busy machine may be silent for some seconds while it deploys
	c := deployed(t, target, o)
	putJob(t, c, aJob, map[string][]byte{"run-1.ndjson": []byte("x\n")})
	var once sync.Once
	err := c.Follow(testContext(t), mirror.Mirror{Dir: t.TempDir()}, nil, []string{aJob}, false,
		func(string, *wire.JobStatus) { once.Do(proxy.Stall) })
	wantCode(t, err, "connection_lost")
	<-c.Done()
	wantCode(t, c.Err(), "connection_lost")
	_, err = c.List(testContext(t))
	wantCode(t, err, "connection_lost")
}

// The tick after the last byte asks, and each of the next may be a miss: a silence that began right after a tick is the
// longest.
func TestSilenceIsALossWithin45Seconds(t *testing.T) {
	o := Options{}.withDefaults()
	if longest := (maxMisses + 1) * o.KeepaliveEvery; longest > 45*time.Second || o.BeatTimeout > 45*time.Second {
		t.Errorf("a silence is noticed after %v by the keepalive and after %v by the beat", longest, o.BeatTimeout)
	}
}

// While the server lives and the runner does not speak, the beat tells.
func TestASilentRunnerIsALostConnection(t *testing.T) {
	s := startServer(t)
	o := testOptions()
	o.BeatTimeout = 300 * time.Millisecond
	c := deployed(t, targetOf(s), o)
	script := []byte("#!/bin/sh\nexec sleep 60\n")
	mute := newBuild(script).in(c.StateDir())
	if err := os.WriteFile(mute.file, script, 0o755); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	c.runner = mute
	c.mu.Unlock()
	err := c.Follow(testContext(t), mirror.Mirror{Dir: t.TempDir()}, nil, []string{aJob}, false, nothing)
	wantCode(t, err, "connection_lost")
	if c.Err() != nil {
		t.Errorf("the connection itself ended: %v", c.Err())
	}
}

// Nothing on the NAS may hang on the connection: sessions die, the next dial goes on.
func TestAKilledSessionIsALostConnectionAndTheNextDialWorks(t *testing.T) {
	s := startServer(t)
	c := deployed(t, targetOf(s), testOptions())
	putJob(t, c, aJob, map[string][]byte{"run-1.ndjson": []byte("x\n")})
	var once sync.Once
	err := c.Follow(testContext(t), mirror.Mirror{Dir: t.TempDir()}, nil, []string{aJob}, false,
		func(string, *wire.JobStatus) { once.Do(s.KillSessions) })
	wantCode(t, err, "connection_lost")
	s.Restart()
	target := targetOf(s)
	target.StateDir = c.StateDir()
	if jobs, err := deployed(t, target, testOptions()).List(testContext(t)); err != nil || len(jobs) != 1 {
		t.Errorf("list: %v, %v", jobs, err)
	}
}
