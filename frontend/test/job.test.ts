import { fireEvent, render, screen } from '@testing-library/svelte'
import { expect, test } from 'vitest'
import { freshness, JobView } from '../src/jobs/job.svelte'
import { evidence } from '../src/jobs/evidence'
import SmartTable from '../src/jobs/SmartTable.svelte'
import BadRanges from '../src/jobs/BadRanges.svelte'
import EvidenceList from '../src/jobs/Evidence.svelte'
import { course, happened, lockText, means, merged, title, todo } from '../src/jobs/meaning'
import { leftLines, progressLine, speedLines, spoken, stateLine, usageLines } from '../src/drives/lines'
import type { Row } from '../src/drives/table.svelte'
import { News } from '../src/views/news.svelte'
import { Workspace } from '../src/workspace/workspace.svelte'
import { shown } from '../src/shared/states'
import type { Drive, Job, Said } from '../src/shared/api'
import { drive, FakeApi, full, job, now, restarted, segments, snapshot, surfaceErrors } from './fixtures'
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

const failedJob = () => {
  const f = full(job(1, { state: 'failed', reason: surfaceErrors, stages: segments(3, 'failed', 0.7) }))
  f.verdict = {
    coverage: 'none',
    evidence: [
      { id: 'identity_held', ok: true, value: 'A@B', source: 'VPD' },
      { id: 'stage_passed', ok: true, value: 'passed', source: 'precheck' },
      { id: 'no_bad_ranges', ok: false, value: '2', source: 'surface_validate', count: 2 },
      { id: 'bytes_covered', ok: false, value: '', source: 'surface_validate', count: 12345678, of: 22345678 },
      { id: 'stage_passed', ok: false, value: 'failed', source: 'surface_validate' },
      { id: 'ata_pending', ok: false, value: '0, then 2064', source: 'SMART 197' },
    ],
    missing: [],
    lacks: [
      { source: 'surface_validate', id: 'bytes_covered' },
      { source: 'long_smart', id: 'selftest_passed' },
      { source: 'long_smart', id: 'stage_passed' },
      { source: 'final_check', id: 'identity_same' },
    ],
  }
  f.findings = [
    { rule: 'ata_pending', severity: 'fail', before: 0, after: 2064, says: 'Sectors wait.', source: 'SMART 197' },
  ]
  return f
}

test('evidence: what speaks against the drive first, stages that ended alike in one line, nothing twice', () => {
  const says = evidence(failedJob()).map((l) => plain(`${l.kind} ${l.says}`))
  expect(says).toEqual([
    'against 2 bad places',
    'against Sectors wait; 0 before, 2,064 after',
    'against Failed: surface test',
    'open 12,345,678 of 22,345,678 bytes checked',
    'open Not done: long self-test, final check',
    'holds It is the drive that was chosen',
    'holds Passed: precheck, short self-test, capacity probe',
    'told The drive itself says PASSED',
  ])
})

test('evidence: a job that a person stopped speaks against nothing, and has no name that is for programs', () => {
  const f = full(job(1, { state: 'cancelled', stages: segments(1, 'cancelled', 0.4) }))
  f.verdict.evidence = [
    { id: 'stage_passed', ok: false, value: 'cancelled', source: 'short_smart' },
    { id: 'surface_complete', ok: false, value: 'false', source: 'surface_validate' },
    { id: 'no_bad_ranges', ok: false, value: '3', source: 'surface_validate', count: 3 },
    { id: 'selftest_passed', ok: false, value: 'aborted', source: 'the log' },
  ]
  f.verdict.lacks = [
    { source: 'short_smart', id: 'selftest_passed' },
    { source: 'precheck', id: 'identity_held' },
    { source: 'later', id: 'of_later' },
  ]
  const lines = evidence(f)
  expect(lines.filter((l) => l.kind === 'against')).toEqual([])
  const all = lines.map((l) => `${l.says} ${l.source}`).join('\n')
  expect(all).not.toMatch(/[a-z]_[a-z]/)
  expect(all).toContain('Cancelled: short self-test')
  expect(all).toContain('Not known: whether it is the drive Precheck')
})

