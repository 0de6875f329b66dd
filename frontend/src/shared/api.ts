// Made by build/contract (make contract) from app.go and package desk: the contract between the page and the program
// behind the window. Times are unix milliseconds (0: not yet), sizes are bytes, null is "not known". All text that came
// from a NAS is data.

/** What the program can be asked. */
export interface Calls {
  /** Snapshot is all as it is now; the deltas after it come as events. */
  Snapshot(): Promise<Snapshot>
  /** Survey looks at the drives of a NAS. */
  Survey(nas: string): Promise<void>
  /** Connect connects to a NAS and looks at its drives. */
  Connect(nas: string): Promise<void>
  /** TryNow tries a NAS that is away at once. */
  TryNow(nas: string): Promise<void>
  /** AddNAS tries a NAS and saves it. */
  AddNAS(form: NASForm): Promise<AddResult>
  /** CancelAdd ends a try to add a NAS; nothing is saved then. */
  CancelAdd(): Promise<void>
  /** ImportHosts lists the hosts of ~/.ssh/config. */
  ImportHosts(): Promise<FoundHost[]>
  /** PickKey lets the person choose a key file. */
  PickKey(): Promise<string>
  /** TestNAS goes the whole way to a NAS. */
  TestNAS(nas: string): Promise<Step[]>
  /** Form is a saved NAS as it was filled in, without its secrets. */
  Form(nas: string): Promise<NASForm>
  /** EditNAS tries a NAS as the form says, and makes it so; it forgets these kinds of secrets. */
  EditNAS(nas: string, form: NASForm, forget: SecretKind[]): Promise<AddResult>
  /** RemoveNAS forgets a NAS. */
  RemoveNAS(nas: string): Promise<void>
  /** Answer answers what a login asks. */
  Answer(question: string, text: string): Promise<void>
  /** Refuse closes a question without an answer. */
  Refuse(question: string): Promise<void>
  /** Start starts a plan on drives. */
  Start(order: StartOrder): Promise<Job[]>
  /** Unlock gives a permission for a typed phrase. */
  Unlock(nas: string, drive: string, phrase: string): Promise<Grant>
  /** Lock takes a permission back. */
  Lock(grant: string): Promise<void>
  /** Stop ends a job, and proves it. */
  Stop(job: string): Promise<void>
  /** Resume goes on with a job that ended as unknown. */
  Resume(job: string): Promise<void>
  /** Undo brings back what a start erased. */
  Undo(job: string): Promise<void>
  /** Whole is a job with all that is known of it. */
  Whole(job: string): Promise<JobWhole>
  /** Log is a piece of a job's log. */
  Log(job: string, file: LogName, from: number): Promise<LogChunk>
  /** Series is how a job went. */
  Series(job: string): Promise<Series>
  /** History lists all jobs. */
  History(): Promise<Job[]>
  /** SaveReport saves what is known of a job. */
  SaveReport(job: string, format: Format): Promise<string>
  /** Adopt takes over jobs that another computer started. */
  Adopt(nas: string): Promise<Job[]>
  /** Clean removes ended jobs from a NAS. */
  Clean(nas: string): Promise<Cleaned>
  /** Notices says who is told what, and how each way does. */
  Notices(): Promise<Notices>
  /** AddWay saves a way to be told. */
  AddWay(form: WayForm): Promise<void>
  /** SetEvents changes what a way is told of: these and nothing else. */
  SetEvents(way: string, events: string[]): Promise<void>
  /** TestWay sends a test at once and says what the server answered. */
  TestWay(way: string): Promise<WayTested>
  /** RemoveWay forgets a way and its secrets, with what it has not told yet. */
  RemoveWay(way: string): Promise<void>
  /** SetQuiet changes the quiet hours. */
  SetQuiet(q: QuietHours): Promise<void>
  /** KeepTheme keeps the theme that was chosen, light, dark or system, for the next window's first frame. */
  KeepTheme(theme: string): Promise<void>
  /**
   * Quit answers the question that was asked before the window closes. With stop all jobs are stopped first; if one
   * cannot be, the window stays.
   */
  Quit(stop: boolean): Promise<void>
}

/** What the program tells unasked, by the event's name. */
export interface Events {
  /** Changed tells which rows changed. */
  burnish: Delta
  /** Stepped tells how far adding, changing or testing a NAS has got. */
  'burnish:steps': Steps
  /** Closing has the page ask whether to close. */
  'burnish:close': null
  /** Opened has the page show the job of this id: a person has clicked on a notice of it. */
  'burnish:open': string
}

/** Snapshot is all that the page shows without asking further. */
export interface Snapshot {
  seq: number
  now_ms: number
  version: string
  practice: boolean
  /** what is saved here is not found again by the next window */
  temporary: boolean
  nas: NAS[]
  drives: Drive[]
  jobs: Job[]
  plans: Plan[]
  words: Words
  questions: Question[]
}

/** NASForm is what a person fills in for a new NAS. */
export interface NASForm {
  name: string
  host: string
  port: number
  user: string
  key_file: string
  agent: boolean
  password_login: boolean
  password: string
  passphrase: string
  sudo: Sudo
  sudo_password: string
  host_key: string
  /** user@host:port */
  jump: string
  jump_key: string
  state_dir: string
  /** where passwords are kept; empty: the keychain, or the session where there is none */
  keep: Keep
  virtual_drives: boolean
  legacy_algorithms: boolean
  /** 0: as many as usual */
  slots: number
  /** 0: until it is cleaned */
  keep_days: number
  auto_resume: boolean
}

