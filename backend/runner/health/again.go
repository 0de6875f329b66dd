package health

import (
	"context"
	"slices"
	"time"

	"burnish/backend/smart"
)

// A flash drive's count that comes and goes is looked at again so often before it is held against the drive.
const (
	againTries = 5
	againPause = time.Minute
)

// lookAgain judges what the drive says. What flash drives show for a while and take back is asked for again: it fails
// the drive only where each look shows it. It gives the newest answer, and what was found.
func (a *Stage) lookAgain(ctx context.Context, h smart.Health, judge func(smart.Health) []smart.Finding) (smart.Health,
	[]smart.Finding) {
	fleeting := func(f smart.Finding) bool { return f.Fleeting(h.Drive) }
	found, looks := judge(h), 0
	for range againTries {
		i := slices.IndexFunc(found, fleeting)
		if i < 0 {
			break
		}
		seen := found[i]
		a.Say("%s; flash drives show that for a while and take it back, so that it is looked at again", seen)
		select {
		case <-ctx.Done():
			return h, smart.Once(found, h.Drive)
		case <-a.After(againPause):
		}
		next, err := a.ReadHealth(ctx)
		if err != nil || len(smart.Unsaid(h, next)) > 0 {
			a.Say("the drive says less than before, or nothing (%v)", err)
			continue
		}
		h, found, looks = next, judge(next), looks+1
		if !slices.ContainsFunc(found, fleeting) {
			a.Say("it is gone: %s", seen)
			without := slices.DeleteFunc(found, func(f smart.Finding) bool { return f.Rule == seen.Rule })
			return h, append(without, smart.Once([]smart.Finding{seen}, h.Drive)...)
		}
	}
	if looks == 0 {
		found = smart.Once(found, h.Drive)
	}
	return h, found
}
