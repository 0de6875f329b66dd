//go:build linux

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"burnish/backend/cli"
	"burnish/backend/jobs"
	"burnish/backend/runner/bin"
	"burnish/backend/testbed/sshd"
)

// midclt answers as TrueNAS's does for one disk and one that is in a pool; a method that the file "gone" names does not
// exist. A test that was started has ended at the next look.
const midclt = `#!/bin/sh
here=$(dirname "$0")
[ "$1" = call ] || exit 2
if [ -e "$here/gone" ] && case "$2" in smart.*) true;; *) false;; esac; then echo "Method does not exist" >&2; exit 1; fi
case "$2" in
disk.query) cat <<'END'
[{"identifier":"{serial_lunid}ZR1_5000c500a","name":"sdz","serial":"ZR1","lunid":"5000c500aaaaaaaa","model":"ST16000NM000J","size":16000900661248,"type":"HDD","bus":"ATA","rotationrate":"7200","pool":null},
{"identifier":"{serial_lunid}ZR2_5000c500b","name":"sdy","serial":"ZR2","lunid":"5000c500bbbbbbbb","model":"ST16000NM000J","size":16000900661248,"type":"HDD","bus":"ATA","pool":"tank"},
{"identifier":"{serial}N1","name":"nvme9n1","serial":"N1","lunid":null,"model":"Evil \u202e\u001b[31m<b>","size":"much","type":"SSD","bus":"NVME"}]
END
;;
disk.temperatures) echo '{"sdz": 34.6, "sdy": null, "nvme9n1": [41, 85]}';;
smart.test.manual_test)
  [ "$3" = '[{"identifier":"{serial_lunid}ZR1_5000c500a","type":"SHORT"}]' ] || { echo "[EINVAL] disks: not valid: $3" >&2; exit 1; }
  touch "$here/begun"; echo '[{"disk":"sdz","identifier":"{serial_lunid}ZR1_5000c500a","error":null,"expected_result_time":{"$date":1},"job":7}]';;
smart.test.results)
  [ "$3" = '[["disk","=","sdz"]]' ] || { echo '[]'; exit 0; }
  if [ -e "$here/begun" ]; then rm "$here/begun"; touch "$here/ended"; echo '[{"disk":"sdz","tests":[],"current_test":{"progress":40}}]'
  elif [ -e "$here/ended" ]; then echo '[{"disk":"sdz","tests":[{"num":0,"description":"Short offline","status":"SUCCESS","status_verbose":"Completed without error","remaining":0.0,"lifetime":812,"lba_of_first_error":null}],"current_test":null}]'
  else echo '[{"disk":"sdz","tests":[],"current_test":null}]'; fi;;
*) exit 1;;
esac
`

