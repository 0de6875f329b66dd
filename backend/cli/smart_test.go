package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"burnish/backend/cli"
)

// reads runs burnish smart on captures that are written to files.
func reads(t *testing.T, captures ...string) (code int, out map[string]any, stderr string) {
	t.Helper()
	dir := t.TempDir()
	args := []string{"smart", "--json"}
	for i, c := range captures {
		name := filepath.Join(dir, string(rune('a'+i)))
		if err := os.WriteFile(name, []byte(c), 0o600); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			args = append(args, "--after")
		}
		args = append(args, name)
	}
	var stdout, errs bytes.Buffer
	code = cli.Main(context.Background(), args, cli.Env{Stdout: &stdout, Stderr: &errs, Home: dir, Version: "test"})
	if stdout.Len() > 0 {
		if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
			t.Fatalf("%q: %v", stdout.String(), err)
		}
	}
	return code, out, errs.String()
}

const capture = `{"smartctl":{"exit_status":0},"device":{"name":"/dev/sda","protocol":"ATA"},"model_name":"Invented","serial_number":"A1","smart_status":{"passed":true},
"power_on_time":{"hours":20},"temperature":{"current":30},"ata_smart_attributes":{"table":[
{"id":197,"name":"Current_Pending_Sector","value":100,"worst":100,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":0,"string":"0"}}]}}`

func field(v any, path ...string) any {
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

func TestACaptureIsReadWithoutADataDirectory(t *testing.T) {
	code, out, errs := reads(t, capture)
	if code != 0 || errs != "" {
		t.Fatalf("exit %d, %s", code, errs)
	}
	if field(out, "drive", "serial") != "A1" || field(out, "health", "passed") != true ||
		field(out, "health", "power_on_hours") != 20.0 ||
		field(out, "health", "temperature_c") != 30.0 || len(field(out, "findings").([]any)) != 0 {
		t.Errorf("%v", out)
	}
}

func TestWhatACaptureDoesNotSayIsNull(t *testing.T) {
	for name, c := range map[string]string{
		"a drive that says little": `{"smartctl":{"exit_status":0},"device":{"name":"/dev/sda","protocol":"ATA"}}`,
		"no drive at all":          `{"smartctl":{"exit_status":2,"messages":[{"string":"Smartctl open device: /dev/sda failed","severity":"error"}]}}`,
	} {
		code, out, errs := reads(t, c)
		if code != 0 {
			t.Fatalf("%s: exit %d, %s", name, code, errs)
		}
		for _, path := range [][]string{{"drive", "serial"}, {"drive", "model"}, {"health", "passed"},
			{"health", "power_on_hours"}, {"health", "temperature_c"}} {
			object := field(out, path[0]).(map[string]any)
			if v, there := object[path[1]]; !there || v != nil {
				t.Errorf("%s: %v is %v", name, path, v)
			}
		}
	}
}

// A capture that says nothing must not read like one of a sound drive.
func TestACaptureThatSaysNothingIsNotWithoutFindings(t *testing.T) {
	for c, want := range map[string]string{
		`{"smartctl":{"exit_status":0},"device":{"name":"/dev/sdp","type":"scsi","protocol":"SCSI"}}`:                                                "nothing could be judged",
		`{"smartctl":{"exit_status":2,"messages":[{"string":"Device is in STANDBY mode, exit(2)"}]},"device":{"name":"/dev/sda"}}`:                   "smartctl said: Device is in STANDBY mode, exit(2)",
		`{"smartctl":{"exit_status":1,"messages":[{"string":"/dev/sda: Unknown USB bridge [0x1e91:0xde79 (0x100)]"}]},"device":{"name":"/dev/sda"}}`: "Unknown USB bridge",
	} {
		code, out, _ := reads(t, c)
		if said, _ := out["unjudged"].(string); code != 0 || !strings.Contains(said, want) {
			t.Errorf("%s: exit %d, %q, want %q", c, code, said, want)
		}
		name := filepath.Join(t.TempDir(), "c")
		if err := os.WriteFile(name, []byte(c), 0o600); err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		cli.Main(context.Background(), []string{"smart", name}, cli.Env{Stdout: &text, Stderr: &text, Home: t.TempDir(),
			Version: "test"})
		if strings.Contains(text.String(), "no findings") || strings.Count(text.String(), want) != 1 {
			t.Errorf("told: %s", text.String())
		}
	}
	if _, out, _ := reads(t, capture); out["unjudged"] != nil {
		t.Errorf("a sound drive: %v", out["unjudged"])
	}
}

func TestTwoCapturesGiveTheDeltas(t *testing.T) {
	code, out, errs := reads(t, capture, strings.Replace(capture, `"value":0,"string":"0"`, `"value":8,"string":"8"`, 1))
	if code != 0 {
		t.Fatalf("exit %d, %s", code, errs)
	}
	found := field(out, "findings").([]any)
	if len(found) != 1 || field(found[0], "rule") != "pending" || field(found[0], "severity") != "fail" ||
		field(found[0], "before") != 0.0 || field(found[0], "after") != 8.0 {
		t.Errorf("%v", found)
	}
	if _, out, _ := reads(t, capture, capture); len(field(out, "findings").([]any)) != 0 {
		t.Errorf("equal captures give %v", out["findings"])
	}
}

func TestWhatIsNoCaptureIsWrongUse(t *testing.T) {
	for _, c := range []string{"", "smartctl 7.4", `{"smartctl":{"exit_status":0},"device":{"name":"/dev`} {
		code, out, errs := reads(t, c)
		if code != cli.ExitUse || out != nil || !strings.Contains(errs, `"code":"wrong_use"`) {
			t.Errorf("%q: exit %d, %v, %s", c, code, out, errs)
		}
	}
}
