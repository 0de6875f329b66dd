package nas

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"burnish/backend/reason"
)

// noNetwork is a connection that can only be closed.
type noNetwork struct{ ssh.Conn }

func (noNetwork) Close() error { return nil }

func bareConn() *Conn {
	life, end := context.WithCancelCause(context.Background())
	return &Conn{life: life, end: end, client: &ssh.Client{Conn: noNetwork{}}}
}

func away() error { return reason.New("nas_unreachable", "nas", "n", "address", "a", "error", "e") }

func napping(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// keeping is a Keep whose connections come about as connect says, for the given try.
func keeping(seen *[]Standing, connect func(try int) error, work func(context.Context, *Conn) error) Keep {
	tries := 0
	return Keep{
		Connect: func(context.Context) (*Conn, error) {
			tries++
			if err := connect(tries); err != nil {
				return nil, err
			}
			return bareConn(), nil
		},
		Release: (*Conn).Close,
		Work:    work,
		Report:  func(s Standing) { *seen = append(*seen, s) },
		Now:     time.Now,
		Sleep:   napping,
		Rand:    rand.New(rand.NewPCG(1, 2)),
	}
}

func TestANASThatIsAwayIsTriedForEverAndNotInAHurry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		var seen []Standing
		start, tries := time.Now(), 0
		k := keeping(&seen, func(try int) error { tries = try; return away() }, nil)
		if err := k.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ended with %v", err)
		}
		if tries < 24*60 || tries > 24*120+10 {
			t.Errorf("%d tries in a day, want one every 30 to 60 s", tries)
		}
		first := seen[1]
		if first.Phase != Lost || !first.Since.Equal(start) || first.Next.Sub(start) < time.Second ||
			first.Next.Sub(start) > 2*time.Second {
			t.Errorf("the first loss: %+v", first)
		}
		last := seen[len(seen)-1]
		if last.Phase != Lost || !last.Since.Equal(start) || last.Err == nil {
			t.Errorf("the last standing: %+v", last)
		}
	})
}

func TestALossIsToldSinceWhenAndMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []Standing
		start, lives := time.Now(), 0
		work := func(ctx context.Context, c *Conn) error {
			if lives++; lives == 2 {
				return nil
			}
			time.AfterFunc(time.Hour, func() { c.lose("a cable was pulled") })
			<-ctx.Done()
			return ctx.Err()
		}
		k := keeping(&seen, func(try int) error {
			if try == 2 {
				return away()
			}
			return nil
		}, work)
		if err := k.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		var phases []Phase
		for _, s := range seen {
			phases = append(phases, s.Phase)
		}
		want := []Phase{Connecting, Connected, Lost, Connecting, Lost, Connecting, Connected}
		if len(phases) != len(want) {
			t.Fatalf("phases %v, want %v", phases, want)
		}
		for i := range want {
			if phases[i] != want[i] {
				t.Fatalf("phases %v, want %v", phases, want)
			}
		}
		lost := start.Add(time.Hour)
		for _, i := range []int{2, 3, 4, 5} {
			if !seen[i].Since.Equal(lost) {
				t.Errorf("standing %d: since %v, want %v", i, seen[i].Since, lost)
			}
		}
		wantCode(t, seen[2].Err, "connection_lost")
		wantCode(t, seen[4].Err, "nas_unreachable")
	})
}

func TestWhatOnlyAPersonCanMendEndsTheTries(t *testing.T) {
	for _, hard := range []*reason.Said{
		reason.New("host_key_changed"), reason.New("host_key_unknown"), reason.New("nas_changed"),
		reason.New("key_unusable"),
	} {
		synctest.Test(t, func(t *testing.T) {
			var seen []Standing
			k := keeping(&seen, func(int) error { return hard }, nil)
			wantCode(t, k.Run(t.Context()), hard.Code)
			if len(seen) != 1 {
				t.Errorf("%s: %d standings", hard.Code, len(seen))
			}
		})
	}
}

// A server shuts out who fails to log in again and again.
func TestARefusedLoginIsTriedOnceAMinuteAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var seen []Standing
		tries := 0
		k := keeping(&seen, func(try int) error { tries = try; return reason.New("auth_failed") }, nil)
		k.Run(ctx)
		if tries < 30 || tries > 61 {
			t.Errorf("%d tries in an hour", tries)
		}
	})
}

func TestAPersonsEndIsTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var seen []Standing
		k := keeping(&seen, func(int) error { return nil }, func(ctx context.Context, _ *Conn) error {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		})
		if err := k.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	})
}
