package truenas

import (
	"encoding/json"
	"slices"
	"strings"

	"burnish/backend/drive"
)

// Detail is what TrueNAS knows of the use of one disk.
type Detail struct {
	Serial, WWN string
	SizeBytes   int64
	Imported    string   // the pool that it has imported from the disk
	Exported    string   // a pool on the disk that it could import: exported here, or of another machine
	Twins       []string // names of disks with the same serial number
	Used        bool     // it says so
}

// AllDetails gives the arguments that ask for the details of all disks.
func AllDetails() []string { return []string{`{"type":"BOTH","join_partitions":false}`} }

// DisksWithPools gives the arguments that ask for all disks with the pools that they are in.
func DisksWithPools() []string { return []string{`[]`, `{"extra":{"pools":true}}`} }

// Details reads disk.details, by name.
func Details(data []byte) (map[string]Detail, error) {
	var all map[string][]map[string]any
	if err := decode(MethodDetails, data, &all); err != nil {
		return nil, err
	}
	out := map[string]Detail{}
	for _, kind := range []string{"used", "unused"} {
		for _, row := range all[kind] {
			if len(out) >= maxDisks {
				break
			}
			d := Detail{Serial: strings.ToUpper(text(row["serial"])), WWN: strings.ToUpper(text(row["lunid"])),
				SizeBytes: number(row["size"]), Imported: text(row["imported_zpool"]),
				Exported: text(row["exported_zpool"]), Used: kind == "used"}
			twins, _ := row["duplicate_serial"].([]any)
			for _, t := range twins {
				d.Twins = append(d.Twins, text(t))
			}
			if name := text(row["name"]); name != "" {
				out[name] = d
			}
		}
	}
	return out, nil
}

// bootPools are the names of pools that TrueNAS runs from.
var bootPools = []string{"boot-pool", "freenas-boot"}

// Use says what uses a disk as far as TrueNAS tells: details of all disks, nil where it did not tell them, and the
// wipes that the login may see. Only class data can be unlocked, by the serial number: nobody can look at what is on
// the disk. All that TrueNAS knows to use it stays locked, and so does what it does not tell.
func Use(d Disk, details map[string]Detail, wipes []Job) drive.Usage {
	u := drive.Usage{Class: drive.CannotTell, PhraseKind: drive.NoPhrase, Why: []drive.Why{}}
	says := func(answer string, sure bool) {
		u.Why = append(u.Why, drive.Why{Layer: drive.LayerTrueNAS, Answer: answer, Sure: sure})
	}
	defer func() {
		u.Why = append(u.Why, drive.Why{Layer: drive.LayerRoot,
			Answer: "the login cannot become root: nobody looks at the drive", Sure: false})
	}()
	detail, known := details[d.Name]
	pool := detail.Imported
	if pool == "" {
		pool = d.Pool
	}
	at := slices.IndexFunc(wipes, func(j Job) bool { return j.Disk() == d.Name && !j.Ended() })
	switch {
	case slices.Contains(bootPools, pool):
		u.Class, u.Text = drive.Boot, "pool "+pool+", from which TrueNAS runs"
	case pool != "":
		u.Class, u.Text, u.PoolName = drive.Pool, "pool "+pool, pool
		u.Remedy = "Take it out of its pool in TrueNAS first (Storage, Manage Devices)."
	case !known:
		u.Text = "in no pool that TrueNAS has imported; without root rights nobody can prove what uses it"
		says("in no pool that it has imported", true)
		says("no details of this disk", false)
		return u
	case detail.Exported != "":
		u.Text = "pool " + detail.Exported + ", exported or of another machine"
		u.Remedy = "Import the pool in TrueNAS and delete it there, or use a login with sudo."
	case detail.Used:
		u.Text = "in use, as TrueNAS tells"
	case len(detail.Twins) > 0:
		u.Class, u.Text = drive.Duplicate, "the same serial number as "+strings.Join(detail.Twins, ", ")
	case detail.Serial != d.Drive.Serial || detail.SizeBytes != d.Drive.SizeBytes:
		u.Text = "TrueNAS tells two stories of it: what it knows of its disks is not of today"
		u.Remedy = "Wait for a minute and look again."
	case d.Drive.Serial == "":
		u.Text = "it has no serial number"
	case at >= 0:
		u.Class, u.Text = drive.OpenByProcess, "TrueNAS is wiping it"
		u.Remedy = "Wait for that job of TrueNAS, or abort it there."
	default:
		u.Class, u.PhraseKind = drive.Data, drive.SerialPhrase
		u.Text = "in no pool that TrueNAS knows of; Burnish may not look at what is on it"
	}
	says(u.Text, true)
	return u
}

// Roles reads auth.me: the roles of the login; nil where it does not tell them.
func Roles(data []byte) []string {
	var me struct {
		Privilege struct {
			Roles json.RawMessage `json:"roles"`
		} `json:"privilege"`
	}
	if json.Unmarshal(data, &me) != nil {
		return nil
	}
	var set struct {
		Set []string `json:"$set"`
	}
	var list []string
	if json.Unmarshal(me.Privilege.Roles, &list) != nil && json.Unmarshal(me.Privilege.Roles, &set) == nil {
		list = set.Set
	}
	return list
}

// MayWipe reports whether roles suffice for the wipe, as far as they tell: none at all tell nothing.
func MayWipe(roles []string) bool {
	return len(roles) == 0 || slices.Contains(roles, "FULL_ADMIN") || slices.Contains(roles, "DISK_WRITE")
}
