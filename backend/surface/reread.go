package surface

import (
	"context"
	"errors"
)

// recoverRead finds the bad sectors of a block that was answered with prior, or whose data p is not what it must be.
func (e *engine) recoverRead(ctx context.Context, b *block, p []byte, prior error) error {
	var medium *IOError
	if prior != nil {
		var err error
		if medium, err = e.attempt(ctx, opRead, p, b.off, prior); err != nil {
			return err
		}
	}
	var err error
	if medium == nil {
		e.judge(b, p, b.off)
	} else {
		err = e.splitRead(ctx, b, medium)
	}
	if err == nil {
		err = e.confirmData(ctx, b)
	}
	b.bad = append(b.bad, b.suspects...) // not confirmed, because of err
	return err
}

// judge looks at data that could be read: sectors that are not what they must be become suspects.
func (e *engine) judge(b *block, p []byte, off int64) {
	if e.phase != PhaseVerify {
		e.n.ZeroBytes += zeroBytes(p, int(e.sector))
		return
	}
	for ; len(p) > 0; p, off = p[e.sector:], off+e.sector {
		if lba := off / e.sector; !e.bad.has(lba) {
			if f, ok := e.judgeSector(p[:e.sector], lba); !ok {
				b.suspects = append(b.suspects, badSector{lba: lba, finding: f})
			}
		}
	}
}

func (e *engine) judgeSector(got []byte, lba int64) (f finding, ok bool) {
	e.stamp.fill(e.want, lba)
	if string(got) == string(e.want) {
		return finding{}, true
	}
	return classify(got, e.want, lba, e.opt.Nonce, e.pass), false
}

// splitRead reads a block by physical sectors.
func (e *engine) splitRead(ctx context.Context, b *block, medium *IOError) error {
	var batch []unit
	failed := false
	err := e.units(b, func(u unit) error {
		p := e.spare[:u.n]
		unitErr, err := e.attempt(ctx, opRead, p, u.off, nil)
		switch {
		case err != nil:
			return err
		case unitErr == nil:
			e.judge(b, p, u.off)
			return nil
		}
		failed = true
		u.err, u.fails = unitErr, 1
		most := unitBatch
		if len(b.bad)+len(e.bad.ranges) == 0 {
			most = 1
		}
		if batch = append(batch, u); len(batch) < most {
			return nil
		}
		batch, err = e.confirmUnits(ctx, b, batch)
		return err
	})
	if err == nil {
		batch, err = e.confirmUnits(ctx, b, batch)
	}
	var early *earlyEnd
	last := errors.As(err, &early) // nobody will read them again; a run that was broken off goes on
	for _, u := range batch {      // not finished, because of err
		_ = e.eachSector(b, u, func(lba int64) error {
			if lba >= u.off/e.sector+u.asked {
				b.bad = append(b.bad, badSector{lba: lba, finding: errorFinding(KindRead, u.err), confirmed: last &&
					u.fails >= failsMin && !u.good})
			}
			return nil
		})
	}
	if first, last := e.lbas(b.off, int64(b.n)); err == nil && !failed && e.bad.count(first, last) == 0 {
		e.healed(b.off, b.n, KindRead, medium)
	}
	return err
}

