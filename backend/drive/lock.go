package drive

// Class says what claims a drive. The names are a contract.
type Class string

// The usage classes, from free to locked for good.
const (
	None          Class = "none" // proven: no claim, no label, ends and samples blank or our own stamp
	Data          Class = "data"
	ExportedPool  Class = "exported_pool"
	Pool          Class = "pool"
	Mounted       Class = "mounted"
	Swap          Class = "swap"
	RAID          Class = "raid"
	LVM           Class = "lvm"
	LUKS          Class = "luks"
	Btrfs         Class = "btrfs"
	Unraid        Class = "unraid"
	OpenByProcess Class = "open_by_process"
	Remote        Class = "remote"
	Boot          Class = "boot"
	CannotTell    Class = "cannot_tell"
	Duplicate     Class = "duplicate"
	Unsupported   Class = "unsupported_format"
	VirtualDrive  Class = "virtual"
	BurnIn        Class = "burnin" // a job of ours holds it
)

// PhraseKind says what a person must type to unlock a class.
type PhraseKind string

// The phrases.
const (
	NoPhrase     PhraseKind = "none"
	SerialPhrase PhraseKind = "serial"
	PoolPhrase   PhraseKind = "pool"
)

// Usage is what uses a drive, with what each layer said.
type Usage struct {
	Class      Class      `json:"class"`
	Text       string     `json:"text"` // one sentence part: "pool tank, mirror-0", "mounted at /mnt/a"
	PhraseKind PhraseKind `json:"phrase_kind"`
	Why        []Why      `json:"why"`

	PoolName string `json:"pool_name,omitempty"`
	PoolGUID string `json:"pool_guid,omitempty"`
	Job      string `json:"job,omitempty"` // class burnin: the job
}

// Why is one layer's answer.
type Why struct {
	Layer  string `json:"layer"`
	Answer string `json:"answer"`
	Sure   bool   `json:"sure"` // false: the layer failed or timed out
}

// Rule is what a class means for a start.
type Rule struct {
	Class    Class
	Severity int  // the worst found wins
	ReadOnly bool // plans that destroy nothing may run
	WayOut   string
}

// Rules lists all classes; the order of severity decides which class a drive has when layers differ.
func Rules() []Rule { return rules }

var rules = []Rule{
	{None, 0, true, ""},
	{Data, 10, true, "Erase it by hand where you are sure (wipefs -a, then zero it), or choose another drive."},
	{ExportedPool, 20, true, "Import the pool and destroy it, or choose another drive."},
	{LUKS, 30, true, "Close it (cryptsetup close) and remove it by hand first."},
	{LVM, 31, true, "Deactivate the volume group and remove the physical volume first."},
	{RAID, 32, true, "Stop the array (mdadm --stop) and remove the member first."},
	{Btrfs, 33, true, "Remove the drive from the file system (btrfs device remove) first."},
	{Swap, 34, true, "Turn it off (swapoff) first."},
	{Mounted, 35, true, "Unmount it first."},
	{Unraid, 36, true, "Unassign it from the array first."},
	{Pool, 37, true, "Detach or replace it in its pool first (zpool detach, zpool replace; zpool remove for spare, cache and log)."},
	{OpenByProcess, 40, true, "End what holds it first."},
	{BurnIn, 45, false, "Wait for that job, or stop it."},
	{VirtualDrive, 50, false, "Loop, nbd and virtio devices count as drives only where the profile has --virtual-drives."},
	{Unsupported, 55, true, "Reformat it to 512 or 4096 byte sectors without protection information first."},
	{Duplicate, 60, true, "Connect it so that its own serial number can be read."},
	{Remote, 65, true, "Export the pool on the host that uses it."},
	{CannotTell, 70, true, "Find out why the check failed; what cannot be checked is not touched."},
	{Boot, 80, true, "The NAS runs from this drive."},
}

// RuleOf finds the rule of a class; an unknown class is CannotTell.
func RuleOf(c Class) Rule {
	var cannot Rule
	for _, r := range rules {
		if r.Class == c {
			return r
		}
		if r.Class == CannotTell {
			cannot = r
		}
	}
	return cannot
}

// Worse gives the worse of two usages and joins what was seen.
func Worse(a, b Usage) Usage {
	why := append(append([]Why(nil), a.Why...), b.Why...)
	if RuleOf(b.Class).Severity > RuleOf(a.Class).Severity {
		a = b
	}
	a.Why = why
	return a
}

// Startable says which plans may start on a drive.
type Startable struct {
	Read        bool `json:"read"`
	Destructive bool `json:"destructive"`
}

// StartableFor applies the lock rules: a destructive plan starts only on a drive that is proven free, with an identity
// of its own and sectors that the engines can address.
func StartableFor(id Identity, u Usage) Startable {
	known := id.ID() != "" && id.SizeBytes > 0
	return Startable{
		Read:        known && RuleOf(u.Class).ReadOnly,
		Destructive: known && u.Class == None && (id.LogicalBytes == 512 || id.LogicalBytes == 4096),
	}
}
