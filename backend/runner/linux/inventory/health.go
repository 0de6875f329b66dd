//go:build linux

package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// health is what smartctl said of a drive.
type health struct {
	asked  bool
	silent bool  // smartctl came to no end
	smart  *bool // whether there is health data; nil: it did not say
	serial string
	wwn    string // hex
}

// askSMART asks smartctl who the drive is and whether it has health data. Its exit status tells little; what it
// printed counts.
func (h *Host) askSMART(ctx context.Context, b *block) health {
	out, err := h.run(ctx, "smartctl", "--json=c", "-i", "-H", b.path())
	if ctx.Err() != nil {
		return health{asked: true, silent: err != nil}
	}
	return parseSMART(out)
}

func parseSMART(out []byte) health {
	var doc struct {
		Serial string `json:"serial_number"`
		WWN    *struct {
			NAA, OUI, ID uint64
		} `json:"wwn"`
		Status *struct {
			Passed *bool `json:"passed"`
		} `json:"smart_status"`
		Support *struct {
			Available *bool `json:"available"`
			Enabled   *bool `json:"enabled"`
		} `json:"smart_support"`
		NVMe     *json.RawMessage `json:"nvme_smart_health_information_log"`
		Smartctl struct {
			Messages []struct {
				Text string `json:"string"`
			} `json:"messages"`
		} `json:"smartctl"`
	}
	h := health{asked: true}
	if json.Unmarshal(out, &doc) != nil {
		return h
	}
	h.serial = ascii([]byte(doc.Serial))
	if w := doc.WWN; w != nil {
		h.wwn = fmt.Sprintf("%016x", w.NAA<<60|w.OUI<<36|w.ID)
	}
	yes, no := true, false
	switch {
	case doc.Status != nil && doc.Status.Passed != nil, doc.NVMe != nil:
		h.smart = &yes
	case doc.Support != nil && doc.Support.Available != nil && !*doc.Support.Available:
		h.smart = &no
	case doc.Support != nil && doc.Support.Available != nil && doc.Support.Enabled != nil:
		h.smart = doc.Support.Enabled
	default:
		for _, m := range doc.Smartctl.Messages {
			if strings.Contains(m.Text, "Unknown USB bridge") { // it passes no SMART request on, or not as anybody knows
				h.smart = &no
			}
		}
	}
	return h
}

// Temperature reads the temperature of an open drive in °C, without any tool; nil where the kernel has no sensor for
// it. It may wait for the drive.
func (h *Host) Temperature(f *os.File) *int {
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil {
		return nil
	}
	dir, err := filepath.EvalSymlinks(h.at("/sys/dev/block/" + number(uint64(st.Rdev)).String()))
	if err != nil {
		return nil
	}
	return temperature(dir)
}

// temperature reads the hwmon sensor of a disk: drivetemp's under a SCSI device, the controller's for NVMe.
func temperature(dir string) *int {
	for _, pattern := range []string{"device/hwmon/hwmon*", "device/hwmon*", "device/device/hwmon/hwmon*", "device/nvme*/hwmon*", "device/nvme*/hwmon/hwmon*"} {
		sensors, _ := filepath.Glob(filepath.Join(dir, pattern, "temp1_input"))
		for _, s := range sensors {
			milli, err := strconv.Atoi(text(s))
			if err != nil || milli < -60_000 || milli > 200_000 {
				continue
			}
			c := (milli + 500) / 1000
			return &c
		}
	}
	return nil
}
