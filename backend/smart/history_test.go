package smart

import "testing"

// tests is the log of an ATA drive, newest first.
func tests(rows ...any) edit { return edit{"ata_smart_self_test_log.extended.table", rows} }

func hours(n int) edit { return edit{"power_on_time.hours", n} }

func failedStatus() edit {
	return edit{"ata_smart_data.self_test.status", map[string]any{"value": 112}}
}

func nvmeTests(rows ...[3]int) edit {
	table := []any{}
	for _, r := range rows {
		table = append(table, map[string]any{"self_test_code": map[string]any{"value": r[0]},
			"self_test_result": map[string]any{"value": r[1], "string": "Completed: failed segments"},
			"power_on_hours":   r[2]})
	}
	return edit{"nvme_self_test_log.table", table}
}

func sasTest(result, at int) edit {
	return edit{"scsi_self_test_0", map[string]any{"code": map[string]any{"value": 1},
		"result":        map[string]any{"value": result, "string": "Failed in second segment"},
		"power_on_time": map[string]any{"hours": at}}}
}

// A failure of now is held against the drive, an older one is told beside.
func TestAnOldFailedSelfTestIsHistory(t *testing.T) {
	const fails, warns = "fail selftest_failed", "warn selftest_failed_before"
	failed := func(kind, at int) any { return row(kind, 112, "Completed: read failure", at) }
	passed := func(kind, at int) any { return row(kind, 0, "Completed without error", at) }
	for _, c := range []struct {
		name    string
		capture string
		edits   []edit
		want    string
	}{
		{"at the hours of now", disk, []edit{hours(34680), tests(failed(1, 34680), passed(2, 10000))}, fails},
		{"an hour ago", disk, []edit{hours(34680), tests(failed(1, 34679))}, fails},
		{"14,680 hours ago", disk, []edit{hours(34680), tests(failed(1, 20000), passed(2, 10000))}, warns},
		{"a week ago", disk, []edit{hours(34680), tests(failed(2, 34512))}, warns},
		{"the hours passed 65,536 and so do the row's", disk, []edit{hours(65536 + 40), tests(failed(1, 40))}, fails},
		{"the hours passed 65,536 since", disk, []edit{hours(65536 + 40), tests(failed(1, 65500))}, warns},
		{"the hours passed 65,536 just now", disk, []edit{hours(65536), tests(failed(1, 65535))}, fails},
		{"later than the drive itself", disk, []edit{hours(20), tests(failed(1, 30000))},
			warns + ", warn log_older_than_hours"},
		{"without hours", disk, []edit{hours(20), tests(map[string]any{"type": map[string]any{"value": 1},
			"status": map[string]any{"value": 112}})}, warns},
		{"a selective test long ago", disk, []edit{hours(34680), tests(failed(4, 20000))}, warns},
		{"a selective test now", disk, []edit{hours(34680), tests(failed(4, 34680))}, fails},
		{"a test of the firmware's own", disk, []edit{hours(34680), tests(failed(0xdf, 34680))}, warns},
		{"an abort above it", disk, []edit{hours(34680), tests(row(1, 25, "Aborted by host", 34680), failed(1, 20000))},
			warns},
		{"a long test passed since", disk, []edit{hours(34680), tests(passed(2, 30000), failed(1, 20000))}, ""},
		{"the status byte alone", disk, []edit{hours(34680), failedStatus(), tests()}, fails},
		{"a status byte that the log does not bear out", disk, []edit{hours(34680), failedStatus(),
			tests(passed(1, 20000))}, fails},
		{"the status byte of an old row", disk, []edit{hours(34680), failedStatus(), tests(failed(1, 20000))}, warns},
		{"the status byte of a row that was overtaken", disk, []edit{hours(34680), failedStatus(),
			tests(passed(1, 30000), failed(1, 20000))}, warns},
		{"a status byte that a long test has overtaken", disk, []edit{hours(34680), failedStatus(),
			tests(passed(2, 30000), failed(1, 20000))}, warns},
		{"a status byte beside a row of now", disk, []edit{hours(34680), failedStatus(), tests(passed(1, 34680))},
			warns},
		{"NVMe now", flash, []edit{hours(100000), nvmeTests([3]int{1, 7, 100000})}, fails},
		{"NVMe long ago, at hours that only look like now", flash,
			[]edit{hours(100000), nvmeTests([3]int{1, 7, 100000 - 65536})}, warns},
		{"NVMe, fatal, long ago", flash, []edit{hours(100000), nvmeTests([3]int{2, 5, 40000})}, warns},
		{"SAS now", sas, []edit{hours(3000), sasTest(5, 3000)}, fails},
		{"SAS long ago", sas, []edit{hours(30000), sasTest(5, 3000)}, warns},
		{"SAS past the last hour that a row can show", sas, []edit{hours(131071), sasTest(5, 65535)}, warns},
	} {
		h := parsed(t, edited(t, c.capture, c.edits...))
		if got := told(Judge(h, DeclaredUnknown, false)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// Between two captures only a new row counts: what the earlier one did not show is not new for that.
func TestOnlyANewFailureIsOfOurRun(t *testing.T) {
	failed := func(at int) any { return row(1, 112, "Completed: read failure", at) }
	passed := func(kind, at int) any { return row(kind, 0, "Completed without error", at) }
	for _, c := range []struct {
		name          string
		before, after []edit
		want          string
	}{
		{"a new row", []edit{hours(34680), tests(failed(20000))},
			[]edit{hours(34681), tests(failed(34681), failed(20000))}, "fail selftest_failed"},
		{"a new row, and a short test passed since", []edit{hours(34680), tests()},
			[]edit{hours(34690), tests(passed(1, 34690), failed(34681))}, "fail selftest_failed"},
		{"a new row, and a long test passed since", []edit{hours(34680), tests()},
			[]edit{hours(34690), tests(passed(2, 34690), failed(34681))}, ""},
		{"the log was not shown before", []edit{hours(34680), {"ata_smart_self_test_log", removed}},
			[]edit{hours(34681), tests(failed(20000))}, ""},
		{"the status was not shown before", []edit{hours(34680), {"ata_smart_data", removed}},
			[]edit{hours(34681), failedStatus()}, ""},
		{"a row above it went", []edit{hours(34680), tests(passed(1, 30000), failed(20000))},
			[]edit{hours(34680), tests(failed(20000))}, ""},
		{"the status of a row that is there", []edit{hours(34680), tests(failed(20000))},
			[]edit{hours(34680), failedStatus(), tests(failed(20000))}, ""},
	} {
		before, after := parsed(t, edited(t, disk, c.before...)), parsed(t, edited(t, disk, c.after...))
		if got := told(Compare(before, after, DeclaredUnknown)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestALogOfEqualRowsIsBlind(t *testing.T) {
	alike := withLog(70000, repeated(20, passedRow(Short, 65535))...)
	if got := Blind(alike, withLog(70001, repeated(20, passedRow(Short, 65535))...)); got == "" {
		t.Error("a full log of equal rows is taken for one that can show a new row")
	}
	other := repeated(20, passedRow(Short, 65535))
	other[19].Hours = n(65000)
	for name, h := range map[string]Health{"a short log": withLog(500, passedRow(Short, 65535)),
		"rows that differ": withLog(70000, other...), "no log": {}} {
		if got := Blind(h, h); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Rows that the firmware writes of its own accord are nobody's tests.
func TestTheFirmwaresOwnTestsAreNobodys(t *testing.T) {
	before := parsed(t, []byte(disk))
	own := parsed(t, edited(t, disk, tests(row(0xdf, 0, "Completed without error", 20),
		row(1, 0, "Completed without error", 1))))
	if got := own.SelfTests[0].Type; got != Vendor {
		t.Errorf("type 0xdf is read as %s", got)
	}
	if _, got := NewSelfTestRow(before, own, Short); got != None {
		t.Errorf("a test of the firmware's own: got %s, want none", got)
	}
	old := own
	old.SelfTests = append([]SelfTestRow{}, own.SelfTests...)
	old.SelfTests[0].Type = Other // as journals of earlier versions have it
	if rows, known := NewSelfTestRows(old, own); !known || len(rows) > 0 {
		t.Errorf("an earlier version's log: %v, %v", rows, known)
	}
}
