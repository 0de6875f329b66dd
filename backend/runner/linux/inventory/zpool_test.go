//go:build linux

package inventory

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"burnish/backend/drive"
	"burnish/backend/label"
)

const statusJSON = `{"output_version":{"command":"zpool status","vers_major":0,"vers_minor":1},"pools":{"tank":{
 "name":"tank","type":"POOL","state":"DEGRADED","pool_guid":1111,"txg":4,
 "vdevs":{"tank":{"name":"tank","vdev_type":"root","guid":1111,"state":"DEGRADED","vdevs":{
   "mirror-0":{"name":"mirror-0","vdev_type":"mirror","guid":2000,"state":"DEGRADED","vdevs":{
     "sda1":{"name":"/dev/sda1","vdev_type":"disk","guid":18446744073709551615,"path":"/dev/sda1","state":"ONLINE"},
     "gone":{"name":"/dev/sdq1","vdev_type":"disk","guid":2002,"path":"/dev/sdq1","state":"UNAVAIL","not_present":1}}}}}},
 "logs":{"sdd":{"name":"/dev/sdd","vdev_type":"disk","guid":3001,"path":"/dev/sdd","state":"ONLINE"}},
 "l2cache":{"sde":{"name":"/dev/sde","vdev_type":"disk","guid":3002,"path":"/dev/sde","state":"ONLINE"}},
 "spares":{"sdf":{"name":"/dev/sdf","vdev_type":"disk","guid":3003,"path":"/dev/sdf","state":"AVAIL"}}}}}`

const statusGUID = `  pool: tank
 state: DEGRADED
status: One or more devices could not be used.
config:

	NAME                      STATE     READ WRITE CKSUM
	tank                      DEGRADED     0     0     0
	  2000                    DEGRADED     0     0     0
	    18446744073709551615  ONLINE       0     0     0
	    2002                  UNAVAIL      0     0     0  was /dev/sdq1
	logs
	  3001                    ONLINE       0     0     0
	cache
	  3002                    ONLINE       0     0     0
	spares
	  3003                    AVAIL

errors: No known data errors
`

const statusPath = `  pool: tank
 state: DEGRADED
config:

	NAME           STATE     READ WRITE CKSUM
	tank           DEGRADED     0     0     0
	  mirror-0     DEGRADED     0     0     0
	    /dev/sda1  ONLINE       0     0     0
	    2002       UNAVAIL      0     0     0  was /dev/sdq1
	logs
	  /dev/sdd     ONLINE       0     0     0
	cache
	  /dev/sde     ONLINE       0     0     0
	spares
	  /dev/sdf     AVAIL

errors: No known data errors
`

func TestBothFormsOfPoolStatusTellTheSame(t *testing.T) {
	fromJSON, err := parsePoolJSON([]byte(statusJSON))
	if err != nil {
		t.Fatal(err)
	}
	fromText, err := parsePoolText([]byte("tank\t1111\n"), []byte(statusGUID), []byte(statusPath))
	if err != nil {
		t.Fatal(err)
	}
	for guid, want := range map[string]struct{ role, state string }{
		"18446744073709551615": {"", "ONLINE"}, "2002": {"", "UNAVAIL"}, "3001": {"log", "ONLINE"},
		"3002": {"cache", "ONLINE"}, "3003": {"spare", "AVAIL"},
	} {
		for form, i := range map[string]imported{"JSON": fromJSON, "text": fromText} {
			v := i.byGUID[guid]
			if v == nil || v.pool.name != "tank" || v.pool.guid != "1111" || v.role != want.role ||
				v.state != want.state {
				t.Errorf("%s: device %s is %v, want role %q and state %s", form, guid, v, want.role, want.state)
			}
		}
	}
	if got := fromJSON.byGUID["18446744073709551615"].String(); got != "pool tank, mirror-0, ONLINE" {
		t.Errorf("the member is told as %q", got)
	}
}

