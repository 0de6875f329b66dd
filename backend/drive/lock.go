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

	// Parts is the text for a chip: "pool tank", "mirror-0", "ONLINE". Without any, Text is all there is.
	Parts []string `json:"parts,omitempty"`

	// Remedy is what to do first, where this usage knows better than its class.
	Remedy string `json:"remedy,omitempty"`
	// Sealed, of class unsupported_format: the drive gives no data as it is. No plan starts; what would read it would
	// take its refusals for faults.
	Sealed bool `json:"sealed,omitempty"`

	// Claims names each claim by what it is and whose, so that a new one is told from an old one: "label ext <uuid>".
	Claims []string `json:"claims,omitempty"`
	// Dispensable, of class pool: the member was taken offline, and its pool can lose yet another device without it.
	Dispensable bool `json:"dispensable,omitempty"`

	// FailedReads is how many reads of labels and samples gave an error of the medium while this was found out.
	FailedReads int `json:"failed_reads,omitempty"`
}

// Layer is what was asked for what uses a drive.
type Layer string

// The layers. A runner of another version may name others.
const (
	LayerBoot         Layer = "boot"
	LayerMounts       Layer = "mounts"
	LayerSwap         Layer = "swap"
	LayerHolders      Layer = "holders" // what is made of it: md, LVM, dm-crypt
	LayerLoops        Layer = "loops"
	LayerOpen         Layer = "open files"
	LayerClaim        Layer = "exclusive open"
	LayerPromised     Layer = "targets and guests"
	LayerZFS          Layer = "zfs"
	LayerLabels       Layer = "labels"
	LayerContent      Layer = "content"
	LayerIdentity     Layer = "identity"
	LayerPaths        Layer = "paths"
	LayerFormat       Layer = "format"
	LayerTransport    Layer = "transport"
	LayerCapacity     Layer = "capacity"
	LayerLock         Layer = "drive's own lock"
	LayerReservations Layer = "reservations"
	LayerTrueNAS      Layer = "TrueNAS"
	LayerStandby      Layer = "TrueNAS pair"
	LayerProxmox      Layer = "Proxmox"
	LayerUnraid       Layer = "Unraid"
	LayerUsage        Layer = "usage" // of layers that gave nothing
	LayerRoot         Layer = "root"  // which the login cannot become
	LayerJobs         Layer = "jobs"  // that are at work
	LayerEarlier      Layer = "earlier jobs"
	LayerBurnish      Layer = "Burnish" // jobs as this computer knows them
)

// Why is one layer's answer.
type Why struct {
	Layer  Layer  `json:"layer"`
	Answer string `json:"answer"`
	Sure   bool   `json:"sure"` // false: the layer failed or timed out
}

// Rule is what a class means for a start.
type Rule struct {
	Class    Class
	Severity int     // the worst found wins
	ReadOnly bool    // plans that destroy nothing may run
	Locked   Locking // for plans that write
	WayOut   string  // what to do first
}

// Locking says what it takes before a plan that writes may start.
type Locking int

// The ways in which a class is locked.
const (
	Open    Locking = iota
	Phrased         // a grant
	InUse           // until what uses the drive has let go of it
	ForGood         // whatever is typed
)

// Rules lists all classes; the order of severity decides which class a drive has when layers differ.
func Rules() []Rule { return rules }

var rules = []Rule{
	{None, 0, true, Open, ""},
	{Data, 10, true, Phrased,
		"Erase it by hand where you are sure (wipefs -a, then zero it), or choose another drive."},
	{ExportedPool, 20, true, Phrased, "Import the pool and destroy it, or choose another drive."},
	{LUKS, 30, true, InUse, "Close it (cryptsetup close) and remove it by hand first."},
	{LVM, 31, true, InUse, "Deactivate the volume group and remove the physical volume first."},
	{RAID, 32, true, InUse, "Stop the array (mdadm --stop) and remove the member first."},
	{Btrfs, 33, true, InUse, "Remove the drive from the file system (btrfs device remove) first."},
	{Swap, 34, true, InUse, "Turn it off (swapoff) first."},
	{Mounted, 35, true, InUse, "Unmount it first."},
	{Unraid, 36, true, InUse, "Unassign it from the array first."},
	{Pool, 37, true, InUse, "Take it out of its pool first (zpool detach or zpool replace; zpool remove for spare, " +
		"cache and log): overwriting a device that a pool counts on costs the pool its redundancy, so Burnish never " +
		"forces it."},
	{OpenByProcess, 40, true, InUse, "End what holds it first."},
	{BurnIn, 45, false, InUse, "Wait for that job, or stop it."},
	{VirtualDrive, 50, false, InUse, "Loop, nbd and virtio devices count as drives only where the profile has " +
		"--virtual-drives."},
	{Unsupported, 55, true, ForGood, "Reformat it to 512 or 4096 byte sectors without protection information first."},
	{Duplicate, 60, true, ForGood, "Connect it so that its own serial number can be read."},
	{Remote, 65, true, ForGood, "Let the host that may use it let go of it first, or test it on that host."},
	{CannotTell, 70, true, ForGood, "Find out why the check failed; what cannot be checked is not touched."},
	{Boot, 80, true, ForGood, "The NAS runs from this drive."},
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

// WayOut says what to do first about what uses a drive.
func (u Usage) WayOut() string {
	if u.Remedy != "" {
		return u.Remedy
	}
	return RuleOf(u.Class).WayOut
}

// UnreadWayOut says what to do about a drive of which nobody could tell how it is used.
func (u Usage) UnreadWayOut() string {
	if u.PhraseKind == SerialPhrase {
		return "The drive itself fails where labels are kept. To test it all the same, unlock it by its serial " +
			"number: what it holds is erased."
	}
	return u.WayOut()
}

// Worse gives the worse of two usages and joins what was seen.
func Worse(a, b Usage) Usage {
	why, sealed := append(append([]Why(nil), a.Why...), b.Why...), a.Sealed || b.Sealed
	if RuleOf(b.Class).Severity > RuleOf(a.Class).Severity {
		a = b
	}
	a.Why, a.Sealed = why, sealed
	return a
}

// Startable says which plans may start on a drive.
type Startable struct {
	Read        bool `json:"read"`
	Destructive bool `json:"destructive"`
}

// StartableFor applies the lock rules: a destructive plan starts only on a drive that is proven free, with an identity
// of its own and sectors that the engines can address.
func StartableFor(id Identity, u Usage) Startable { return StartableUnder(id, u, nil) }

// StartableUnder is StartableFor with what a person allowed; nil allows nothing.
func StartableUnder(id Identity, u Usage, g *Grant) Startable {
	s := startable(id, u)
	s.Destructive = s.Destructive && (u.Class == None || g.Covers(u))
	return s
}

// StartableAgain is StartableUnder for a drive that was begun to be erased.
func StartableAgain(id Identity, u Usage, g *Grant) Startable {
	s := startable(id, u)
	s.Destructive = s.Destructive && g.CoversRest(u)
	return s
}

func startable(id Identity, u Usage) Startable {
	known := id.ID() != "" && id.SizeBytes > 0
	return Startable{
		Read:        known && !u.Sealed && RuleOf(u.Class).ReadOnly,
		Destructive: known && !u.Sealed && (id.LogicalBytes == 512 || id.LogicalBytes == 4096),
	}
}
