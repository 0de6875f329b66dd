package smart

import "testing"

func n(v int64) *int64 { return &v }

func passedRow(kind SelfTestType, hours int64) SelfTestRow {
	return SelfTestRow{Type: kind, Result: Passed, Hours: n(hours)}
}

func withLog(hours int64, rows ...SelfTestRow) Health {
	if rows == nil {
		rows = []SelfTestRow{}
	}
	return Health{PowerOnHours: n(hours), SelfTests: rows}
}

func repeated(count int, r SelfTestRow) []SelfTestRow {
	rows := make([]SelfTestRow, count)
	for i := range rows {
		rows[i] = r
	}
	return rows
}

func TestOurSelfTestIsTheNewRowOnTop(t *testing.T) {
	failed := SelfTestRow{Type: Long, Result: Failed, Hours: n(501), LBA: n(4711)}
	aborted := SelfTestRow{Type: Long, Result: Aborted, Hours: n(501)}
	full := []SelfTestRow{}
	for i := range int64(21) {
		full = append(full, passedRow(Short, 500-24*i))
	}
	shifted := append([]SelfTestRow{passedRow(Long, 501)}, full[:20]...)
	for _, c := range []struct {
		name          string
		before, after Health
		kind          SelfTestType
		want          SelfTestState
	}{
		{"the first test of its life passes", withLog(500), withLog(500, passedRow(Short, 500)), Short, Passed},
		{"it fails", withLog(500, passedRow(Short, 20)), withLog(501, failed, passedRow(Short, 20)), Long, Failed},
		{"someone aborts it", withLog(500), withLog(501, aborted), Long, Aborted},
		{"nothing was logged", withLog(500, passedRow(Short, 20)), withLog(501, passedRow(Short, 20)), Short, None},
		{"an old pass is not ours", withLog(500, passedRow(Long, 499)), withLog(501, passedRow(Long, 499)), Long, None},
		{"an empty log stays empty", withLog(500), withLog(501), Short, None},
		{"a full log pushes its oldest row out", withLog(500, full...), withLog(501, shifted...), Long, Passed},
		{"twice the same test in one hour", withLog(500, passedRow(Short, 500)), withLog(500, passedRow(Short, 500),
			passedRow(Short, 500)), Short, Passed},
		{"a test of another kind only", withLog(500), withLog(501, passedRow(Short, 501)), Long, Unknown},
		{"another test after ours", withLog(500), withLog(502, passedRow(Short, 502), passedRow(Long, 501)), Long,
			Passed},
		{"the drive's hours passed 65,536", withLog(65536, passedRow(Short, 65530)), withLog(65540, passedRow(Long, 4),
			passedRow(Short, 65530)), Long, Passed},
		{"the log's hours are nonsense but its rows line up", withLog(1), withLog(1, passedRow(Short, 4660)), Short,
			Passed},
		{"the log was cleared, the row fits the hours", withLog(65535, passedRow(Short, 20)),
			withLog(65540, passedRow(Long, 3)), Long, Passed},
		{"the log was cleared, the row is old", withLog(500, passedRow(Short, 20)), withLog(510, passedRow(Long, 30)),
			Long, Unknown},
		{"the log vanished", withLog(500, passedRow(Short, 20)), withLog(501), Short, Unknown},
		{"the log was not read before", Health{PowerOnHours: n(500)}, withLog(501, passedRow(Short, 501)), Short,
			Unknown},
		{"the log is not read after", withLog(500), Health{PowerOnHours: n(501)}, Short, Unknown},
		{"a SCSI drive's empty log shows no key", Health{Drive: Drive{Protocol: SCSI}, PowerOnHours: n(500)},
			withLog(501, passedRow(Short, 501)), Short, Passed},
		{"a full log of equal rows shows nothing", withLog(70000, repeated(20, passedRow(Short, 65535))...),
			withLog(70001, repeated(20, passedRow(Short, 65535))...), Short, None},
	} {
		if _, got := NewSelfTestRow(c.before, c.after, c.kind); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	row, _ := NewSelfTestRow(withLog(500), withLog(501, failed), Long)
	if row.LBA == nil || *row.LBA != 4711 {
		t.Errorf("the failed row is given as %v", row)
	}
}

func TestARunningTestHasNoResult(t *testing.T) {
	before := withLog(500)
	now := withLog(501, passedRow(Short, 501))
	now.Running = &RunningTest{RemainingPercent: n(30)}
	if _, got := NewSelfTestRow(before, now, Short); got != Running {
		t.Errorf("got %s while the drive says that it tests", got)
	}
	// Some drives say "0 % remaining" for ever; the new row then decides.
	now.Running.RemainingPercent = n(0)
	if _, got := NewSelfTestRow(before, now, Short); got != Passed {
		t.Errorf("got %s with the row logged and nothing remaining", got)
	}
	if _, got := NewSelfTestRow(before, Health{PowerOnHours: n(501), SelfTests: []SelfTestRow{}, Running: now.Running},
		Short); got != Running {
		t.Errorf("got %s with nothing remaining and no row", got)
	}
}

func TestResultsOfAllProtocols(t *testing.T) {
	for value, want := range map[int64]SelfTestState{0x00: Passed, 0x19: Aborted, 0x25: Aborted, 0x30: Unknown,
		0x41: Failed, 0x79: Failed, 0x80: Failed, 0x90: Unknown, 0xf6: Running} {
		if got := ataResult(value, nil); got != want {
			t.Errorf("ATA %#x: got %s, want %s", value, got, want)
		}
	}
	if got := ataResult(0x30, new(false)); got != Failed {
		t.Errorf("ATA 0x30 that smartctl calls not passed: got %s", got)
	}
	if got := ataResult(0, new(false)); got == Passed {
		t.Error("a status that contradicts itself passed")
	}
	for value, want := range map[int64]SelfTestState{0: Passed, 1: Aborted, 2: Aborted, 3: Failed, 4: Failed, 7: Failed,
		8: Unknown, 15: Running} {
		if got := scsiResult(value); got != want {
			t.Errorf("SCSI %d: got %s, want %s", value, got, want)
		}
	}
	for value, want := range map[int64]SelfTestState{0: Passed, 1: Aborted, 2: Aborted, 3: Aborted, 4: Aborted,
		5: Failed, 6: Failed, 7: Failed, 8: Aborted, 9: Aborted, 12: Unknown} {
		if got := nvmeResult(value); got != want {
			t.Errorf("NVMe %d: got %s, want %s", value, got, want)
		}
	}
}

func TestHolesInTheLogOfAnNVMeDrive(t *testing.T) {
	entry := func(result, hours int) any {
		return map[string]any{"self_test_code": map[string]any{"value": 2},
			"self_test_result": map[string]any{"value": result}, "power_on_hours": hours}
	}
	for _, c := range []struct {
		name string
		rows []any
		want int
	}{
		{"a hole between two results", []any{entry(0, 9), nil, entry(0, 5)}, 2},
		{"a hole on top", []any{nil, entry(0, 9)}, 1},
		{"garbage behind a hole", []any{entry(0, 9), nil, entry(5, 1<<40)}, 1},
		{"later than the row before", []any{entry(0, 5), nil, entry(7, 9)}, 1},
		{"unused entries", []any{entry(15, 0), entry(15, 0)}, 0},
	} {
		h := parsed(t, edited(t, flash, edit{"nvme_self_test_log.table", c.rows}))
		if h.SelfTests == nil || len(h.SelfTests) != c.want {
			t.Errorf("%s: got %v, want %d rows", c.name, h.SelfTests, c.want)
		}
	}
}
