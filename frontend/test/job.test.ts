import { fireEvent, render, screen } from '@testing-library/svelte'
import { expect, test } from 'vitest'
import { freshness, JobView } from '../src/jobs/job.svelte'
import { evidence } from '../src/jobs/evidence'
import SmartTable from '../src/jobs/SmartTable.svelte'
import { happened, lockText, means, title, todo } from '../src/jobs/meaning'
import { leftLines, progressLine, speedLines, spoken, stateLine, usageLines } from '../src/drives/lines'
import type { Row } from '../src/drives/table.svelte'
import { News } from '../src/views/news.svelte'
import { Workspace } from '../src/workspace/workspace.svelte'
import { shown } from '../src/shared/states'
import type { Drive, Job, Said } from '../src/shared/api'
import { drive, FakeApi, full, job, now, restarted, snapshot, surfaceErrors } from './fixtures'
import { health } from './health'

const plain = (s: string) => s.replaceAll('\u00a0', ' ')
const row = (j: Job | null, over: Partial<Drive> = {}): Row => {
  const d = drive(1, over)
  return { key: d.key, drive: d, job: j, shown: shown(d, j), startable: true, left: j?.left_ms ?? null }
}

test('an answer that a later question overtook is dropped', async () => {
  const fake = new FakeApi()
  const j = job(1)
  const waiting: (() => void)[] = []
  let n = 0
  fake.answers.Whole = () => {
    const answer = { job: { ...j, bad_sectors: ++n }, full: full(j) }
    return new Promise((done) => waiting.push(() => done(answer)))
  }
  // The fake clones what it answers, and a promise cannot be cloned, so its own api is used.
  const api = new Proxy(fake.api(), {
    get: (t, name: string) => (name === 'Whole' ? fake.answers.Whole : Reflect.get(t, name)),
  })
  const view = new JobView(api, j.id)
  const first = view.load()
  const second = view.load()
  waiting[1]!()
  await second
  waiting[0]!()
  await first
  expect(view.job?.bad_sectors).toBe(2)
})

test('a refusal is kept beside what was known', async () => {
  const fake = new FakeApi()
  const view = new JobView(fake.api(), job(1).id)
  await view.load()
  expect(view.full).not.toBeNull()
  fake.answers.Whole = () => {
    throw { code: 'no_such_job', title: 'There is no such job', text: '', hint: '' }
  }
  await view.load()
  expect(view.trouble?.code).toBe('no_such_job')
  expect(view.full).not.toBeNull()
})

test('a job is pulled again when what it does changes, and each ten seconds while it runs', () => {
  const j = job(1)
  expect(freshness(j, now)).not.toBe(freshness(j, now + 10_000))
  expect(freshness(j, now)).not.toBe(freshness({ ...j, phase: 'write' }, now))
  const over = { ...j, state: 'passed' as const }
  expect(freshness(over, now)).toBe(freshness(over, now + 60_000))
  expect(freshness(null, now)).toBe('')
})

test('each state says what it means, and a reason is said in its own words', () => {
  const failed = job(1, { state: 'failed', reason: surfaceErrors })
  expect([title(failed), happened(failed), todo(failed)]).toEqual([
    surfaceErrors.title,
    surfaceErrors.text,
    surfaceErrors.hint,
  ])
  for (const state of ['passed', 'failed', 'cancelled', 'unknown'] as const)
    expect(means(job(1, { state }))).not.toBe('')
  expect(todo(job(1, { state: 'unknown', can_resume: true }))).toBe('Resume it.')
  expect(means(job(1, { state: 'passed', coverage: 'none' }))).toContain('not tested')
  for (const locking of ['open', 'phrase', 'in_use', 'for_good'] as const)
    expect(lockText(drive(1, { locking }))).not.toBe('')
})

test('a job that waits says for what', () => {
  const queued = job(1, { state: 'queued', started_ms: 0 })
  expect(stateLine(row(queued), now, true)).toBe('waits for a slot')
  expect(stateLine(row(queued), now, false)).toBe('waits for its turn')
  expect(title(queued, true)).toBe('Waits for a free slot')
  expect(happened(queued, true)).toContain('slots')
  expect(happened(queued, false)).toContain('seconds apart')
})

