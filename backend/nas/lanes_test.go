package nas

import (
	"context"
	"testing"
	"testing/synctest"
)

// enter asks for a lane in the background.
func enter(ctx context.Context, l *lanes, follow bool) <-chan *lane {
	got := make(chan *lane, 1)
	go func() {
		if w, err := l.take(ctx, follow); err == nil {
			got <- w
		}
	}()
	synctest.Wait()
	return got
}

func held(t *testing.T, got <-chan *lane) *lane {
	t.Helper()
	synctest.Wait()
	select {
	case w := <-got:
		return w
	default:
		t.Fatal("no lane was given")
		return nil
	}
}

func waits(t *testing.T, got <-chan *lane) {
	t.Helper()
	synctest.Wait()
	if len(got) > 0 {
		t.Fatal("a lane was given beyond the limit")
	}
}

func TestCallsWaitForALaneInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lanes{limit: 2}
		a, b := held(t, enter(t.Context(), l, false)), held(t, enter(t.Context(), l, false))
		third, fourth := enter(t.Context(), l, false), enter(t.Context(), l, false)
		waits(t, third)
		a.release()
		a.release() // twice is once
		c := held(t, third)
		waits(t, fourth)
		b.release()
		c.release()
		held(t, fourth).release()
		if l.used != 0 {
			t.Errorf("%d lanes are still held", l.used)
		}
	})
}

func TestARefusalTeachesTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lanes{limit: 4}
		a, b := held(t, enter(t.Context(), l, false)), held(t, enter(t.Context(), l, false))
		if !b.refused() {
			t.Fatal("with another one open, waiting helps")
		}
		again := enter(t.Context(), l, false)
		waits(t, again)
		a.release()
		b = held(t, again)
		if b.refused() {
			t.Error("alone, waiting for others does not help")
		}
	})
}

func TestAFollowYieldsOnlyWhereACallHasNoOtherRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lanes{limit: 2}
		follow := held(t, enter(t.Context(), l, true))
		call := held(t, enter(t.Context(), l, false))
		second := enter(t.Context(), l, false)
		waits(t, second)
		if follow.yielding() {
			t.Error("the follow yields although a call will end")
		}
		call.release()
		held(t, second).release()

		l.limit = 1
		third := enter(t.Context(), l, false)
		waits(t, third)
		if !follow.yielding() {
			t.Fatal("the follow does not yield")
		}
		follow.release()
		back := enter(t.Context(), l, true)
		waits(t, back)
		held(t, third).release()
		held(t, back).release()
	})
}

func TestWhoGivesUpWaitingLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lanes{limit: 1}
		a := held(t, enter(t.Context(), l, false))
		ctx, cancel := context.WithCancel(t.Context())
		impatient, patient := enter(ctx, l, false), enter(t.Context(), l, false)
		cancel()
		waits(t, impatient)
		a.release()
		held(t, patient).release()
	})
}
