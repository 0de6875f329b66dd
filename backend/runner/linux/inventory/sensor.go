//go:build linux

package inventory

import (
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"burnish/backend/smart"
)

// What a limit can be, in °C; anything else is garbage.
const lowestLimit, highestLimit = 30, 120

// coldest is the least that a sensor says, in °C; the most is smart.Hottest. What lies beyond is no temperature.
const coldest = -60

// Temperature reads the temperature of an open drive in °C, without any tool; nil where the kernel has no sensor for
// it. It may wait for the drive.
func (h *Host) Temperature(f *os.File) *int {
	return sensed(h.sysfs(f), "temp1_input", coldest, smart.Hottest)
}

// TemperatureLimits reads what the sensor knows of the drive's limits: of SCT for drivetemp, WCTEMP and CCTEMP for
// NVMe.
func (h *Host) TemperatureLimits(f *os.File) (high, critical *int) {
	dir := h.sysfs(f)
	return sensed(dir, "temp1_max", lowestLimit, highestLimit), sensed(dir, "temp1_crit", lowestLimit, highestLimit)
}

// sysfs is the directory of an open drive; empty if there is none.
func (h *Host) sysfs(f *os.File) string {
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil {
		return ""
	}
	dir, err := filepath.EvalSymlinks(h.at("/sys/dev/block/" + number(uint64(st.Rdev)).String()))
	if err != nil {
		return ""
	}
	return dir
}

// temperature reads the hwmon sensor of a disk.
func temperature(dir string) *int { return sensed(dir, "temp1_input", coldest, smart.Hottest) }

// sensed reads a value of the hwmon sensor of a disk in °C, drivetemp's under a SCSI device, the controller's for NVMe;
// nil if there is none or it is out of range.
func sensed(dir, file string, low, high int) *int {
	if dir == "" {
		return nil
	}
	for _, pattern := range []string{"device/hwmon/hwmon*", "device/hwmon*", "device/device/hwmon/hwmon*",
		"device/nvme*/hwmon*", "device/nvme*/hwmon/hwmon*"} {
		sensors, _ := filepath.Glob(filepath.Join(dir, pattern, file))
		for _, s := range sensors {
			milli, err := strconv.Atoi(text(s))
			if err != nil || milli < low*1000 || milli > high*1000 {
				continue
			}
			c := (milli + 500) / 1000
			return &c
		}
	}
	return nil
}
