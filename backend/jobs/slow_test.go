//go:build linux

package jobs

import (
	"context"
	"testing"
	"time"

	"burnish/backend/nas"
	"burnish/backend/reason"
	"burnish/backend/store"
)

// A NAS does not answer in time: of jobs that were just started that is no error, of others it is told in words.
func TestANASThatIsBusyWithAStartIsNoError(t *testing.T) {
	const id = "zzzzzzzzzzzzzzzzzzzz"
	s := kept(t, t.TempDir(), id)
	s.Dial = func(ctx context.Context, _ nas.Target) (*nas.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	rows, err := s.store.Jobs(t.Context(), store.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	began := time.UnixMilli(rows[0].CreatedMs)
	for after, told := range map[time.Duration]bool{time.Second: false, askedFor + time.Second: true} {
		s.Now = func() time.Time { return began.Add(after) }
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := s.Refresh(ctx, rows)
		cancel()
		if told != (reason.CodeOf(err) == reason.NoAnswerYet) || !told && err != nil {
			t.Errorf("%s after its start: %v", after, err)
		}
	}
}
