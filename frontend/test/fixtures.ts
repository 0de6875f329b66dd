// Made of the contract's types: what a program could say, for tests of the page's controllers and for looking at it.
// Nothing here is shipped.
import type {
  Api,
  Code,
  Delta,
  Drive,
  EvidenceWords,
  BurninJob,
  Job,
  NAS,
  Notices,
  NASForm,
  Plan,
  Said,
  Segment,
  Snapshot,
  StageKind,
  State,
  Step,
  StepID,
  Steps,
  Way,
  SurfaceRange,
  Words,
} from '../src/shared/api'
import { learn } from '../src/shared/stages.svelte'
import { health } from './health'

export const now = Date.UTC(2026, 10, 23, 13, 4)
const hour = 3_600_000

export const nas = (over: Partial<NAS> = {}): NAS => ({
  id: 'n1',
  name: 'truenas-attic',
  host: '10.20.0.15',
  user: 'truenas_admin',
  port: 22,
  practice: false,
  phase: 'connected',
  since_ms: now - hour,
  next_ms: 0,
  reason: null,
  platform: 'TrueNAS 25.10.1',
  hostname: 'attic',
  surveyed_ms: now - 60_000,
  surveying: false,
  slots: 4,
  keep_days: 30,
  auto_resume: false,
  live_jobs: 2,
  ...over,
})

export const drive = (i: number, over: Partial<Drive> = {}): Drive => ({
  key: `n1/D${i}`,
  nas: 'n1',
  id: `D${i}`,
  serial: `ZR5A${String(1000 + i)}`,
  wwn: `5000C500${i}`,
  model: 'ST18000NM000J-2TV103',
  kind: 'hdd',
  size_bytes: 18_000_207_937_536,
  path: `/dev/sd${String.fromCharCode(97 + (i % 26))}`,
  bay: String(i),
  transport: 'sas',
  temp_c: 33 + (i % 7),
  smart: true,
  smart_said: '',
  smart_off: false,
  smart_type: '',
  hidden_bytes: 0,
  passed: true,
  usage_class: 'none',
  usage_text: '',
  parts: [],
  phrase_kind: 'none',
  phrase: '',
  missing: false,
  way_out: '',
  why: [],
  read_ok: true,
  rootless: false,
  destructive_ok: true,
  locking: 'open',
  job: '',
  grant: null,
  ...over,
})

const surface = { surface: true, moves: true, self_test: false }
const own = { surface: false, moves: false, self_test: false }
const selfTest = { ...own, self_test: true }
const weighs = (
  id: string,
  holds: string,
  fails: string,
  missing: string,
  against = false,
  tells = false,
): EvidenceWords => ({ id, holds, fails, missing, against, tells })
const words: Words = {
  stages: [
    { kind: 'precheck', title: 'Precheck', log: 'precheck', ...own },
    { kind: 'short_smart', title: 'Short self-test', log: 'short_smart', ...selfTest },
    { kind: 'long_smart', title: 'Long self-test', log: 'long_smart', ...selfTest },
    { kind: 'capacity_probe', title: 'Capacity probe', log: 'capacity_probe', ...surface, surface: false },
    { kind: 'surface_validate', title: 'Surface test', log: 'surface_validate', ...surface },
    { kind: 'final_check', title: 'Final check', log: 'final_check', ...own },
  ],
  engines: [
    { engine: 'read', writes: false, checked: 'read', sweeps: ['read'], one_pass: false },
    { engine: 'stamp', writes: true, checked: 'verified', sweeps: ['write', 'verify'], one_pass: false },
    {
      engine: 'badblocks',
      writes: true,
      checked: 'verified',
      sweeps: Array.from({ length: 4 }, () => ['write', 'verify'] as const).flat(),
      one_pass: true,
    },
  ],
  phases: [
    { name: 'write', title: 'write', sweep: true },
    { name: 'verify', title: 'verify', sweep: true },
    { name: 'read', title: 'read', sweep: true },
    { name: 'probe', title: 'probe before the first sweep', sweep: false },
    { name: 'seek', title: 'seek pass', sweep: false },
  ],
  coverages: [
    { coverage: 'none', text: 'surface not tested' },
    { coverage: 'read', text: 'every byte read' },
    { coverage: 'written', text: 'written but for less than a MiB at its end, nothing read back' },
    { coverage: 'verified', text: 'every byte written and verified' },
  ],
  evidence: [
    weighs('identity_held', 'It is the drive that was chosen', 'It is another drive', 'whether it is the drive'),
    weighs('identity_same', 'It is the same drive at the end', 'Another drive', 'whether it is the same at the end'),
    weighs('selftest_passed', 'It passed its self-test', 'It did not', 'how its self-test ended', true, true),
    weighs('stage_passed', 'Passed', 'Not passed', 'how it ended', true),
    weighs('surface_complete', 'The sweeps went to the end', 'The sweeps did not go to the end', 'whether they did'),
    weighs('bytes_covered', 'All of it was checked', 'Not all of it was checked', 'how much was checked'),
    weighs('no_bad_ranges', 'No bad place was found', 'Bad places were found', 'whether it has bad places', true),
    weighs(
      'no_foreign_writes',
      'Nobody else wrote to it',
      'That is in doubt',
      'whether anybody else wrote',
      false,
      true,
    ),
    weighs('health_compared', 'Its health was compared', 'It does not speak for it', 'what it says', true, true),
  ],
  bad: [
    { kind: 'read', text: 'cannot be read' },
    { kind: 'write', text: 'cannot be written' },
  ],
}
learn(words)

