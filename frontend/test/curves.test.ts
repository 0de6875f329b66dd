import { expect, test } from 'vitest'
import { overTime, speedByPlace } from '../src/charts/curves'
import { newest, places } from '../src/charts/surface'
import type { Point } from '../src/shared/api'
import { Look } from '../src/shared/theme.svelte'
import { full, job, now } from './fixtures'

const surface = (state: 'running' | 'failed' | 'passed') =>
  full(job(1, { state, stage_progress: 0.74 })).stages!.find((s) => s.kind === 'surface_validate')!
const point = (s: number, c: number | null): Point => ({
  t_ms: now + s * 1000,
  bytes_done: 0,
  bps: null,
  temp_c: c,
})

test('a stretch without samples is a gap, never a line', () => {
  const c = overTime(
    [point(0, 30), point(10, 31), point(20, 32), point(400, 40), point(410, 41)],
    'temperature',
    'chart-mid',
    (p) => p.temp_c,
    '°C',
  )!
  expect(c.curves[0]!.values).toEqual([30, 31, 32, null, 40, 41])
  expect(c.says).toContain('30 to 41')
  expect(overTime([point(0, 30), point(10, null)], 't', 'c', (p) => p.temp_c, '°C')).toBeNull()
})

test('the map shows what was gone over, and an error over all else', () => {
  const bytes = 18_000_207_937_536
  const cells = places(surface('running'), bytes, 512, 800)
  expect(cells).toHaveLength(800)
  expect(cells[0]!.cell).toBe('ok')
  expect(cells[799]!.cell).toBe('written')
  expect(cells[799]!.lastLba).toBe(bytes / 512 - 1)
  const failed = places(surface('failed'), bytes, 512, 800)
  expect(failed.filter((c) => c.cell === 'bad').length).toBeGreaterThan(0)
  expect(failed.reduce((n, c) => n + c.bad, 0)).toBe(2064)
})

test('a slow place stands out from its neighbours alone', () => {
  const s = surface('passed')
  const verify = s.map!.find((m) => m.phase === 'verify')!
  verify.kbps = verify.kbps!.map((v, i) => (i === 250 ? v / 3 : v))
  const slow = places(s, 18e12, 512, 500).filter((c) => c.cell === 'slow')
  expect(slow).toHaveLength(1)
})

test('the last sweep of a phase counts', () => {
  const s = surface('passed')
  s.map!.push({ ...s.map![0]!, pass: 2, kbps: [7] })
  expect(newest(s, 'write')?.kbps).toEqual([7])
  expect(speedByPlace({ ...s, map: [] }, 1e12)).toBeNull()
})

test('a chosen look is kept, and the system is followed without one', () => {
  const kept = new Map<string, string>()
  const store = {
    getItem: (k: string) => kept.get(k) ?? null,
    setItem: (k: string, v: string) => void kept.set(k, v),
  } as Storage
  const system = {
    matches: true,
    addEventListener: () => {},
    removeEventListener: () => {},
  } as unknown as MediaQueryList
  const root = document.createElement('div')
  const look = new Look(store, system)
  look.apply(root)
  expect(root.dataset.theme).toBe('dark')
  look.choose('light')
  look.setDense(true)
  const again = new Look(store, system)
  again.apply(root)
  expect([again.theme, again.dense, root.dataset.theme]).toEqual(['light', true, 'light'])
})
