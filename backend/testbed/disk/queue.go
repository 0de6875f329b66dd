//go:build linux

package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// usual are settings of a block device's queue as the kernel makes it. Somebody's other ones stay with a loop device
// after it was detached, and tests would rest on whatever they got: counts of writes, flushes, sizes of requests.
var usual = map[string]string{"iostats": "1", "nomerges": "0", "write_cache": "write back", "max_sectors_kb": "1280"}

// asUsual gives a block device the usual settings for the time of the test.
func asUsual(t testing.TB, path string) {
	t.Helper()
	for setting, value := range usual {
		if most, err := chosen(settingOf(path, "max_hw_sectors_kb")); setting == "max_sectors_kb" && err == nil &&
			len(most) < len(value) {
			value = most
		}
		Tune(t, path, setting, value)
	}
}

// Tune sets one of a block device's settings below /sys/block/…/queue, and puts it back when the test ends. A kernel
// that does not know the setting is left alone.
func Tune(t testing.TB, path, setting, value string) {
	t.Helper()
	file := settingOf(path, setting)
	before, err := chosen(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && before == value {
		return
	}
	if err == nil {
		err = os.WriteFile(file, []byte(value), 0)
	}
	if err != nil {
		t.Fatalf("set %s to %s: %v", file, value, err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(file, []byte(before), 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("put %s back to %s: %v", file, before, err)
		}
	})
}

func settingOf(path, setting string) string {
	return filepath.Join("/sys/block", filepath.Base(path), "queue", setting)
}

// chosen reads a setting; of a list of choices the one in brackets.
func chosen(file string) (string, error) {
	data, err := os.ReadFile(file)
	text := strings.TrimSpace(string(data))
	if _, rest, ok := strings.Cut(text, "["); ok {
		text, _, _ = strings.Cut(rest, "]")
	}
	return text, err
}
