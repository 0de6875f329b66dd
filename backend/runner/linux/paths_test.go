//go:build linux

package linux

import (
	"context"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
	"burnish/backend/testbed/disk"
)

// claimable reports whether somebody could have the device for himself.
func claimable(path string) bool {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_EXCL|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	unix.Close(fd)
	return true
}

// TestAllPathsToADriveAreHeld lets a drive have two paths, and a third that comes later: two loop devices stand for
// them, since the hold asks only which paths there are and what device each one opens.
func TestAllPathsToADriveAreHeld(t *testing.T) {
	a, b, c := disk.Loop(t, 1<<20), disk.Loop(t, 1<<20), disk.Loop(t, 1<<20)
	counted(t, b.Path, true)
	paths := []string{a.Path, b.Path}
	d := &held{host: NewHost(), exclusive: true, paths: func(context.Context) ([]string, error) { return paths, nil }}
	var err error
	if d.file, err = d.open(t.Context(), a.Path); err == nil {
		err = d.openOthers(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if claimable(a.Path) || claimable(b.Path) || !claimable(c.Path) {
		t.Errorf("claimable: %v, %v, %v", claimable(a.Path), claimable(b.Path), claimable(c.Path))
	}
	before, err := d.SectorsWritten()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(b.Path, os.O_WRONLY|unix.O_SYNC, 0) // a hold is only advisory
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if after, err := d.SectorsWritten(); err != nil || after-before != 8 {
		t.Errorf("%d sectors were written by another path, %v", after-before, err)
	}

	paths = append(paths, c.Path)
	if err := d.openOthers(t.Context()); err != nil || claimable(c.Path) {
		t.Errorf("the third path: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*disk.LoopDisk{a, b, c} {
		if !claimable(l.Path) {
			t.Errorf("%s is still held", l.Path)
		}
	}
}

// TestAPathThatSomebodyElseHasKeepsTheDriveFromBeingHeld also proves that what was held by then is let go.
func TestAPathThatSomebodyElseHasKeepsTheDriveFromBeingHeld(t *testing.T) {
	a, b := disk.Loop(t, 1<<20), disk.Loop(t, 1<<20)
	fd, err := unix.Open(b.Path, unix.O_RDONLY|unix.O_EXCL|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	d := &held{host: NewHost(), exclusive: true, paths: func(context.Context) ([]string,
		error) {
		return []string{a.Path, b.Path}, nil
	}}
	if d.file, err = d.open(t.Context(), a.Path); err != nil {
		t.Fatal(err)
	}
	if err := d.openOthers(t.Context()); err == nil {
		t.Error("it was held though one of its paths is somebody else's")
	}
	if err := d.Close(); err != nil || !claimable(a.Path) {
		t.Errorf("the first path is still held: %v", err)
	}
}

// TestTwoDrivesThatBearOneIdentityAreToldApart has two drives whose serial number and worldwide name are one another's,
// as clones of cheap SSDs have them: the kernel's word says that they are two paths, and what they read says otherwise.
func TestTwoDrivesThatBearOneIdentityAreToldApart(t *testing.T) {
	a, b := disk.Loop(t, 4<<20), disk.Loop(t, 4<<20)
	d := &held{host: NewHost(), exclusive: true, paths: func(context.Context) ([]string,
		error) {
		return []string{a.Path, b.Path}, nil
	}}
	var err error
	if d.file, err = d.open(t.Context(), a.Path); err == nil {
		err = d.openOthers(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	free := drive.Usage{Class: drive.None, PhraseKind: drive.NoPhrase}
	if u := d.oneDrive(t.Context(), free); u.Class != drive.None || len(u.Why) != 1 {
		t.Errorf("paths that read alike: %+v", u)
	}
	write := func(path string, off int64) {
		f, err := os.OpenFile(path, os.O_WRONLY|unix.O_SYNC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteAt([]byte("somebody's"), off); err != nil {
			t.Fatal(err)
		}
	}
	for _, off := range []int64{4<<20 - 10, 0} {
		write(b.Path, off)
		u := d.oneDrive(t.Context(), free)
		if u.Class != drive.Duplicate || u.Unlockable() || !strings.Contains(u.Text, b.Path) {
			t.Errorf("somebody's data on what bears the same name: %+v", u)
		}
		write(a.Path, off) // the other drive holds the same now, or it is the same drive
		if u := d.oneDrive(t.Context(), free); u.Class != drive.None {
			t.Errorf("both hold the same: %+v", u)
		}
	}
	ways, err := d.OtherPaths()
	if err != nil || len(ways) != 1 || ways[0].Path != b.Path {
		t.Fatalf("other paths are %v, %v", ways, err)
	}
	if err := ways[0].Close(); err != nil || claimable(b.Path) {
		t.Errorf("closing a way in lets go of the hold: %v", err)
	}
}
