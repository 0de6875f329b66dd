//go:build linux

package inventory

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
	"burnish/backend/label"
)

// survey is one look at the whole machine.
type survey struct {
	h     *Host
	opt   Options
	topo  *topology
	nodes []*node
	units []unitOf

	samples int
	held    *os.File // the drive that is looked at under a hold
	heldDev Number
	own     map[Number]bool // devices that this process holds
	slots   chan struct{}   // of scans
	asks    chan struct{}   // of smartctl

	looks  map[*node]*look
	layers []layerResult
	pools  imported
	boot   map[string]string          // pools that the NAS runs from, and where they are mounted
	bays   map[string]drive.Enclosure // by kernel name, as TrueNAS knows them
	links  map[*block][]string        // names below /dev/disk/by-id
	active active
}

// look is what was read from one node.
type look struct {
	pulse   pulse
	skipped string // why nothing was read, if nothing was
	found   label.Findings
	err     error // why found is none
	probe   *answer
	below   []answer // of what a loop device lies over
	guard   guard
	denied  []answer
	temp    *int
	high    *int // what the sensor says that the drive bears
	crit    *int
	health  health
	place   place
}

// layerResult is what a layer that looks at the whole machine said.
type layerResult struct {
	name   drive.Layer
	clean  string
	claims claims
	err    error
}

// newSurvey finds all nodes.
func (h *Host) newSurvey(ctx context.Context, opt Options) (*survey, error) {
	topo, err := await(ctx, h.topology)
	if err != nil {
		return nil, err
	}
	topo.askLoops(ctx, opt.Want)
	s := &survey{h: h, opt: opt, topo: topo, nodes: topo.nodes(), samples: listSamples,
		own: map[Number]bool{}, slots: make(chan struct{}, maxScans), asks: make(chan struct{}, maxAsks),
		looks: map[*node]*look{}}
	for _, f := range opt.Held {
		if dev, err := blockNumber(int(f.Fd())); err == nil {
			s.own[dev] = true
		}
	}
	return s, nil
}

// each calls f for all nodes at once and waits for all.
func each(nodes []*node, f func(*node)) {
	var wg sync.WaitGroup
	for _, n := range nodes {
		wg.Go(func() { f(n) })
	}
	wg.Wait()
}

// identifyAll reads all identities and settles who is who. It leaves time to what comes after: a USB drive that does
// not answer must not keep all others from being looked at.
func (s *survey) identifyAll(ctx context.Context) {
	each(s.nodes, func(n *node) {
		ctx, cancel := context.WithTimeout(ctx, s.patience(n))
		defer cancel()
		was := *n
		got, err := await(ctx, func() (node, error) { return s.h.identify(was), nil })
		if err != nil {
			n.noWord, n.timedOut = !n.virtual, true // a virtual one has no second path
			n.id.SizeBytes = n.size
			return
		}
		*n = got
		if n.key = n.id.ID(); n.key == "" && n.id.Transport == "usb" && n.id.Model != "" {
			n.key = fmt.Sprintf("%s, %d bytes", n.id.Model, n.size)
		}
		if n.id.Transport == "usb" {
			s.h.askBehindBridge(ctx, n, s.opt)
		}
	})
	s.units = settle(s.nodes)
}

// patience is how long a node may take to say who it is: little where it cannot be the drive that is looked for.
func (s *survey) patience(n *node) time.Duration {
	switch w := s.opt.Want; {
	case w == nil:
		return s.h.silence()
	case w.SizeBytes == n.size:
		return s.h.deadline() / 2
	}
	return briefly
}

// lookAtAll reads these nodes and asks all layers, all at once.
func (s *survey) lookAtAll(ctx context.Context, nodes []*node, list bool) {
	var wg sync.WaitGroup
	wg.Go(func() { s.askLayers(ctx) })
	if list {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, s.h.silence())
			defer cancel()
			s.bays = s.h.trueNASBays(ctx)
		})
		wg.Go(func() {
			s.links, _ = await(ctx, func() (map[*block][]string, error) { return s.topo.byID(), nil })
		})
	}
	for _, n := range nodes {
		s.looks[n] = &look{skipped: s.skip(n)}
		if list && n.late() && s.looks[n].skipped == "" {
			s.looks[n].skipped = "it did not say in time who it is"
		}
	}
	each(nodes, func(n *node) { s.lookAt(ctx, n, s.looks[n], list) })
	wg.Wait()
}

