package truenas

import (
	"testing"

	"burnish/backend/smart"
)

func TestResultsOfAllKinds(t *testing.T) {
	const all = `[{"disk":"sda","tests":[{"description":"Extended offline","status":"RUNNING","status_verbose":"running","lifetime":9},
{"description":"Extended offline","status":"FAILED","status_verbose":"Completed: read failure","lifetime":7,"lba_of_first_error":"1"},null,7,
{"description":"Short offline","status":"ABORTED","lifetime":null},{"description":"Conveyance","status":"WHATEVER"}]},{"disk":"sdb","tests":[{"description":"Short offline","status":"SUCCESS"}]}]`
	got, err := Results([]byte(all), "sda")
	if err != nil || got.Running == nil || got.Running.Type != smart.Long {
		t.Fatalf("%+v, %v", got, err)
	}
	want := []smart.SelfTestState{smart.Failed, smart.Unknown, smart.Unknown, smart.Aborted, smart.Unknown}
	if len(got.Rows) != len(want) {
		t.Fatalf("%+v", got.Rows)
	}
	for i, r := range got.Rows {
		if r.Result != want[i] {
			t.Errorf("row %d is %s, want %s", i, r.Result, want[i])
		}
	}
	if got.Rows[0].Hours == nil || *got.Rows[0].Hours != 7 || got.Rows[3].Hours != nil {
		t.Errorf("%+v", got.Rows)
	}
	if none, err := Results([]byte(all), "sdc"); err != nil || none.Running != nil || len(none.Rows) != 0 {
		t.Errorf("a disk without results: %+v, %v", none, err)
	}
}

func TestASentenceIsNoAnswer(t *testing.T) {
	for _, data := range []string{"Failed to login", "", "true", `{"a":1}`} {
		if _, err := Disks([]byte(data)); err == nil {
			t.Errorf("disks out of %q", data)
		}
		if _, err := Results([]byte(data), "sda"); err == nil {
			t.Errorf("results out of %q", data)
		}
		if Begun([]byte(data)) == nil {
			t.Errorf("begun by %q", data)
		}
	}
	if Begun([]byte(`[]`)) == nil || Begun([]byte(`[{"disk":"sda","error":"busy"}]`)) == nil {
		t.Error("a test that was refused counts as begun")
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`[{"disk":"sda","name":"sda","serial":"x","tests":[{"status":"SUCCESS"}],"current_test":{"progress":1e99}}]`))
	f.Add([]byte(`{"sda":[1,2],"sdb":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		disks, _ := Disks(data)
		for _, d := range disks {
			Request(d, smart.Short)
			Filter(d)
		}
		temps, _ := Temperatures(data)
		for name, c := range temps {
			if c < -40 || c > 150 {
				t.Fatalf("%s is at %d °C", name, c)
			}
		}
		tests, _ := Results(data, "sda")
		if len(tests.Rows) > maxTests {
			t.Fatal("too many rows")
		}
		_ = Begun(data)
	})
}
