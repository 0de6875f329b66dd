package middleware

import (
	"context"
	"fmt"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/truenas"
)

// find looks for the drive by its identity: TrueNAS's word on it as of now. said is why there is none.
func (d *Driver) find(ctx context.Context) (disk truenas.Disk, said *reason.Said, err error) {
	out, err := d.result(ctx, truenas.MethodDisks, truenas.DisksWithPools()...)
	if err != nil {
		return disk, nil, err
	}
	disks, err := truenas.Disks(out)
	if err != nil {
		return disk, reason.New(reason.MidcltRefused, "error", err), nil
	}
	want, found := d.Request.Drive, 0
	for _, one := range disks {
		switch {
		case one.Drive.Same(want):
			disk = one
			found++
		case one.Drive.Serial != "" && one.Drive.Serial == want.Serial && found == 0:
			said = reason.New(reason.IdentityChanged, "expected", want.String(), "found", one.Drive.String(), "path",
				"/dev/"+one.Name)
		}
	}
	switch {
	case found == 1:
		return disk, nil, nil
	case found > 1:
		return disk, reason.New(reason.IdentityChanged, "expected", want.String(), "found",
			fmt.Sprintf("%d disks that say so", found), "path", "/dev/"+disk.Name), nil
	case said != nil:
		return disk, said, nil
	}
	return disk, d.said(reason.DriveVanished, "where", "", "error", "TrueNAS lists no disk with the serial number "+
		want.Serial, "kernel", ""), nil
}

// free finds the drive, and says why it may not be written to: what TrueNAS knows to use it, what the kernel shows to
// any login, a disk that is not as it should be. d.now is the kernel's word on it then; last is the highest id of
// TrueNAS's jobs of this login.
func (d *Driver) free(ctx context.Context) (last int64, use drive.Usage, said *reason.Said, err error) {
	disk, said, err := d.find(ctx)
	if err != nil || said != nil {
		return 0, use, said, err
	}
	out, err := d.result(ctx, truenas.MethodDetails, truenas.AllDetails()...)
	if err != nil {
		return 0, use, nil, err
	}
	details, err := truenas.Details(out)
	if err != nil {
		return 0, use, reason.New(reason.MidcltRefused, "error", err), nil
	}
	if out, err = d.result(ctx, truenas.MethodJobs, truenas.Wipes()...); err != nil {
		return 0, use, nil, err
	}
	wipes, err := truenas.Jobs(out)
	if err != nil {
		return 0, use, reason.New(reason.MidcltRefused, "error", err), nil
	}
	for _, w := range wipes {
		last = max(last, w.ID)
	}
	if err := d.look(ctx, disk.Name); err != nil {
		return 0, use, nil, err
	}
	if use = truenas.Use(disk, details, wipes); use.Class != drive.Data {
		return 0, use, changed(use.Text), nil
	}
	return last, use, d.unfit(disk), nil
}

func changed(found string) *reason.Said {
	return reason.New(reason.UsageChanged, "expected", "a drive that nothing is known to use", "found", found)
}

// unfit says what the kernel shows against writing to the disk.
func (d *Driver) unfit(disk truenas.Disk) *reason.Said {
	switch now := d.now; {
	case now.Seq == "":
		return d.said(reason.DriveVanished, "where", "", "error", "the kernel has no disk "+disk.Name, "kernel", "")
	case now.SizeBytes != d.Request.Drive.SizeBytes:
		return reason.New(reason.IdentityChanged, "expected", d.Request.Drive.String(), "found",
			fmt.Sprintf("a disk of %d bytes by the kernel's word", now.SizeBytes), "path", "/dev/"+disk.Name)
	case truenas.Wiped(now.SizeBytes) == 0:
		return changed("a disk of less than a MiB")
	case now.ReadOnly:
		return changed("a disk that is write-protected")
	case len(now.Uses) > 0:
		return changed(strings.Join(now.Uses, ", "))
	}
	return nil
}

// precheck finds the drive, and keeps how much was written to it so far.
func (d *Driver) precheck(ctx context.Context, i int) (ending, error) {
	_, use, said, err := d.free(ctx)
	if err != nil {
		return ending{}, err
	}
	if said != nil {
		return ended(burnin.Unknown, said), nil
	}
	err = d.put(burnin.EvHeld, burnin.Held{Path: "/dev/" + d.now.Name, Drive: d.Request.Drive, Usage: use})
	if err != nil {
		return ending{}, err
	}
	err = d.put(burnin.EvMiddleware, note{Stage: i, What: noteSeen, Disk: d.now.Name, Seq: d.now.Seq,
		Written: d.now.Written})
	return ended(burnin.Passed, nil), err
}

// finalCheck looks whether the drive is still the one that was held.
func (d *Driver) finalCheck(ctx context.Context, i int) (ending, error) {
	disk, said, err := d.find(ctx)
	if err != nil {
		return ending{}, err
	}
	if said != nil {
		return ended(burnin.Unknown, said), nil
	}
	if err := d.fact(burnin.Fact{Stage: i, ID: burnin.FactIdentity, OK: true, Value: disk.Drive.String(),
		Source: "TrueNAS's " + truenas.MethodDisks}); err != nil {
		return ending{}, err
	}
	return d.logged(ctx, i, disk)
}