// A login of a TrueNAS that may not use sudo looks at drives and has them test themselves; no plan starts.
func TestALoginWithoutRootLooksThroughMidclt(t *testing.T) {
	user := sshd.NewUser(t, sshd.SudoNone)
	tools := filepath.Join(user.Home, "bin")
	if err := os.MkdirAll(tools, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tools, "midclt"), []byte(midclt), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(tools, user.UID, -1); err != nil {
		t.Fatal(err)
	}
	server := sshd.Start(t, sshd.Config("SetEnv PATH="+tools+":/usr/bin:/bin"))
	home := t.TempDir()
	burnish := func(args ...string) (lines []map[string]any, errs string, code int) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		code = cli.Main(context.Background(), append([]string{"--json", "--data-dir", filepath.Join(home, "data")},
			args...), cli.Env{
			Stdout: &stdout, Stderr: &stderr, Home: home, Version: "test", Now: time.Now,
			Open: func(ctx context.Context, dir string) (*jobs.Service, func() error, error) {
				return jobs.Open(ctx, dir, bin.Runner)
			},
		})
		for dec := json.NewDecoder(&stdout); dec.More(); {
			var line map[string]any
			if err := dec.Decode(&line); err != nil {
				t.Fatalf("%v: %v", args, err)
			}
			lines = append(lines, line)
		}
		return lines, stderr.String(), code
	}
	add := []string{"nas", "add", "nas", "--host", server.Host, "--port", strconv.Itoa(server.Port), "--user",
		user.Name, "--key", server.KeyFile, "--host-key", server.HostKeyFingerprint}
	if _, errs, code := burnish(add...); code != 0 {
		t.Fatalf("nas add: exit %d, %s", code, errs)
	}

	rows, errs, code := burnish("drives", "nas")
	if code != 0 || len(rows) != 3 {
		t.Fatalf("drives: exit %d, %s, %v", code, errs, rows)
	}
	first, pooled, odd := rows[0], rows[1], rows[2]
	if first["id"] != "ZR1@5000C500AAAAAAAA" || first["size_bytes"] != 16000900661248.0 ||
		first["path"] != "/dev/sdz" || first["temperature_c"] != 35.0 || first["kind"] != "hdd" {
		t.Errorf("%v", first)
	}
	if pooled["temperature_c"] != nil || !strings.Contains(field(pooled, "usage", "text").(string), "pool tank") {
		t.Errorf("%v", pooled)
	}
	if odd["temperature_c"] != 41.0 || odd["kind"] != "nvme" || strings.ContainsAny(odd["model"].(string),
		"\x1b\u202e") {
		t.Errorf("%v", odd)
	}
	for i, r := range rows {
		class := "cannot_tell" // this TrueNAS tells no details of its disks
		if i == 1 {
			class = "pool"
		}
		if field(r, "usage", "class") != class || field(r, "startable", "read") != false ||
			field(r, "startable", "destructive") != false {
			t.Errorf("%v may be started", r)
		}
	}

	for _, plan := range []string{"quick", "standard"} {
		if _, errs, code := burnish("start", "nas", "--drive", "ZR1", "--plan", plan); code != cli.ExitReach || !strings.Contains(errs, `"code":"no_root"`) || !strings.Contains(errs, "Allow all sudo commands") {
			t.Errorf("start %s: exit %d, %s", plan, code, errs)
		}
	}

	selftest := func(drive, test string) (map[string]any, string, int) {
		lines, errs, code := burnish("selftest", "nas", "--drive", drive, "--test", test)
		if len(lines) == 0 {
			return nil, errs, code
		}
		return lines[0], errs, code
	}
	if got, errs, code := selftest("ZR1", "none"); code != 0 || got["running"] != nil || len(got["rows"].([]any)) != 0 {
		t.Errorf("before: exit %d, %s, %v", code, errs, got)
	}
	if got, errs, code := selftest("ZR1", "short"); code != 0 || field(got, "running", "remaining_percent") != 60.0 {
		t.Errorf("begun: exit %d, %s, %v", code, errs, got)
	}
	if got, errs, code := selftest("ZR1", "none"); code != 0 || got["running"] != nil ||
		len(got["rows"].([]any)) != 1 ||
		field(got["rows"].([]any)[0], "result") != "passed" || field(got["rows"].([]any)[0], "hours") != 812.0 {
		t.Errorf("ended: exit %d, %s, %v", code, errs, got)
	}
	if _, errs, code := selftest("ZR2", "long"); code != cli.ExitReach || !strings.Contains(errs, "midclt_refused") ||
		!strings.Contains(errs, "not valid") {
		t.Errorf("refused: exit %d, %s", code, errs)
	}

	// TrueNAS 25.10.
	if err := os.WriteFile(filepath.Join(tools, "gone"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := selftest("ZR1", "short"); code != cli.ExitReach || !strings.Contains(errs, "midclt_refused") ||
		!strings.Contains(errs, "Method does not exist") {
		t.Errorf("25.10: exit %d, %s", code, errs)
	}
	if rows, errs, code := burnish("drives", "nas"); code != 0 || len(rows) != 3 {
		t.Errorf("25.10, drives: exit %d, %s", code, errs)
	}
}