const kinds: StageKind[] = [
  'precheck',
  'short_smart',
  'capacity_probe',
  'surface_validate',
  'long_smart',
  'final_check',
]
const weights = [0.01, 0.01, 0.01, 0.6, 0.36, 0.01]
export const segments = (at: number, state: State, progress: number): Segment[] =>
  kinds.map((kind, i) => ({
    kind,
    weight: weights[i]!,
    state: i < at ? 'passed' : i > at ? (state === 'running' ? 'pending' : 'skipped') : state,
    progress: i < at ? 1 : i > at ? 0 : progress,
  }))

export const job = (i: number, over: Partial<Job> = {}): Job => ({
  id: `job${String(i).padStart(17, '0')}`,
  nas: 'n1',
  nas_name: 'truenas-attic',
  drive_key: `n1/D${i}`,
  drive_id: `D${i}`,
  drive_kind: 'hdd',
  drive_path: '/dev/sdx',
  serial: `ZR5A${1000 + i}`,
  model: 'ST18000NM000J-2TV103',
  size_bytes: 18_000_207_937_536,
  plan: 'standard',
  destroys: true,
  state: 'running',
  reason: null,
  warnings: 0,
  coverage: 'none',
  stages: segments(3, 'running', 0.74),
  stage: 'surface_validate',
  phase: 'verify',
  stage_progress: 0.74,
  progress: 0.48,
  bps: 188e6,
  mean_bps: 190e6,
  temp_c: 44,
  left_ms: 33 * hour,
  stage_left_ms: 8 * hour,
  created_ms: now - 41 * hour,
  started_ms: now - 40 * hour,
  ended_ms: 0,
  seen_ms: now,
  paused: null,
  stopping: null,
  can_stop: true,
  can_resume: false,
  can_undo: false,
  erased: '',
  bad_sectors: 0,
  bytes_moved: 30e12,
  ...over,
})

const plans: Plan[] = [
  {
    name: 'quick',
    title: 'Quick',
    text: "Health data and the drive's short self-test. The surface is not tested.",
    destroys: false,
    builtin: true,
    rootless: false,
    stages: [
      { kind: 'precheck', passes: 0 },
      { kind: 'short_smart', passes: 0 },
      { kind: 'final_check', passes: 0 },
    ],
  },
  {
    name: 'read-only',
    title: 'Read-only',
    text: 'Self-tests and every sector read once. Nothing is written.',
    destroys: false,
    builtin: true,
    rootless: false,
    stages: [
      { kind: 'precheck', passes: 0 },
      { kind: 'surface_validate', engine: 'read', passes: 1 },
      { kind: 'final_check', passes: 0 },
    ],
  },
  {
    name: 'standard',
    title: 'Standard',
    text: 'Every sector written with a stamp of its own and read back, and the self-tests.',
    destroys: true,
    builtin: true,
    rootless: false,
    stages: kinds.map((kind) => ({
      kind,
      engine: kind === 'surface_validate' ? 'stamp' : undefined,
      passes: kind === 'surface_validate' ? 1 : 0,
    })),
  },
  {
    name: 'classic',
    title: 'Classic',
    text: 'badblocks with four patterns, and the self-tests.',
    destroys: true,
    builtin: true,
    rootless: false,
    stages: kinds.map((kind) => ({ kind, engine: kind === 'surface_validate' ? 'badblocks' : undefined, passes: 0 })),
  },
]

