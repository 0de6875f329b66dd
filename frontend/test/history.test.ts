import { expect, test } from 'vitest'
import { models } from '../src/views/models'
import { job, now } from './fixtures'

const hour = 3_600_000
const over = (i: number, state: 'passed' | 'failed' | 'unknown', model: string, drive: string, endedAgo: number) =>
  job(i, {
    state,
    model,
    drive_id: drive,
    started_ms: now - (endedAgo + 10) * hour,
    ended_ms: now - endedAgo * hour,
    bytes_moved: 2e12,
  })

test('a drive counts once, by its newest end', () => {
  const rows = models([
    over(1, 'unknown', 'X18', 'A', 50),
    over(2, 'passed', 'X18', 'A', 5),
    over(3, 'failed', 'X18', 'B', 7),
    over(4, 'passed', 'X18', 'B', 90),
    over(5, 'passed', 'MG09', 'C', 1),
    job(6, { model: 'X18', drive_id: 'D' }),
  ])
  expect(rows).toEqual([
    { model: 'X18', drives: 2, failed: 1, unknown: 0, jobs: 4, hours: 40, bytes: 8e12 },
    { model: 'MG09', drives: 1, failed: 0, unknown: 0, jobs: 1, hours: 10, bytes: 2e12 },
  ])
})

test('drives without a name are not taken for one', () => {
  expect(models([over(1, 'passed', '', '', 3), over(2, 'failed', '', '', 2)])).toMatchObject([
    { model: '', drives: 2, failed: 1 },
  ])
})
