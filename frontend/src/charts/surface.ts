import { checks } from '../shared/stages.svelte'
import type { Stage } from '../shared/api'

// What is known of each part of a drive's surface, for a map of n cells.
export type Cell = 'none' | 'written' | 'ok' | 'slow' | 'bad'
export interface Place {
  cell: Cell
  firstLba: number
  lastLba: number
  write: number | null
  verify: number | null
  bad: number
}

export function places(stage: Stage, bytes: number, logical: number, n: number): Place[] {
  const sectors = Math.max(1, Math.floor(bytes / Math.max(1, logical)))
  const write = newest(stage, 'write')
  const check = newest(stage, checks(stage.engine))
  const over = stage.state === 'passed'
  const out: Place[] = []
  for (let i = 0; i < n; i++) {
    const from = i / n
    const to = (i + 1) / n
    const w = mean(write, from, to)
    const v = mean(check, from, to)
    out.push({
      cell:
        over || v !== null || (!check && stage.bytes_covered >= to * bytes)
          ? 'ok'
          : w !== null || (!write && stage.bytes_written >= to * bytes)
            ? 'written'
            : 'none',
      firstLba: Math.floor(from * sectors),
      lastLba: Math.floor(to * sectors) - 1,
      write: w,
      verify: v,
      bad: 0,
    })
  }
  for (let i = 0; i < n; i++) {
    const speeds = out
      .slice(Math.max(0, i - 12), i + 13)
      .map((p) => p.verify)
      .filter((x) => x !== null)
      .sort((a, b) => a - b)
    const own = out[i]!.verify
    if (own !== null && speeds.length > 4 && own < 0.6 * speeds[Math.floor(speeds.length / 2)]!) out[i]!.cell = 'slow'
  }
  for (const r of stage.bad_ranges ?? []) {
    const a = Math.min(n - 1, Math.floor((r.first_lba / sectors) * n))
    const b = Math.min(n - 1, Math.floor((r.last_lba / sectors) * n))
    for (let i = a; i <= b; i++) {
      out[i]!.cell = 'bad'
      out[i]!.bad += Math.min(r.last_lba, out[i]!.lastLba) - Math.max(r.first_lba, out[i]!.firstLba) + 1
    }
  }
  return out
}

export interface Speeds {
  parts: number
  kbps: number[]
  first: number
}

// newest gives the map of the last sweep of a phase.
export function newest(stage: Stage, phase: string): Speeds | null {
  const all = (stage.map ?? []).filter((m) => m.phase === phase)
  if (!all.length) return null
  const { parts, first, kbps } = all.reduce((a, b) => (b.pass > a.pass ? b : a))
  return { parts, first, kbps: kbps ?? [] }
}

function mean(m: Speeds | null, from: number, to: number): number | null {
  if (!m) return null
  let sum = 0
  let n = 0
  for (let p = Math.floor(from * m.parts); p < Math.max(Math.ceil(to * m.parts), Math.floor(from * m.parts) + 1); p++) {
    const v = m.kbps[p - m.first]
    if (!v) continue
    sum += v
    n++
  }
  return n ? sum / n : null
}