// confirmUnits reads units that could not be read three more times, the last time by logical sectors, so that a good
// one is not blamed for its neighbour. It returns those that it could not finish because of err.
func (e *engine) confirmUnits(ctx context.Context, b *block, alive []unit) ([]unit, error) {
	for round := 1; round < rereads && len(alive) > 0; round++ {
		if err := e.readElsewhere(ctx, b.off, round); err != nil {
			return alive, err
		}
		still := alive[:0:0]
		for i, u := range alive {
			medium, err := e.attempt(ctx, opRead, e.spare[:u.n], u.off, nil)
			if err != nil {
				return append(still, alive[i:]...), err
			}
			if medium != nil {
				u.fails++
				still = append(still, u)
				continue
			}
			e.healed(u.off, u.n, KindRead, u.err)
			e.judge(b, e.spare[:u.n], u.off)
		}
		alive = still
	}
	if len(alive) == 0 {
		return nil, nil
	}
	if err := e.readElsewhere(ctx, b.off, rereads); err != nil {
		return alive, err
	}
	for i, u := range alive {
		bad := len(b.bad)
		first := u.off / e.sector
		err := e.eachSector(b, u, func(lba int64) error {
			u.asked = lba - first
			p := e.spare[:e.sector]
			medium, err := e.attempt(ctx, opRead, p, lba*e.sector, nil)
			switch {
			case err != nil:
				return err
			case medium != nil:
				b.lost++
				b.bad = append(b.bad, badSector{lba: lba, finding: errorFinding(KindRead, medium), confirmed: true})
			default:
				u.good = true
				e.judge(b, p, lba*e.sector)
			}
			return nil
		})
		if err != nil {
			alive[i] = u
			return alive[i:], err
		}
		if len(b.bad) == bad {
			e.healed(u.off, u.n, KindRead, u.err)
		}
	}
	return nil, nil
}

// confirmData reads suspects three more times. Those that stay bad become bad sectors with what was found last.
func (e *engine) confirmData(ctx context.Context, b *block) error {
	for round := 1; round <= rereads && len(b.suspects) > 0; round++ {
		if err := e.readElsewhere(ctx, b.off, round); err != nil {
			return err
		}
		var still, gone []badSector
		for rest := b.suspects; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n].lba == rest[n-1].lba+1 {
				n++
			}
			s, g, err := e.rereadRun(ctx, rest[:n])
			still, gone = append(still, s...), append(gone, g...)
			if err != nil {
				b.suspects = append(still, rest[len(s)+len(g):]...)
				e.healedSectors(gone)
				return err
			}
			rest = rest[n:]
		}
		e.healedSectors(gone)
		b.suspects = still
	}
	for _, s := range b.suspects {
		s.confirmed = true
		b.bad = append(b.bad, s)
	}
	b.suspects = nil
	return nil
}

// rereadRun reads suspects that lie side by side in one request, or one by one if that fails. It sorts them into those
// still bad and those good now, in order; with an error, as far as it came.
func (e *engine) rereadRun(ctx context.Context, run []badSector) (still, gone []badSector, err error) {
	p := e.spare[:int64(len(run))*e.sector]
	medium, err := e.attempt(ctx, opRead, p, run[0].lba*e.sector, nil)
	if err != nil {
		return nil, nil, err
	}
	if medium != nil && len(run) > 1 {
		for i := range run {
			s, g, err := e.rereadRun(ctx, run[i:i+1])
			if err != nil {
				return still, gone, err
			}
			still, gone = append(still, s...), append(gone, g...)
		}
		return still, gone, nil
	}
	if medium != nil {
		return []badSector{{lba: run[0].lba, finding: errorFinding(KindRead, medium)}}, nil, nil
	}
	for i, s := range run {
		if f, ok := e.judgeSector(p[int64(i)*e.sector:int64(i+1)*e.sector], s.lba); ok {
			gone = append(gone, s)
		} else {
			still = append(still, badSector{lba: s.lba, finding: f})
		}
	}
	return still, gone, nil
}

// readElsewhere reads a block far away, each round another one, so that a re-read is not answered from what the drive
// or its controller still holds. What it reads is not looked at, and its medium errors belong to the sweep.
func (e *engine) readElsewhere(ctx context.Context, off int64, round int) error {
	n := min(int64(len(e.spare)), e.geo.SizeBytes)
	at := min((off+e.geo.SizeBytes/(rereads+1)*int64(round))%e.geo.SizeBytes, e.geo.SizeBytes-n)
	at -= at % int64(e.geo.PhysicalBytes)
	answer, err := e.once(ctx, opRead, e.spare[:n], at)
	if err != nil {
		return err
	}
	var ioErr *IOError
	if errors.As(answer, &ioErr) && (ioErr.Class == ClassGone || ioErr.Class == ClassRefused) {
		return e.deviceError(opRead, at, ioErr)
	}
	return nil
}