const said = (code: Code, title: string, text: string, hint: string): Said => ({ code, title, text, hint })
export const surfaceErrors = said(
  'surface_errors',
  'The surface has bad places',
  '2 bad ranges, 2,064 sectors in all; the first is at LBA 14662451208 (read).',
  'Replace the drive. For a return under warranty the report lists each range.',
)
export const restarted = said(
  'nas_restarted',
  'The NAS restarted during the run',
  'The NAS restarted at 03:12 during surface_validate at 43 %.',
  'Resume the job: it goes on from its last checkpoint.',
)

export function snapshot(n = 14): Snapshot {
  const drives: Drive[] = []
  const jobs: Job[] = []
  for (let i = 1; i <= n; i++) {
    const put = (over: Partial<Job>) => {
      jobs.push(job(i, over))
      return `job${String(i).padStart(17, '0')}`
    }
    const done = {
      ended_ms: now - 20 * hour,
      started_ms: now - 96 * hour,
      left_ms: null,
      stage_left_ms: null,
      bps: null,
      can_stop: false,
    }
    switch (i % 10) {
      case 1:
        drives.push(
          drive(i, {
            job: put({
              stage: 'long_smart',
              phase: 'selftest',
              stages: segments(4, 'running', 0.8),
              stage_progress: 0.8,
              bps: null,
              left_ms: 2 * hour,
            }),
            usage_class: 'burnin',
          }),
        )
        break
      case 2:
        drives.push(drive(i, { job: put({}), usage_class: 'burnin' }))
        break
      case 3:
        drives.push(
          drive(i, {
            job: put({
              state: 'queued',
              stages: segments(-1, 'running', 0),
              stage: undefined,
              phase: undefined,
              left_ms: null,
              bps: null,
              mean_bps: null,
              started_ms: 0,
            }),
            usage_class: 'burnin',
          }),
        )
        break
      case 4:
        drives.push(
          drive(i, {
            job: put({
              ...done,
              state: 'passed',
              coverage: 'verified',
              stages: segments(6, 'passed', 1),
              warnings: i % 20 === 4 ? 1 : 0,
            }),
          }),
        )
        break
      case 5:
        drives.push(
          drive(i, {
            job: put({
              ...done,
              state: 'failed',
              reason: surfaceErrors,
              bad_sectors: 2064,
              stages: segments(3, 'failed', 0.7),
            }),
          }),
        )
        break
      case 6:
        drives.push(
          drive(i, {
            job: put({
              ...done,
              state: 'unknown',
              reason: restarted,
              stages: segments(3, 'unknown', 0.43),
              can_resume: true,
            }),
          }),
        )
        break
      case 7:
        drives.push(
          drive(i, {
            temp_c: 59,
            job: put({
              paused: said('too_hot', 'Hot since 13:52', 'The drive is at 59 °C.', ''),
              temp_c: 59,
              phase: 'write',
              stage_progress: 0.21,
              bps: 0,
            }),
            usage_class: 'burnin',
          }),
        )
        break
      case 8:
        drives.push(
          drive(i, {
            usage_class: 'pool',
            usage_text: 'pool vault, mirror-0 ONLINE',
            parts: ['pool vault', 'mirror-0', 'ONLINE'],
            locking: 'in_use',
            destructive_ok: false,
            read_ok: false,
            phrase_kind: 'pool',
            way_out: 'zpool detach vault sdh',
          }),
        )
        break
      case 9:
        drives.push(
          drive(i, {
            usage_class: 'data',
            usage_text: 'XFS file system "media2"',
            locking: 'phrase',
            phrase_kind: 'serial',
            phrase: `ZR5A${1000 + i}`,
            destructive_ok: false,
            why: [{ layer: 'labels', answer: 'xfs "media2"', sure: true }],
          }),
        )
        break
      default:
        drives.push(drive(i, { kind: 'ssd', size_bytes: 960_197_124_096, model: 'SAMSUNG MZ7L3960HCJR' }))
    }
  }
  return {
    seq: 7,
    now_ms: now,
    version: 'test',
    practice: false,
    temporary: false,
    nas: [
      nas(),
      nas({
        id: 'n2',
        name: 'pve-bench',
        phase: 'lost',
        since_ms: now - 6 * 60_000,
        next_ms: now + 24_000,
        live_jobs: 2,
      }),
    ],
    drives,
    jobs,
    plans,
    words,
    questions: [],
  }
}