func TestHalfAnAnswerOfZpoolIsNone(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":         ``,
		"no pools":        `{}`,
		"pool unnamed":    `{"pools":{"tank":{"vdevs":{"a":{"guid":1}}}}}`,
		"pool of nothing": `{"pools":{"tank":{"pool_guid":1,"vdevs":{}}}}`,
		"device unnamed":  `{"pools":{"tank":{"pool_guid":1,"vdevs":{"tank":{"guid":1,"vdevs":{"sda":{"path":"/dev/sda"}}}}}}}`,
	} {
		if _, err := parsePoolJSON([]byte(text)); err == nil {
			t.Errorf("%s: taken for an answer", name)
		}
	}
	if i, err := parsePoolJSON([]byte(`{"pools":{}}`)); err != nil || len(i.pools) != 0 {
		t.Errorf("a machine without pools: %v", err)
	}
	if _, err := parsePoolText([]byte("tank\t1\n"), []byte("  pool: tank\n"), nil); err == nil {
		t.Error("a status that ends before its table was taken for an answer")
	}
	if _, err := parsePoolText(nil, []byte(statusGUID), nil); err == nil {
		t.Error("a status of a pool that the list lacks was taken for an answer")
	}
}

func FuzzPoolStatus(f *testing.F) {
	f.Add([]byte(statusJSON), []byte(statusGUID))
	f.Fuzz(func(t *testing.T, json, text []byte) {
		if i, err := parsePoolJSON(json); err == nil {
			for _, p := range i.pools {
				if p.guid == "" {
					t.Error("a pool without a guid")
				}
			}
		}
		parsePoolText([]byte("tank\t1111\n"), text, text)
	})
}

// zfsMachine has pool tank imported and the drive sdx besides.
func zfsMachine(t *testing.T) *tree {
	m := newTree(t)
	m.sata("sdx", 9)
	m.dir("/sys/module/zfs")
	m.tools["zpool status -j --json-int -P -L"] = statusJSON
	return m
}

// judge gives the usage of sdx if a scan had found these labels.
func (m *tree) judge(found ...label.Found) drive.Usage {
	m.t.Helper()
	s, err := m.host().newSurvey(m.t.Context(), Options{})
	if err != nil {
		m.t.Fatal(err)
	}
	s.identifyAll(m.t.Context())
	s.askLayers(m.t.Context())
	n := s.nodes[0]
	return usageOf(s.topo.zfsAnswers(n, found, s.pools, s.boot))
}