// lookAt reads all that one node has to say; it ends with ctx at the latest. In a list a drive that hangs is left
// behind much earlier: it must not keep all others from being shown.
func (s *survey) lookAt(ctx context.Context, n *node, l *look, list bool) {
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if list {
		go l.pulse.watch(ctx, s.h.silence(), cancel)
	}
	if l.skipped == "" {
		wg.Go(func() {
			l.found, l.err = await(ctx, func() (label.Findings, error) { return s.scan(ctx, n, &l.pulse) })
			defer l.pulse.asks()()
			l.denied = s.denied(ctx, n, l.found)
		})
		if !n.virtual {
			wg.Go(func() {
				defer l.pulse.asks()()
				l.guard = s.guarded(ctx, n)
			})
		}
		if n.loop != nil && n.loop.over != nil {
			wg.Go(func() {
				defer l.pulse.asks()()
				answers, err := await(ctx, func() ([]answer, error) { return s.probeBelow(ctx, n), nil })
				if err != nil {
					answers = []answer{because(claimLayer, err)}
				}
				l.below = answers
			})
		}
		if !s.own[n.dev] {
			wg.Go(func() {
				defer l.pulse.asks()()
				a, err := await(ctx, func() (answer, error) { return s.h.probe(ctx, n), nil })
				if err != nil {
					a = because(claimLayer, err)
				}
				l.probe = &a
			})
		}
	}
	if list {
		wg.Go(func() {
			defer l.pulse.asks()()
			l.temp, _ = await(ctx, func() (*int, error) { return temperature(n.dir), nil })
		})
		wg.Go(func() {
			limits, _ := await(ctx, func() ([2]*int, error) {
				return [2]*int{sensed(n.dir, "temp1_max", lowestLimit, highestLimit),
					sensed(n.dir, "temp1_crit", lowestLimit, highestLimit)}, nil
			})
			l.high, l.crit = limits[0], limits[1]
		})
		wg.Go(func() { l.place, _ = await(ctx, func() (place, error) { return s.h.placeOf(n), nil }) })
		wg.Go(func() { l.health = s.health(ctx, n, &l.pulse) })
	}
	wg.Wait()
}

// skip says why nothing is read from a node, if nothing is. Each reason also locks the drive by an answer of its own.
func (s *survey) skip(n *node) string {
	switch {
	case s.job(n) != "":
		return "a job of ours has it"
	case n.virtual && !s.opt.VirtualDrives:
		return "no drive here"
	case n.size == 0 || n.id.LogicalBytes < 256 || n.id.LogicalBytes > window:
		return "it cannot be read"
	}
	return ""
}

func (s *survey) job(n *node) string { return s.opt.Busy[n.id.ID()] }

func (s *survey) health(ctx context.Context, n *node, p *pulse) health {
	no := false
	switch {
	case n.virtual:
		return health{smart: &no}
	case n.health.asked:
		return n.health
	}
	free, err := turn(ctx, s.asks)
	if err != nil {
		return health{asked: true, hung: true}
	}
	defer free()
	defer p.asks()()
	return s.h.askSMART(ctx, n, s.opt)
}

