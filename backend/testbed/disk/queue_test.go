//go:build linux

package disk

import (
	"os"
	"testing"
)

// TestSomebodysSettingsOfALoopDeviceAreNotATestsAndComeBack has a loop device that was tuned before.
func TestSomebodysSettingsOfALoopDeviceAreNotATestsAndComeBack(t *testing.T) {
	d := Loop(t, 1<<20)
	odd := map[string]string{"iostats": "0", "nomerges": "2", "write_cache": "write through", "max_sectors_kb": "128"}
	at := func(setting string) string {
		value, err := chosen(settingOf(d.Path, setting))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return value
	}
	look := func(when string, want map[string]string) {
		for setting, value := range want {
			if got := at(setting); got != value {
				t.Errorf("%s: %s is %q, want %q", when, setting, got, value)
			}
		}
	}
	look("as Loop made it", usual)
	t.Run("tuned", func(t *testing.T) {
		for setting, value := range odd {
			Tune(t, d.Path, setting, value)
		}
		look("tuned", odd)
		t.Run("a test on it", func(t *testing.T) {
			asUsual(t, d.Path)
			look("for a test", usual)
		})
		look("after that test", odd)
	})
	look("in the end", usual)
}
