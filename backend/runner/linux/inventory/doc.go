// Package inventory finds the drives of a Linux machine, reads what they are and what uses them.
//
// Its rules:
//   - It only reads. Drives are opened O_RDONLY, for a moment also with O_EXCL to learn whether the kernel has given
//     them away; nothing is ever written, no module loaded, no device node followed without comparing its number.
//   - A drive is what its own pages say (VPD 0x80, 0x83 and 0x89, NVMe identify) as the kernel keeps them in sysfs.
//     Names under /dev, udev's links and what lsblk says play no part in who a drive is.
//   - Usage is found in layers that know nothing of each other, and the worst answer counts. A layer that failed or
//     did not answer in time has not said "free": it makes the drive cannot_tell. A tool that is not installed fails
//     nothing where the kernel shows that there is nothing for it to tell.
//   - Membership in a pool, an array, a volume group or a file system is matched by guid; a path that matches counts
//     too, never instead.
//   - Where the kernel gives a device number, that is what a thing is made of, not a path: one that was made in a
//     container, or whose node is gone, names nothing here or something else. What can be known only by a path that
//     leads nowhere may be any drive, but those that it cannot mean.
//   - One path to a drive counts for all its paths. A drive that cannot be told from another one is a duplicate.
//   - What stems from a drive or a tool is bounded, cleaned before it is shown and never part of a command; tools get
//     kernel names only.
//
// Concurrency: a Host is read-only and safe for concurrent use. All drives and all layers are asked at once; whatever
// hangs is left behind, together with its goroutine, and costs its own answer only: a drive of a list half the deadline
// after its last sign of life, anything else at the deadline.
//
// Errors: Inventory fails only when sysfs cannot be read or the context ends; what is wrong with one drive is in its
// row. Inspect and Find fail when there is no such drive.
//
// Layouts and meanings are those of the kernel's Documentation/ABI, SPC-4 and SAT for the VPD pages, OpenZFS's zpool
// for its JSON and text, and the platforms' own files.
package inventory