test('the place of an item of evidence is never cut, and no code stands in its place', () => {
  const { container } = render(EvidenceList, { full: failedJob() })
  expect([...container.querySelectorAll('li .source')].map((x) => x.textContent)).toContain('Surface test')
  expect(container.textContent).not.toMatch(/[a-z]_[a-z]/)
})

test('evidence: figures are said by their values, and no digits are taken out of words', () => {
  const f = full(job(1, { state: 'unknown', reason: null }))
  const says = (e: object) => {
    f.verdict = { coverage: 'none', evidence: [{ id: '', ok: false, value: '', source: 's', ...e }], missing: [] }
    return evidence(f).map((l) => plain(l.says))
  }
  const foreign = says({ id: 'no_foreign_writes', value: '12345 sectors', count: 12345 })
  expect(foreign).toContain('12,345 sectors were written by somebody else')
  expect(says({ id: 'no_foreign_writes', value: 'not counted' })).toContain('That is in doubt: not counted')
  expect(says({ id: 'no_bad_ranges', value: '1', count: 1 })).toContain('1 bad place')
  expect(says({ id: 'no_bad_ranges', value: '1' })).toContain('Bad places were found')
  expect(says({ id: 'bytes_covered', value: '0 of 5000', of: 5000 })).toContain('0 of 5,000 bytes checked')
  expect(says({ id: 'health_compared', value: '3 rows' })).toContain('It does not speak for it: 3 rows')
  expect(says({ id: 'of_later', value: 'model WD4003 at 20301' })).toContain('model WD4003 at 20301')
})

test('evidence: what is only told is no warning', () => {
  const f = full(job(1, { state: 'passed' }))
  f.findings = [
    { rule: 'unsafe', severity: 'info', before: 1, after: 2, says: 'The drive lost power.', source: 'NVMe' },
    { rule: 'crc', severity: 'warn', before: 0, after: 3, says: 'Data was damaged.', source: 'cable' },
  ]
  const kinds = evidence(f)
    .filter((l) => ['NVMe', 'cable'].includes(l.source))
    .map((l) => l.kind)
  expect(kinds).toEqual(['warns', 'told'])
})

test('what happened is told of a pass too', () => {
  const j = job(1, {
    state: 'passed',
    stages: segments(6, 'passed', 1),
    started_ms: now - 90 * 60_000,
    ended_ms: now,
    size_bytes: 8e12,
  })
  const f = full(j)
  expect(plain(course(f))).toBe(
    'It took 1 h 30 min. Passed: precheck, short self-test, capacity probe, surface test, long self-test, ' +
      'final check. In all 8.00 TB written, 5.92 TB read back and compared, without a bad place.',
  )
})

test('warnings of one kind are one, with all that they say and their advice once', () => {
  const w = (code: Said['code'], text: string): Said => ({ code, title: code, text, hint: 'Watch it.' })
  expect(merged([w('hot', 'a'), w('slow_spots', 'b'), w('hot', 'c'), w('hot', 'a')])).toEqual([
    { code: 'hot', title: 'hot', times: 3, texts: ['a', 'c'], hints: ['Watch it.'] },
    { code: 'slow_spots', title: 'slow_spots', times: 1, texts: ['b'], hints: ['Watch it.'] },
  ])
})

test('bad ranges are said in words, without the name of an errno', () => {
  const f = full(job(1, { state: 'failed', reason: surfaceErrors, stages: segments(3, 'failed', 0.7) }))
  const stage = f.stages!.find((s) => s.bad_ranges?.length)!
  stage.bad_ranges![1] = { ...stage.bad_ranges![1]!, persistent: false }
  const { container } = render(BadRanges, { stage, full: f })
  expect(container.textContent).not.toContain('EIO')
  expect(container.textContent).toContain('14,662,451,208')
  expect(container.textContent).toContain('cannot be read, right when tried again')
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
