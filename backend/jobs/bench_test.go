//go:build unix

package jobs

import (
	"encoding/json"
	"fmt"
	"syscall"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/wire"
)

// cpu is what this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkASecondOfAFleet is a second of a desktop that watches drives which are far into their jobs: of each a word
// of the NAS with its live figures, and of some a new line. One operation is one second, so that ns/op is what it takes
// of one, B/op what is allocated in one, and line-ns how long a line takes from the mirror to the sink.
func BenchmarkASecondOfAFleet(b *testing.B) {
	for _, size := range []struct{ jobs, lines int }{{60, 1900}, {600, 1900}, {60, 24_000}} {
		b.Run(fmt.Sprintf("%d_drives_of_%d_lines", size.jobs, size.lines), func(b *testing.B) {
			f := newFleet(b, size.jobs, size.lines)
			ctx := b.Context()
			tell := func(id string, done int64) {
				frame, err := json.Marshal(f.live(id, done))
				if err != nil {
					b.Fatal(err)
				}
				var st wire.JobStatus
				if err := json.Unmarshal(frame, &st); err != nil {
					b.Fatal(err)
				}
				if job, err := f.saw(ctx, id, &st); err != nil || job.State != burnin.Running {
					b.Fatal(job.State, err)
				}
			}
			for _, row := range f.rows {
				tell(row.ID, 1)
			}
			seqs := map[string]int64{}
			lines, took := 0, time.Duration(0)
			b.ReportAllocs()
			begun, second := cpu(b), int64(0)
			for b.Loop() {
				second++
				f.nowMs += 1000
				for i, row := range f.rows {
					if (int64(i)+second)%300 != 0 {
						tell(row.ID, second<<30)
						continue
					}
					since := time.Now()
					if seqs[row.ID] == 0 {
						seqs[row.ID] = int64(size.lines)
					}
					f.seq = seqs[row.ID]
					f.put(b, row.ID, burnin.EvCheckpoint, burnin.Checkpoint{Stage: f.sweep(), Phase: "write", Pass: 1,
						Position: f.seq << 20, Done: f.seq << 20})
					seqs[row.ID] = f.seq
					if _, err := f.saw(ctx, row.ID, nil); err != nil {
						b.Fatal(err)
					}
					lines, took = lines+1, took+time.Since(since)
					tell(row.ID, second<<30)
				}
			}
			b.ReportMetric(100*(cpu(b)-begun).Seconds()/float64(second), "%core")
			if lines > 0 {
				b.ReportMetric(float64(took.Nanoseconds())/float64(lines), "line-ns")
			}
		})
	}
}
