package state

import (
	"encoding/json"
	"os"

	"burnish/backend/burnin"
)

// CheckpointFile holds the newest checkpoint of a job beside its journals. It is no file that a desktop follows: only a
// run that goes on needs it. A runner that does not know it goes on from the newest line of the journals.
const CheckpointFile = "checkpoint"

// WriteCheckpoint puts a checkpoint in the place of the one before, and returns when it stays.
func WriteCheckpoint(root *os.Root, gid int, k burnin.Kept) error {
	data, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return replace(root, gid, CheckpointFile, data, true)
}

// ReadCheckpoint gives the newest checkpoint; is is false where there is none, or none that can be read: then the
// journals tell.
func ReadCheckpoint(root *os.Root) (k burnin.Kept, is bool) {
	data := readSmall(root, CheckpointFile)
	return k, json.Unmarshal(data, &k) == nil
}
