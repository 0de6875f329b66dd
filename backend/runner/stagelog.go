package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"sync"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// stageLog opens a stage's log, which grows over all runs of the job.
func (r *run) stageLog(kind burnin.StageKind) (*stageLog, error) {
	f, err := r.root().OpenFile(string(kind)+".log", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return nil, spaceError("the stage's log", err)
	}
	if os.Geteuid() == 0 {
		if err := f.Chown(-1, r.req.GID); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	l := &stageLog{f: f, now: r.Now, name: string(kind) + ".log", home: &r.home}
	r.home.mu.Lock()
	defer r.home.mu.Unlock()
	r.home.log = l
	return l, r.home.keep(l.name)
}

// stageLog is what a stage tells people. A line that cannot be written is lost, not fatal: the journal is the record.
type stageLog struct {
	now  func() time.Time
	name string
	home *home

	mu sync.Mutex
	f  *os.File
}

func (l *stageLog) say(format string, args ...any) {
	line := reason.Clean(fmt.Sprintf(format, args...), 4096)
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := fmt.Fprintf(l.f, "%s %s\n", l.now().UTC().Format("2006-01-02T15:04:05.000Z"), line); err != nil {
		log.Printf("%s: %v", l.f.Name(), err)
	}
}

func (l *stageLog) close() {
	l.home.mu.Lock()
	l.home.log = nil
	l.home.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := errors.Join(l.f.Sync(), l.f.Close()); err != nil && !errors.Is(err, fs.ErrClosed) {
		log.Printf("%s: %v", l.f.Name(), err)
	}
}