/** AddResult says whether a NAS was saved, and how far it got. */
export interface AddResult {
  ok: boolean
  nas: string
  /** SHA256:... of a host key that nobody has confirmed yet */
  shown_key: string
  /** it is that of the jump host */
  of_jump: boolean
  steps: Step[]
}

/** FoundHost is a host of ssh's configuration. */
export interface FoundHost {
  name: string
  host: string
  user: string
  port: number
  /** empty: the agent */
  key_file: string
  agent: boolean
  jump: string
  /** as ssh knows it; empty if it does not */
  host_key: string
  /** why it cannot be taken over */
  reason: Said | null
}

/** Step is one step of adding or testing a NAS. */
export interface Step {
  id: StepID
  state: StepState
  title: string
  text: string
  said: Said | null
}

/** Kind says what a secret opens. */
export type SecretKind =
  /** the password of the login */
  | 'login'
  /** the password that sudo asks for */
  | 'sudo'
  /** that of the private key */
  | 'passphrase'
  /** the password of the login at the jump host */
  | 'jump'

/** StartOrder is what a person wants started. */
export interface StartOrder {
  nas: string
  /** Drive.id */
  drives: string[]
  plan: string
  without_smart: boolean
  /** smartctl's device type of these drives, kept for them; empty changes nothing */
  smart_type: string
  /** SMART may be switched on where it is off */
  smart_on: boolean
  declared: Declared
  unlock: Typed[]
}

/** Job is a job as one row. */
export interface Job {
  id: string
  nas: string
  nas_name: string
  drive_key: string
  drive_id: string
  /** missing where the job cannot be read */
  drive_kind?: DriveKind
  /** when its newest run began */
  drive_path: string
  serial: string
  model: string
  size_bytes: number
  plan: string
  destroys: boolean
  state: State
  reason: Said | null
  warnings: number
  coverage: Coverage
  stages: Segment[]
  /** the one that runs, else the last; missing before the first */
  stage?: StageKind
  phase?: BurninPhase
  stage_progress: number
  progress: number
  bps: number | null
  mean_bps: number | null
  temp_c: number | null
  left_ms: number | null
  stage_left_ms: number | null
  created_ms: number
  started_ms: number
  ended_ms: number
  seen_ms: number
  paused: Said | null
  /** a person stopped it and it has not ended yet */
  stopping: Said | null
  can_stop: boolean
  can_resume: boolean
  /** stopped first where it has not ended */
  can_undo: boolean
  /** what was erased before the sweeps, and the way back, in words; empty for nothing */
  erased: string
  undo?: WayBack
  bad_sectors: number
  /** written and read back, over all sweeps */
  bytes_moved: number
}

/** Grant is a permission that has not been spent. */
export interface Grant {
  id: string
  drive: string
  usage: string
  expires_ms: number
}

/**
 * JobWhole is a job with all that is known of it. Full is as `burnish show --json` prints it, with the hints for the
 * window.
 */
export interface JobWhole {
  job: Job
  full: BurninJob
}

/** LogName is the name of a log of a job, without its .log. */
export type LogName =
  | 'precheck'
  | 'short_smart'
  | 'long_smart'
  | 'capacity_probe'
  | 'surface_validate'
  | 'final_check'
  | 'undo'
  | 'runner'

/** LogChunk is a piece of a log, by bytes of the file. */
export interface LogChunk {
  text: string
  from: number
  next: number
  size: number
}

/** Series is how a job went. */
export interface Series {
  job: string
  points: Point[]
}

/** Format is a form in which a report can be had. */
export type Format = 'html' | 'json' | 'csv'

/** Cleaned is what Clean removed. */
export interface Cleaned {
  removed: number
}

/** Notices are who is told what when nobody looks. */
export interface Notices {
  /** by name */
  ways: Way[]
  topics: Topic[]
  quiet: QuietHours
  now_ms: number
  /** this window tells nobody: it is one to practise in */
  off: boolean
}

/** WayForm is what a person fills in for a new way. Which fields count depends on the method. */
export interface WayForm {
  name: string
  method: Method
  /** of a webhook, of ntfy and Apprise */
  address: string
  /** a webhook is signed with it; empty for none */
  key: string
  /** of mail: addresses with commas between */
  to: string
  from: string
  /** the mail server */
  host: string
  /** 0: as usual */
  port: number
  /** empty for no login */
  user: string
  password: string
  tls: TLS
  /** a job's report comes with its end */
  report: boolean
  /** Topic.ID */
  events: string[]
}

/** WayTested is what came of a test. */
export interface WayTested {
  told: boolean
  answer: string
  took_ms: number
  at_ms: number
  /** why it was not told */
  reason: Said | null
}

/** QuietHours are the hours in which only a failed drive and a lost NAS are told. */
export interface QuietHours {
  on: boolean
  /** 22:00, by this computer's clock */
  from: string
  to: string
}

/** Delta is what changed: whole rows to put in place of those with the same id, and names of rows that are gone. */
export interface Delta {
  seq: number
  now_ms: number
  nas: NAS[]
  drives: Drive[]
  jobs: Job[]
  questions: Question[]
  /** nas:ID, drive:KEY, job:ID, question:ID */
  gone: string[]
}

/** Steps are how far adding or testing a NAS has got. */
export interface Steps {
  /** empty for one that is being added */
  nas: string
  steps: Step[]
}

/** NAS is a saved connection and how it stands. */
export interface NAS {
  id: string
  name: string
  host: string
  user: string
  port: number
  practice: boolean
  phase: Phase
  since_ms: number
  next_ms: number
  reason: Said | null
  /** what it calls its system; empty before the first login */
  platform: string
  hostname: string
  surveyed_ms: number
  surveying: boolean
  slots: number
  /** 0: until it is cleaned */
  keep_days: number
  auto_resume: boolean
  live_jobs: number
}

