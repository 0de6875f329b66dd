//go:build linux

package cli_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var labSMART = flag.Bool("lab-smart", false, "run plans on the drives of the throw-away NAS that BURNISH_LAB_* "+
	"name: real answers, then simulated ones")

// lab is a NAS that may be done anything to, reached over SSH: $BURNISH_LAB_HOST, _PORT, _USER (with sudo), _KEY and
// _HOSTKEY (a fingerprint).
type lab struct {
	t         *testing.T
	dir, prog string
	ssh       []string
}

func openLab(t *testing.T) *lab {
	t.Helper()
	env := func(name, otherwise string) string {
		if v := os.Getenv("BURNISH_LAB_" + name); v != "" {
			return v
		}
		if otherwise == "" {
			t.Fatalf("BURNISH_LAB_%s is not set", name)
		}
		return otherwise
	}
	l := &lab{t: t, dir: t.TempDir(), prog: env("PROGRAM", filepath.Join("..", "..", "build", "bin", "burnish-cli"))}
	host, port, user, key := env("HOST", ""), env("PORT", "22"), env("USER", ""), env("KEY", "")
	l.ssh = []string{"-q", "-i", key, "-p", port, "-o", "StrictHostKeyChecking=no", "-o",
		"UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", user + "@" + host}
	if out, _, code := l.burnish("nas", "add", "lab", "--host", host, "--port", port, "--user", user, "--key", key,
		"--sudo", "nopasswd", "--host-key", env("HOSTKEY", "")); code != 0 {
		t.Fatalf("nas add: %s", out)
	}
	return l
}

