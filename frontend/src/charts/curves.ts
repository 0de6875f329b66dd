import { checks, writes } from '../shared/stages.svelte'
import type { Point, Stage } from '../shared/api'
import { newest } from './surface'

interface Curve {
  label: string
  colour: string
  values: (number | null)[]
}
export interface Curves {
  x: number[]
  curves: Curve[]
  unit: string
  says: string
}

// speedByPlace is the newest write and verify sweep over the drive, in MB/s over its parts; what was not gone over is
// a gap.
export function speedByPlace(stage: Stage, bytes: number): Curves | null {
  const check = checks(stage.engine)
  const sweeps = [
    ['write', newest(stage, 'write'), 'chart-own'],
    [check, newest(stage, check), writes(stage.engine) ? 'chart-own2' : 'chart-own'],
  ] as const
  const there = sweeps.filter(([, m]) => m !== null)
  const parts = there[0]?.[1]?.parts ?? 0
  if (!parts) return null
  const scale = bytes >= 1e12 ? 1e12 : bytes >= 1e9 ? 1e9 : 1e6
  const curves = there
    .filter(([, m]) => m!.parts === parts)
    .map(([label, m, colour]) => ({
      label,
      colour,
      values: Array.from({ length: parts }, (_, i) => {
        const v = m!.kbps[i - m!.first]
        return v ? v / 1000 : null
      }),
    }))
  const all = curves.flatMap((c) => c.values).filter((v) => v !== null)
  if (!all.length) return null
  const of = (c: Curve) => {
    const v = c.values.filter((x) => x !== null)
    const [begin, end, slowest] = [v[0]!, v[v.length - 1]!, Math.min(...v)].map(Math.round)
    return `${c.label} ${begin} at the beginning, ${end} at the end, slowest ${slowest} MB/s`
  }
  return {
    x: Array.from({ length: parts }, (_, i) => (((i + 0.5) / parts) * bytes) / scale),
    curves,
    unit: scale === 1e12 ? 'TB' : scale === 1e9 ? 'GB' : 'MB',
    says: curves
      .filter((c) => c.values.some((x) => x !== null))
      .map(of)
      .join('; '),
  }
}

// overTime is one value of the series over time, in seconds; a stretch without points stays a gap.
export function overTime(
  points: Point[],
  label: string,
  colour: string,
  value: (p: Point) => number | null,
  unit: string,
): Curves | null {
  const known = points.filter((p) => value(p) !== null)
  if (known.length < 2) return null
  const gaps = points
    .slice(1)
    .map((p, i) => p.t_ms - points[i]!.t_ms)
    .sort((a, b) => a - b)
  const usual = Math.max(gaps[Math.floor(gaps.length / 2)] ?? 0, 1000)
  const x: number[] = []
  const values: (number | null)[] = []
  points.forEach((p, i) => {
    const before = points[i - 1]
    if (before && p.t_ms - before.t_ms > 6 * usual) {
      x.push((before.t_ms + p.t_ms) / 2000)
      values.push(null)
    }
    x.push(p.t_ms / 1000)
    values.push(value(p))
  })
  const v = known.map((p) => value(p)!)
  const [least, most, last] = [Math.min(...v), Math.max(...v), v[v.length - 1]!].map(Math.round)
  return {
    x,
    curves: [{ label, colour, values }],
    unit,
    says: `${least} to ${most} ${unit}, last ${last}`,
  }
}