test('a NAS is full where as many of its jobs run as it has slots', async () => {
  const whole = snapshot(14)
  whole.nas[0]!.slots = 4
  const d = new Workspace(new FakeApi(whole).api())
  await d.board.refresh()
  expect(whole.jobs.filter((j) => j.state === 'running').length).toBe(5)
  expect(d.full('n1')).toBe(true)
  whole.nas[0]!.slots = 6
  await d.board.refresh()
  expect(d.full('n1')).toBe(false)
  expect(d.full('nobody')).toBe(false)
})

test('a click on a notice opens the drive of its job, or the job in the history', async () => {
  const whole = snapshot(14)
  const d = new Workspace(new FakeApi(whole).api())
  await d.board.refresh()
  const newest = whole.drives.find((x) => x.job)!
  d.go('settings')
  d.show(newest.job)
  expect([d.view, d.drawer, d.past]).toEqual(['drives', newest.key, ''])
  const before = job(99)
  whole.jobs.push(before)
  await d.board.refresh()
  d.show(before.id)
  expect([d.view, d.drawer, d.past]).toEqual(['history', '', before.id])
  d.show('nobody')
  expect(d.past).toBe(before.id)
})

test('the lines of a row', () => {
  const hot = job(1, { paused: { code: 'cooling', title: 'Waits for the drive to cool', text: '', hint: '' }, bps: 0 })
  expect(stateLine(row(hot), now)).toBe('Waits for the drive to cool')
  expect(speedLines(hot).map(plain)).toEqual(['0 MB/s', 'paused'])
  expect(plain(progressLine(job(1)))).toBe('surface test 74 %, verify')
  expect(progressLine(job(1, { state: 'passed', coverage: 'verified' }))).toBe('every byte verified')
  expect(progressLine(job(1, { state: 'passed', coverage: 'none' }))).toBe('passed, surface not tested')
  expect(plain(progressLine(job(1, { state: 'failed', bad_sectors: 2064 })))).toBe('2,064 bad sectors')
  expect(progressLine(job(1, { state: 'unknown', reason: restarted }))).toBe(restarted.title)
  expect(leftLines(row(job(1, { state: 'unknown', can_resume: true })), now)[0]).toBe('can resume')
  expect(spoken(row(job(1)))).toBe('Running, verify, 74 percent, about 33 hours left')
  expect(
    usageLines(drive(1, { usage_class: 'pool', usage_text: 'x', parts: ['pool vault', 'mirror-0', 'ONLINE'] })),
  ).toEqual(['pool vault', 'mirror-0 · ONLINE'])
  expect(usageLines(drive(1, { usage_class: 'data', usage_text: 'XFS' }))).toEqual(['holds data', 'XFS'])
  expect(usageLines(drive(1, { missing: true, usage_text: 'gone' }))[0]).toBe('not there')
})

test('a job that is being stopped is shown as that until it has ended', () => {
  const asked: Said = { code: 'stopping', title: 'Stopping', text: 'The NAS was asked to stop it.', hint: 'Wait.' }
  const j = { ...job(1), stopping: asked }
  expect(shown(drive(1), j)).toBe('stopping')
  expect([title(j), happened(j), todo(j)]).toEqual([asked.title, asked.text, asked.hint])
  expect(stateLine(row(j), now)).toBe('not ended yet')
  expect(leftLines(row(j), now)[0]).toBe('–')
  expect(spoken(row(j))).toBe('Stopping, not ended yet')
  expect(shown(drive(1), { ...j, state: 'queued' })).toBe('stopping')
  expect(stateLine(row({ ...j, stopping: { ...asked, code: 'stop_waits' } }), now)).toBe('drive is silent')
  expect(shown(drive(1), { ...j, state: 'cancelled' })).toBe('cancelled')
})

test('the live region tells of verdicts and lost connections, and of nothing else', async () => {
  const fake = new FakeApi(snapshot(14))
  const workspace = new Workspace(fake.api())
  await workspace.board.refresh()
  const news = new News(workspace.board)
  news.hear()
  const quiet = news.line
  workspace.board.take({
    seq: 8,
    now_ms: now,
    nas: [],
    drives: [],
    jobs: [job(2, { stage_progress: 0.9 })],
    questions: [],
    gone: [],
  })
  news.hear()
  expect(news.line).toBe(quiet)
  workspace.board.take({
    seq: 9,
    now_ms: now,
    nas: [],
    drives: [],
    jobs: [job(2, { state: 'failed', reason: surfaceErrors })],
    questions: [],
    gone: [],
  })
  news.hear()
  expect(news.line).toContain(surfaceErrors.title)
})

