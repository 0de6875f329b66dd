package smart

import "regexp"

// UsualTypes are smartctl's device types of USB bridges that ask nothing of a bridge but to pass a request on; they are
// tried, in this order, where smartctl does not know a bridge. Types that send a maker's own commands are left out:
// another maker's bridge may take them for something else, and those of JMicron's RAID boxes write to the drive
// [smartctl.8].
var UsualTypes = []string{"sat", "sntjmicron", "sntasmedia", "sntrealtek"}

var deviceType = regexp.MustCompile(`^(auto|ata|scsi|nvme(,0x[0-9a-f]{1,8})?|sat(,auto)?(,(12|16))?|snt(asmedia|jmicron|realtek)(/sat)?(,0x[0-9a-f]{1,8})?|` +
	`usbasm1352r,[01]|usbcypress(,0x[0-9a-f]{1,2})?|usbjmicron(,p)?(,x)?(,[01])?|usbprolific|usbsunplus)$`)

// IsDeviceType reports whether the word is a device type that smartctl may be given for one drive (-d).
func IsDeviceType(s string) bool { return deviceType.MatchString(s) }
