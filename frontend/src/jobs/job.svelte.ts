import type { Api, BurninJob, Job, Point, Said } from '../shared/api'
import { said } from '../shared/bridge'
import { tidy } from '../shared/text'

// JobView pulls the whole of one job: what show says of it, and its series. An answer that was overtaken by a later
// question is dropped.
export class JobView {
  full = $state.raw<BurninJob | null>(null)
  job = $state.raw<Job | null>(null)
  points = $state.raw<Point[]>([])
  trouble = $state.raw<Said | null>(null)
  #api: Api
  #id: string
  #asked = 0

  constructor(api: Api, id: string) {
    this.#api = api
    this.#id = id
  }

  async load() {
    const n = ++this.#asked
    try {
      const [whole, series] = await Promise.all([this.#api.Whole(this.#id), this.#api.Series(this.#id)])
      if (n !== this.#asked) return
      const w = tidy(whole)
      this.full = w.full
      this.job = w.job
      this.points = series.points
      this.trouble = null
    } catch (e) {
      if (n === this.#asked) this.trouble = said(e)
    }
  }
}

// freshness changes when a job is worth pulling again: at each change of what it is doing, else every ten seconds.
export function freshness(j: Job | null, now: number): string {
  if (!j) return ''
  const at = [j.state, j.stage, j.phase, j.bad_sectors, j.warnings, j.paused?.code ?? '', j.stopping?.code ?? ''].join(
    ' ',
  )
  return j.state === 'running' ? `${at} ${Math.floor(now / 10_000)}` : at
}
