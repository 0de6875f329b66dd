import type { Job } from '../shared/api'
import { ended } from '../shared/states'

// What the history says of one model: drives are counted once, however often they were tested. A drive counts as failed
// where its newest ended job says so.
export interface Model {
  model: string
  drives: number
  failed: number
  unknown: number
  jobs: number
  hours: number
  bytes: number
}

export function models(jobs: Job[]): Model[] {
  const by = new Map<string, { row: Model; newest: Map<string, Job> }>()
  for (const j of jobs) {
    if (!ended(j)) continue
    let m = by.get(j.model)
    if (!m)
      by.set(
        j.model,
        (m = {
          row: { model: j.model, drives: 0, failed: 0, unknown: 0, jobs: 0, hours: 0, bytes: 0 },
          newest: new Map(),
        }),
      )
    m.row.jobs++
    m.row.bytes += j.bytes_moved
    if (j.started_ms && j.ended_ms > j.started_ms) m.row.hours += (j.ended_ms - j.started_ms) / 3_600_000
    const of = j.drive_id || j.id // a drive without a name is one by itself
    const known = m.newest.get(of)
    if (!known || j.ended_ms > known.ended_ms) m.newest.set(of, j)
  }
  return [...by.values()]
    .map(({ row, newest }) => {
      const last = [...newest.values()]
      return {
        ...row,
        drives: last.length,
        failed: last.filter((j) => j.state === 'failed').length,
        unknown: last.filter((j) => j.state === 'unknown').length,
      }
    })
    .sort((a, b) => b.drives - a.drives || b.hours - a.hours || a.model.localeCompare(b.model))
}
