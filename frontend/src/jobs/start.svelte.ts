import type { Drive, Grant, Job, Plan, StartOrder } from '../shared/api'
import { isSurface, sweeps } from '../shared/stages.svelte'
import { ended } from '../shared/states'
import { Action } from '../workspace/action.svelte'
import type { Workspace } from '../workspace/workspace.svelte'

// grant is the permission that still holds.
export interface Item {
  drive: Drive
  gone: boolean
  holds: boolean
  grant: Grant | null
  needs: '' | 'phrase' | 'no'
  why: string
}

// Starting is the question that comes before a start: which plan, and what it does to each drive. The drives are those
// that were chosen, as they are now: what changes on them while the question stands is shown, and asked for. Nothing is
// sent before every drive that holds something has its phrase. Whether a phrase is right, the NAS says.
export class Starting {
  plan = $state('')
  withoutSmart = $state(false)
  smartOn = $state(false)
  smartType = $state('') // empty: as it is
  declared = $state<StartOrder['declared']>('unknown')
  phrases = $state<Record<string, string>>({})
  readonly nas: string
  readonly action: Action
  #workspace: Workspace
  #chosen = $state.raw<Drive[]>([]) // as they were when they were chosen
  #sent = $state.raw<Item[] | null>(null) // what a start under way was sent with: its own runs are no hindrance to it

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    this.action = new Action(workspace)
    this.nas = workspace.table.nas
    this.#chosen = workspace.table.chosen.map((r) => r.drive)
    const fit = (p: Plan) =>
      this.#chosen.every(
        (d) =>
          !p.rootless === !d.rootless &&
          (p.destroys ? d.destructive_ok || d.grant || d.locking === 'phrase' : d.read_ok),
      )
    this.plan =
      (
        workspace.board.plans.find((p) => p.name === 'standard' && fit(p)) ??
        workspace.board.plans.find(fit) ??
        workspace.board.plans[0]
      )?.name ?? ''
  }

  // plans lists those that some of the drives can have at all: TrueNAS's own are for a login without root, which has no
  // other.
  plans = $derived.by(() =>
    this.#workspace.board.plans.filter((p) => this.items.some((i) => !p.rootless === !i.drive.rootless)),
  )
  chosen = $derived.by(() => this.#workspace.board.plans.find((p) => p.name === this.plan) ?? null)
  erases = $derived(this.chosen?.destroys ?? false)
  noHealth = $derived.by(() => this.items.some((i) => i.drive.smart !== true && !i.drive.rootless))
  off = $derived.by(() => this.items.filter((i) => i.drive.smart_off).length)
  typed = $derived.by(() =>
    this.items.some((i) => i.drive.smart_type || (i.drive.smart !== true && !i.drive.smart_off && !i.drive.rootless)),
  )

  // items lists the drives, first those that hold something or cannot be started.
  items = $derived.by(
    () => this.#sent ?? this.#chosen.map((d) => this.#item(d)).sort((a, b) => Number(minds(b)) - Number(minds(a))),
  )

  #item(before: Drive): Item {
    const d = this.#workspace.board.drives.find((x) => x.key === before.key)
    if (!d || d.missing)
      return { drive: before, gone: true, holds: false, grant: null, needs: 'no', why: 'It is not there any more.' }
    const is = {
      drive: d,
      gone: false,
      holds: d.usage_class !== 'none' && d.usage_class !== 'burnin',
      grant: null,
      needs: '' as const,
      why: '',
    }
    const no = (why: string): Item => ({ ...is, needs: 'no', why })
    const job = d.job ? this.#workspace.board.job(d.job) : null
    if (job && !ended(job)) return no(`A run is on it: plan ${job.plan}.`)
    if (d.rootless && !this.chosen?.rootless) return no('Without root on the NAS only the plan truenas runs on it.')
    if (!d.rootless && this.chosen?.rootless) return no('This plan is for a login without root.')
    if (!this.erases) return d.read_ok ? is : no('It cannot be read now.')
    const grant = d.grant && d.grant.expires_ms > this.#workspace.board.now ? d.grant : null
    if (grant && d.destructive_ok) return { ...is, grant }
    if (d.locking === 'phrase') return { ...is, needs: 'phrase' }
    if (d.destructive_ok) return is
    return no(`It cannot be erased now. ${d.way_out}`.trim())
  }

  bytes = $derived.by(() => this.items.reduce((n, i) => n + i.drive.size_bytes, 0))
  holding = $derived(this.items.filter((i) => i.holds).length)

  // missing says why it cannot be started yet; empty when it can.
  missing = $derived.by(() => {
    if (!this.chosen) return 'Choose a plan'
    const no = this.items.filter((i) => i.needs === 'no').length
    if (no)
      return this.items.length === 1
        ? 'This drive cannot be started with this plan now'
        : `${no} of the drives cannot be started with this plan now`
    const open = this.items.filter((i) => i.needs === 'phrase' && !this.phrases[i.drive.id]?.trim()).length
    return open
      ? `Type the phrase of ${open === 1 ? 'the drive that holds' : `the ${open} drives that hold`} something`
      : ''
  })

  // leaveOut takes a drive out of the choice, here and in the table.
  leaveOut(key: string) {
    this.#chosen = this.#chosen.filter((d) => d.key !== key)
    this.#workspace.table.checked = new Set([...this.#workspace.table.checked].filter((k) => k !== key))
  }

  order(): StartOrder {
    return {
      nas: this.nas,
      drives: this.#chosen.map((d) => d.id),
      plan: this.plan,
      without_smart: this.withoutSmart,
      smart_type: this.smartType,
      smart_on: this.smartOn,
      declared: this.declared,
      unlock: this.items
        .filter((i) => i.needs === 'phrase')
        .map((i) => ({ drive: i.drive.id, phrase: this.phrases[i.drive.id]!.trim() })),
    }
  }

  async start(): Promise<Job[] | null> {
    if (this.missing || this.action.busy) return null
    const order = this.order()
    this.#sent = this.items
    let jobs: Job[] | null = null
    const begun = await this.action.do(async () => (jobs = await this.#workspace.api.Start(order)))
    if (begun) this.#workspace.table.checked = new Set()
    else this.#sent = null
    return begun ? (jobs ?? []) : null
  }
}

// reaches are smartctl's device types that a person can choose for a drive.
export const reaches = [
  'sat',
  'sntjmicron',
  'sntasmedia',
  'sntrealtek',
  'usbjmicron',
  'usbsunplus',
  'usbprolific',
  'usbcypress',
  'scsi',
  'ata',
  'nvme',
]

// letters are the sweeps of a plan, one letter each.
export const letters = (p: Plan) =>
  p.stages
    .filter((x) => isSurface(x.kind))
    .flatMap((x) => sweeps(x.engine, x.passes))
    .map((sweep) => sweep[0]!.toUpperCase())

// asksFor names what a person has to type to unlock a drive.
export function asksFor(d: Drive): string {
  if (d.phrase_kind === 'pool') return 'the name of its pool'
  return d.serial ? 'the serial' : 'the id'
}
// phraseOf is the phrase itself where the program could tell it.
export const phraseOf = (d: Drive) => d.phrase || null
const minds = (i: Item) => i.holds || i.needs === 'no'
