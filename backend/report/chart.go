package report

import (
	"encoding/json"
	"fmt"
	"strings"

	"burnish/backend/burnin"
)

// A chart's plot in its own units.
const (
	plotWidth, plotHeight = 720, 140
	maxPoints             = 720
)

// chart is one curve.
type chart struct {
	Title      string
	Points     string // of an SVG polyline
	Low, High  string // words for the axis
	Begin, End string
}

// point is a value at a place from 0 to 1.
type point struct{ at, value float64 }

// draw makes a chart from zero to the highest value, or from the lowest where zero says nothing. More points than the
// plot is wide are thinned to the lowest and the highest of each group: a dip is what one looks for.
func draw(title, unit string, fromZero bool, begin, end string, points []point) (chart, bool) {
	if len(points) < 2 {
		return chart{}, false
	}
	points = thin(points)
	low, high := points[0].value, points[0].value
	for _, p := range points {
		low, high = min(low, p.value), max(high, p.value)
	}
	if fromZero {
		low = 0
	}
	span := high - low
	if span == 0 {
		span = 1
	}
	var b strings.Builder
	for _, p := range points {
		fmt.Fprintf(&b, "%.1f,%.1f ", p.at*plotWidth, plotHeight-(p.value-low)/span*plotHeight)
	}
	return chart{title, strings.TrimSpace(b.String()), fmt.Sprintf("%.0f %s", low, unit), fmt.Sprintf("%.0f %s", high,
		unit), begin, end}, true
}

func thin(points []point) []point {
	each := 2 * len(points) / maxPoints
	if each < 2 {
		return points
	}
	var out []point
	for len(points) > 0 {
		group := points[:min(each, len(points))]
		points = points[len(group):]
		lowest, highest := 0, 0
		for i, p := range group {
			if p.value < group[lowest].value {
				lowest = i
			}
			if p.value > group[highest].value {
				highest = i
			}
		}
		for _, i := range []int{min(lowest, highest), max(lowest, highest)} {
			if len(out) == 0 || out[len(out)-1] != group[i] {
				out = append(out, group[i])
			}
		}
	}
	return out
}

// speeds draws how fast the drive was over its addresses, one chart for each sweep.
func speeds(j burnin.Job) []chart {
	var out []chart
	last := "LBA 0"
	if j.Drive.Logical > 0 {
		last = fmt.Sprintf("LBA %d", j.Drive.SizeBytes/int64(j.Drive.Logical)-1)
	}
	for _, s := range j.Stages {
		for _, m := range s.Map {
			var points []point
			for i, kbps := range m.KBps {
				if kbps > 0 { // 0 is a part that was not gone over
					points = append(points, point{float64(i) / float64(max(m.Parts-1, 1)), float64(kbps) / 1000})
				}
			}
			if c, ok := draw(fmt.Sprintf("Speed over LBA: %s, %s, pass %d", s.Kind, m.Phase, m.Pass), "MB/s", true,
				"LBA 0", last, points); ok {
				out = append(out, c)
			}
		}
	}
	return out
}

// heat draws the temperature over the time of the job, as its progress tells it.
func heat(runs [][]burnin.Event) []chart {
	var times []int64
	var values []float64
	moments := burnin.Moments(runs)
	for i, run := range runs {
		for k, ev := range run {
			var p burnin.Progress
			if ev.Kind == burnin.EvProgress && json.Unmarshal(ev.Data, &p) == nil && p.TempC != nil {
				times, values = append(times, moments[i][k]), append(values, float64(*p.TempC))
			}
		}
	}
	if len(times) == 0 {
		return nil
	}
	first, last := times[0], times[0]
	for _, t := range times {
		first, last = min(first, t), max(last, t)
	}
	points := make([]point, len(times))
	for i, t := range times {
		points[i] = point{float64(t-first) / float64(max(last-first, 1)), values[i]}
	}
	if c, ok := draw("Temperature over time", "°C", false, clock(first), clock(last), points); ok {
		return []chart{c}
	}
	return nil
}
