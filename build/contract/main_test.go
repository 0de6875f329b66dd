package main

import (
	"os"
	"testing"
)

// TestThePageHasTheContractOfNow: api.ts is what would be written.
func TestThePageHasTheContractOfNow(t *testing.T) {
	t.Chdir("../..")
	have, err := os.ReadFile("frontend/src/shared/api.ts")
	if err != nil {
		t.Fatal(err)
	}
	want, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Error("frontend/src/shared/api.ts is not what app.go and package desk say; run: make contract")
	}
}
