package smart

import "fmt"

// nvmeResults words the results of a device self-test, for nvme-cli, which gives numbers alone [NVMe 1.4, device
// self-test log].
var nvmeResults = map[int64]string{
	0: "Completed without error",
	1: "Aborted: self-test command",
	2: "Aborted: controller reset",
	3: "Aborted: namespace removed",
	4: "Aborted: format command",
	5: "Fatal or unknown error",
	6: "Completed: unknown segment failed",
	7: "Completed: failed segment",
	8: "Aborted: unknown reason",
	9: "Aborted: sanitize operation",
}

// ReadNVMeLog takes into a health what nvme-cli says of the drive's self-tests (nvme self-test-log -o json), where
// smartctl is too old to ask for them. After an error the health is as it was.
func (h *Health) ReadNVMeLog(data []byte) error {
	t, err := decode(data)
	if err != nil {
		return err
	}
	op := t.within(0, 15, "Current Device Self-Test Operation")
	if op == nil || !t.has("List of Valid Reports") {
		return fmt.Errorf("smart: that is no self-test log of nvme-cli")
	}
	h.Capabilities.SelfTest = new(true)
	h.Running = nil
	if *op != 0 {
		h.Running = &RunningTest{Type: nvmeTest(op)}
		if done := t.within(0, 100, "Current Device Self-Test Completion"); done != nil {
			h.Running.RemainingPercent = new(100 - *done)
		}
	}
	h.SelfTests = []SelfTestRow{}
	hole := false
	for _, row := range t.list(maxTable, "List of Valid Reports") {
		result := row.within(0, 15, "Self test result")
		if result == nil || *result == 15 {
			hole = true
			continue
		}
		r := SelfTestRow{
			Type: nvmeTest(row.integer("Self test code")), Result: nvmeResult(*result), Text: nvmeResults[*result],
			Hours: row.count("Power on hours"), LBA: row.count("Failing LBA"),
		}
		if hole && !older(r, *h) {
			break
		}
		h.SelfTests = append(h.SelfTests, r)
	}
	return nil
}
