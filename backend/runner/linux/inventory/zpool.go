//go:build linux

package inventory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// vdev is a device of an imported pool, present or not.
type vdev struct {
	pool  *pool
	guid  string // decimal
	path  string // as zpool says it, links followed; it may be that of another drive by now
	role  string // "spare", "cache", "log", "special", "dedup" or empty
	group string // "mirror-0"
	state string
	inner bool // made of other vdevs
}

func (v *vdev) String() string {
	out := "pool " + v.pool.name
	if v.role != "" {
		out = v.role + " of " + out
	}
	if g := v.inGroup(); g != "" {
		out += ", " + g
	}
	return out + ", " + first(v.state, "in an unknown state")
}

// inGroup is the vdev that it is a part of, if that is not the pool itself.
func (v *vdev) inGroup() string {
	if v.group == v.pool.name {
		return ""
	}
	return v.group
}

// plainPool are the names of pools that a command can be shown with as they are.
var plainPool = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.:-]{0,200}$`)

// wayOut is how the device is taken out of its pool; empty where that has no command of its own.
func (v *vdev) wayOut() string {
	if !plainPool.MatchString(v.pool.name) || !decimal(v.guid) {
		return ""
	}
	how := ""
	switch group := parity.FindStringSubmatch(v.group); {
	case v.role == "spare", v.role == "cache", v.role == "log" && group == nil:
		how = fmt.Sprintf("zpool remove %s %s", v.pool.name, v.guid)
	case group == nil:
		return ""
	case group[1] == "mirror":
		how = fmt.Sprintf("zpool detach %s %s", v.pool.name, v.guid)
	default:
		how = fmt.Sprintf("zpool replace %s %s NEW_DRIVE", v.pool.name, v.guid)
	}
	return "Take it out of its pool first: " + how + ". Overwriting a device that a pool counts on costs the pool " +
		"its redundancy, so Burnish never forces it."
}

// gone reports whether the pool knows that the device is not there.
func (v *vdev) gone() bool { return v.state == "UNAVAIL" || v.state == "REMOVED" }

type pool struct {
	name, guid string
	busy       bool // it resilvers, or replaces a device
}

// parity matches the vdevs that bear the loss of devices.
var parity = regexp.MustCompile(`^(mirror|raidz|draid)([123]?)(:[^-]*)?-\d+$`)

// dispensable reports whether a member was taken offline and its pool, which lacks nothing else and is at rest, can
// lose yet another device of the same group.
func (i *imported) dispensable(v *vdev) bool {
	kind := parity.FindStringSubmatch(v.group)
	if kind == nil || v.state != "OFFLINE" || v.role == "spare" || v.role == "cache" || v.pool.busy || v.guid == "" {
		return false
	}
	others := 0
	for _, o := range i.byGUID {
		switch {
		case o.pool != v.pool || o.inner || o.guid == v.guid:
		case o.state != "ONLINE" && !(o.role == "spare" && o.state == "AVAIL"):
			return false
		case o.group == v.group && o.role == v.role:
			others++
		}
	}
	if kind[1] == "mirror" {
		return others >= 2
	}
	return (kind[2] == "2" || kind[2] == "3") && others >= 3
}

// moves reports whether a vdev of this name stands for a device that takes another one's place.
func moves(name string) bool {
	return strings.HasPrefix(name, "replacing-") || strings.HasPrefix(name, "spare-")
}

// imported is what this machine has imported.
type imported struct {
	pools  map[string]*pool // by guid
	byGUID map[string]*vdev
	byPath []*vdev
	noTool bool  // ZFS is loaded, and there is no zpool to ask
	err    error // zpool is there and gave no answer

	hostname, hostID string // of this machine, as ZFS writes them into labels; empty where it has none
}

func (i *imported) add(v *vdev) {
	if v.guid != "" && i.byGUID[v.guid] == nil {
		i.byGUID[v.guid] = v
	}
	if v.path != "" {
		i.byPath = append(i.byPath, v)
	}
}

// imported asks which pools are imported, and of what. Where ZFS is not loaded nothing is, and nobody is asked: zpool
// would load it.
func (h *Host) imported(ctx context.Context) imported {
	i := h.askZpool(ctx)
	i.hostname, i.hostID = h.namesItself()
	return i
}

func (h *Host) askZpool(ctx context.Context) imported {
	none := imported{pools: map[string]*pool{}, byGUID: map[string]*vdev{}}
	if !h.exists("/sys/module/zfs") && !h.exists("/proc/spl/kstat/zfs") {
		return none
	}
	out, err := h.run(ctx, "zpool", "status", "-j", "--json-int", "-P", "-L")
	if err == nil {
		var i imported
		if i, err = parsePoolJSON(out); err == nil {
			return i
		}
	}
	if missing(err) {
		none.noTool = true
		return none
	}
	i, textErr := h.importedText(ctx)
	if textErr != nil {
		none.err = fmt.Errorf("zpool gave no usable answer: %w", textErr)
		return none
	}
	return i
}

// importedText is for a zpool without JSON: its status once with guids and once with paths.
func (h *Host) importedText(ctx context.Context) (imported, error) {
	list, err := h.run(ctx, "zpool", "list", "-H", "-p", "-o", "name,guid")
	if err != nil {
		return imported{}, err
	}
	guids, err := h.run(ctx, "zpool", "status", "-g", "-L")
	if err != nil {
		return imported{}, err
	}
	paths, err := h.run(ctx, "zpool", "status", "-P", "-L")
	if err != nil {
		return imported{}, err
	}
	return parsePoolText(list, guids, paths)
}

const maxDepth = 16 // of vdevs in vdevs

// sections are the parts of a pool apart from its data, and the role of what is in them.
var sections = map[string]string{"logs": "log", "special": "special", "dedup": "dedup", "l2cache": "cache",
	"cache": "cache", "spares": "spare"}

// parsePoolJSON reads `zpool status -j --json-int -P -L`.
func parsePoolJSON(data []byte) (imported, error) {
	var doc struct {
		Pools map[string]map[string]any `json:"pools"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // guids have 64 bits
	if err := dec.Decode(&doc); err != nil {
		return imported{}, fmt.Errorf("zpool status -j: %w", err)
	}
	if doc.Pools == nil {
		return imported{}, errors.New("zpool status -j names no pools, not even none")
	}
	i := imported{pools: map[string]*pool{}, byGUID: map[string]*vdev{}}
	for name, body := range doc.Pools {
		p := &pool{name: name, guid: word(body["pool_guid"])}
		if p.guid == "" {
			return imported{}, fmt.Errorf("zpool status -j gives no guid of pool %.64q", name)
		}
		scan, _ := body["scan_stats"].(map[string]any)
		p.busy = word(scan["function"]) == "RESILVER" && word(scan["state"]) != "FINISHED" &&
			word(scan["state"]) != "CANCELED"
		i.pools[p.guid] = p
		before := len(i.byGUID)
		if err := i.walk(p, body["vdevs"], "", "", 0); err != nil {
			return imported{}, err
		}
		if len(i.byGUID) == before {
			return imported{}, fmt.Errorf("zpool status -j gives no devices of pool %.64q", name)
		}
		for key, role := range sections {
			if err := i.walk(p, body[key], role, "", 0); err != nil {
				return imported{}, err
			}
		}
	}
	return i, nil
}