func (l *lab) burnish(args ...string) (out, errs string, code int) {
	cmd := exec.Command(l.prog, append([]string{"--data-dir", filepath.Join(l.dir, "data")}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// root runs a command on the lab's NAS as root.
func (l *lab) root(stdin []byte, command string) string {
	l.t.Helper()
	cmd := exec.Command("ssh", append(l.ssh, "sudo sh -c '"+command+"'")...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		l.t.Fatalf("%s: %v: %s", command, err, out)
	}
	return string(out)
}

// job runs a plan to its end and gives what show --json says of it.
func (l *lab) job(serial, plan string) (map[string]any, int) {
	l.t.Helper()
	out, errs, code := l.burnish("--json", "start", "lab", "--drive", serial, "--plan", plan, "--wait")
	if code == 5 || code == 6 || code == 2 {
		var said map[string]any
		_ = json.Unmarshal([]byte(strings.TrimSpace(errs)), &said)
		return map[string]any{"reason": said}, code
	}
	var id string
	for dec := json.NewDecoder(strings.NewReader(out)); id == ""; {
		var line map[string]any
		if dec.Decode(&line) != nil {
			l.t.Fatalf("%s: start named no job: %s %s", serial, out, errs)
		}
		for _, key := range []string{"job", "id"} {
			if s, ok := line[key].(string); ok && id == "" {
				id = s
			}
		}
	}
	shown, errs, _ := l.burnish("--json", "show", id)
	var job map[string]any
	if err := json.Unmarshal([]byte(shown), &job); err != nil {
		l.t.Fatalf("show: %v: %s", err, errs)
	}
	return job, code
}

// said is the code of the reason with which a job ended or was refused.
func said(job map[string]any) string {
	if code, ok := field(job, "reason", "code").(string); ok {
		return code
	}
	return ""
}

// TestSMARTInTheLab compares quick on each drive with smartctl run by hand, then runs simulated drives.
func TestSMARTInTheLab(t *testing.T) {
	if !*labSMART {
		return // make lab-smart
	}
	l := openLab(t)
	defer l.root(nil, "rm -rf /run/burnish-lab /usr/local/sbin/smartctl /usr/local/sbin/nvme")
	l.root(nil, "rm -rf /run/burnish-lab /usr/local/sbin/smartctl /usr/local/sbin/nvme; mkdir -p /run/burnish-lab")
	byKind := map[string]string{}
	for serial, path := range l.free() {
		if kind := l.asSmartctlSays(serial, path); kind != "" && byKind[kind] == "" {
			byKind[kind] = serial
		}
	}
	t.Logf("free drives: %v", byKind)
	l.simulate(byKind)
}

// free gives the paths of the drives that nothing uses, by serial. A lab that is slow may need several looks.
func (l *lab) free() map[string]string {
	l.t.Helper()
	free := map[string]string{}
	for range 5 {
		out, errs, _ := l.burnish("--json", "drives", "lab")
		unsure := false
		for dec := json.NewDecoder(strings.NewReader(out)); ; {
			var d map[string]any
			if dec.Decode(&d) != nil {
				break
			}
			serial, _ := d["serial"].(string)
			switch class := field(d, "usage", "class"); {
			case serial != "" && class == "none":
				free[serial] = d["path"].(string)
			case class == "cannot_tell":
				unsure = true
				l.t.Logf("%s: %v", serial, field(d, "usage", "text"))
			}
		}
		if !unsure && len(free) > 0 {
			return free
		}
		l.t.Logf("looking again %s", errs)
	}
	if len(free) == 0 {
		l.t.Fatal("the lab has no free drive")
	}
	return free
}

// asSmartctlSays runs quick on a drive and compares with what smartctl says when it is run by hand. It gives the
// protocol that smartctl names.
func (l *lab) asSmartctlSays(serial, path string) string {
	var doc map[string]any
	_ = json.Unmarshal([]byte(l.root(nil, "/usr/sbin/smartctl --json -x "+path+"; true")), &doc)
	job, code := l.job(serial, "quick")
	passed, known := field(doc, "smart_status", "passed").(bool)
	capable := field(doc, "ata_smart_data", "capabilities", "self_tests_supported") == true
	kind, _ := field(doc, "device", "protocol").(string)
	l.t.Logf("real  %-14s %-5s smartctl by hand: passed %v, self-tests %v; quick: exit %d, %v %s", serial, kind,
		known && passed, capable, code, job["state"], said(job))
	switch {
	case !known:
		if code != 5 || said(job) != "smart_unsupported" {
			l.t.Errorf("%s has no health data: exit %d, %s; want 5, smart_unsupported", serial, code, said(job))
		}
		return map[string]string{"SCSI": "SCSI"}[kind]
	case passed != (code == 0):
		l.t.Errorf("%s: exit %d", serial, code)
	}
	stages, _ := job["stages"].([]any)
	want := "skipped"
	if capable {
		want = "passed"
	}
	if field(stages[1], "state") != want {
		l.t.Errorf("%s: short_smart is %v, want %s", serial, field(stages[1], "state"), want)
	}
	for _, figure := range []struct{ name, path string }{{"power_on_hours", "power_on_time hours"},
		{"temperature_c", "temperature current"}} {
		if got, by := field(job, "health", "before", figure.name),
			field(doc, strings.Fields(figure.path)...); got != by {
			l.t.Errorf("%s: %s is %v, smartctl by hand says %v", serial, figure.name, got, by)
		}
	}
	return kind
}

// simulated is a drive behind the shim, and how a job on it must end.
type simulated struct {
	name, kind, scenario, plan string
	code                       int
	reason, also               string // also: a finding or a warning that must be there
}

const (
	quickTest  = `"test":{"seconds":20,"step":10,"result":%d}`
	sasHealth  = `"smart_status":{"passed":true},"smart_support":{"available":true,"enabled":true},"smartctl":{"exit_status":0,"output":[]},"temperature":{"current":31,"drive_trip":60},"power_on_time":{"hours":30},"scsi_grown_defect_list":0,"scsi_extended_self_test_seconds":600`
	nvmeCan    = `"nvme_optional_admin_commands":{"self_test":true}`
	attributeN = `"attributes":[{"id":%d,"name":"%s","value":100,"worst":100,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":%d,"string":"%d"}}]`
)

func scenarios() []simulated {
	test := func(result int) string { return fmt.Sprintf(quickTest, result) }
	attr := func(id int, name string, n int) string { return fmt.Sprintf(attributeN, id, name, n, n) }
	return []simulated{
		{"ATA, progress to a pass", "ATA", `{` + test(0) + `}`, "quick", 0, "", ""},
		{"ATA, read failure", "ATA", `{` + test(7) + `}`, "quick", 1, "selftest_failed", ""},
		{"ATA, aborted by the host", "ATA", `{` + test(1) + `}`, "quick", 3, "selftest_aborted", ""},
		{"ATA, interrupted by a reset", "ATA", `{` + test(2) + `}`, "quick", 3, "selftest_aborted", ""},
		{"ATA, 197 grows", "ATA", `{"merge":{` + attr(197, "Current_Pending_Sector", 0) + `},"after":{` + attr(197, "Current_Pending_Sector", 8) + `},` + test(0) + `}`, "quick", 1, "smart_failed", "pending"},
		{"ATA, 199 grows", "ATA", `{"merge":{` + attr(199, "UDMA_CRC_Error_Count", 0) + `},"after":{` + attr(199, "UDMA_CRC_Error_Count", 3) + `},` + test(0) + `}`, "quick", 0, "", "crc"},
		{"ATA, says it is failing", "ATA", `{"merge":{"smart_status":{"passed":false}},` + test(0) + `}`, "quick", 1, "smart_failed", "smart_failed"},
		{"SAS, percent as text, a pass", "SCSI", `{"merge":{` + sasHealth + `},` + test(0) + `}`, "quick", 0, "", ""},
		{"SAS, failed", "SCSI", `{"merge":{` + sasHealth + `},` + test(5) + `}`, "quick", 1, "selftest_failed", ""},
		{"SAS, device reset", "SCSI", `{"merge":{` + sasHealth + `},` + test(2) + `}`, "quick", 3, "selftest_aborted", ""},
		{"SAS, grown defects", "SCSI", `{"merge":{` + sasHealth + `},"after":{"scsi_grown_defect_list":2},` + test(0) + `}`, "quick", 1, "smart_failed", "grown_defects"},
		{"SAS, too hot, says FAILED", "SCSI", `{"merge":{` + sasHealth + `,"smart_status":{"passed":false,"scsi":{"asc":11,"ascq":1,"ie_string":"temperature"}}},` + test(0) + `}`, "quick", 0, "", "too_hot"},
		{"NVMe by smartctl, a pass", "NVMe", `{"merge":{` + nvmeCan + `},` + test(0) + `}`, "quick", 0, "", ""},
		{"NVMe by nvme-cli, a pass", "NVMe", `{"merge":{` + nvmeCan + `},"test":{"seconds":20,"step":1,"result":0,"nvme_cli":true}}`, "quick", 0, "", ""},
		{"NVMe by nvme-cli, failed", "NVMe", `{"merge":{` + nvmeCan + `},"test":{"seconds":20,"step":1,"result":7,"nvme_cli":true}}`, "quick", 1, "selftest_failed", ""},
		{"NVMe, media errors", "NVMe", `{"merge":{` + nvmeCan + `},"after":{"nvme_smart_health_information_log":{"media_errors":4}},` + test(0) + `}`, "quick", 1, "smart_failed", "media_errors"},
		{"NVMe, backup capacitor", "NVMe", `{"merge":{"nvme_smart_health_information_log":{"critical_warning":16},"smart_status":{"passed":false}}}`, "quick", 1, "smart_failed", "critical_warning"},
	}
}

// simulate runs the drives that the shim makes of the lab's.
func (l *lab) simulate(byKind map[string]string) {
	shim := filepath.Join(l.dir, "shim")
	build := exec.Command("go", "build", "-o", shim, "burnish/backend/testbed/smartshim")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+l.arch())
	if out, err := build.CombinedOutput(); err != nil {
		l.t.Fatalf("building the shim: %v: %s", err, out)
	}
	program, err := os.ReadFile(shim)
	if err != nil {
		l.t.Fatal(err)
	}
	l.root(program, "cat > /usr/local/sbin/smartctl && chmod 755 /usr/local/sbin/smartctl && cp "+
		"/usr/local/sbin/smartctl /usr/local/sbin/nvme")
	for _, s := range scenarios() {
		serial := byKind[s.kind]
		if serial == "" {
			l.t.Logf("simulated  %-30s not tried: the lab has no free %s drive", s.name, s.kind)
			continue
		}
		l.root([]byte(s.scenario), "rm -f /run/burnish-lab/*; cat > /run/burnish-lab/"+serial+".json")
		began := time.Now()
		job, code := l.job(serial, s.plan)
		l.t.Logf("simulated  %-30s exit %d, %v %s, %.0f s", s.name, code, job["state"], said(job),
			time.Since(began).Seconds())
		if code != s.code || said(job) != s.reason {
			l.t.Errorf("%s: exit %d, %q; want %d, %q", s.name, code, said(job), s.code, s.reason)
		}
		found, _ := json.Marshal([]any{job["findings"], job["warnings"]})
		if !strings.Contains(string(found), `"rule":"`+s.also) {
			if s.also != "" {
				l.t.Errorf("%s: %s is not told: %s", s.name, s.also, found)
			}
		}
	}
}

func (l *lab) arch() string {
	if strings.Contains(l.root(nil, "uname -m"), "aarch64") {
		return "arm64"
	}
	return "amd64"
}