func TestZFSLabelsAreMatchedByGUID(t *testing.T) {
	state := func(n int) *int { return &n }
	member := label.Found{Kind: "zfs", PoolName: "tank", PoolGUID: "1111", VdevGUID: "2002",
		PoolState: state(label.PoolActive), Hostname: "nas"}
	with := func(change func(*label.Found)) label.Found { f := member; change(&f); return f }
	for name, c := range map[string]struct {
		found  label.Found
		class  drive.Class
		phrase drive.PhraseKind
		pool   string
	}{
		"a member that came back under another name": {member, drive.Pool, drive.PoolPhrase, "tank"},
		"a spare": {label.Found{Kind: "zfs", VdevGUID: "3003", PoolState: state(label.PoolSpare)}, drive.Pool,
			drive.PoolPhrase, "tank"},
		"a cache device": {label.Found{Kind: "zfs", PoolGUID: "1111", VdevGUID: "3002",
			PoolState: state(label.PoolCache)}, drive.Pool, drive.PoolPhrase, "tank"},
		"a log removed": {with(func(f *label.Found) { f.VdevGUID = "3999" }), drive.Data, drive.SerialPhrase, ""},
		"a damaged label": {with(func(f *label.Found) { f.VdevGUID, f.PoolState = "", nil }), drive.Pool,
			drive.PoolPhrase, "tank"},
		"another's spare": {label.Found{Kind: "zfs", VdevGUID: "77", PoolState: state(label.PoolSpare)}, drive.Data,
			drive.SerialPhrase, ""},
		"an exported pool": {with(func(f *label.Found) {
			f.PoolName, f.PoolGUID, f.VdevGUID, f.PoolState = "old", "5", "6", state(label.PoolExported)
		}), drive.ExportedPool, drive.PoolPhrase, "old"},
		"exported, no name": {with(func(f *label.Found) {
			f.PoolName, f.PoolGUID, f.VdevGUID, f.PoolState = "", "5", "6", state(label.PoolExported)
		}), drive.ExportedPool, drive.SerialPhrase, ""},
		"a destroyed pool": {with(func(f *label.Found) {
			f.PoolGUID, f.VdevGUID,
				f.PoolState = "5", "6", state(label.PoolDestroyed)
		}), drive.Data, drive.SerialPhrase, ""},
		"never exported": {with(func(f *label.Found) { f.PoolName, f.PoolGUID, f.VdevGUID = "other", "5", "6" }),
			drive.Remote, drive.NoPhrase, "other"},
		"state not readable": {with(func(f *label.Found) {
			f.PoolName, f.PoolGUID, f.VdevGUID,
				f.PoolState = "other", "5", "6", nil
		}), drive.Remote, drive.NoPhrase, "other"},
		"same name, other pool": {with(func(f *label.Found) {
			f.PoolGUID, f.VdevGUID,
				f.PoolState = "5", "6", state(label.PoolExported)
		}), drive.ExportedPool, drive.PoolPhrase, "tank"},
	} {
		t.Run(name, func(t *testing.T) {
			u := zfsMachine(t).judge(c.found)
			if c.class == drive.Pool && u.Unlockable() {
				t.Errorf("a member that its pool counts on may be unlocked: %+v", u)
			}
			if u.Class != c.class || u.PhraseKind != c.phrase || u.PoolName != c.pool {
				t.Errorf("%s with phrase %s and pool %q (%s), want %s, %s, %q", u.Class, u.PhraseKind, u.PoolName,
					u.Text, c.class, c.phrase, c.pool)
			}
		})
	}
}

func TestAPathThatMatchesCountsToo(t *testing.T) {
	m := zfsMachine(t)
	m.tools["zpool status -j --json-int -P -L"] = strings.ReplaceAll(statusJSON, "/dev/sdd", "/dev/sdx")
	if u := m.judge(); u.Class != drive.Pool || u.PoolName != "tank" {
		t.Errorf("a log device whose label is gone is %s (%s)", u.Class, u.Text)
	}
	m.tools["zpool status -j --json-int -P -L"] = strings.ReplaceAll(statusJSON, "/dev/sdq1", "/dev/sdx")
	if u := m.judge(); u.Class != drive.None {
		t.Errorf("a blank drive in the place of one that the pool misses is %s (%s)", u.Class, u.Text)
	}
}

func TestAPoolThatCannotBeAskedAboutLocks(t *testing.T) {
	m := zfsMachine(t)
	m.tools = map[string]string{"zpool version": ""} // there, but it fails
	if u := m.judge(); u.Class != drive.CannotTell {
		t.Errorf("with a failing zpool a drive is %s", u.Class)
	}
	m.tools = nil // not there
	active := label.PoolActive
	if u := m.judge(label.Found{Kind: "zfs", PoolGUID: "5", VdevGUID: "6",
		PoolState: &active}); u.Class != drive.CannotTell {
		t.Errorf("without zpool a drive with a ZFS label is %s", u.Class)
	}
	if u := m.judge(); u.Class != drive.None {
		t.Errorf("without zpool a drive without labels is %s", u.Class)
	}
}

func TestZpoolIsNotAskedWhereZFSIsNotLoaded(t *testing.T) {
	m := newTree(t)
	m.sata("sdx", 9)
	h := m.host()
	h.Run = func(_ context.Context, name string, args ...string) ([]byte, error) {
		if name == "zpool" {
			t.Error("zpool was run: it would have loaded ZFS")
		}
		return nil, exec.ErrNotFound
	}
	if _, err := h.Inventory(t.Context(), Options{}); err != nil {
		t.Fatal(err)
	}
}