/** Drive is a drive as it was when the NAS was last surveyed. */
export interface Drive {
  key: string
  nas: string
  id: string
  serial: string | null
  wwn: string | null
  model: string
  /** how it stores; missing where only its job tells of it, and that cannot be read */
  kind?: DriveKind
  size_bytes: number
  /** that it has and does not show */
  hidden_bytes: number
  path: string
  bay: string
  transport: string
  temp_c: number | null
  /** whether it answers SMART requests; null where nobody could ask */
  smart: boolean | null
  /** the drive's own word on its health; null where it gives none */
  passed: boolean | null
  /** what smartctl complained of; may be empty */
  smart_said: string
  /** it is there, and switched off */
  smart_off: boolean
  /** the device type that was given to smartctl; empty where it found one itself */
  smart_type: string
  usage_class: Class
  usage_text: string
  /** of the text, the first says what holds it; may be empty */
  parts: string[]
  phrase_kind: PhraseKind
  /** what has to be typed to unlock it; empty where nothing does, or it cannot be shown */
  phrase: string
  way_out: string
  why: Why[]
  read_ok: boolean
  destructive_ok: boolean
  locking: Locking
  /** told to a login without root: only plans that TrueNAS does run on it */
  rootless: boolean
  /** it was not there when the NAS was last looked at; a job of it has not ended well */
  missing: boolean
  job: string
  grant: Grant | null
}

/** Plan is a plan that can be started. */
export interface Plan {
  name: string
  /** the name as people write it */
  title: string
  text: string
  destroys: boolean
  /** TrueNAS does it, for a login without root, and for no other */
  rootless: boolean
  stages: PlanStage[]
  builtin: boolean
}

/**
 * Words are what there is to say of stages, engines and coverages, from the tables of package burnin: the page knows
 * none of them by name. They are the same for as long as the program lives.
 */
export interface Words {
  stages: StageWords[]
  engines: EngineWords[]
  phases: PhaseWords[]
  coverages: CoverageWords[]
  evidence: EvidenceWords[]
  bad: BadWords[]
}

/** Question is what a login asks a person. */
export interface Question {
  id: string
  nas: string
  about: About
  text: string
  echo: boolean
  again: boolean
}

/** Sudo says how root rights are had on the NAS. */
export type Sudo =
  /** the login is root, or may do all by itself */
  | 'none'
  /** sudo asks nothing */
  | 'nopasswd'
  /** sudo asks for a password: one of its own, or else that of the login */
  | 'password'

/** Keep says where a profile's secrets are kept. */
export type Keep =
  /** there is nothing to keep */
  | ''
  /** the system's */
  | 'keychain'
  /** sealed by a passphrase, in the data directory */
  | 'file'
  /** nowhere: they are asked for, and kept as long as the program runs */
  | 'session'

/**
 * Said is a reason as it is told: an entry with its names filled in. It is what journals, SQLite and JSON carry, and it
 * is an error too. Its hint is the one for the command line; Window gives it with the other.
 */
export interface Said {
  code: Code
  title: string
  text: string
  hint: string
  /** what it was made from; none in journals of before they were kept */
  args?: Record<string, string | number>
}

/** StepID names a step. */
export type StepID = 'connect' | 'login' | 'rights' | 'save' | 'runner' | 'drives'

/** StepState says how far a step is. */
export type StepState =
  | 'waits'
  | 'running'
  | 'passed'
  | 'failed'
  /** one before it failed */
  | 'skipped'

/** Declared is what a person says a drive is; it sharpens some rules. */
export type Declared = 'new' | 'used' | 'unknown'

/** Typed is a phrase that was typed for a drive. */
export interface Typed {
  drive: string
  phrase: string
}

/** Kind says how a drive stores. */
export type DriveKind =
  | 'hdd'
  | 'ssd'
  | 'nvme'
  /** loop, nbd, virtio: only for labs */
  | 'virtual'

/** State is the state of a job or of a stage. The names are a contract. */
export type State = 'queued' | 'pending' | 'running' | 'passed' | 'failed' | 'cancelled' | 'unknown' | 'skipped'

/** Coverage says how far the word "passed" goes. */
export type Coverage =
  /** the surface was not tested */
  | 'none'
  /** every byte was read once */
  | 'read'
  /** every byte was written, nothing read back */
  | 'written'
  /** every byte was written, read back and compared */
  | 'verified'

/** Segment is a stage of a job's bar. Weights are parts of 1, after the time that the stage is thought to take. */
export interface Segment {
  kind: StageKind
  state: State
  weight: number
  progress: number
}

/** StageKind names a stage. The names are a contract. */
export type StageKind =
  | 'precheck'
  | 'short_smart'
  | 'long_smart'
  | 'capacity_probe'
  | 'surface_validate'
  | 'final_check'

/** Phase is what a stage does just now. */
export type BurninPhase =
  | 'read'
  | 'write'
  | 'verify'
  | 'probe'
  | 'seek'
  | 'selftest'
  /** of checkpoints of badblocks */
  | 'window'
  /** each pattern of badblocks, and its half */
  | '0xaa write'
  | '0xaa verify'
  | '0x55 write'
  | '0x55 verify'
  | '0xff write'
  | '0xff verify'
  | '0x00 write'
  | '0x00 verify'

/** WayBack says what has become of what a job's first destructive act erased. */
export type WayBack =
  /** it was saved, and nothing else was written to the drive by a job of ours */
  | 'possible'
  /** it held nothing but zeros and stamps of earlier tests */
  | 'nothing_there'
  /** this job, or the one in By, went on and wrote over the drive */
  | 'overwritten'
  /** the undo of the job in By brings it back */
  | 'taken_over'
  /** an undo did so */
  | 'brought_back'

