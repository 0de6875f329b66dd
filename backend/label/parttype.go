package label

import "fmt"

// gptTypes names the partition types that matter on a NAS.
var gptTypes = map[string]string{
	"6a898cc3-1dd2-11b2-99a6-080020736631": "ZFS",
	"516e7cba-6ecf-11d6-8ff8-00022d09712b": "FreeBSD ZFS",
	"6a945a3b-1dd2-11b2-99a6-080020736631": "ZFS reserved",
	"e6d6d379-f507-44c2-a23c-238f2a3df928": "LVM",
	"a19d880f-05fc-4d3b-a006-743f0f84911e": "Linux RAID",
	"0fc63daf-8483-4772-8e79-3d69d8477de4": "Linux file system",
	"0657fd6d-a4ab-43c4-84e5-0933c84b4f4f": "Linux swap",
	"ca7d7ccb-63ed-4c53-861c-1742536059cc": "LUKS",
	"4f68bce3-e8cd-4db1-96e7-fbcaf984b709": "Linux root",
	"933ac7e1-2eb4-4f13-b844-0e14e2aef915": "Linux home",
	"bc13c2ff-59e6-4262-a352-b275fd6f7172": "Linux boot",
	"8da63339-0007-60c0-c436-083ac8230908": "Linux reserved",
	"21686148-6449-6e6f-744e-656564454649": "BIOS boot",
	"c12a7328-f81f-11d2-ba4b-00a0c93ec93b": "EFI system",
	"024dee41-33e7-11d3-9d69-0008c781f39f": "MBR in GPT",
	"45b0969e-9b03-4f30-b4c6-b4b80ceff106": "Ceph journal",
	"45b0969e-9b03-4f30-b4c6-5ec00ceff106": "Ceph encrypted journal",
	"30cd0809-c2b2-499c-8879-2d6b78529876": "Ceph block database",
	"5ce17fce-4087-4169-b7ff-056cc58473f9": "Ceph write-ahead log",
	"cafecafe-9b03-4f30-b4c6-b4b80ceff106": "Ceph block",
	"cafecafe-9b03-4f30-b4c6-5ec00ceff106": "Ceph encrypted block",
	"4fbd7e29-9d25-41b8-afd0-062c0ceff05d": "Ceph OSD",
	"4fbd7e29-9d25-41b8-afd0-5ec00ceff05d": "Ceph encrypted OSD",
	"89c57f98-2fe5-4dc0-89c1-f3ad0ceff2be": "Ceph disk being set up",
	"e3c9e316-0b5c-4db8-817d-f92df00215ae": "Microsoft reserved",
	"ebd0a0a2-b9e5-4433-87c0-68b6b72699c7": "Microsoft basic data",
	"5808c8aa-7e8f-42e0-85d2-e1e90434cfb3": "Windows LDM metadata",
	"af9b60a0-1431-4f62-bc68-3311714a69ad": "Windows LDM data",
	"e75caf8f-f680-4cee-afa3-b001e56efc2d": "Windows Storage Spaces",
	"de94bba4-06d1-4d40-a16a-bfd50179d6ac": "Windows recovery",
	"83bd6b9d-7f41-11dc-be0b-001560b84f0f": "FreeBSD boot",
	"516e7cb4-6ecf-11d6-8ff8-00022d09712b": "FreeBSD",
	"516e7cb5-6ecf-11d6-8ff8-00022d09712b": "FreeBSD swap",
	"516e7cb6-6ecf-11d6-8ff8-00022d09712b": "FreeBSD UFS",
	"48465300-0000-11aa-aa11-00306543ecac": "Apple HFS+",
	"7c3457ef-0000-11aa-aa11-00306543ecac": "Apple APFS",
	"52414944-0000-11aa-aa11-00306543ecac": "Apple RAID",
	"53746f72-6167-11aa-aa11-00306543ecac": "Apple Core Storage",
	"aa31e02a-400f-11db-9590-000c2911d1b8": "VMware VMFS",
	"9d275380-40ad-11db-bf97-000c2911d1b8": "VMware diagnostics",
	"9198effc-31c0-11db-8f78-000c2911d1b8": "VMware reserved",
}

// mbrTypes names the types in an MBR.
var mbrTypes = map[byte]string{
	0x01: "FAT", 0x04: "FAT", 0x06: "FAT", 0x0b: "FAT", 0x0c: "FAT", 0x0e: "FAT",
	0x05: extended, 0x0f: extended, 0x85: extended,
	0x07: "NTFS or exFAT", 0x42: "Windows LDM", 0x82: "Linux swap", 0x83: "Linux", 0x8e: "LVM",
	0xa5: "FreeBSD", 0xa6: "OpenBSD", 0xa9: "NetBSD", 0xaf: "Apple HFS", 0xbf: "Solaris",
	0xee: "protective", 0xef: "EFI system", 0xfb: "VMware VMFS", 0xfd: "Linux RAID",
}

func mbrType(t byte) string { return fmt.Sprintf("0x%02x", t) }
