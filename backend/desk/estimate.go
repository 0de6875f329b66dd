package desk

import (
	"math"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// weigh gives each stage its part of the whole plan, after the time that such a drive is thought to take for it. It is
// for the bar of a row alone; no time is told from it. What is left out has none; what an end kept from being reached
// keeps its own, so that a job that ends does not seem to have done more.
func weigh(j burnin.Job) []float64 {
	sweep := max(float64(j.Drive.SizeBytes)/burnin.Pace(j.Identity.Kind), 60)
	weights := make([]float64, len(j.Stages))
	sum := 0.0
	for i, s := range j.Stages {
		spec := specOf(j, i)
		weights[i] = s.Kind.Row().Time.Seconds(sweep) + sweep*float64(spec.Sweeps()) +
			float64(spec.SeekMs(j.Identity.Kind))/1000
		if s.State == burnin.Skipped && !(s.Reason != nil && s.Reason.Code == reason.NeverReached) {
			weights[i] = 0
		}
		sum += weights[i]
	}
	if sum == 0 {
		sum = 1
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}

// specOf gives what the plan says of a stage.
func specOf(j burnin.Job, i int) burnin.StageSpec {
	if i < len(j.Spec.Stages) {
		return j.Spec.Stages[i]
	}
	return burnin.StageSpec{Kind: j.Stages[i].Kind, Engine: j.Stages[i].Engine}
}

// enoughMs is how much I/O it takes before a speed is told.
const enoughMs = 2000

// rate is a stage's speed over the time of its I/O, in bytes a second; nil before there is enough of it.
func rate(s burnin.Stage) *float64 {
	moved := s.BytesWritten + s.BytesVerified
	if s.ActiveMs < enoughMs || moved <= 0 {
		return nil
	}
	bps := float64(moved) / float64(s.ActiveMs) * 1000
	return &bps
}

// left tells how long the plan and its current stage have to go, from bytes moved; nil where nothing was measured yet.
// A long self-test is counted as one reading of the drive at the speed that the surface was tested with. In a seek pass
// nothing is told, since its bytes say nothing of its end.
func left(j burnin.Job) (plan, stage *int64) {
	at := j.Current()
	if at < 0 || j.Stages[at].Seeks() {
		return nil, nil
	}
	var bps *float64
	for _, s := range j.Stages {
		if r := rate(s); s.Kind.Surface() && r != nil {
			bps = r
		}
	}
	if bps == nil {
		return nil, nil
	}
	total := 0.0
	for i, s := range j.Stages {
		if s.State != burnin.Running && s.State != burnin.Pending || i >= len(j.Spec.Stages) {
			continue
		}
		bytes := 0.0 // what is no surface and reads not the whole drive takes minutes, whatever the size
		switch row := s.Kind.Row(); {
		case row.Surface:
			bytes = max(float64(j.Spec.Stages[i].Sweeps())*float64(j.Drive.SizeBytes)-float64(s.Done), 0)
		case row.Whole():
			bytes = (1 - share(s.Progress)) * float64(j.Drive.SizeBytes)
		}
		ms := bytes / *bps * 1000
		ms += float64(j.Spec.Stages[i].SeekMs(j.Identity.Kind))
		total += ms
		if i == at && s.Kind.Surface() {
			stage = whole(ms)
		}
	}
	return whole(total), stage
}

func whole(ms float64) *int64 {
	if math.IsNaN(ms) || math.IsInf(ms, 0) || ms > 1e13 {
		return nil
	}
	n := int64(ms)
	return &n
}

// recentMs is over how long the speed of a row is taken.
const recentMs = 60_000

// meter holds what a job had moved when, for the speed of the last minute.
type meter struct {
	stage string
	at    []moved
}

type moved struct{ ms, bytes int64 }

// add takes a sample and gives the speed over the last minute; nil for less than a few seconds of samples, and where
// nothing that moves bytes runs.
func (m *meter) add(j burnin.Job, nowMs int64) *float64 {
	at := j.Current()
	if at < 0 || j.State != burnin.Running || !j.Stages[at].Kind.Surface() {
		m.at = nil
		return nil
	}
	s := j.Stages[at]
	sample := moved{nowMs, s.BytesWritten + s.BytesVerified}
	if last := len(m.at) - 1; m.stage != string(s.Kind) || last >= 0 && (m.at[last].bytes > sample.bytes ||
		m.at[last].ms > sample.ms) {
		m.at = nil // another stage, or begun anew
	}
	m.stage = string(s.Kind)
	m.at = append(m.at, sample)
	for len(m.at) > 2 && sample.ms-m.at[1].ms >= recentMs {
		m.at = m.at[1:]
	}
	first := m.at[0]
	if sample.ms-first.ms < enoughMs {
		return nil
	}
	bps := float64(sample.bytes-first.bytes) / float64(sample.ms-first.ms) * 1000
	return &bps
}
