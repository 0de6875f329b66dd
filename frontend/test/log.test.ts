import { render } from '@testing-library/svelte'
import { expect, test } from 'vitest'
import { places } from '../src/charts/surface'
import { overTime } from '../src/charts/curves'
import { Log } from '../src/logs/log.svelte'
import LogTail from '../src/logs/LogTail.svelte'
import type { Api } from '../src/shared/api'
import { FakeApi, full, job, surfaceErrors } from './fixtures'

test('a log goes on where it was, counts what was not seen, and keeps the newest part', async () => {
  const fake = new FakeApi()
  let text = 'one\ntwo\n'
  fake.answers.Log = ((_j: string, _f: string, from: number) => ({
    text: text.slice(Math.max(0, from)),
    from: Math.max(0, from),
    next: text.length,
    size: text.length,
  })) as never
  const log = new Log(fake.api(), 'j', 'surface_validate')
  await log.pull()
  expect(log.text).toBe('one\ntwo\n')
  log.follow(false)
  text += 'three\nfour\u001b\n'
  await log.pull()
  expect(log.text).toBe('one\ntwo\nthree\nfour\ufffd\n')
  expect(log.unseen).toBe(2)
  log.follow(true)
  expect(log.unseen).toBe(0)
  text += 'x'.repeat(99).concat('\n').repeat(4000)
  await log.pull()
  expect(log.text.length).toBeLessThanOrEqual(256 * 1024)
  expect(log.text.startsWith('x')).toBe(true)
})

test('a log that is gone hears of a scroll, and nothing happens', () => {
  const wrong: unknown[] = []
  const hear = (e: ErrorEvent) => wrong.push(e.error)
  window.addEventListener('error', hear)
  const api = { Log: async () => ({ text: 'one\n', from: 0, next: 4, size: 4 }) } as unknown as Api
  const { container, unmount } = render(LogTail, { api, job: 'j', file: 'precheck', live: true })
  const pre = container.querySelector('pre')!
  unmount()
  pre.dispatchEvent(new Event('scroll'))
  window.removeEventListener('error', hear)
  expect(wrong).toEqual([])
})

test('each bad sector lies in a cell that says so, and none that was not checked is called verified', () => {
  const f = full(job(5, { state: 'failed', reason: surfaceErrors, bad_sectors: 2064 }))
  const stage = f.stages!.find((s) => s.kind === 'surface_validate')!
  const cells = places(stage, f.drive.size_bytes, 512, 800)
  expect(cells.filter((c) => c.cell === 'bad').reduce((n, c) => n + c.bad, 0)).toBe(2064)
  const half = places(
    {
      ...stage,
      state: 'running',
      bad_ranges: [],
      map: stage.map!.map((m) => (m.phase === 'verify' ? { ...m, kbps: m.kbps!.slice(0, 250) } : m)),
    },
    f.drive.size_bytes,
    512,
    800,
  )
  expect(half[399]!.cell).toBe('ok')
  expect(half[401]!.cell).toBe('written')
  expect(half[799]!.lastLba).toBe(Math.floor(f.drive.size_bytes / 512) - 1)
})

test('a curve is not joined over a gap', () => {
  const at = (t: number, c: number | null) => ({ t_ms: t * 1000, bytes_done: 0, bps: 0, temp_c: c })
  const c = overTime([at(0, 30), at(10, 31), at(20, 32), at(500, 40), at(510, 41)], 't', 'c', (p) => p.temp_c, '°C')!
  expect(c.curves[0]!.values).toEqual([30, 31, 32, null, 40, 41])
})
