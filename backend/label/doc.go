// Package label finds what says "this drive holds somebody's data": partition tables, RAID and
// volume-manager metadata, pool labels, encryption headers and file systems, at the head and at the
// tail of the drive and of each of its partitions; and it samples the rest, so that "no label" can
// be told from "no data".
//
// Rules:
//   - It only reads, through the io.ReaderAt it is given, in whole logical sectors. Where the
//     reader needs memory alignment too (O_DIRECT), the reader provides it.
//   - It fails closed. A place that could not be read is a Gap, not an absence; a table with more
//     partitions than are looked into leaves a Gap as well. Only Findings.Blank means "nobody's".
//   - A read error at one place never stops the others. A failed 64 KiB read is repeated in 4 KiB
//     pieces, each at most once, so one bad sector costs one piece.
//   - Everything on the drive is data, never trusted: lengths are checked against constants before
//     anything is allocated, loops are bounded, and text is cut to 64 characters with whatever
//     does not print replaced by '?'.
//
// A file system that lost its superblock and the table that named it is still somebody's: the places where its tools
// keep copies are looked at too, for the usual starts of partitions, and so is what lies beside them (copies.go). Each
// copy whose whole has an identity bears that, so that a label and its copies are one claim, however many of them are
// left.
//
// Two labels of one kind, and two contents without a label, are told apart: each label has a mark (mark.go), by the
// identity that its format gives it, else by a digest of what it says; all content together has a print (print.go).
//
// What a scan reads, at most: 8 MiB for the two ends, 4 KiB per sample (1,024 samples unless told
// otherwise), some 200 chunks of 64 KiB where copies are kept and evenly between, 3 MiB of label places outside the
// ends, and 2 MiB per partition, of which at most 128 are entered, two levels deep (a table inside a partition is
// entered, one inside that is only reported). Memory stays below about 20 MiB.
//
// Concurrency: nothing is shared; two scans may run at once if their readers may. There is no
// timeout and no context: a caller that wants one gives a reader that fails once it is over, and
// the scan then ends at once with Gaps.
//
// Errors: Scan fails only for arguments that make no sense. What the drive answers is in the
// findings, with the reader's own error inside each Gap for errors.Is.
//
// Layouts are those of the formats' public descriptions (OpenZFS vdev labels, Linux md, LVM2, LUKS,
// UEFI GPT and so on); matching a found guid or uuid against what is imported, assembled or mounted
// is the caller's work.
package label
