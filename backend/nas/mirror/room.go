package mirror

import (
	"errors"
	"math"
	"strings"
	"sync/atomic"

	"burnish/backend/reason"
	"burnish/backend/wire"
)

// Room is how many bytes more may come of all jobs of one NAS; nil is any number. Journals may take it all, logs leave
// a quarter of wire.MaxCopies to them. It may be used from any goroutine.
type Room struct{ left atomic.Int64 }

// NewRoom is the room that is left where so many bytes are here already.
func NewRoom(used int64) *Room {
	r := new(Room)
	r.left.Store(wire.MaxCopies - used)
	return r
}

// ErrLogCut says that a log's end was left on the NAS: there is room for no more of it.
var ErrLogCut = errors.New("the rest of the log stays on the NAS")

// room is how many bytes more of a file may be kept; full is the error where that is not enough, nil for a log, which
// is cut.
func (m Mirror) room(d wire.Data, have map[string]int64, within *Room) (room int64, full error) {
	journals, logs := total(have)
	left := int64(math.MaxInt64)
	if within != nil {
		left = within.left.Load()
	}
	if !IsJournal(d.File) {
		return max(min(wire.MaxLogs-logs, left-wire.MaxCopies/4), 0), nil
	}
	if own := min(wire.MaxJournals-journals, wire.MaxMirror-journals-logs); own < left {
		return max(own, 0), reason.New(reason.MirrorFull, "job", d.Job, "limit", wire.MaxJournals)
	}
	return max(left, 0), reason.New(reason.MirrorsFull, "limit", wire.MaxCopies, "dir", m.Dir)
}

// IsJournal reports whether a job's file is a journal, and not a log.
func IsJournal(file string) bool { return strings.HasSuffix(file, ".ndjson") }

// total sums up the files of a job, in bytes.
func total(have map[string]int64) (journals, logs int64) {
	for file, n := range have {
		if IsJournal(file) {
			journals += n
		} else {
			logs += n
		}
	}
	return journals, logs
}

// Cut reports whether no more of a job's logs is copied.
func (m Mirror) Cut(job string, within *Room) (bool, error) {
	have, err := m.Have(job)
	if err != nil {
		return false, err
	}
	room, _ := m.room(wire.Data{Job: job, File: "any.log"}, have, within)
	return room == 0, nil
}