func TestTheDrivesOfTheRootPoolAreTheBootDrives(t *testing.T) {
	m := zfsMachine(t)
	m.file("/proc/self/mountinfo", "1 0 0:30 / / rw - zfs tank/ROOT/25.10 rw\n")
	if u := m.judge(label.Found{Kind: "zfs", PoolGUID: "1111", VdevGUID: "2002"}); u.Class != drive.Boot {
		t.Errorf("a member of the root pool is %s (%s)", u.Class, u.Text)
	}
}

func TestLabelsOfWhatIsActiveHereAreNotData(t *testing.T) {
	a := active{md: map[string]string{"aabb": "md0"}, vg: map[string]string{"vg": "vg-lv"},
		luks: map[string]string{"cc": "c1"}, btrfs: map[string]string{"dd": "d-d"}}
	for kind, c := range map[string]struct {
		uuid, name string
		class      drive.Class
	}{
		"md": {"aa:bb", "", drive.RAID}, "lvm": {"x", "vg", drive.LVM}, "luks": {"c-c", "", drive.LUKS},
		"btrfs": {"d-d", "", drive.Btrfs},
	} {
		if u := usageOf(a.labelAnswers([]label.Found{{Kind: kind, UUID: c.uuid, Name: c.name}})); u.Class != c.class {
			t.Errorf("the label of an active %s is %s", kind, u.Class)
		}
		if u := usageOf(a.labelAnswers([]label.Found{{Kind: kind, UUID: "ee", Name: "other"}})); u.Class != drive.Data {
			t.Errorf("the label of another %s is %s", kind, u.Class)
		}
	}
	a.mdErr = exec.ErrNotFound
	if u := usageOf(a.labelAnswers([]label.Found{{Kind: "md", UUID: "ee"}})); u.Class != drive.CannotTell {
		t.Errorf("an array's label while the running arrays cannot be asked for theirs is %s", u.Class)
	}
}

// mirrorOf is the status of a pool with one mirror of members in these states, the first of which has guid 10.
func mirrorOf(kind, scan string, states ...string) string {
	members := ""
	for n, s := range states {
		members += fmt.Sprintf(`%s"d%d":{"vdev_type":"disk","guid":%d,"path":"/dev/sdq%d","state":%q}`, strings.Repeat(",", min(n, 1)), n, 10+n, n, s)
	}
	return fmt.Sprintf(`{"pools":{"tank":{"pool_guid":1111,%s"vdevs":{"tank":{"guid":1111,"state":"DEGRADED","vdevs":{
		"%s-0":{"guid":2000,"state":"DEGRADED","vdevs":{%s}}}}},"spares":{"s":{"guid":90,"path":"/dev/sds","state":"AVAIL"}}}}}`, scan, kind, members)
}