export function full(j: Job): BurninJob {
  const bad: SurfaceRange[] =
    j.state === 'failed'
      ? [
          {
            first_lba: 14662451208,
            last_lba: 14662453247,
            kind: 'read',
            persistent: true,
            errno: 'EIO',
            class: 'medium',
            phase: 'verify',
            pass: 1,
          },
          { first_lba: 14731880448, last_lba: 14731880471, kind: 'read', persistent: true, phase: 'verify', pass: 1 },
        ]
      : []
  const parts = 500
  const upTo = j.state === 'running' ? Math.floor(parts * 0.74) : parts
  const kbps = (f: number) =>
    Array.from({ length: parts }, (_, i) =>
      Math.round((260_000 - 120_000 * (i / parts) ** 2) * f * (1 + 0.02 * Math.sin(i))),
    )
  return {
    id: j.id,
    nas: 'truenas-attic',
    plan: j.plan,
    state: j.state,
    reason: j.reason,
    warnings: j.warnings ? [said('path_suspect', 'Cable errors', 'CRC errors rose by 14.', 'Reseat the cable.')] : [],
    drive: {
      id: j.drive_id,
      serial: j.serial,
      wwn: '5000C500',
      model: j.model,
      size_bytes: j.size_bytes,
      path: '/dev/sdd',
      logical: 512,
      physical: 4096,
    },
    seen_ms: now,
    created_ms: j.created_ms,
    ended_ms: j.ended_ms,
    machine: { machine_id: 'm1', hostname: 'attic' },
    stages: j.stages.map((s, i) => ({
      kind: s.kind,
      engine: s.kind === 'surface_validate' ? 'stamp' : undefined,
      state: s.state,
      progress: s.progress,
      phase: s.kind === 'surface_validate' ? ('verify' as const) : undefined,
      reason: s.state === j.state && j.reason ? j.reason : null,
      started_ms: s.state === 'pending' || s.state === 'skipped' ? 0 : j.started_ms + i * hour,
      ended_ms: s.state === 'running' ? 0 : j.started_ms + (i + 1) * hour,
      active_ms: hour,
      bytes_written: s.kind === 'surface_validate' ? j.size_bytes : 0,
      bytes_verified: s.kind === 'surface_validate' ? j.size_bytes * 0.74 : 0,
      bytes_covered: s.kind === 'surface_validate' ? j.size_bytes * 0.74 : 0,
      bad_ranges: s.kind === 'surface_validate' ? bad : [],
      temp_c: { min: 29, avg: 41, max: 60, limit: 60, samples: 90 },
      begun: 1,
      map:
        s.kind === 'surface_validate'
          ? [
              { stage: i, phase: 'write', pass: 1, first: 0, parts, kbps: kbps(1), mean: [], p99: [], max: [] },
              {
                stage: i,
                phase: 'verify',
                pass: 1,
                first: 0,
                parts,
                kbps: kbps(0.98).slice(0, upTo),
                mean: [],
                p99: [],
                max: [],
              },
            ]
          : undefined,
    })),
    bytes_written: j.size_bytes,
    bytes_verified: j.size_bytes * 0.74,
    bytes_covered: j.size_bytes * 0.74,
    verdict: {
      coverage: j.coverage,
      evidence: [
        { id: 'surface_complete', ok: j.state === 'passed', value: '', source: 'surface_validate' },
        { id: 'no_bad_ranges', ok: !bad.length, value: String(bad.length), source: 'surface_validate' },
      ],
      missing: [],
    },
    findings: bad.length
      ? [
          {
            rule: 'ata_pending',
            severity: 'fail',
            before: 0,
            after: 2064,
            says: 'Sectors wait to be remapped',
            source: 'SMART 197',
          },
        ]
      : [],
    health: {
      before: health(true),
      after: health(true),
      rows: [
        { id: 5, name: 'Reallocated_Sector_Ct', before: 0, after: 0, changed: false },
        {
          id: 197,
          name: 'Current_Pending_Sector',
          before: 0,
          after: bad.length ? 2064 : 0,
          changed: bad.length > 0,
          says: 'Sectors that could not be read',
        },
        {
          id: 194,
          name: 'Temperature_Celsius',
          before: null,
          after: null,
          before_text: '33 (Min/Max 20/45)',
          after_text: '44 (Min/Max 20/60)',
          changed: true,
        },
      ],
    },
    runs: [
      {
        run: 1,
        boot_id: '3f0c9d1e-2222',
        pid: 4711,
        started_ms: j.started_ms,
        ended_ms: j.ended_ms,
        how_ended: j.ended_ms ? 'ended' : '',
      },
    ],
  }
}

