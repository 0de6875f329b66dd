import type { Drive, Job } from '../shared/api'
import type { Board } from '../shared/board.svelte'
import { free, shown, startable, urgencyOf, type Shown } from '../shared/states'
import { steady } from '../shared/words'

export interface Row {
  key: string
  drive: Drive
  job: Job | null
  shown: Shown
  startable: boolean
  left: number | null
}
export type Column = 'needs' | 'bay' | 'drive' | 'size' | 'usage' | 'temp' | 'progress' | 'speed' | 'left'

const order = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

// Table holds what the drive table shows of one NAS: filter, sort, what is checked, and which row the keyboard is on.
// The keyboard's row is known by its drive, so that it stays on it while rows come, go and move.
export class Table {
  nas = $state('')
  text = $state('')
  state = $state<'' | 'running' | 'queued' | 'passed' | 'failed' | 'unknown' | 'cancelled' | 'ready' | 'locked'>('')
  by = $state<Column>('bay')
  down = $state(false)
  checked = $state.raw<ReadonlySet<string>>(new Set())
  at = $state('')
  #anchor = ''
  #board: Board
  #kept = new Map<string, Row>()

  constructor(board: Board) {
    this.#board = board
  }

  rows = $derived.by(() => {
    const next = new Map<string, Row>()
    for (const drive of this.#board.drives) {
      if (drive.nas !== this.nas) continue
      const job = drive.job ? this.#board.job(drive.job) : null
      const old = this.#kept.get(drive.key)
      next.set(
        drive.key,
        old && old.drive === drive && old.job === job
          ? old
          : {
              key: drive.key,
              drive,
              job,
              shown: shown(drive, job),
              startable: startable(drive, job),
              left: steady(old?.left ?? null, job?.left_ms ?? null),
            },
      )
    }
    this.#kept = next
    return [...next.values()]
  })

  counts = $derived.by(() => {
    const n: Record<string, number> = {}
    for (const r of this.rows) n[group(r.shown)] = (n[group(r.shown)] ?? 0) + 1
    return n
  })

  shownRows = $derived.by(() => {
    const words = this.text.toLowerCase().split(/\s+/).filter(Boolean)
    const paths = new Set(this.rows.map((r) => r.drive.path.toLowerCase()))
    // a whole path means its drive: /dev/sda is not /dev/sdaa
    const has = (r: Row, w: string) => (paths.has(w) ? r.drive.path.toLowerCase() === w : haystack(r).includes(w))
    const found = this.rows.filter(
      (r) => (!this.state || group(r.shown) === this.state) && words.every((w) => has(r, w)),
    )
    const sign = this.down ? -1 : 1
    return found.sort(
      (a, b) => sign * compare(this.by, a, b) || order.compare(a.drive.bay, b.drive.bay) || order.compare(a.key, b.key),
    )
  })

  // startables are what is checked all at once: what waits for a first verdict. A drive that holds something is only
  // ever checked by itself, and one with a verdict, or that can go on, only where the person asks for those too.
  startables = $derived(this.shownRows.filter((r) => r.startable && free(r.drive) && waits(r.job)))
  tested = $derived(this.shownRows.filter((r) => r.startable && free(r.drive) && !waits(r.job)))
  chosen = $derived(this.rows.filter((r) => this.checked.has(r.key) && r.startable))

  show(nas: string) {
    if (nas === this.nas) return
    this.nas = nas
    this.text = ''
    this.state = ''
    this.checked = new Set()
    this.at = ''
  }

  sort(by: Column) {
    if (this.by === by) this.down = !this.down
    else {
      this.by = by
      this.down = false
    }
  }

  check(key: string, on?: boolean) {
    const row = this.rows.find((r) => r.key === key)
    if (!row?.startable) return
    const next = new Set(this.checked)
    if (on ?? !next.has(key)) next.add(key)
    else next.delete(key)
    this.checked = next
    this.#anchor = key
  }

  // checkAll checks all that can be started among the rows that are shown, or none if all are.
  checkAll(on?: boolean) {
    const all = this.startables.every((r) => this.checked.has(r.key))
    this.checked = new Set((on ?? !all) ? this.startables.map((r) => r.key) : [])
  }

  // checkTested checks those with a verdict too.
  checkTested() {
    this.checked = new Set([...this.checked, ...this.tested.map((r) => r.key)])
  }

  // range checks all that can be started between the last one checked and this one.
  range(key: string) {
    const keys = this.shownRows.map((r) => r.key)
    const from = keys.indexOf(this.#anchor || this.at)
    const to = keys.indexOf(key)
    if (from < 0 || to < 0) return this.check(key, true)
    const next = new Set(this.checked)
    for (const r of this.shownRows.slice(Math.min(from, to), Math.max(from, to) + 1)) if (r.startable) next.add(r.key)
    this.checked = next
    this.at = key
  }

  // index of the row that the keyboard is on; the first where it is on none.
  index = $derived(
    Math.max(
      0,
      this.shownRows.findIndex((r) => r.key === this.at),
    ),
  )

  move(by: number) {
    const rows = this.shownRows
    if (!rows.length) return
    const was = this.at && rows.some((r) => r.key === this.at)
    const to = was ? Math.min(rows.length - 1, Math.max(0, this.index + by)) : by < 0 ? rows.length - 1 : 0
    this.at = rows[to]!.key
  }
}

// waits is whether no test has said anything about the drive yet.
const waits = (j: Job | null) => j === null || j.state === 'cancelled'

const group = (s: Shown) => (s === 'paused' || s === 'stopping' ? 'running' : s) as Table['state']

function haystack(r: Row): string {
  const d = r.drive
  return [
    d.bay,
    d.model,
    d.serial ?? '',
    d.wwn ?? '',
    d.path,
    d.kind,
    d.usage_text,
    d.usage_class,
    r.job?.plan ?? '',
    r.shown,
  ]
    .join(' ')
    .toLowerCase()
}

function compare(by: Column, a: Row, b: Row): number {
  switch (by) {
    case 'needs':
      return (
        urgencyOf(a.shown, a.job?.warnings ?? 0) - urgencyOf(b.shown, b.job?.warnings ?? 0) ||
        last(a.left) - last(b.left)
      )
    case 'bay':
      return order.compare(a.drive.bay, b.drive.bay)
    case 'drive':
      return order.compare(a.drive.model, b.drive.model) || order.compare(a.drive.serial ?? '', b.drive.serial ?? '')
    case 'size':
      return a.drive.size_bytes - b.drive.size_bytes
    case 'usage':
      return order.compare(a.drive.usage_text || a.drive.usage_class, b.drive.usage_text || b.drive.usage_class)
    case 'temp':
      return last(temp(a)) - last(temp(b))
    case 'progress':
      return (b.job?.progress ?? -1) - (a.job?.progress ?? -1)
    case 'speed':
      return (b.job?.bps ?? -1) - (a.job?.bps ?? -1)
    case 'left':
      return last(a.left) - last(b.left)
  }
}

export const temp = (r: Row) =>
  r.job && group(r.shown) === 'running' ? (r.job.temp_c ?? r.drive.temp_c) : r.drive.temp_c
const last = (n: number | null) => n ?? Number.MAX_SAFE_INTEGER
