package smart

import (
	"strings"
	"testing"
)

func ssd(edits ...edit) []edit {
	return append([]edit{{"rotation_rate", 0}, {"model_family", removed}}, edits...)
}

// A general name of smartctl's says nothing of what a flash drive counts there.
func TestAGeneralNameOnFlashIsNoEvidence(t *testing.T) {
	unknown, known := edit{"in_smartctl_database", false}, edit{"in_smartctl_database", true}
	unsaid := edit{"rotation_rate", removed}
	for _, id := range []string{"5", "184", "187", "196", "197", "198"} {
		for _, c := range []struct {
			name  string
			drive []edit
			want  Severity
		}{
			{"flash that the database does not know", ssd(unknown), Warn},
			{"flash of an old capture without a family", ssd(), Warn},
			{"flash that the database knows", ssd(known), Fail},
			{"flash that does not say so, by its model alone",
				ssd(unknown, unsaid, edit{"model_name", "INVENTED SSD 1TB"}), Warn},
			{"a drive that says not what it is, and that nobody knows", ssd(unknown, unsaid), Warn},
			{"a disk that says not what it is, and that the database knows", []edit{known, unsaid}, Fail},
			{"a disk that the database does not know", []edit{unknown}, Fail},
		} {
			before, after := parsed(t, edited(t, disk, c.drive...)),
				parsed(t, edited(t, disk, append(c.drive, raw(id, 3))...))
			for what, got := range map[string][]Finding{"compared": Compare(before, after, DeclaredUnknown),
				"reviewed":      Review(before, after, DeclaredNew, true),
				"judged as new": Judge(after, DeclaredNew, true)} {
				if what != "compared" && (id == "5" || id == "184" || id == "196") && Worst(got) == Warn {
					continue // these rules only warn of a count that stands
				}
				if len(got) != 1 || got[0].Severity != c.want || strings.Contains(got[0].Says,
					guess) != (c.want == Warn) || strings.Count(got[0].Says, guess) > 1 {
					t.Errorf("%s, attribute %s, %s: %v", c.name, id, what, got)
				}
			}
		}
	}
	h := parsed(t, edited(t, disk, ssd(unknown, edit{"ata_device_statistics", removed},
		gaugeOf(241, "Total_LBAs_Written", 100, 9000))...))
	if h.BytesWritten != nil {
		t.Errorf("%d bytes were made of a count whose unit nobody knows", *h.BytesWritten)
	}
	named := parsed(t, edited(t, disk, ssd(edit{"attr:187.name", "Uncorrectable_Error_Cnt"}, raw("187", 3))...))
	if got := Compare(parsed(t, edited(t, disk, ssd(edit{"attr:187.name", "Uncorrectable_Error_Cnt"})...)), named,
		DeclaredUnknown); told(got) != "fail reported_uncorrectable" {
		t.Errorf("a name that only the database gives: %v", got)
	}
}

// Two captures cannot tell a count that comes and goes; a report of them does not accuse.
func TestACountThatFlashShowsOnceIsNoFailure(t *testing.T) {
	drive := ssd(edit{"in_smartctl_database", true})
	before, after := parsed(t, edited(t, disk, drive...)), parsed(t, edited(t, disk, append(drive, raw("197", 1))...))
	if got := NewReport(before, &after, DeclaredUnknown).Findings; told(got) != "warn pending" ||
		!strings.Contains(got[0].Says, once) {
		t.Errorf("got %v", got)
	}
	found := Compare(before, after, DeclaredUnknown)
	if len(found) != 1 || !found[0].Fleeting(after.Drive) || found[0].Severity != Fail {
		t.Errorf("seen again and again it counts: %v", found)
	}
	byModel := append(drive, edit{"rotation_rate", removed}, edit{"model_name", "INVENTED SSD 1TB"})
	before, after = parsed(t, edited(t, disk, byModel...)), parsed(t,
		edited(t, disk, append(byModel, raw("197", 1))...))
	if got := NewReport(before, &after, DeclaredUnknown).Findings; told(got) != "warn pending" {
		t.Errorf("flash by its model alone: %v", got)
	}
	if found[0].Fleeting(parsed(t, []byte(disk)).Drive) {
		t.Error("a disk's pending sectors are no habit")
	}
}

