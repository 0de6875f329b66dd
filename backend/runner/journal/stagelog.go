package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"sync"

	"burnish/backend/reason"
	"burnish/backend/runner/port"
)

// StageLog is what a stage tells people. A line that cannot be written is lost, not fatal: the journal is the record.
type StageLog struct {
	Clock port.Clock
	Name  string
	Home  *Home

	mu sync.Mutex
	F  *os.File
}

func (l *StageLog) Say(format string, args ...any) {
	line := reason.Clean(fmt.Sprintf(format, args...), 4096)
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.Clock.Wall().UTC().Format("2006-01-02T15:04:05.000Z")
	if _, err := fmt.Fprintf(l.F, "%s %s\n", at, line); err != nil {
		log.Printf("%s: %v", l.F.Name(), err)
	}
}

func (l *StageLog) Close() {
	l.Home.Mu.Lock()
	l.Home.Log = nil
	l.Home.Mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := errors.Join(l.F.Sync(), l.F.Close()); err != nil && !errors.Is(err, fs.ErrClosed) {
		log.Printf("%s: %v", l.F.Name(), err)
	}
}