const titles: [StepID, string][] = [
  ['connect', 'Reach'],
  ['login', 'Login'],
  ['rights', 'Rights'],
  ['save', 'Save'],
  ['runner', 'Runner'],
  ['drives', 'Drives'],
]
export const steps = (at: number, failed = false): Step[] =>
  titles.map(([id, title], i) => ({
    id,
    title,
    state: i < at ? 'passed' : i === at ? (failed ? 'failed' : 'running') : 'waits',
    text: i < at ? 'done' : '',
    said:
      i === at && failed
        ? said(
            'host_key_unknown',
            'The host key is not known',
            'The NAS shows SHA256:kT4nAAAAAAAAAAAAAAAA8vQe.',
            'Compare it with the one that the NAS itself shows.',
          )
        : null,
  }))

export const delta = (seq: number, over: Partial<Delta> = {}): Delta => ({
  seq,
  now_ms: now,
  nas: [],
  drives: [],
  jobs: [],
  questions: [],
  gone: [],
  ...over,
})

const way = (name: string, over: Partial<Way>): Way => ({
  name,
  method: 'ntfy',
  where: 'ntfy.lab.example',
  signed: false,
  events: ['job_ended:failed'],
  waiting: 0,
  next_ms: 0,
  given_up: 0,
  last_ms: 0,
  last_told: false,
  answer: '',
  ...over,
})

export const notices = (over: Partial<Notices> = {}): Notices => ({
  ways: [
    way('desk', { method: 'desktop', where: 'the desktop of this computer' }),
    way('erp', {
      method: 'webhook',
      where: 'erp.lab.example',
      signed: true,
      waiting: 2,
      next_ms: now + 5 * 60_000,
      last_ms: now - 60_000,
      answer: 'no answer in 20 s',
    }),
    way('mail', {
      method: 'mail',
      where: 'anna@lab.example by smtp.lab.example',
      given_up: 3,
      last_ms: now - hour,
      answer: '535 5.7.8 Username and Password not accepted',
    }),
    way('phone', { last_ms: now - hour, last_told: true, answer: '200 OK' }),
  ],
  topics: [
    { id: 'job_ended:failed', title: 'A drive failed', more: 'in quiet hours too', usual: true },
    { id: 'job_ended:passed', title: 'A drive passed', more: '', usual: true },
    { id: 'nas_lost', title: 'A NAS is lost', more: 'for 10 min; in quiet hours too', usual: true },
    { id: 'summary', title: 'Every day a summary', more: 'at 08:00', usual: false },
  ],
  quiet: { on: false, from: '22:00', to: '07:00' },
  now_ms: now,
  off: false,
  ...over,
})
export const savedForm: NASForm = {
  name: 'attic',
  host: '10.0.0.5',
  port: 22,
  user: 'admin',
  key_file: '/home/me/.ssh/id',
  agent: false,
  password_login: false,
  password: '',
  passphrase: '',
  sudo: 'password',
  sudo_password: '',
  host_key: 'SHA256:old',
  jump: '',
  jump_key: '',
  state_dir: '',
  keep: 'keychain',
  virtual_drives: false,
  legacy_algorithms: false,
  slots: 4,
  keep_days: 30,
  auto_resume: false,
}

