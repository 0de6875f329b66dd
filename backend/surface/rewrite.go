package surface

import "context"

// recoverWrite writes all of a block that can be written. p holds the block's stamps.
func (e *engine) recoverWrite(ctx context.Context, b *block, p []byte, prior error) error {
	medium, err := e.attempt(ctx, opWrite, p, b.off, prior)
	if err != nil || medium == nil {
		return err
	}
	err = e.units(b, func(u unit) error {
		at := u.off - b.off
		medium, err := e.attempt(ctx, opWrite, p[at:at+int64(u.n)], u.off, nil)
		if err != nil || medium == nil {
			return err
		}
		return e.eachSector(b, u, func(lba int64) error { return e.writeSector(ctx, b, p, lba) })
	})
	if err == nil && b.lost == 0 {
		e.healed(b.off, b.n, KindWrite, medium)
	}
	return err
}

// writeSector writes one logical sector, at most twice.
func (e *engine) writeSector(ctx context.Context, b *block, p []byte, lba int64) error {
	at := lba*e.sector - b.off
	var medium *IOError
	for range 2 {
		var err error
		if medium, err = e.attempt(ctx, opWrite, p[at:at+e.sector], lba*e.sector, nil); err != nil || medium == nil {
			return err
		}
	}
	b.lost++
	b.bad = append(b.bad, badSector{lba: lba, finding: errorFinding(KindWrite, medium), confirmed: true})
	return nil
}
