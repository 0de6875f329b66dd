package state

import (
	"encoding/json"
	"log"
	"os"

	"burnish/backend/burnin"
)

// maxLive bounds the file with the newest progress, in bytes.
const maxLive = 4096

// WriteLive puts the newest progress beside the journal, for whoever watches: it is replaced, never synced, and lost
// without harm.
func WriteLive(root *os.Root, gid int, job string, p burnin.Progress) {
	data, err := json.Marshal(p)
	if err == nil {
		err = replaceLive(root, gid, data)
	}
	if err != nil {
		log.Printf("job %s: the newest progress could not be written: %v", job, err)
	}
}

func replaceLive(root *os.Root, gid int, data []byte) error {
	tmp := liveFile + ".new"
	f, err := root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	if os.Geteuid() == 0 {
		if err := f.Chown(-1, gid); err != nil {
			f.Close()
			return err
		}
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return root.Rename(tmp, liveFile)
}

// ReadLive gives the newest progress, nil where there is none.
func ReadLive(root *os.Root) *burnin.Progress {
	info, err := root.Lstat(liveFile)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxLive {
		return nil
	}
	data, err := root.ReadFile(liveFile)
	if err != nil {
		return nil
	}
	p := new(burnin.Progress)
	if json.Unmarshal(data, p) != nil {
		return nil
	}
	return p
}