// FakeApi answers from a snapshot; tests push deltas through it and look at what was asked.
export class FakeApi {
  asked: [string, ...unknown[]][] = []
  answers: Record<string, (...args: never[]) => unknown> = {}
  #hear = new Map<string, Set<(d: unknown) => void>>()
  whole: Snapshot

  constructor(whole: Snapshot = snapshot()) {
    this.whole = whole
  }

  emit(event: 'burnish', d: Delta): void
  emit(event: 'burnish:steps', d: Steps): void
  emit(event: 'burnish:close', d: null): void
  emit(event: 'burnish:open', d: string): void
  emit(event: string, d: unknown) {
    for (const h of this.#hear.get(event) ?? []) h(d)
  }

  api(): Api {
    const find = (id: string) => this.whole.jobs.find((j) => j.id === id) ?? job(1)
    const known: Record<string, (...args: never[]) => unknown> = {
      Snapshot: () => this.whole,
      History: () => this.whole.jobs,
      Whole: (id: string) => ({ job: find(id), full: full(find(id)) }),
      Series: (id: string) => ({
        job: id,
        points: Array.from({ length: 200 }, (_, i) => ({
          t_ms: now - 40 * hour + i * 700_000,
          bytes_done: i * 1e11,
          bps: i > 90 && i < 100 ? 0 : 250e6 - i * 4e5,
          temp_c: i > 90 && i < 100 ? null : 30 + Math.min(14, i / 3),
          phase: i < 100 ? 'write' : 'verify',
        })),
      }),
      Log: (_: string, file: string, from: number) => {
        const text = Array.from(
          { length: 40 },
          (_, i) => `13:${String(i).padStart(2, '0')}:30 ${file} verify 13,214,580,736,000 73.4 %  190 MB/s  bad 0\n`,
        ).join('')
        return from < 0
          ? { text, from: 0, next: text.length, size: text.length }
          : { text: '', from, next: from, size: from }
      },
      AddNAS: () => ({ ok: false, nas: '', shown_key: 'SHA256:kT4nAAAAAAAAAAAAAAAA8vQe', steps: steps(0, true) }),
      ImportHosts: () => [
        {
          name: 'nas',
          host: '10.0.0.5',
          user: 'root',
          port: 22,
          key_file: '~/.ssh/id_ed25519',
          agent: false,
          jump: '',
          host_key: '',
          reason: null,
        },
        {
          name: 'far',
          host: '192.0.2.7',
          user: 'root',
          port: 22,
          key_file: '',
          agent: false,
          jump: '',
          host_key: '',
          reason: said('import_failed', 'It cannot be imported', 'far is reached by a ProxyCommand.', 'Use ProxyJump.'),
        },
      ],
      Form: () => savedForm,
      EditNAS: () => ({ ok: true, nas: 'n1', shown_key: '', of_jump: false, steps: [] }),
      TestNAS: () => steps(6),
      Start: () => [],
      PickKey: () => '',
      SaveReport: () => '',
      Adopt: () => [],
      Clean: () => ({ removed: 0 }),
      KeepTheme: () => null,
      Notices: () => notices(),
      TestWay: () => ({ told: true, answer: '200 OK', took_ms: 84, at_ms: now, reason: null }),
    }
    return new Proxy({} as Api, {
      get: (_, name: string) => {
        if (name === 'on')
          return (event: string, hear: (d: unknown) => void) => {
            const set = this.#hear.get(event) ?? new Set()
            this.#hear.set(event, set.add(hear))
            return () => set.delete(hear)
          }
        return async (...args: unknown[]) => {
          this.asked.push([name, ...args])
          return structuredClone(await (this.answers[name] ?? known[name])?.(...(args as never[])))
        }
      },
    })
  }
}