/**
 * Job is what a job's journals say, as people and programs see it. Times are unix milliseconds of one clock, see Clock,
 * 0 where not yet; sizes are bytes.
 */
export interface BurninJob {
  id: string
  /** the profile's name; filled by the desktop */
  nas: string
  plan: string
  drive: BurninDrive
  state: State
  reason: Said | null
  warnings: Said[] | null
  /** when the NAS was last asked; filled by the desktop */
  seen_ms: number
  created_ms: number
  ended_ms: number
  stages: Stage[] | null
  bytes_written: number
  bytes_verified: number
  bytes_covered: number
  verdict: Verdict
  findings: Finding[] | null
  /** nil where the drive was not asked */
  health: BurninHealth | null
  runs: Run[] | null
  machine: BurninNAS
  /** the permission to erase a drive in use; nil for one that was free */
  grant?: DriveGrant
  /** nil where it has erased nothing yet */
  erased?: Erased
}

/** Point is one sample of a job's journal. A speed is null where it cannot be told. */
export interface Point {
  t_ms: number
  bytes_done: number
  bps: number | null
  temp_c: number | null
  phase?: BurninPhase
}

/** Way is where notices go to, and how it does. No address, key or password is in it. */
export interface Way {
  name: string
  method: Method
  /** what of the address is no secret */
  where: string
  /** a webhook with a key */
  signed: boolean
  /** Topic.ID */
  events: string[]
  waiting: number
  /** when the next one that waits is told; 0 for none */
  next_ms: number
  /** in the last 7 days */
  given_up: number
  /** of the last try; 0 for none */
  last_ms: number
  last_told: boolean
  /** to it */
  answer: string
}

/** Topic is what a way can be told of. */
export interface Topic {
  id: string
  title: string
  more: string
  /** a new way is told of it */
  usual: boolean
}

/** Method is how a way tells. */
export type Method = 'webhook' | 'ntfy' | 'apprise' | 'mail' | 'desktop'

/** TLS says how mail is encrypted on its way to the server. */
export type TLS =
  | 'require'
  /** where the server offers it */
  | 'opportunistic'
  | 'none'

/** Phase says how the connection to a NAS stands. */
export type Phase =
  /** nothing is to be followed there */
  | 'idle'
  | 'connecting'
  | 'connected'
  /** it is tried again at next_ms, if that is not 0 */
  | 'lost'
  /** only a person can help */
  | 'refused'

/** Class says what claims a drive. The names are a contract. */
export type Class =
  /** proven: no claim, no label, ends and samples blank or our own stamp */
  | 'none'
  | 'data'
  | 'exported_pool'
  | 'pool'
  | 'mounted'
  | 'swap'
  | 'raid'
  | 'lvm'
  | 'luks'
  | 'btrfs'
  | 'unraid'
  | 'open_by_process'
  | 'remote'
  | 'boot'
  | 'cannot_tell'
  | 'duplicate'
  | 'unsupported_format'
  | 'virtual'
  /** a job of ours holds it */
  | 'burnin'

/** PhraseKind says what a person must type to unlock a class. */
export type PhraseKind = 'none' | 'serial' | 'pool'

/** Why is one layer's answer on what uses a drive. */
export interface Why {
  layer: Layer
  answer: string
  sure: boolean
}

/** Locking says what it takes before a plan that erases may start on a drive. */
export type Locking =
  | 'open'
  /** a phrase has to be typed */
  | 'phrase'
  /** until what uses the drive has let go of it */
  | 'in_use'
  /** whatever is typed */
  | 'for_good'

/** PlanStage is one stage of a plan. */
export interface PlanStage {
  kind: StageKind
  /** of a surface stage */
  engine?: Engine
  passes: number
}

/** StageWords are those of a stage kind. */
export interface StageWords {
  kind: StageKind
  title: string
  /** how Log is asked for it */
  log: LogName
  /** an engine goes over the whole drive */
  surface: boolean
  /** bytes, so that there is a speed */
  moves: boolean
  /** the drive tests itself */
  self_test: boolean
}

/** EngineWords are those of an engine. */
export interface EngineWords {
  engine: Engine
  writes: boolean
  /** what has become of a byte that it covers */
  checked: string
  /** the phases of one pass, in their order; the last one checks */
  sweeps: BurninPhase[]
  /** a plan's passes mean nothing to it */
  one_pass: boolean
}

/** PhaseWords are those of a phase of a surface stage. */
export interface PhaseWords {
  name: BurninPhase
  title: string
  /** it goes once over the whole drive */
  sweep: boolean
}

/** CoverageWords are those of a coverage. */
export interface CoverageWords {
  coverage: Coverage
  text: string
}

/** EvidenceWords are those of a kind of evidence. Findings have sentences of their own. */
export interface EvidenceWords {
  id: string
  /** where it is so */
  holds: string
  /** where it is not */
  fails: string
  /** goes on after "Not known: " */
  missing: string
  /** where it is not so and its stage failed, it speaks against the drive */
  against: boolean
  /** its value says more than the sentence */
  tells: boolean
}

/** BadWords say what is wrong with a sector, behind "it". */
export interface BadWords {
  kind: SurfaceKind
  text: string
}

/** About says what a question is about. */
export type About =
  | 'login'
  | 'sudo'
  | 'passphrase'
  | 'jump'
  /** something that is never kept */
  | 'code'
  /** the passphrase of the sealed file */
  | 'seal'
  /** the passphrase of a sealed file that does not exist yet; to be typed twice */
  | 'new_seal'

