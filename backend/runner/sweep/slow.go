package sweep

import (
	"slices"
	"strconv"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/state"
)

const (
	// slowPercent of the speed of the parts around it makes a part slow, where the plan says nothing else.
	slowPercent = 50
	// slowAround is how many parts on either side a part is compared with.
	slowAround = 20
	// slowLost is how much time slow parts have to cost together before they are told, in seconds: on small and fast
	// drives a busy processor shows as a slow part.
	slowLost = 0.5
	// siblingPercent of the median of its siblings' speed at the same places makes a drive slow for its model.
	siblingPercent = 92
	// siblingsMin is how many drives of a model are needed before one is slow among them.
	siblingsMin = 2
)

// warnSlow tells of slow places and requests, of a drive that is slow for its model, and of one that writes as shingled
// drives do.
func (a *Stage) warnSlow() error {
	maps := a.Job().Stages[a.Index].Map
	for _, m := range maps {
		if said := a.slowSpots(m); said != nil {
			if err := a.Warn(said); err != nil {
				return err
			}
		}
	}
	for _, said := range []*reason.Said{slowRequests(maps, a.Req.Drive, a.tidies(maps)), a.shingled(maps)} {
		if said == nil {
			continue
		}
		if err := a.Warn(said); err != nil {
			return err
		}
	}
	return a.warnSlowForModel(maps)
}

func (a *Stage) warnSlowForModel(maps []burnin.Map) error {
	siblings := a.siblings()
	for _, m := range maps {
		if said := slowForModel(m, siblings); said != nil {
			if err := a.Warn(said); err != nil {
				return err
			}
		}
	}
	return nil
}

// WarnSlowAtLast compares once more at the end of the job, unless the drive is known to be slow: its siblings may have
// ended after its own sweeps.
func (a *Stage) WarnSlowAtLast() error {
	job := a.Job()
	if slices.ContainsFunc(job.Warnings, func(w reason.Said) bool { return w.Code == reason.SlowForModel }) {
		return nil
	}
	for _, s := range job.Stages {
		if s.State == burnin.Passed && len(s.Map) > 0 {
			if err := a.warnSlowForModel(s.Map); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *Stage) slowSpots(m burnin.Map) *reason.Said {
	percent := int64(slowPercent)
	if a.Spec.SlowPercent > 0 {
		percent = int64(a.Spec.SlowPercent)
	}
	bytes := float64(a.Req.Drive.SizeBytes) / float64(m.Parts)
	count, worst, lost := 0, -1, 0.0
	for i, v := range m.KBps {
		around := median(m.KBps[max(i-slowAround, 0):min(i+slowAround+1, len(m.KBps))])
		if v == 0 || v*100 >= around*percent {
			continue
		}
		count++
		lost += bytes/1000/float64(v) - bytes/1000/float64(around)
		if worst < 0 || v < m.KBps[worst] {
			worst = i
		}
	}
	if count == 0 || lost < slowLost {
		return nil
	}
	lba := int64(float64(worst)*bytes) / int64(a.Req.Drive.LogicalBytes)
	return reason.New(reason.SlowSpots, "count", count, "parts", m.Parts, "phase", m.Phase, "percent", percent,
		"lba", lba, "speed", m.KBps[worst]/1000, "ms", m.Max[worst]/1000)
}

// sibling is another drive of the same model, and the sweeps of the surface stages that it passed. However
// often it was tested, it counts once.
type sibling struct {
	drive drive.Identity
	maps  []burnin.Map
}

// siblings gives the other drives of the same model that passed a surface stage at this NAS, where they hang as this
// one does. Journals are read for these alone, since those of many drives are long.
func (a *Stage) siblings() (all []sibling) {
	ids, err := a.Dir.Ids()
	if err != nil {
		return nil // a warning less
	}
	for _, id := range ids {
		if id == a.ID {
			continue
		}
		req, err := a.Dir.Request(id)
		if d := req.Drive; err != nil || d.Model != a.Req.Drive.Model || d.SizeBytes != a.Req.Drive.SizeBytes ||
			d.Same(a.Req.Drive) {
			continue
		}
		root, err := a.Dir.Root(id)
		if err != nil {
			continue
		}
		t, n, err := state.Fold(root)
		root.Close()
		if err != nil || n == 0 {
			continue
		}
		if speedBy(t.Job()) != speedBy(a.Job()) {
			continue
		}
		for _, s := range t.Job().Stages {
			if s.State != burnin.Passed || len(s.Map) == 0 {
				continue
			}
			known := slices.IndexFunc(all, func(o sibling) bool { return o.drive.Same(req.Drive) })
			if known < 0 {
				known, all = len(all), append(all, sibling{drive: req.Drive})
			}
			all[known].maps = append(all[known].maps, s.Map...)
		}
	}
	return all
}

// speedBy is what a drive's speed depends on beside its model: firmware, write cache, link and number of actuators,
// empty where that is not known.
func speedBy(j burnin.Job) [4]string {
	var p drive.Place
	if j.Drive.Place != nil {
		p = *j.Drive.Place
	}
	cache, link := p.WriteCache, ""
	if p.Link != nil {
		link = p.Link.Now
	}
	if h := j.Health; h != nil { // the drive's own word goes before the kernel's
		if on := h.Before.WriteCache; on != nil {
			cache = strconv.FormatBool(*on)
		}
		if mbps := h.Before.LinkMbps; mbps != nil {
			link = strconv.FormatInt(*mbps, 10)
		}
	}
	return [4]string{j.Identity.Firmware, cache, link, strconv.Itoa(p.Actuators)}
}

// slowForModel compares a sweep with the same sweep of its siblings.
func slowForModel(m burnin.Map, all []sibling) *reason.Said {
	var siblings []burnin.Map
	for _, s := range all {
		for _, o := range slices.Backward(s.maps) {
			if o.Phase == m.Phase && o.Pass == m.Pass && o.Parts == m.Parts {
				siblings = append(siblings, o)
				break
			}
		}
	}
	if len(siblings) < siblingsMin {
		return nil
	}
	var share []int64 // in a thousandth of the siblings' median, by place
	for i, v := range m.KBps {
		var theirs []int64
		for _, s := range siblings {
			theirs = append(theirs, s.KBps[i])
		}
		if t := median(theirs); t > 0 && v > 0 {
			share = append(share, v*1000/t)
		}
	}
	if s := median(share); s > 0 && s < siblingPercent*10 {
		return reason.New(reason.SlowForModel, "phase", m.Phase, "percent", s/10, "siblings", len(siblings))
	}
	return nil
}

// shingled names a drive that begins to write as fast as it reads and then collapses: it manages shingled tracks by
// itself. That is how it was made and no fault.
func (a *Stage) shingled(maps []burnin.Map) *reason.Said {
	write := slices.IndexFunc(maps, func(m burnin.Map) bool { return m.Phase == "write" && m.Pass == 1 })
	verify := slices.IndexFunc(maps, func(m burnin.Map) bool { return m.Phase == "verify" && m.Pass == 1 })
	if a.Req.Drive.Kind != drive.HDD || write < 0 || verify < 0 || maps[write].Parts < 100 {
		return nil
	}
	w, v := maps[write].KBps, maps[verify].KBps
	first := len(w) / 100
	if median(w[:first])*10 < median(v[:first])*7 || median(w)*10 >= median(v)*4 {
		return nil
	}
	return reason.New(reason.Shingled, "first", median(w[:first])/1000, "speed", median(w)/1000)
}

// median leaves parts out that were not measured.
func median(v []int64) int64 {
	v = slices.DeleteFunc(slices.Clone(v), func(n int64) bool { return n == 0 })
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}
