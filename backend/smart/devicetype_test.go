package smart

import (
	"slices"
	"testing"
)

// A device type becomes an argument of smartctl: nothing but a known one passes, and none that writes to the drive.
func TestDeviceTypes(t *testing.T) {
	good := []string{"sat", "sat,12", "sat,auto", "scsi", "ata", "nvme", "nvme,0x1",
		"auto", "sntjmicron", "sntjmicron,0x1", "sntasmedia", "sntasmedia/sat", "sntrealtek",
		"usbjmicron", "usbjmicron,p", "usbjmicron,x,1", "usbsunplus", "usbprolific", "usbcypress,0x24", "usbasm1352r,0"}
	for _, s := range append(good, UsualTypes...) {
		if !IsDeviceType(s) {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range []string{"", "none", "-x", "sat;reboot", "sat ", " sat", "sat\n", "SAT", "$(id)", "sat,--set",
		"jmb39x,0", "jmb39x-q,1", "jms56x,0", "megaraid,0", "cciss,1", "areca,1/1",
		"test", "intelliprop,0", "sat+megaraid,0", "nvme,0xfffffffff"} {
		if IsDeviceType(s) {
			t.Errorf("%q is taken", s)
		}
	}
	if slices.ContainsFunc(UsualTypes, func(s string) bool { return len(s) > 3 && s[:3] == "usb" }) {
		t.Errorf("a maker's own commands are tried: %v", UsualTypes)
	}
}
