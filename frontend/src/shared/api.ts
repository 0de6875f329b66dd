// The contract with the program behind the window: what it sends and what it can be asked. Times are unix milliseconds
// (0: not yet), sizes are bytes, null is "not known". All text that came from a NAS is data.

export type JobState = 'queued' | 'running' | 'passed' | 'failed' | 'cancelled' | 'unknown'
export type StageState = 'pending' | 'running' | 'passed' | 'failed' | 'cancelled' | 'unknown' | 'skipped'

export interface Said { code: string; title: string; text: string; hint: string; args?: Record<string, string | number> }
export interface Why { layer: string; answer: string; sure: boolean }
export interface Grant { id: string; drive: string; usage: string; expires_ms: number }
export interface Segment { kind: string; state: StageState; weight: number; progress: number }

export interface Nas {
  id: string; name: string; host: string; user: string; port: number; practice: boolean
  phase: 'idle' | 'connecting' | 'connected' | 'lost' | 'refused'
  since_ms: number; next_ms: number; reason: Said | null
  platform: string; hostname: string; surveyed_ms: number; surveying: boolean; live_jobs: number
  slots: number; keep_days: number; auto_resume: boolean
}

export interface Drive {
  key: string; nas: string; id: string; serial: string | null; wwn: string | null; model: string
  kind: 'hdd' | 'ssd' | 'nvme' | 'virtual'; size_bytes: number; hidden_bytes?: number; path: string; bay: string; transport: string
  temp_c: number | null; smart: boolean | null; smart_said?: string; smart_off?: boolean; smart_type?: string; passed?: boolean | null; usage_class: string; usage_text: string; parts: string[]
  phrase_kind: 'none' | 'serial' | 'pool'; phrase: string; missing: boolean; way_out: string; why: Why[]; read_ok: boolean; destructive_ok: boolean
  locking: 'open' | 'phrase' | 'in_use' | 'for_good'
  job: string; grant: Grant | null
}

export interface Job {
  id: string; nas: string; nas_name: string; drive_key: string; drive_id: string; drive_kind: string; drive_path: string; serial: string; model: string; size_bytes: number
  plan: string; destroys: boolean; state: JobState; reason: Said | null; warnings: number; coverage: string
  stages: Segment[]; stage: string; phase: string; stage_progress: number; progress: number
  bps: number | null; mean_bps: number | null; temp_c: number | null; left_ms: number | null; stage_left_ms: number | null
  created_ms: number; started_ms: number; ended_ms: number; seen_ms: number
  paused: Said | null; stopping: Said | null; can_stop: boolean; can_resume: boolean; can_undo: boolean; erased: string; undo: string; bad_sectors: number; bytes_moved: number
}

export interface PlanStage { kind: string; engine: string; passes: number }
export interface Plan { name: string; text: string; destroys: boolean; stages: PlanStage[]; builtin: boolean }
// Words are what there is to say of stages, engines, phases and coverages: the page knows none of them by name.
export interface Words { stages: StageWords[]; engines: EngineWords[]; phases: PhaseWords[]; coverages: CoverageWords[] }
export interface StageWords { kind: string; title: string; log: string; surface: boolean; moves: boolean; self_test: boolean }
export interface EngineWords { engine: string; writes: boolean; checked: string; sweeps: string[]; one_pass: boolean }
export interface PhaseWords { name: string; title: string; sweep: boolean }
export interface CoverageWords { coverage: string; text: string }
export interface Question { id: string; nas: string; about: string; text: string; echo: boolean; again: boolean }
export interface Steps { nas: string; steps: Step[] } // nas is empty for one that is being added
export interface Step { id: string; state: 'waits' | 'running' | 'passed' | 'failed' | 'skipped'; title: string; text: string; said: Said | null }

export interface Snapshot {
  seq: number; now_ms: number; version: string; practice: boolean; temporary: boolean // temporary: the next window does not find what is saved here
  nas: Nas[]; drives: Drive[]; jobs: Job[]; plans: Plan[]; words: Words; questions: Question[]
}
export interface Delta { seq: number; now_ms: number; nas: Nas[]; drives: Drive[]; jobs: Job[]; questions: Question[]; gone: string[] }

