package smart

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// gauge is an attribute by which a SATA SSD says how much of its life is left. Vendors share neither ids nor
// directions, so that the name decides, which drivedb gives [smartmontools drivedb.h]. Left out is what counts up under
// a name of wear, as 230 Media_Wearout_Indicator of WD and SanDisk does.
type gauge struct {
	names []string
	ids   []int64 // empty: any
	used  bool    // the raw value is the percentage that is used; the normalised one may go either way
}

var gauges = []gauge{
	{names: []string{"Media_Wearout_Indicator"}, ids: []int64{233}},
	{names: []string{"Wear_Leveling_Count"}, ids: []int64{173, 177}},
	{names: []string{"Ave_Block-Erase_Count", "Avg_Block-Erase_Count"}, ids: []int64{173}},
	{names: []string{"Percent_Lifetime_Remain", "SSD_Life_Left", "SSD_Life_Left_Perc", "Lifetime_Left",
		"Remaining_Lifetime_Perc", "Lifetime_Remaining%",
		"DriveLife_Remaining%", "Drive_Life_Remaining%", "Percent_Life_Remaining", "Perc_Rated_Life_Remain",
		"PCT_Life_Remaining", "Remaining_Life"}},
	{names: []string{"Percent_Lifetime_Used", "Perc_Rated_Life_Used", "Percent_Life_Used", "Drive_Life_Used%",
		"DriveLife_Used%"}, used: true},
}

// rawLeft are families whose raw value is what is left, in percent, while the normalised one stays at 100.
var rawLeft = map[int64]string{231: "Phison", 169: "Silicon Motion"}

// wornOut is how much of its life a drive has left that is worn out, in percent: gauges end at 1 or at 0.
const wornOut = 1

// left gives how much of the drive's life is left by the attribute, in percent; false if it is no gauge.
func (a Attribute) left(d Drive) (int64, bool) {
	i := slices.IndexFunc(gauges, func(g gauge) bool {
		return slices.Contains(g.names, a.Name) && (len(g.ids) == 0 || slices.Contains(g.ids, a.ID))
	})
	switch family := rawLeft[a.ID]; {
	case i < 0:
		return 0, false
	case gauges[i].used:
		if a.Raw == nil || *a.Raw > 255 {
			return 0, false
		}
		return max(100-*a.Raw, 0), true
	case family != "" && strings.Contains(d.Family, family) && a.Raw != nil && *a.Raw <= 100:
		return *a.Raw, true
	case a.Value == nil:
		return 0, false
	}
	return *a.Value, true
}

// readEndurance takes the percentage used of the drives that give it, and the gauges of SATA SSDs.
func readEndurance(h *Health) []reading {
	var out []reading
	if h.EnduranceUsedPercent != nil {
		out = append(out, reading{value: *h.EnduranceUsedPercent, holds: *h.EnduranceUsedPercent >= 100})
	}
	if !h.Drive.Flash() || len(out) > 0 && out[0].holds {
		return out
	}
	for _, a := range h.Attributes {
		if left, is := a.left(h.Drive); is {
			out = append(out, reading{item: strconv.FormatInt(a.ID, 10) + " " + a.Name, value: fmt.Sprintf("%d %% left",
				left), holds: left <= wornOut})
		}
	}
	return out
}

// heliumNames are attributes that stand at 100 as long as a drive has kept its helium, by smartctl's names.
var heliumNames = map[int64]string{22: "Helium_Level", 23: "Helium_Condition_Lower", 24: "Helium_Condition_Upper"}

// heliumLevel is the lowest of the drive's figures. The raw value may be packed; the normalised one is the level.
func heliumLevel(h *Health) *int64 {
	var lowest *int64
	for _, a := range h.Attributes {
		if a.Value != nil && heliumNames[a.ID] == a.Name && (lowest == nil || *a.Value < *lowest) {
			lowest = a.Value
		}
	}
	return lowest
}
