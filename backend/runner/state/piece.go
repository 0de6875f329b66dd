package state

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	"burnish/backend/reason"
	"burnish/backend/wire"
)

// ReadPiece reads of a file of a job what a reader may have: at most n bytes from off on. What was read is synced
// before it is given, so that no power cut takes from the NAS what a reader has already, and neither copy ever says
// what the other does not. grows says that a run at work writes this journal.
func ReadPiece(root *os.Root, file string, off, n int64, grows bool) ([]byte, error) {
	if !wire.ValidFile(file) || off < 0 {
		return nil, reason.New(reason.BadRequest, "error", "that is no file of a job")
	}
	f, err := root.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n = min(n, wire.MaxChunk)
	if grows {
		return readLines(f, off, n)
	}
	data, err := readAt(f, off, n)
	if len(data) > 0 {
		_ = f.Sync() // where it cannot be, the bytes are worth more than the promise
	}
	return data, err
}

// grower is a journal to which a run at work adds lines.
type grower interface {
	io.ReaderAt
	Stat() (os.FileInfo, error)
	Sync() error
}

// readLines reads of a growing journal what its run will never take back. What stands after the last whole line is cut
// off again where the disk is full; so is a whole line that could not be synced, and other words may take its place. No
// line is begun before the one before it is synced: where this sync fails, all but the last line is there to stay. A
// line that the run's sync lost and this one did not is gone by the second look.
func readLines(f grower, off, n int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil || info.Size() <= off {
		return nil, err
	}
	from := max(off, info.Size()-2*wire.MaxFrame) // the last line lies within, and how the one before it ends
	tail, err := readAt(f, from, info.Size()-from)
	if err != nil {
		return nil, err
	}
	whole := tail[:bytes.LastIndexByte(tail, '\n')+1]
	if len(whole) == 0 {
		return nil, nil
	}
	end := from + int64(len(whole))
	before := from + int64(bytes.LastIndexByte(whole[:len(whole)-1], '\n')) + 1
	data, err := readAt(f, off, min(n, end-off))
	if err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil && len(whole) == len(tail) {
		data = data[:max(0, min(int64(len(data)), before-off))]
	}
	again, err := readAt(f, off, int64(len(data)))
	if err != nil || !bytes.Equal(again, data) {
		return nil, err
	}
	return data, nil
}

// readAt reads n bytes, or fewer at the end of the file.
func readAt(f io.ReaderAt, off, n int64) ([]byte, error) {
	buf := make([]byte, n)
	got, err := f.ReadAt(buf, off)
	if err != nil && err != io.EOF {
		return nil, err
	}
	return buf[:got], nil
}