export interface BadRange {
  first_lba: number; last_lba: number; kind: string; persistent: boolean; found_lba?: number; flipped_bits?: number
  errno?: string; class?: string; phase?: string; pass?: number
}
export interface SpeedMap { phase: string; pass: number; first: number; parts: number; kbps: number[]; mean: number[]; p99: number[]; max: number[]; slow?: number }
export interface Temps { min: number; avg: number; max: number; limit: number; samples: number }
export interface Meter { pattern: string; write: number; verify: number }
export interface Stage {
  kind: string; engine?: string; state: StageState; progress: number; phase?: string; reason: Said | null
  started_ms: number; ended_ms: number; active_ms: number; bytes_written: number; bytes_verified: number; bytes_covered: number
  bad_ranges: BadRange[] | null; temp_c: Temps | null; begun: number
  resumed?: { phase: string; pass: number; from_byte: number; repeated_bytes: number }
  meters?: Meter[]; map?: SpeedMap[]
}
export interface Evidence { id: string; ok: boolean; value: string; source: string; count?: number; of?: number }
export interface Finding { rule: string; severity: string; item?: string; before: unknown; after: unknown; says: string; source: string }
export interface HealthRow {
  id?: number; name: string; before: number | null; after: number | null; before_text?: string; after_text?: string
  value?: number; worst?: number; thresh?: number; changed: boolean; rule?: string; says?: string
}
export interface Run { run: number; boot_id: string; pid: number; started_ms: number; ended_ms: number; how_ended: string }
export interface FullJob {
  id: string; nas: string; plan: string; state: JobState; reason: Said | null; warnings: Said[] | null
  drive: { id: string; serial: string | null; wwn: string | null; model: string; size_bytes: number; path: string; logical: number; physical: number }
  seen_ms: number; created_ms: number; ended_ms: number; stages: Stage[]
  bytes_written: number; bytes_verified: number; bytes_covered: number
  verdict: { coverage: string; evidence: Evidence[] | null; missing: string[] | null; lacks?: { source: string; id: string }[] }
  findings: Finding[] | null
  health: { before: { passed: boolean | null }; after: { passed: boolean | null }; rows: HealthRow[] | null } | null
  runs: Run[] | null
}
export interface JobWhole { job: Job; full: FullJob }
export interface Point { t_ms: number; bytes_done: number; bps: number | null; temp_c: number | null; phase: string }
export interface Series { job: string; points: Point[] }
export interface LogChunk { text: string; from: number; next: number; size: number }

export interface NasForm {
  name: string; host: string; user: string; port: number; key_file: string; agent: boolean; password_login: boolean
  password: string; passphrase: string; sudo: 'none' | 'nopasswd' | 'password'; sudo_password: string; host_key: string
  jump: string; jump_key: string; state_dir: string; keep: '' | 'keychain' | 'file' | 'session'; virtual_drives: boolean
  legacy_algorithms: boolean; slots: number; keep_days: number; auto_resume: boolean
}
// How the jobs of a NAS are treated. No slots: as many as usual; no days: until it is cleaned.
export type Treatment = Pick<NasForm, 'slots' | 'keep_days' | 'auto_resume'>
export interface AddResult { ok: boolean; nas: string; shown_key: string; of_jump?: boolean; steps: Step[] }
export interface FoundHost { name: string; host: string; user: string; port: number; key_file: string; agent: boolean; jump: string; host_key: string; reason: Said | null }
export interface StartOrder { nas: string; drives: string[]; plan: string; without_smart: boolean; smart_type: string; smart_on: boolean; declared: string; unlock: { drive: string; phrase: string }[] }

// What the program can be asked. Every call may be refused with a Said.
export interface Calls {
  Snapshot(): Promise<Snapshot>
  Survey(nas: string): Promise<void>
  Connect(nas: string): Promise<void>
  TryNow(nas: string): Promise<void>
  AddNAS(form: NasForm): Promise<AddResult>
  CancelAdd(): Promise<void>
  ImportHosts(): Promise<FoundHost[]>
  PickKey(): Promise<string>
  TestNAS(nas: string): Promise<Step[]>
  EditNAS(nas: string, t: Treatment): Promise<void>
  RemoveNAS(nas: string): Promise<void>
  Answer(question: string, text: string): Promise<void>
  Refuse(question: string): Promise<void>
  Start(order: StartOrder): Promise<Job[]>
  Unlock(nas: string, drive: string, phrase: string): Promise<Grant>
  Lock(grant: string): Promise<void>
  Stop(job: string): Promise<void>
  Resume(job: string): Promise<void>
  Undo(job: string): Promise<void>
  Whole(job: string): Promise<JobWhole>
  Log(job: string, file: string, from: number): Promise<LogChunk>
  Series(job: string): Promise<Series>
  History(): Promise<Job[]>
  SaveReport(job: string, format: 'html' | 'json' | 'csv'): Promise<string>
  Adopt(nas: string): Promise<Job[]>
  Clean(nas: string): Promise<{ removed: number }>
  Quit(stop: boolean): Promise<void>
}

export interface Events {
  burnish: Delta
  'burnish:steps': Steps
  'burnish:close': null
}

export interface Api extends Calls {
  on<K extends keyof Events>(event: K, hear: (data: Events[K]) => void): () => void
}