func TestAnOfflinedMemberMayGoOnlyWhereThePoolCanLoseYetAnother(t *testing.T) {
	active := label.PoolActive
	found := label.Found{Kind: "zfs", PoolName: "tank", PoolGUID: "1111", VdevGUID: "10", PoolState: &active}
	for name, c := range map[string]struct {
		status string
		may    bool
	}{
		"of three mirrored":        {mirrorOf("mirror", "", "OFFLINE", "ONLINE", "ONLINE"), true},
		"of two mirrored":          {mirrorOf("mirror", "", "OFFLINE", "ONLINE"), false},
		"of three, another ill":    {mirrorOf("mirror", "", "OFFLINE", "ONLINE", "DEGRADED"), false},
		"of three, another gone":   {mirrorOf("mirror", "", "OFFLINE", "ONLINE", "UNAVAIL"), false},
		"of three, still online":   {mirrorOf("mirror", "", "ONLINE", "ONLINE", "ONLINE"), false},
		"of three, faulted":        {mirrorOf("mirror", "", "FAULTED", "ONLINE", "ONLINE"), false},
		"of a raidz1":              {mirrorOf("raidz1", "", "OFFLINE", "ONLINE", "ONLINE", "ONLINE"), false},
		"of a raidz2":              {mirrorOf("raidz2", "", "OFFLINE", "ONLINE", "ONLINE", "ONLINE"), true},
		"of a raidz2, resilvering": {mirrorOf("raidz2", `"scan_stats":{"function":"RESILVER","state":"SCANNING"},`, "OFFLINE", "ONLINE", "ONLINE", "ONLINE"), false},
		"of a raidz2, resilvered":  {mirrorOf("raidz2", `"scan_stats":{"function":"RESILVER","state":"FINISHED"},`, "OFFLINE", "ONLINE", "ONLINE", "ONLINE"), true},
		"of three, one rebuilt":    {strings.Replace(mirrorOf("mirror", "", "OFFLINE", "ONLINE", "ONLINE"), `"guid":2000,`, `"guid":2000,"rebuild_stats":{"state":"ACTIVE"},`, 1), false},
		"of nothing redundant":     {mirrorOf("tank", "", "OFFLINE", "ONLINE", "ONLINE"), false},
	} {
		m := zfsMachine(t)
		m.tools["zpool status -j --json-int -P -L"] = c.status
		u := m.judge(found)
		if u.Class != drive.Pool || u.Unlockable() != c.may {
			t.Errorf("%s: %s, unlockable %v (%s)", name, u.Class, u.Unlockable(), u.Text)
		}
	}
	// A pool has no say over what else uses the drive.
	m := zfsMachine(t)
	m.tools["zpool status -j --json-int -P -L"] = mirrorOf("raidz2", "", "OFFLINE", "ONLINE", "ONLINE", "ONLINE")
	s, err := m.host().newSurvey(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.identifyAll(t.Context())
	s.askLayers(t.Context())
	busy := claim(claimLayer, drive.OpenByProcess, "EBUSY")
	busy.claimed = true
	for _, other := range []answer{claim("mounts", drive.Mounted, "mounted"), failed("TrueNAS", "hangs"), busy} {
		if u := usageOf(append(s.topo.zfsAnswers(s.nodes[0], []label.Found{found}, s.pools, s.boot),
			other)); u.Unlockable() {
			t.Errorf("with %q it may be unlocked", other.text)
		}
	}
}

func TestTheTextFormTellsTheGroupOfAnOfflinedMember(t *testing.T) {
	table := func(a, b, c, group string) string {
		return "  pool: tank\n state: DEGRADED\n  scan: scrub repaired 0B\nconfig:\n\n\tNAME  STATE\n\ttank  " +
			"DEGRADED\n\t  " + group + "  DEGRADED\n\t    " +
			a + "  OFFLINE\n\t    " + b + "  ONLINE\n\t    " + c + "  ONLINE\n\nerrors: No known data errors\n"
	}
	i, err := parsePoolText([]byte("tank\t1111\n"), []byte(table("10", "11", "12", "2000")),
		[]byte(table("/dev/sda", "/dev/sdb", "/dev/sdc", "mirror-0")))
	if err != nil {
		t.Fatal(err)
	}
	if v := i.byGUID["10"]; v == nil || !i.dispensable(v) || v.String() != "pool tank, mirror-0, OFFLINE" {
		t.Errorf("the member is %v", v)
	}
	if v := i.byGUID["11"]; i.dispensable(v) {
		t.Errorf("%v counts as dispensable", v)
	}
	for _, scan := range []string{"resilver in progress since Mon", "resilver (mirror-0) in progress since Mon"} {
		moving := func(text string) []byte { return []byte(strings.Replace(text, "scrub repaired 0B", scan, 1)) }
		i, err := parsePoolText([]byte("tank\t1111\n"), moving(table("10", "11", "12", "2000")),
			moving(table("/dev/sda", "/dev/sdb", "/dev/sdc", "mirror-0")))
		if err != nil || i.dispensable(i.byGUID["10"]) {
			t.Errorf("%s: a member of it may go, %v", scan, err)
		}
	}
}

func TestADriveOfTwoExportedPoolsNamesBoth(t *testing.T) {
	exported := label.PoolExported
	m := zfsMachine(t)
	u := m.judge(label.Found{Kind: "zfs", PoolName: "a", PoolGUID: "5", VdevGUID: "6", PoolState: &exported, Text: `ZFS pool "a", exported`},
		label.Found{Kind: "zfs", PoolName: "b", PoolGUID: "7", VdevGUID: "8", PoolState: &exported, Text: `ZFS pool "b", exported`})
	if u.Class != drive.ExportedPool || !strings.Contains(u.Text, `"a"`) || !strings.Contains(u.Text, `"b"`) || len(u.Claims) != 2 {
		t.Errorf("%+v", u)
	}
}

func TestTheWayOutOfAPoolIsSaidAsACommand(t *testing.T) {
	p := &pool{name: "tank", guid: "1"}
	for want, v := range map[string]*vdev{
		"zpool detach tank 7.":            {pool: p, guid: "7", group: "mirror-0"},
		"zpool replace tank 7 NEW_DRIVE.": {pool: p, guid: "7", group: "raidz2-1"},
		"zpool remove tank 7.":            {pool: p, guid: "7", role: "cache"},
		"zpool remove tank 8.":            {pool: p, guid: "8", role: "spare"},
		"zpool detach tank 9.":            {pool: p, guid: "9", role: "log", group: "mirror-3"},
	} {
		if got := v.wayOut(); !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q in it", v, got, want)
		}
	}
	for _, v := range []*vdev{{pool: p, guid: "7", group: "tank"}, {pool: &pool{name: "tank; reboot"},
		guid: "7", group: "mirror-0"}, {pool: p, guid: "$(reboot)", group: "mirror-0"}} {
		if got := v.wayOut(); got != "" {
			t.Errorf("%v: %q", v, got)
		}
	}
	u := zfsMachine(t).judge(label.Found{Kind: "zfs", PoolName: "tank", PoolGUID: "1111", VdevGUID: "3002",
		PoolState: new(int)})
	if !strings.Contains(u.WayOut(), "zpool remove tank 3002") {
		t.Errorf("a cache device is told %q", u.WayOut())
	}
}

