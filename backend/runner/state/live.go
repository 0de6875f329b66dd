package state

import (
	"encoding/json"
	"errors"
	"log"
	"os"

	"burnish/backend/burnin"
)

// maxSmall bounds the files with the newest progress and the newest checkpoint, in bytes.
const maxSmall = 4096

// WriteLive puts the newest progress beside the journal, for whoever watches: it is replaced, never synced, and lost
// without harm.
func WriteLive(root *os.Root, gid int, job string, p burnin.Progress) {
	data, err := json.Marshal(p)
	if err == nil {
		err = replace(root, gid, liveFile, data, false)
	}
	if err != nil {
		log.Printf("job %s: the newest progress could not be written: %v", job, err)
	}
}

// replace puts a small file of a job in the place of the one before, all or nothing, readable for the group; durable:
// it stays, whatever becomes of the machine.
func replace(root *os.Root, gid int, name string, data []byte, durable bool) error {
	tmp := name + ".new"
	f, err := root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	if os.Geteuid() == 0 {
		err = f.Chown(-1, gid)
	}
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil && durable {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := root.Rename(tmp, name); err != nil || !durable {
		return err
	}
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// readSmall gives a file that replace has put there, nil where there is none.
func readSmall(root *os.Root, name string) []byte {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSmall {
		return nil
	}
	data, err := root.ReadFile(name)
	if err != nil {
		return nil
	}
	return data
}

// ReadLive gives the newest progress, nil where there is none.
func ReadLive(root *os.Root) *burnin.Progress {
	p := new(burnin.Progress)
	if json.Unmarshal(readSmall(root, liveFile), p) != nil {
		return nil
	}
	return p
}
