import type { Class, Drive, DriveKind, Job, Locking, State } from './api'

// A shown state is always an icon with an outline of its own, a word and a colour. Take the colour away and nothing is
// lost.
export type Shown = State | 'paused' | 'stopping' | 'ready' | 'locked'

const words: Record<Shown, string> = {
  queued: 'Queued',
  running: 'Running',
  passed: 'Passed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  unknown: 'Unknown',
  pending: 'To come',
  skipped: 'Skipped',
  paused: 'Running',
  stopping: 'Stopping',
  ready: 'Ready',
  locked: 'Locked',
}
export const stateWord = (s: Shown) => words[s]

export const ended = (j: Job) => j.state !== 'queued' && j.state !== 'running'

export function shownOfJob(j: Job): Shown {
  if (j.stopping && !ended(j)) return 'stopping'
  return j.state === 'running' && j.paused ? 'paused' : j.state
}

// shown is what the table says of a drive: its newest job, else whether it can be started.
export function shown(d: Drive, j: Job | null): Shown {
  if (j) return shownOfJob(j)
  return d.locking === 'open' || d.grant ? 'ready' : 'locked'
}

// The order of "what needs me first".
const urgency: Record<Shown, number> = {
  failed: 0,
  unknown: 1,
  stopping: 3,
  paused: 3,
  running: 4,
  queued: 5,
  cancelled: 6,
  passed: 7,
  ready: 8,
  locked: 9,
  pending: 10,
  skipped: 11,
}
export const urgencyOf = (s: Shown, warnings: number) => (warnings > 0 && s === 'passed' ? 2 : urgency[s])

const lockWords: Record<Locking, string> = {
  open: '',
  phrase: 'unlockable',
  in_use: 'in use',
  for_good: 'for good',
}
export const lockWord = (d: Drive) => lockWords[d.locking]

const kindNames: Record<DriveKind, string> = { hdd: 'HDD', ssd: 'SSD', nvme: 'NVMe', virtual: 'VIRTUAL' }
export const kindName = (k?: DriveKind) => (k ? kindNames[k] : '')

const usageNames: Record<Class, string> = {
  none: 'none',
  data: 'holds data',
  exported_pool: 'exported pool',
  pool: 'active pool',
  mounted: 'mounted',
  swap: 'swap',
  raid: 'RAID member',
  lvm: 'LVM',
  luks: 'encrypted, open',
  btrfs: 'btrfs',
  unraid: 'Unraid array',
  open_by_process: 'opened by a program',
  remote: 'another host',
  boot: 'system drive',
  cannot_tell: 'cannot tell',
  duplicate: 'twice in the list',
  unsupported_format: 'format not supported',
  virtual: 'virtual',
  burnin: 'burn-in',
}
export const usageName = (c: Class) => usageNames[c]

// startable reports whether a drive can be checked for a start at all: some plan may run on it, or a typed phrase
// allows one.
export const startable = (d: Drive, j: Job | null) =>
  (d.read_ok || d.destructive_ok || d.locking === 'phrase' || d.grant !== null) && (!j || ended(j))

// free reports whether a drive can be started without a word about what is on it.
export const free = (d: Drive) => d.locking === 'open' || d.grant !== null
