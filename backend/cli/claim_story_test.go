//go:build linux

package cli_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// claims are the commands with which stories put something on drives and look what came of it.
func claims() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"zfs": zfsMember, "noise": noise, "hash": hash, "usage": usage, "idof": idOf, "wiped": wiped, "guid": guid,
	}
}

func with(some, more map[string]func(*testscript.TestScript, bool, []string)) map[string]func(*testscript.TestScript,
	bool, []string) {
	maps.Copy(some, more)
	return some
}

// wholly opens a device past what the kernel may still have of it.
func wholly(ts *testscript.TestScript, path string, flag int) *os.File {
	f, err := os.OpenFile(path, flag, 0)
	ts.Check(err)
	return f
}

// noise DEVICE: random bytes from the first to the last.
func noise(ts *testscript.TestScript, _ bool, args []string) {
	f := wholly(ts, args[0], os.O_WRONLY|os.O_SYNC)
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	ts.Check(err)
	_, err = f.Seek(0, io.SeekStart)
	ts.Check(err)
	_, err = io.CopyN(f, rand.Reader, size)
	ts.Check(err)
}

// hash DEVICE FILE: what the whole device holds, in short, to compare later.
func hash(ts *testscript.TestScript, _ bool, args []string) {
	f := wholly(ts, args[0], os.O_RDONLY)
	defer f.Close()
	sum := sha256.New()
	_, err := io.Copy(sum, f)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(hex.EncodeToString(sum.Sum(nil))), 0o600))
}

// nvlist encodes names with numbers, texts and lists as ZFS does.
func nvlist(pairs ...any) []byte {
	out := []byte{0, 0, 0, 0, 0, 0, 0, 1}
	word := binary.BigEndian.AppendUint32
	text := func(b []byte, s string) []byte {
		b = append(word(b, uint32(len(s))), s...)
		return append(b, make([]byte, (4-len(s)%4)%4)...)
	}
	for i := 0; i < len(pairs); i += 2 {
		pair := text(nil, pairs[i].(string))
		switch v := pairs[i+1].(type) {
		case uint64:
			pair = binary.BigEndian.AppendUint64(word(word(pair, 8), 1), v)
		case string:
			pair = text(word(word(pair, 9), 1), v)
		case []byte:
			pair = append(word(word(pair, 19), 1), v...)
		}
		out = append(word(word(out, uint32(len(pair)+8)), uint32(len(pair)+8)), pair...)
	}
	return append(out, 0, 0, 0, 0, 0, 0, 0, 0)
}

// guid NAME: a number that no other pool of this machine has, in $NAME.
func guid(ts *testscript.TestScript, _ bool, args []string) {
	var n [8]byte
	_, err := rand.Read(n[:])
	ts.Check(err)
	ts.Setenv(args[0], strconv.FormatUint(binary.BigEndian.Uint64(n[:]), 10))
}

// zfs DEVICE POOL GUID VDEV STATE: the four labels of a member of a pool: state 0 is in use or never exported, 1
// exported.
func zfsMember(ts *testscript.TestScript, _ bool, args []string) {
	number := func(s string) uint64 {
		n, err := strconv.ParseUint(s, 10, 64)
		ts.Check(err)
		return n
	}
	list := nvlist("version", uint64(5000), "name", args[1], "state", number(args[4]), "txg", uint64(7),
		"pool_guid", number(args[2]),
		"hostid", uint64(0xabcdef), "hostname", "elsewhere", "top_guid", uint64(1), "guid", number(args[3]),
		"vdev_tree", nvlist("type", "mirror", "id", uint64(0), "guid", uint64(1)))
	label := make([]byte, 256<<10)
	copy(label[16<<10:], append([]byte{1, 1, 0, 0}, list...))
	f := wholly(ts, args[0], os.O_WRONLY|os.O_SYNC)
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	ts.Check(err)
	whole := size / int64(len(label)) * int64(len(label))
	for _, off := range []int64{0, int64(len(label)), whole - 2*int64(len(label)), whole - int64(len(label))} {
		_, err := f.WriteAt(label, off)
		ts.Check(err)
	}
}

// drives gives the rows of NAS box by path.
func drives(ts *testscript.TestScript) map[string]map[string]any {
	ts.Check(ts.Exec("burnish", "drives", "box", "--json"))
	rows := map[string]map[string]any{}
	for _, line := range strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n") {
		var row map[string]any
		ts.Check(json.Unmarshal([]byte(line), &row))
		rows[row["path"].(string)] = row
	}
	return rows
}

// usage DEVICE CLASS PHRASE TEXT: what the drives of NAS box say of the device; none but a free one may be erased.
func usage(ts *testscript.TestScript, _ bool, args []string) {
	row := drives(ts)[args[0]]
	if row == nil {
		ts.Fatalf("%s is no drive", args[0])
	}
	u := row["usage"].(map[string]any)
	if u["class"] != args[1] || u["phrase_kind"] != args[2] || !strings.Contains(u["text"].(string), args[3]) {
		ts.Fatalf("%s is %v, phrase %v: %v; wanted %q", args[0], u["class"], u["phrase_kind"], u["text"], args[1:])
	}
	if free := row["startable"].(map[string]any)["destructive"]; free != (args[1] == "none") {
		ts.Fatalf("%s: destructive %v", args[0], free)
	}
}

// idof NAME DEVICE: the id of the drive, in $NAME.
func idOf(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], drives(ts)[args[1]]["id"].(string))
}

// wiped JOB: waits until the first destructive act of the job is done.
func wiped(ts *testscript.TestScript, _ bool, args []string) {
	for range 6000 {
		data, _ := os.ReadFile(ts.Getenv("STATE") + "/jobs/" + args[0] + "/run-1.ndjson")
		if strings.Contains(string(data), `"kind":"wiped"`) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("job %s has erased nothing", args[0])
}