/** Code names a reason for programs. Codes are a contract: scripts compare them. */
export type Code =
  | 'agent_unusable'
  | 'algorithms'
  | 'ambiguous_drive'
  | 'auth_failed'
  | 'bad_plan'
  | 'bad_profile'
  | 'bad_request'
  | 'bad_way'
  | 'brought_back'
  | 'cache_possible'
  | 'cannot_resume'
  | 'cannot_undo'
  | 'connection_lost'
  | 'cooling'
  | 'data_damaged'
  | 'data_dir_unusable'
  | 'demo_differs'
  | 'drive_error'
  | 'drive_in_use'
  | 'drive_locked'
  | 'drive_lost'
  | 'drive_unsteady'
  | 'drive_unsure'
  | 'drive_vanished'
  | 'engine_failed'
  | 'engine_missing'
  | 'evidence_incomplete'
  | 'fake_capacity'
  | 'files_put_back'
  | 'flash_full'
  | 'flush_failed'
  | 'foreign_writes'
  | 'grant_expired'
  | 'hidden_capacity'
  | 'host_key_changed'
  | 'host_key_unknown'
  | 'hot'
  | 'identity_changed'
  | 'import_failed'
  | 'internal'
  | 'job_damaged'
  | 'job_kept'
  | 'journal_failed'
  | 'journal_foreign'
  | 'journal_gone'
  | 'journal_waits'
  | 'jump_key_unknown'
  | 'jump_refused'
  | 'kernel_errors'
  | 'key_unusable'
  | 'keychain_denied'
  | 'keychain_unavailable'
  | 'legacy_algorithms'
  | 'link_slow'
  | 'locked_for_good'
  | 'login_noisy'
  | 'login_reads'
  | 'midclt_refused'
  | 'mirror_damaged'
  | 'mirror_full'
  | 'mirrors_full'
  | 'mismatch_uncounted'
  | 'nas_changed'
  | 'nas_exists'
  | 'nas_garbage'
  | 'nas_has_jobs'
  | 'nas_restarted'
  | 'nas_too_much'
  | 'nas_unreachable'
  | 'needs_new_job'
  | 'never_begun'
  | 'never_reached'
  | 'newer_data'
  | 'no_answer_yet'
  | 'no_root'
  | 'no_shell'
  | 'no_space'
  | 'no_such_drive'
  | 'no_such_grant'
  | 'no_such_job'
  | 'no_such_nas'
  | 'no_such_plan'
  | 'no_such_way'
  | 'not_on_medium'
  | 'not_readable'
  | 'not_started'
  | 'not_stopped'
  | 'notice_untold'
  | 'one_actuator'
  | 'passphrase_needed'
  | 'passphrase_wrong'
  | 'password_needed'
  | 'password_off'
  | 'password_refused'
  | 'path_suspect'
  | 'platform_unsupported'
  | 'raid_volume'
  | 'record_removed'
  | 'report_not_written'
  | 'request_hung'
  | 'requests_hung'
  | 'resumed'
  | 'resumed_mismatch'
  | 'runner_changed'
  | 'runner_fault'
  | 'runner_killed'
  | 'runner_not_embedded'
  | 'sealed_file_denied'
  | 'sealed_file_unusable'
  | 'second_factor'
  | 'second_factor_refused'
  | 'secrets_left'
  | 'sectors_unfit'
  | 'selftest_aborted'
  | 'selftest_adopted'
  | 'selftest_failed'
  | 'selftest_foreign'
  | 'selftest_no_method'
  | 'selftest_no_tool'
  | 'selftest_unknown'
  | 'selftest_unsupported'
  | 'sensor_still'
  | 'shingled'
  | 'slow_answers'
  | 'slow_for_model'
  | 'slow_requests'
  | 'slow_spots'
  | 'smart_failed'
  | 'smart_gap'
  | 'smart_silent'
  | 'smart_switched_on'
  | 'smart_unreadable'
  | 'smart_unsupported'
  | 'smart_warning'
  | 'start_given_up'
  | 'start_unanswered'
  | 'state_dir_unusable'
  | 'stop_waits'
  | 'stopped_by_person'
  | 'stopping'
  | 'stuck'
  | 'sudo_refused'
  | 'sudo_timeout'
  | 'surface_errors'
  | 'told_to_end'
  | 'too_hot'
  | 'transient_errors'
  | 'unconfirmed_errors'
  | 'undone'
  | 'usage_changed'
  | 'usage_unread'
  | 'way_exists'
  | 'wipe_aborted'
  | 'wipe_failed'
  | 'wipe_lost'
  | 'wipe_queued'
  | 'wipe_unanswered'
  | 'wipe_unwritten'
  | 'without_smart'
  | 'writes_uncounted'
  | 'written_only'
  | 'wrong_phrase'
  | 'wrong_use'

/** Drive is the tested drive as the job's journal names it. */
export interface BurninDrive {
  id: string
  serial: string | null
  wwn: string | null
  model: string
  size_bytes: number
  /** where the newest run held it; of one that has not yet, the run before */
  path: string
  logical: number
  physical: number
  /** in the newest run: link, write cache, controller */
  place?: Place
}