// A pool that is merely not imported is no other host's: the way out is here.
func TestAPoolOfThisNASThatIsNotImportedIsTold(t *testing.T) {
	active := label.PoolActive
	left := label.Found{Kind: "zfs", PoolName: "old", PoolGUID: "5", VdevGUID: "6", PoolState: &active,
		Hostname: "nas", HostID: "00bab10c"}
	for name, c := range map[string]struct {
		hostname, file, module string
		class                  drive.Class
		words                  string
	}{
		"by its file":        {"nas", "\x0c\xb1\xba\x00", "0", drive.Pool, "zpool import 5)"},
		"by its module":      {"nas", "\x01\x02\x03\x04", "12235020", drive.Pool, "zpool import 5)"},
		"of another name":    {"san", "\x0c\xb1\xba\x00", "0", drive.Remote, "on the host that uses it"},
		"of another id":      {"nas", "\x01\x02\x03\x04", "0", drive.Remote, "zpool import -f 5)"},
		"of another id here": {"nas", "\x0c\xb1\xba\x00", "7", drive.Remote, "zpool import -f 5)"},
		"without an id":      {"nas", "", "0", drive.Remote, "If no other host can be using it"},
	} {
		m := zfsMachine(t)
		m.file("/proc/sys/kernel/hostname", c.hostname+"\n")
		m.file("/etc/hostid", c.file)
		m.file("/sys/module/spl/parameters/spl_hostid", c.module+"\n")
		u := m.judge(left)
		if u.Class != c.class || !strings.Contains(u.WayOut(), c.words) || u.Unlockable() {
			t.Errorf("%s: %s (%s), way out %q, unlockable %v", name, u.Class, u.Text, u.WayOut(), u.Unlockable())
		}
	}
	m := zfsMachine(t)
	m.file("/proc/sys/kernel/hostname", "nas\n")
	left.HostID = ""
	if u := m.judge(left); u.Class != drive.Remote {
		t.Errorf("machines without a host id count as one: %+v", u)
	}
}