test('evidence: what speaks against the drive first, passed stages in one line, nothing twice', () => {
  const f = full(job(1, { state: 'failed', reason: surfaceErrors }))
  f.verdict = {
    coverage: 'none',
    evidence: [
      { id: 'identity_held', ok: true, value: 'A@B', source: 'VPD' },
      { id: 'stage_passed', ok: true, value: 'passed', source: 'precheck' },
      { id: 'stage_passed', ok: true, value: 'passed', source: 'short_smart' },
      {
        id: 'bytes_covered',
        ok: false,
        value: '12345678 of 22345678',
        source: 'surface_validate',
        count: 12345678,
        of: 22345678,
      },
      { id: 'stage_passed', ok: false, value: 'failed', source: 'surface_validate' },
    ],
    missing: [],
    lacks: [
      { source: 'surface_validate', id: 'bytes_covered' },
      { source: 'surface_validate', id: 'stage_passed' },
      { source: 'final_check', id: 'identity_same' },
    ],
  }
  const says = evidence(f).map((l) => `${l.kind} ${l.says}`)
  expect(says).toEqual([
    'fails 12,345,678 of 22,345,678 bytes checked',
    'fails Surface test: failed',
    'fails Sectors wait to be remapped; 0 before, 2,064 after',
    'unknown Not known: identity_same',
    'holds It is the drive that was chosen: A@B',
    'holds Passed: precheck, short self-test',
    'told The drive itself says PASSED',
  ])
})

test('evidence: figures are said by their values, and no digits are taken out of words', () => {
  const f = full(job(1, { state: 'unknown', reason: null }))
  const says = (e: object) => {
    f.verdict = { coverage: 'none', evidence: [{ id: '', ok: false, value: '', source: 's', ...e }], missing: [] }
    return evidence(f)[0]!.says.replaceAll('\u00a0', ' ')
  }
  expect(says({ id: 'no_foreign_writes', value: '12345 sectors', count: 12345 })).toBe(
    '12,345 sectors written by somebody else',
  )
  expect(says({ id: 'no_foreign_writes', value: '12345 sectors' })).toBe('12345 sectors written by somebody else')
  expect(says({ id: 'no_bad_ranges', value: '1', count: 1 })).toBe('1 bad range')
  expect(says({ id: 'no_bad_ranges', value: '1' })).toBe('Bad ranges: 1')
  expect(says({ id: 'bytes_covered', value: '0 of 5000', of: 5000 })).toBe('0 of 5,000 bytes checked')
  expect(says({ id: 'health_compared', value: 'model WD4003 at 20301' })).toBe('model WD4003 at 20301')
})

test('evidence: what is only told is no warning', () => {
  const f = full(job(1, { state: 'passed' }))
  f.findings = [
    {
      rule: 'unsafe_shutdowns',
      severity: 'info',
      before: 1,
      after: 2,
      says: 'The drive lost power without notice.',
      source: 'NVMe',
    },
    {
      rule: 'crc',
      severity: 'warn',
      before: 0,
      after: 3,
      says: 'Data was damaged between host and drive.',
      source: 'cable',
    },
  ]
  const kinds = evidence(f)
    .filter((l) => ['unsafe_shutdowns', 'crc'].includes(l.source))
    .map((l) => l.kind)
  expect(kinds).toEqual(['warns', 'told'])
})

test('SMART: changed rows are marked, each with its figures and its sentence; the drive is quoted apart', async () => {
  const rows = [
    { id: 5, name: 'Reallocated_Sector_Ct', before: 0, after: 0, changed: false },
    {
      id: 197,
      name: 'Current_Pending_Sector',
      before: 0,
      after: 2064,
      changed: true,
      says: 'Sectors could not be read and wait for a write.',
    },
  ]
  const { container } = render(SmartTable, {
    health: { before: health(true), after: health(null), rows },
    running: false,
  })
  expect(container.textContent).toContain('PASSED before, says nothing after')
  const marked = [...container.querySelectorAll('tr.changed')].map((r) => r.textContent)
  expect(marked).toHaveLength(1)
  for (const part of ['197', 'changed', 'Sectors could not be read and wait for a write.', '2,064', '+2,064'])
    expect(marked[0]).toContain(part)
  expect(container.querySelectorAll('tbody tr')).toHaveLength(2)
  await fireEvent.click(screen.getByLabelText('Changed only'))
  expect(container.querySelectorAll('tbody tr')).toHaveLength(1)
})
