//go:build linux

package desk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"burnish/backend/desk"
	"burnish/backend/practice"
	"burnish/backend/reason"
)

// A drive behind a bridge that smartctl does not know is refused with the device type that reads it; once that is given
// it is kept for the drive, and the next start needs it no more.
func TestADeviceTypeIsProposedAndKept(t *testing.T) {
	d, p, svc := onPractice(t, "USB1", practice.Drive{SMART: &practice.SMART{Hours: 9, Short: 2 * time.Second,
		Long: time.Minute}, Bridge: "sntjmicron"}, false)
	nas := d.Snapshot().NAS[0].ID
	if err := d.Survey(nas); err != nil {
		t.Fatal(err)
	}
	s := p.until("the drive is there", func(s desk.Snapshot) bool { return len(s.Drives) == 1 })
	if r := s.Drives[0]; r.SMART == nil || *r.SMART || !strings.Contains(r.SMARTSaid, "Unknown USB bridge") {
		t.Errorf("%+v", r)
	}
	order := desk.StartOrder{NAS: nas, Drives: []string{s.Drives[0].ID}, Plan: "quick", Declared: "unknown"}
	for typ, words := range map[string]string{"": "by the device type sntjmicron",
		"sat": "not by the device type sat either", "jmb39x,0": "is no device type", "-x": "is no device type"} {
		order.SMARTType = typ
		var said *reason.Said
		if _, err := d.Start(order); !errors.As(err, &said) || !strings.Contains(said.Text, words) {
			t.Errorf("%q: %v", typ, err)
		}
		if saved, err := svc.Profile(t.Context(), nas); err != nil || len(saved.SMARTTypes) > 0 {
			t.Errorf("%q: kept %v, %v", typ, saved.SMARTTypes, err)
		}
	}
	passes := func(what string, n int) {
		t.Helper()
		if _, err := d.Start(order); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		p.until(what, func(s desk.Snapshot) bool {
			passed := 0
			for _, j := range s.Jobs {
				if j.State == "passed" {
					passed++
				}
			}
			return passed == n
		})
	}
	order.SMARTType = "sntjmicron"
	passes("by its device type", 1)
	order.SMARTType = ""
	passes("by the one that is kept", 2)
	order.SMARTType = "none"
	var said *reason.Said
	if _, err := d.Start(order); !errors.As(err, &said) || said.Code != "smart_unsupported" {
		t.Errorf("without its type again: %v", err)
	}
	if saved, err := svc.Profile(t.Context(), nas); err != nil || len(saved.SMARTTypes) > 0 {
		t.Errorf("kept %v, %v", saved.SMARTTypes, err)
	}
}