// askLayers asks everything that tells of the whole machine.
func (s *survey) askLayers(ctx context.Context) {
	h, t := s.h, s.topo
	mounts, mountErr := await(ctx, h.mounts)
	soon, cancel := context.WithTimeout(ctx, briefly)
	others, _ := await(soon, func() ([]mount, error) { return t.elsewhere(mounts), nil })
	cancel()
	everywhere := slices.Concat(mounts, others)
	always := func(c claims, err error) (claims, bool, error) { return c, true, err }
	layers := []struct {
		name  drive.Layer
		clean string
		ask   func() (found claims, there bool, err error)
	}{
		{drive.LayerMounts, "not mounted", func() (claims, bool, error) {
			return always(t.mountClaims(everywhere), mountErr)
		}},
		{drive.LayerSwap, "not swapped to", func() (claims, bool, error) { return always(t.swapClaims()) }},
		{drive.LayerHolders, "nothing is made of it", func() (claims, bool, error) {
			return always(t.holderClaims(everywhere),
				mountErr)
		}},
		{drive.LayerLoops, "no loop device over it", func() (claims, bool, error) {
			return always(t.loopClaims(everywhere))
		}},
		{openLayer, "no process has it open", func() (claims, bool,
			error) {
			return always(h.openClaims(ctx, t, s.nodes))
		}},
		{promisedLayer, "given to none", func() (claims, bool, error) { return always(t.promisedClaims(s.nodes)) }},
		{trueNASLayer, "counts as unused", func() (claims, bool, error) { return h.trueNASClaims(ctx, t) }},
		{standbyLayer, "no standby controller", func() (claims, bool, error) { return h.standbyClaims(ctx, t) }},
		{proxmoxLayer, "counts as unused", func() (claims, bool, error) { return h.proxmoxClaims(ctx, t) }},
		{unraidLayer, "not assigned", func() (claims, bool, error) { return h.unraidClaims(t) }},
	}
	type reply struct {
		claims claims
		there  bool
	}
	results := make([]*layerResult, len(layers))
	var wg sync.WaitGroup
	for i, l := range layers {
		wg.Go(func() {
			r, err := await(ctx, func() (reply, error) {
				found, there, err := l.ask()
				return reply{found, there},
					err
			})
			if err != nil || r.there {
				results[i] = &layerResult{name: l.name, clean: l.clean, claims: r.claims, err: err}
			}
		})
	}
	wg.Go(func() { s.pools = h.imported(ctx) })
	wg.Go(func() { s.active = t.active(ctx) })
	found, pools := t.bootClaims(mounts)
	wg.Wait()
	s.boot = pools
	s.layers = []layerResult{{name: drive.LayerBoot, clean: "the NAS does not run from it", claims: found,
		err: mountErr}}
	for _, r := range results {
		if r != nil {
			s.layers = append(s.layers, *r)
		}
	}
}

// answersFor gathers what all layers say of one node.
func (s *survey) answersFor(n *node) []answer {
	var out []answer
	if job := s.job(n); job != "" {
		a := claim(drive.LayerJobs, drive.BurnIn, "job %s tests it", job)
		a.job = job
		out = append(out, a)
	}
	out = append(out, s.topo.form(n, s.opt)...)
	if busy := s.busyBelow(n); busy != "" {
		out = append(out, claim(drive.LayerJobs, drive.OpenByProcess, "its file lies on a drive that job %s tests",
			busy))
	}
	for _, l := range s.layers {
		out = append(out, l.answers(n)...)
	}
	out = append(out, s.usedBelow(n)...)
	out = append(out, s.looks[n].below...)
	l := s.looks[n]
	guards := append(slices.Clone(l.guard.answers), l.denied...)
	out = append(out, guards...)
	switch {
	case slices.ContainsFunc(guards, func(a answer) bool { return a.sealed }):
		out = append(out, clean(labelLayer, "not looked at: it gives no data"))
	case l.skipped != "":
		out = append(out, clean(labelLayer, "not looked at: %s", l.skipped))
	case errors.Is(l.err, errNoAnswer):
		a := because(labelLayer, errNoAnswer)
		a.text = "the drive does not answer"
		out = append(out, a)
	case errors.Is(l.err, unix.ENOMEDIUM):
		out = append(out, claim(labelLayer, drive.Unsupported, "no medium in it"))
	case l.err != nil:
		out = append(out, failed(labelLayer, "it cannot be read: %v", l.err))
	default:
		out = append(out, s.topo.zfsAnswers(n, l.found.Found, s.pools, s.boot)...)
		out = append(out, s.active.labelAnswers(l.found.Found)...)
		out = append(out, contentAnswers(l.found)...)
	}
	if l.probe != nil {
		out = append(out, *l.probe)
	}
	return out
}

// answers is what a layer says of one node. A claim that was found stands, whatever else was not.
func (l layerResult) answers(n *node) []answer {
	out := slices.Clone(l.claims[n.name])
	var hidden hiddenError
	switch {
	case l.err != nil && !(errors.As(l.err, &hidden) && n.virtual):
		out = append(out, because(l.name, l.err))
	case hidden != nil:
		// Virtual drives are for labs, where root often is not all-seeing.
		out = append(out, clean(l.name, "nothing else that may be seen; %v", hidden))
	case len(out) == 0:
		out = append(out, clean(l.name, "%s", l.clean))
	}
	return out
}

// busyBelow names the job that tests the drive on which a loop device's file lies.
func (s *survey) busyBelow(n *node) string {
	if !n.virtual {
		return ""
	}
	below := s.topo.below(n.block)
	for _, m := range s.nodes {
		if m != n && s.job(m) != "" && slices.Contains(below, m.block) {
			return s.job(m)
		}
	}
	return ""
}