func TestWornSSDsSaySoByTheirOwnNames(t *testing.T) {
	for _, c := range []struct {
		name       string
		id         int
		attribute  string
		value, raw int
		edits      []edit
		want       string
	}{
		{"Samsung", 177, "Wear_Leveling_Count", 1, 3000, nil, "177 Wear_Leveling_Count: 1 % left"},
		{"at 0", 177, "Wear_Leveling_Count", 0, 3300, nil, "177 Wear_Leveling_Count: 0 % left"},
		{"Intel", 233, "Media_Wearout_Indicator", 1, 0, nil, "233 Media_Wearout_Indicator: 1 % left"},
		{"Micron", 202, "Percent_Lifetime_Remain", 1, 99, nil, "202 Percent_Lifetime_Remain: 1 % left"},
		{"Micron m4", 173, "Wear_Leveling_Count", 1, 3000, nil, "173 Wear_Leveling_Count: 1 % left"},
		{"SK hynix", 231, "SSD_Life_Left", 1, 0, nil, "231 SSD_Life_Left: 1 % left"},
		{"Innodisk", 169, "Remaining_Lifetime_Perc", 1, 1, nil, "169 Remaining_Lifetime_Perc: 1 % left"},
		{"Phison, in the raw value", 231, "SSD_Life_Left", 100, 1, []edit{{"model_family", "Phison Driven SSDs"}},
			"231 SSD_Life_Left: 1 % left"},
		{"Phison with 74 % left", 231, "SSD_Life_Left", 100, 74, []edit{{"model_family", "Phison Driven SSDs"}}, ""},
		{"SandForce, whose raw value is 0 when new", 231, "SSD_Life_Left", 100, 0,
			[]edit{{"model_family", "SandForce Driven SSDs"}}, ""},
		{"used up, counted upwards", 202, "Percent_Lifetime_Used", 100, 100, nil,
			"202 Percent_Lifetime_Used: 0 % left"},
		{"1 % used, counted upwards", 202, "Percent_Lifetime_Used", 1, 1, nil, ""},
		{"WD, whose 230 counts upwards", 230, "Media_Wearout_Indicator", 1, 0x26, nil, ""},
		{"a block count", 180, "Unused_Rsvd_Blk_Cnt_Tot", 1, 2946, nil, ""},
		{"an id without a name", 231, "Unknown_SSD_Attribute", 1, 1, nil, ""},
		{"half worn", 233, "Media_Wearout_Indicator", 50, 0, nil, ""},
		{"the standard's figure says it too", 177, "Wear_Leveling_Count", 1, 3,
			[]edit{{"endurance_used.current_percent", 100}}, "100"},
		{"a disk", 177, "Wear_Leveling_Count", 1, 3, []edit{{"rotation_rate", 7200}}, ""},
	} {
		edits := append([]edit{{"rotation_rate", 0}, {"in_smartctl_database", true},
			{"endurance_used", map[string]any{}}, gaugeOf(c.id, c.attribute, c.value, c.raw)}, c.edits...)
		got := ""
		for _, f := range Judge(parsed(t, edited(t, disk, edits...)), DeclaredUnknown, false) {
			if f.Rule != "endurance_used" || f.Severity != Warn {
				t.Errorf("%s: %v", c.name, f)
			}
			got += f.Figures()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestACaptureOfNothingIsNotJudged(t *testing.T) {
	bare := parsed(t, []byte(`{"smartctl":{"exit_status":0},"device":{"name":"/dev/sdp","type":"sat","protocol":"ATA"}}`))
	quoted := bare
	quoted.Messages = []string{"SMART Disabled. Use option -s with argument 'on' to enable it."}
	whole := parsed(t, []byte(disk))
	for _, c := range []struct {
		name  string
		h     Health
		after *Health
		want  string
	}{
		{"nothing", bare, nil, "nothing could be judged: the capture holds no health data"},
		{"with smartctl's words", quoted, nil, "nothing could be judged: the capture holds no health data; smartctl " +
			"said: SMART Disabled. Use option -s with argument 'on' to enable it."},
		{"nothing first", bare, &whole, "nothing could be judged: the capture holds no health data"},
		{"nothing last", whole, &bare, "nothing could be compared: the later capture holds no health data"},
		{"a sound drive", whole, nil, ""},
		{"a sound drive twice", whole, &whole, ""},
	} {
		if got := NewReport(c.h, c.after, DeclaredUnknown).Unjudged; got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestASensorThatNeverMovedInTheDrivesLifeIsNoHeat(t *testing.T) {
	still := map[string]any{"current": 86, "op_limit_max": 60, "lifetime_min": 86, "lifetime_max": 86}
	old := parsed(t, edited(t, disk, hours(47000), edit{"temperature", still}, edit{"seagate_farm_log", removed}))
	if got := told(Judge(old, DeclaredUnknown, false)); got != "warn sensor_odd" || old.TemperatureC != nil {
		t.Errorf("got %q, %v °C", got, old.TemperatureC)
	}
	for name, h := range map[string]Health{
		"a drive of some hours": parsed(t, edited(t, disk, edit{"temperature", still})),
		"one that was once cool": parsed(t, edited(t, disk, hours(47000), edit{"seagate_farm_log", removed},
			edit{"temperature", map[string]any{"current": 86, "op_limit_max": 60, "lifetime_min": 20,
				"lifetime_max": 86}})),
	} {
		if got := told(Judge(h, DeclaredUnknown, false)); got != "warn too_hot" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestADiskHasNoRatedEndurance(t *testing.T) {
	page := edit{"ata_device_statistics.pages", []any{map[string]any{"number": 7,
		"table": []any{map[string]any{"offset": 8, "value": 120, "flags": map[string]any{"valid": true}}}}}}
	if h := parsed(t, edited(t, disk, page)); h.EnduranceUsedPercent != nil {
		t.Errorf("a disk has used %d %% of its endurance", *h.EnduranceUsedPercent)
	}
	if h := parsed(t, edited(t, disk, page, edit{"rotation_rate", 0})); h.EnduranceUsedPercent == nil ||
		*h.EnduranceUsedPercent != 120 {
		t.Error("an SSD's is not read")
	}
}