/** Stage is one stage of a job. */
export interface Stage {
  kind: StageKind
  engine?: Engine
  state: State
  /** of the whole stage, 0 to 1; see progress.go */
  progress: number
  phase?: BurninPhase
  reason: Said | null
  started_ms: number
  ended_ms: number
  active_ms: number
  bytes_written: number
  bytes_verified: number
  bytes_covered: number
  bad_ranges: SurfaceRange[] | null
  temp_c: Temps | null
  self_test?: SelfTestRow
  /** how often the stage was begun; more than 1 after a resume */
  begun: number
  /**
   * Paused is what the stage waits for now, nil if it does not; PausedMs is how long it has waited, that pause left
   * out.
   */
  paused?: Paused
  paused_ms?: number
  /** Resumed says where the stage went on after a broken run, nil if it never did. */
  resumed?: Resumed
  /** Meters are those of badblocks, one for each pattern. */
  meters?: Meter[]
  /** EndedEarly is the limit that ended a sweep before its end, Unread what of the drive it did not finish. */
  ended_early?: Early
  unread?: Span
  /** Map is how fast the drive was, by sweep and place. */
  map?: BurninMap[]
}

/** Verdict is what a job's evidence amounts to so far. */
export interface Verdict {
  coverage: Coverage
  evidence: Evidence[] | null
  /** what a pass still needs, as "source: id" */
  missing: string[] | null
  /** the same */
  lacks?: Lack[]
}

/**
 * Finding is one rule that speaks of a drive, with the figures that made it. Before is nil where there was no earlier
 * capture or it did not say.
 */
export interface Finding {
  rule: string
  severity: Severity
  /** which attribute, warning or row, where a rule has several */
  item?: string
  before: string | number | null
  after: string | number | null
  says: string
  source: string
}

/** Health is what the drive said of itself, first and last, and both side by side. */
export interface BurninHealth {
  before: SmartHealth
  after: SmartHealth
  rows: Row[] | null
}

/** Run is one life of a runner process for a job. */
export interface Run {
  run: number
  boot_id: string
  pid: number
  started_ms: number
  ended_ms: number
  how_ended: HowEnded
}

/** NAS is how a NAS is known beside its host key. */
export interface BurninNAS {
  machine_id: string
  hostname: string
}

/**
 * Grant is what a person allowed: to erase a drive that is used in just this way. How long it may wait to be used is
 * for whoever gave it; what it says of when, by whom and what for decides nothing.
 */
export interface DriveGrant {
  id: string
  class: Class
  pool_guid?: string
  /** Usage.Claims at that moment */
  claims?: string[]
  /** Usage.Text at that moment */
  text?: string
  by?: string
  typed_ms?: number
}

/** Erased is what a job erased before its sweeps, the ends of the drive and of its partitions, and the way back. */
export interface Erased {
  /** 0 in journals of before it was told */
  bytes: number
  /** of what was there */
  saved_bytes: number
  /** could not be read when it was to be saved */
  lost_bytes: number
  undo: WayBack
  by?: string
  /** how long the job waits after it, while it does */
  grace_ms?: number
  restored_ms?: number
  restored_bytes?: number
}

/** Layer is what was asked for what uses a drive. */
export type Layer =
  | 'boot'
  | 'mounts'
  | 'swap'
  /** what is made of it: md, LVM, dm-crypt */
  | 'holders'
  | 'loops'
  | 'open files'
  | 'exclusive open'
  | 'targets and guests'
  | 'zfs'
  | 'labels'
  | 'content'
  | 'identity'
  | 'paths'
  | 'format'
  | 'transport'
  | 'capacity'
  | "drive's own lock"
  | 'reservations'
  | 'TrueNAS'
  | 'TrueNAS pair'
  | 'Proxmox'
  | 'Unraid'
  /** of layers that gave nothing */
  | 'usage'
  /** which the login cannot become */
  | 'root'
  /** that are at work */
  | 'jobs'
  | 'earlier jobs'
  /** jobs as this computer knows them */
  | 'Burnish'

/** Engine names what does a surface stage. The names are a contract. */
export type Engine =
  /** reads every byte, writes nothing */
  | 'read'
  /** writes stamped sectors, then reads and compares every byte */
  | 'stamp'
  /** four patterns with the NAS's badblocks */
  | 'badblocks'
  /** TrueNAS's own wipe, for a login without root; nothing is read back */
  | 'wipe'

/** Kind says what is wrong with a sector. */
export type SurfaceKind =
  /** cannot be read */
  | 'read'
  /** cannot be written */
  | 'write'
  /** holds its own stamp, damaged */
  | 'mismatch'
  /** holds this pass's stamp of another LBA */
  | 'misplaced'
  /** holds something else: the write never arrived */
  | 'stale'

/**
 * Place says where a drive is today and how it hangs there. What is empty could not be found out; nothing of it plays a
 * part in who a drive is.
 */
export interface Place {
  /** all of its device nodes, the first is the row's */
  paths: string[] | null
  /** its names below /dev/disk/by-id */
  by_id?: string[]
  /** for a person who stands before the NAS: "enclosure 1 slot 4" */
  bay?: string
  enclosure?: Enclosure
  controller?: string
  /** of the controller: "ata3", "0:0:4:0" */
  port?: string
  link?: Link
  /** "write back" or "write through", as the kernel takes it */
  write_cache?: string
  rotation_rpm?: number
  /** where it has several, of which each has a part of the drive for itself */
  actuators?: number
  /** it takes back blocks that hold nothing of use any more */
  discards?: boolean
}

/** Range is a run of logical sectors that are bad in the same way, both ends included. */
export interface SurfaceRange {
  first_lba: number
  last_lba: number
  kind: SurfaceKind
  /** stayed bad when read again (write: when written again) */
  persistent: boolean
  /** misplaced: whose stamp FirstLBA holds; the others follow in step */
  found_lba?: number
  /** mismatch: over all sectors of the range */
  flipped_bits?: number
  /** mismatch: in the sector FirstLBA */
  first_diff?: Diff
  /** read, write: of the first sector */
  errno?: string
  /** read, write */
  class?: ErrorClass
  /** the sweep that found it */
  phase?: SurfacePhase
  /** 1 for the first */
  pass?: number
  /**
   * Unwatched says that nobody counted the writes of others here, between two runs or at all; the engines do not know.
   */
  unwatched?: boolean
}

