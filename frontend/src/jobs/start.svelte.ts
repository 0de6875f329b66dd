import type { Drive, Job, Plan, Said, StartOrder } from '../shared/api'
import type { Desk } from '../views/desk.svelte'
import { said } from '../shared/bridge'

export interface Item { drive: Drive; holds: boolean; needs: '' | 'phrase' | 'no'; why: string }

// Starting is the question that comes before a start: which plan, and what it does to each drive. Nothing is sent before
// every drive that holds something has its phrase. Whether a phrase is right, the NAS says.
export class Starting {
  plan = $state('')
  withoutSmart = $state(false)
  declared = $state('unknown')
  phrases = $state<Record<string, string>>({})
  busy = $state(false)
  trouble = $state.raw<Said | null>(null)
  readonly drives: Drive[]
  readonly nas: string
  #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
    this.nas = desk.table.nas
    this.drives = desk.table.chosen.map((r) => r.drive)
    const fit = (p: Plan) => this.drives.every((d) => (p.destroys ? d.destructive_ok || d.grant || d.locking === 'phrase' : d.read_ok))
    this.plan = (desk.board.plans.find((p) => p.name === 'standard' && fit(p)) ?? desk.board.plans.find(fit) ?? desk.board.plans[0])?.name ?? ''
  }

  chosen = $derived.by(() => this.#desk.board.plans.find((p) => p.name === this.plan) ?? null)
  erases = $derived(this.chosen?.destroys ?? false)
  noHealth = $derived.by(() => this.drives.some((d) => d.smart !== true))

  // items lists the drives, those that hold something first.
  items = $derived.by(() => this.drives.map((d) => this.#item(d)).sort((a, b) => Number(b.holds) - Number(a.holds)))

  #item(d: Drive): Item {
    const grant = this.#desk.board.drives.find((x) => x.key === d.key)?.grant ?? null
    const holds = d.usage_class !== 'none' && d.usage_class !== 'burnin'
    if (!this.erases) return { drive: d, holds, needs: d.read_ok ? '' : 'no', why: d.read_ok ? '' : 'cannot be read now' }
    if (grant) return { drive: { ...d, grant }, holds, needs: '', why: 'unlocked for one start' }
    if (d.destructive_ok) return { drive: d, holds, needs: '', why: '' }
    if (d.locking === 'phrase') return { drive: d, holds, needs: 'phrase', why: '' }
    return { drive: d, holds, needs: 'no', why: d.way_out || 'is in use and cannot be erased' }
  }

  bytes = $derived.by(() => this.drives.reduce((n, d) => n + d.size_bytes, 0))
  holding = $derived(this.items.filter((i) => i.holds).length)

  // missing says why it cannot be started yet; empty when it can.
  missing = $derived.by(() => {
    if (!this.chosen) return 'Choose a plan'
    const no = this.items.filter((i) => i.needs === 'no').length
    if (no) return `${no} of the drives cannot be started with this plan`
    const open = this.items.filter((i) => i.needs === 'phrase' && !this.phrases[i.drive.id]?.trim()).length
    return open ? `Type the phrase of ${open === 1 ? 'the drive that holds' : `the ${open} drives that hold`} something` : ''
  })

  order(): StartOrder {
    return {
      nas: this.nas, drives: this.drives.map((d) => d.id), plan: this.plan, without_smart: this.withoutSmart, declared: this.declared,
      unlock: this.items.filter((i) => i.needs === 'phrase').map((i) => ({ drive: i.drive.id, phrase: this.phrases[i.drive.id]!.trim() })),
    }
  }

  async start(): Promise<Job[] | null> {
    if (this.missing || this.busy) return null
    this.busy = true
    try {
      const jobs = await this.#desk.api.Start(this.order())
      this.#desk.table.checked = new Set()
      return jobs
    } catch (e) {
      this.trouble = said(e)
      return null
    } finally {
      this.busy = false
    }
  }
}

// asksFor names what a person has to type to unlock a drive.
export function asksFor(d: Drive): string {
  if (d.phrase_kind === 'pool') return 'the name of its pool'
  return d.serial ? 'the serial' : 'the id'
}
// phraseOf is the phrase itself where the program could tell it.
export const phraseOf = (d: Drive) => d.phrase || null
