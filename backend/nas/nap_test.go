package nas

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestANapEndsWhenTheComputerWakesOrItsNetworkChanges(t *testing.T) {
	for _, c := range []struct {
		name  string
		slept time.Duration // what the wall clock jumps by after ten seconds
		moved bool
		want  time.Duration
	}{
		{"nothing happens", 0, false, time.Minute},
		{"the clock is set right by a little", 2 * time.Second, false, time.Minute},
		{"the clock is set back", -time.Hour, false, time.Minute},
		{"the lid was closed for a night", 8 * time.Hour, false, 10 * time.Second},
		{"another network", 0, true, 10 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				late := func() bool { return time.Since(begin) >= 10*time.Second }
				n := Nap{
					Wall: func() time.Time {
						if late() {
							return time.Now().Add(c.slept)
						}
						return time.Now()
					},
					Addresses: func() string {
						if c.moved && late() {
							return "10.0.0.2/24"
						}
						return "192.168.1.2/24"
					},
				}
				if err := n.Sleep(t.Context(), time.Minute); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begin); took < c.want || took > c.want+time.Second {
					t.Errorf("it took %v, want %v", took, c.want)
				}
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := n.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
					t.Errorf("%v", err)
				}
			})
		})
	}
}