/** Temps is how warm the drive was during a stage, in °C. */
export interface Temps {
  min: number
  avg: number
  max: number
  limit: number
  samples: number
}

/** SelfTestRow is one row of the drive's self-test log. */
export interface SelfTestRow {
  type: SelfTestType
  result: SelfTestState
  text: string
  /** when it ended: modulo 65,536 on ATA, at most 65,535 on SCSI */
  hours: number | null
  remaining_percent: number | null
  /** of the first failure */
  lba: number | null
}

/** Paused says what a stage waits for, and since when by the NAS's clock. */
export interface Paused {
  since_ms: number
  /** the code of a reason */
  why: string
  temp_c: number
  limit_c: number
}

/** Resumed says where a stage goes on after an earlier run of it was broken off. */
export interface Resumed {
  /** empty: from its beginning */
  phase: string
  pass: number
  /** of that sweep */
  from_byte: number
  /** written or read once more; over all resumes where a stage shows it */
  repeated_bytes: number
}

/** Meter is how far one pattern of badblocks is, in bytes of the drive, its two halves apart. */
export interface Meter {
  pattern: string
  write: number
  verify: number
}

/** Early says why a run ended before its end without an error. */
export type Early = 'bad_range_limit' | 'bad_sector_limit' | 'error_budget'

/** Span is a run of logical sectors, both ends included. */
export interface Span {
  first_lba: number
  last_lba: number
}

/**
 * Map is how fast a drive was from one place to the next, in one sweep: compact, one number for each of its equal
 * parts.
 */
export interface BurninMap {
  stage: number
  phase: BurninPhase
  pass: number
  /** index of the first part told here */
  first: number
  /** into how many the drive is divided */
  parts: number
  /** 1000 bytes per second; 0 for a part that was not gone over */
  kbps: number[] | null
  /** time of a request, microseconds */
  mean: number[] | null
  p99: number[] | null
  max: number[] | null
  /** requests that took longer than a second */
  slow?: number
}

/** Evidence is one item for or against the drive. */
export interface Evidence {
  id: string
  ok: boolean
  value: string
  source: string
  count?: number
  of?: number
}

/** Lack is an item of evidence that a pass still needs. */
export interface Lack {
  /** a stage, or the source of a finding */
  source: string
  id: string
}

/** Severity says what follows from a finding. */
export type Severity =
  | 'info'
  | 'warn'
  /** evidence against the drive */
  | 'fail'

/**
 * Health is what one capture says about one drive. Nil means that the capture does not say; a nil slice too, while an
 * empty one was read and is empty.
 */
export interface SmartHealth {
  drive?: SmartDrive
  /** the drive's own word */
  passed: boolean | null
  /** smartctl's drive database warns of this model or firmware */
  notice?: string
  /** SCSI informational exception */
  exception?: Exception
  power_on_hours: number | null
  power_cycles: number | null
  start_stops: number | null
  load_cycles: number | null
  /** by the host, over the drive's life */
  bytes_written: number | null
  temperature_c: number | null
  /** what the sensor says that cannot be believed */
  temperature_odd_c?: number
  /** the drive's own limit for operation */
  temperature_limit_c: number | null
  /** where the drive's own limit says that it may take harm */
  temperature_critical_c?: number
  endurance_used_percent: number | null
  spare_percent: number | null
  spare_threshold_percent: number | null
  /** NVMe bit field */
  critical_warning: number | null
  counters: Counters
  /** ATA, in the drive's order */
  attributes: Attribute[] | null
  /** ATA ids that bear a name of another meaning, and so are not judged */
  unread?: number[]
  /** ATA ids of a flash drive that bear only smartctl's general name */
  guessed?: number[]
  /** newest first */
  self_tests: SelfTestRow[] | null
  last_self_test?: SelfTestState
  running: RunningTest | null
  /** the drive has SMART and it is switched off */
  smart_off?: boolean
  capabilities: Capabilities
  /** ATA: errors over the drive's life */
  error_log_count: number | null
  /** ATA, newest first */
  error_log: ErrorLogEntry[] | null
  farm: Farm | null
  /** SCSI: state of the background scan */
  background_scan?: string
  background_scan_status?: number
  /** whether the drive's cache takes writes */
  write_cache?: boolean
  /** SATA: speed of the link now, and the most that the drive can */
  link_mbps?: number
  link_max_mbps?: number
  /** smartctl's own */
  messages?: string[]
}

/** Row is one line of a table that shows two captures side by side. */
export interface Row {
  /** ATA attribute */
  id?: number
  name: string
  /** the one number that is meant; nil where unknown, or where only the text says it */
  before: number | null
  after: number | null
  /** ATA: smartctl's reading of the raw value */
  before_text?: string
  after_text?: string
  /** ATA, after: normalised, higher is better */
  value?: number
  worst?: number
  thresh?: number
  changed: boolean
  /** that judges it, as in findings */
  rule?: string
  /** what it means, where it matters */
  says?: string
}

/** HowEnded says how a run ended. */
export type HowEnded =
  /** it runs */
  | ''
  /** by its own word */
  | 'ended'
  /** without one */
  | 'vanished'
  /** without one, since the NAS restarted */
  | 'restarted'

/** Enclosure is a bay as an enclosure's own numbers name it. */
export interface Enclosure {
  /** as TrueNAS counts enclosures */
  number?: number
  /** as the enclosure calls itself, or its logical id */
  name?: string
  slot: number
}