// walk takes all vdevs of a tree of objects by name.
func (i *imported) walk(p *pool, tree any, role, group string, depth int) error {
	if depth > maxDepth {
		return errors.New("zpool status -j nests too deep")
	}
	list, _ := tree.(map[string]any)
	for name, v := range list {
		body, ok := v.(map[string]any)
		if !ok {
			continue
		}
		children, has := body["vdevs"]
		rebuild, _ := body["rebuild_stats"].(map[string]any)
		p.busy = p.busy || moves(name) || word(rebuild["state"]) == "ACTIVE"
		if guid := word(body["guid"]); guid != "" {
			i.add(&vdev{pool: p, guid: guid, path: word(body["path"]), role: role, group: group,
				state: word(body["state"]), inner: has})
		} else if !has {
			return fmt.Errorf("zpool status -j gives no guid of %.64q", name)
		}
		if err := i.walk(p, children, role, name, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// word is a JSON string or number as text.
func word(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// parsePoolText joins `zpool list -H -p -o name,guid`, `zpool status -g -L` and `zpool status -P -L`.
func parsePoolText(list, guids, paths []byte) (imported, error) {
	i := imported{pools: map[string]*pool{}, byGUID: map[string]*vdev{}}
	byName := map[string]*pool{}
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSpace(line)
		if line == "" || line == "no pools available" {
			continue
		}
		name, guid, ok := strings.Cut(line, "\t")
		if !ok || !decimal(guid) {
			return imported{}, fmt.Errorf("zpool list has a line that is none: %.80q", line)
		}
		byName[name] = &pool{name: name, guid: guid}
		i.pools[guid] = byName[name]
	}
	rows := map[*pool][]*vdev{}
	err := parseStatus(guids, byName, func(v *vdev, name string) error {
		if !decimal(name) {
			return fmt.Errorf("zpool status -g shows %.64q where a guid should be", name)
		}
		v.guid, v.group = name, "" // the group would be a guid too
		i.add(v)
		rows[v.pool] = append(rows[v.pool], v)
		return nil
	})
	if err != nil {
		return imported{}, err
	}
	for _, p := range byName {
		if rows[p] == nil {
			return imported{}, fmt.Errorf("zpool status shows no devices of pool %.64q", p.name)
		}
	}
	named := map[*pool][]*vdev{}
	err = parseStatus(paths, byName, func(v *vdev, name string) error {
		v.pool.busy = v.pool.busy || moves(name)
		named[v.pool] = append(named[v.pool], v)
		if strings.HasPrefix(name, "/") {
			v.path = name
			i.add(v)
		}
		return nil
	})
	for p, byName := range named { // both tables list the same devices in the same order
		for n, v := range rows[p] {
			if len(byName) == len(rows[p]) && byName[n].state == v.state {
				v.group, byName[n].guid = byName[n].group, v.guid
			}
		}
	}
	return i, err
}

// parseStatus reads the text of zpool status and gives each line of each pool's device table.
func parseStatus(data []byte, pools map[string]*pool, found func(v *vdev, name string) error) error {
	var in *pool
	var role, group string
	var last *vdev
	lastIndent, table := 0, false
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "pool: "); ok {
			if in = pools[name]; in == nil {
				return fmt.Errorf("zpool status names pool %.64q, which zpool list does not", name)
			}
			table = false
			continue
		}
		switch {
		case in == nil || len(fields) == 0:
		case fields[0] == "scan:":
			// "resilver (mirror-0)": a rebuild
			in.busy = in.busy || strings.Contains(line, "resilver") && strings.Contains(line, " in progress")
		case fields[0] == "NAME" && len(fields) > 1 && fields[1] == "STATE":
			table, role, group, last = true, "", "", nil
		case fields[0] == "errors:":
			table = false
		case table && strings.HasPrefix(line, "\t"):
			indent := len(line[1:]) - len(strings.TrimLeft(line[1:], " "))
			switch {
			case indent == 0 && fields[0] == in.name:
				role = ""
				continue
			case indent == 0 && sections[fields[0]] != "":
				role, group = sections[fields[0]], ""
				continue
			case indent == 2 && !strings.HasPrefix(fields[0], "/"):
				group = fields[0]
			case indent == 2:
				group = ""
			}
			v := &vdev{pool: in, role: role, group: group}
			if len(fields) > 1 {
				v.state = fields[1]
			}
			if last != nil && indent > lastIndent {
				last.inner = true
			}
			last, lastIndent = v, indent
			if err := found(v, fields[0]); err != nil {
				return err
			}
		}
	}
	return nil
}

func decimal(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
