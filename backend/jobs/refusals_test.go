package jobs

import (
	"errors"
	"strings"
	"testing"

	"burnish/backend/reason"
)

func TestRefusalsOfSeveralDrivesHaveAHintForEachOfThemAtTheWindowToo(t *testing.T) {
	r := &refusals{of: 3}
	r.add("S1", reason.New(reason.DriveInUse, "drive", "S1", "path", "/dev/sda", "usage", "a pool", "way_out",
		"burnish unlock box").AtWindow("Unlock it."))
	r.add("S2", reason.New(reason.NoSuchDrive, "nas", "box", "drive", "S2"))
	r.add("S3", reason.New(reason.UsageChanged, "expected", "none", "found", "a pool on S3"))
	var said *reason.Said
	if !errors.As(r.err(), &said) {
		t.Fatal("no refusal")
	}
	if strings.Count(said.Text, "S1") != 1 || !strings.Contains(said.Text, "S3: ") {
		t.Errorf("%s", said.Text)
	}
	if !strings.HasPrefix(said.Hint, "burnish unlock box burnish drives box shows what is there. ") {
		t.Errorf("%s", said.Hint)
	}
	if got := said.Window().Hint; !strings.HasPrefix(got, "Unlock it. Look at the drives again. Nothing was written") {
		t.Errorf("%s", got)
	}
}