/** Link is how fast a drive is connected, and how fast it could be. */
export interface Link {
  /** "6.0 Gbps", "8.0 GT/s PCIe x4" */
  now: string
  /** of the drive or its port, whichever is known */
  max?: string
}

/** Diff shows the first bytes that differ, at most eight. */
export interface Diff {
  /** in bytes from the begin of the sector */
  offset: number
  /** hexadecimal */
  want: string
  got: string
}

/** ErrorClass says what an I/O error is about. */
export type ErrorClass =
  /** the drive could not read or write these sectors: evidence against it */
  | 'medium'
  /** the path to the drive failed: try again, then nothing is known */
  | 'transport'
  /** reservation, data protection, read-only: the drive was not tested */
  | 'refused'
  /** the device is not there any more */
  | 'gone'

/** Phase is the kind of a sweep. */
export type SurfacePhase = 'write' | 'verify' | 'read' | 'probe' | 'seek'

/** SelfTestType is the kind of a self-test. */
export type SelfTestType =
  | 'short'
  /** ATA extended, SCSI background long */
  | 'long'
  | 'other'
  /** Vendor is a test that the drive's firmware runs of its own accord, or by a command of its maker. */
  | 'vendor'

/** SelfTestState says how a self-test stands or ended. */
export type SelfTestState =
  | 'passed'
  | 'failed'
  /** by a host, a reset, a format: says nothing about the drive */
  | 'aborted'
  | 'running'
  | 'unknown'
  | 'none'

/** Drive is what the drive says it is. Texts are cleaned and trimmed, empty where unknown and then null in JSON. */
export interface SmartDrive {
  model: string | null
  /** from smartctl's drive database */
  family: string | null
  serial: string | null
  /** NAA or EUI-64 in lower-case hex without a prefix */
  wwn: string | null
  firmware: string | null
  protocol: Protocol | null
  /** smartctl's -d */
  device_type: string | null
  size_bytes: number | null
  logical_bytes: number | null
  physical_bytes: number | null
  /** 0 for an SSD */
  rotation_rpm: number | null
  raid?: RAID
}

/** Exception is a SCSI informational exception: the sense code by which a drive predicts its failure or warns. */
export interface Exception {
  asc: number
  ascq: number
  text?: string
}

/** Counters are the drive's error counters by what they mean, whatever attribute or log they stand in. */
export interface Counters {
  /** ATA 5 */
  reallocated: number | null
  /** ATA 196 */
  reallocation_events: number | null
  /** ATA 197 */
  pending: number | null
  /** ATA pending defects log */
  pending_log: number | null
  /** ATA 198 */
  uncorrectable: number | null
  /** ATA 187 */
  reported: number | null
  /** ATA 184 */
  end_to_end: number | null
  /** ATA 10 */
  spin_retries: number | null
  /** ATA 188 */
  timeouts: number | null
  /** ATA 199 */
  crc: number | null
  /** SATA phy events 1, 2, 5; or damaged and lost words of SAS phys */
  link_errors: number | null
  /** SCSI */
  grown_defects: number | null
  /** SCSI */
  uncorrected_reads: number | null
  /** SCSI */
  uncorrected_writes: number | null
  /** SCSI */
  uncorrected_verifies: number | null
  /** SCSI */
  non_medium: number | null
  /** SCSI */
  pending_defects: number | null
  /** SCSI background scan: places that wait for a write */
  scan_open: number | null
  /** SCSI background scan: reassignments that failed */
  scan_failed: number | null
  /** SCSI background scan: places rewritten or reassigned */
  scan_recovered: number | null
  /** NVMe */
  media_errors: number | null
  /** NVMe; grows from refused commands too */
  error_log_entries: number | null
  /** NVMe */
  unsafe_shutdowns: number | null
}

/** Attribute is one ATA SMART attribute. */
export interface Attribute {
  id: number
  name: string
  /** normalised, higher is better */
  value: number | null
  worst: number | null
  thresh: number | null
  /** 48 bits as the drive gives them */
  raw: number | null
  /** the one number that the raw value means; nil for temperatures */
  count: number | null
  /** smartctl's reading of the raw value */
  text: string
  when_failed?: string
  prefail: boolean
}

/** RunningTest is a self-test in progress. */
export interface RunningTest {
  /** empty on ATA, which does not say */
  type?: SelfTestType
  /** ATA: in steps of 10; nil if the drive does not say */
  remaining_percent: number | null
}

/** Capabilities say how the drive can test itself. SelfTest nil means that the capture does not say. */
export interface Capabilities {
  self_test: boolean | null
  /** the drive's estimate when idle, not a limit */
  short_minutes: number | null
  long_minutes: number | null
}

/** ErrorLogEntry is one row of the ATA error log. */
export interface ErrorLogEntry {
  /** counts errors over the drive's life */
  number: number
  /** modulo 65,536 */
  hours: number | null
  text: string
}

/** Farm is what Seagate's field-accessible reliability metrics say beside SMART. */
export interface Farm {
  power_on_hours: number | null
  spindle_hours: number | null
  head_flight_hours: number | null
  power_cycles: number | null
  /** year and week, YYWW */
  assembled?: string
}

/** Protocol is the language that a drive speaks behind all bridges. */
export type Protocol = 'ata' | 'scsi' | 'nvme'

/** RAID says that the device node is a volume of a RAID controller and not a drive. */
export type RAID =
  /** the capture is of the volume itself */
  | 'volume'
  /** the capture is of a drive behind it; the node is still the volume */
  | 'member'

/** What the page has of the program: every call may be refused with a Said. */
export interface Api extends Calls {
  on<K extends keyof Events>(event: K, hear: (data: Events[K]) => void): () => void
}
