import type { Api, Delta, Drive, Job, NAS, Plan, Question, Said, Snapshot } from './api'
import { said } from './bridge'
import { learn } from './stages.svelte'
import { tidy } from './text'

// Board is what the page knows of the program: a snapshot, and the deltas that follow it by number. A delta out of its
// turn means that one was lost; then the whole is asked for again. Arrays are replaced, never changed in place.
export class Board {
  nas = $state.raw<NAS[]>([])
  drives = $state.raw<Drive[]>([])
  jobs = $state.raw<Job[]>([])
  plans = $state.raw<Plan[]>([])
  questions = $state.raw<Question[]>([])
  version = $state('')
  practice = $state(false)
  temporary = $state(false)
  ready = $state(false)
  trouble = $state.raw<Said | null>(null)
  now = $state(0)

  #api: Api
  #seq = -1
  #asked: Promise<void> | null = null
  #again = false
  #early: Delta[] = []
  #wall: () => number
  #skew = 0
  #jobsById = $derived(new Map(this.jobs.map((j) => [j.id, j])))

  constructor(api: Api, wall: () => number = Date.now) {
    this.#api = api
    this.#wall = wall
  }

  // open listens first and asks then, so that nothing falls between.
  open(): () => void {
    const off = this.#api.on('burnish', (d) => this.take(d))
    void this.refresh()
    return off
  }

  job(id: string): Job | null {
    return this.#jobsById.get(id) ?? null
  }

  // tick moves the page's clock, which is the program's.
  tick() {
    this.now = this.#wall() + this.#skew
  }

  take(raw: Delta) {
    if (this.#asked) {
      this.#early.push(raw)
      return
    }
    if (raw.seq <= this.#seq) return
    if (raw.seq !== this.#seq + 1) {
      void this.refresh()
      return
    }
    this.#apply(tidy(raw))
  }

  refresh(): Promise<void> {
    if (this.#asked) {
      this.#again = true
      return this.#asked
    }
    this.#asked = this.#ask().finally(() => {
      this.#asked = null
      const early = this.#early
      this.#early = []
      for (const d of early) this.take(d)
      if (this.#again) {
        this.#again = false
        void this.refresh()
      }
    })
    return this.#asked
  }

  async #ask() {
    try {
      const s = await this.#api.Snapshot()
      this.#whole(tidy(s))
    } catch (e) {
      this.trouble = said(e)
    }
  }

  #whole(s: Snapshot) {
    learn(s.words)
    this.#seq = s.seq
    this.nas = s.nas
    this.drives = s.drives
    this.jobs = s.jobs
    this.plans = s.plans
    this.questions = s.questions
    this.version = s.version
    this.practice = s.practice
    this.temporary = s.temporary
    this.trouble = null
    this.#clock(s.now_ms)
    this.ready = true
  }

  #apply(d: Delta) {
    this.#seq = d.seq
    const gone = new Set(d.gone)
    this.nas = merged(this.nas, d.nas, (n) => n.id, 'nas:', gone)
    this.drives = merged(this.drives, d.drives, (v) => v.key, 'drive:', gone)
    this.jobs = merged(this.jobs, d.jobs, (j) => j.id, 'job:', gone)
    this.questions = merged(this.questions, d.questions, (q) => q.id, 'question:', gone)
    this.#clock(d.now_ms)
  }

  #clock(ms: number) {
    this.#skew = ms - this.#wall()
    this.now = ms
  }
}

// merged puts changes to a list; what is new goes to its end, what is gone leaves. A list that does not change stays
// itself.
function merged<T>(list: T[], changes: T[], key: (v: T) => string, prefix: string, gone: Set<string>): T[] {
  const left = list.some((v) => gone.has(prefix + key(v)))
  if (!changes.length && !left) return list
  const by = new Map(list.map((v) => [key(v), v]))
  for (const c of changes) by.set(key(c), c)
  for (const k of [...by.keys()]) if (gone.has(prefix + k)) by.delete(k)
  return [...by.values()]
}
