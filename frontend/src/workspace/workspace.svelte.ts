import type { Api, Said } from '../shared/api'
import { Board } from '../shared/board.svelte'
import { said } from '../shared/bridge'
import { Table } from '../drives/table.svelte'

export type View = 'drives' | 'history' | 'plans' | 'settings'
export type Asked =
  | { kind: 'start' }
  | { kind: 'unlock'; drive: string }
  | { kind: 'add'; like?: string }
  | { kind: 'remove'; nas: string }
  | { kind: 'test' | 'edit'; nas: string }
  | { kind: 'stop' | 'resume' | 'undo'; job: string }
  | { kind: 'keys' }

// Workspace is where the person is: the view, the NAS, the drive or job whose drawer is open, and the dialog that asks.
export class Workspace {
  view = $state<View>('drives')
  drawer = $state('') // a drive's key
  past = $state('') // a job of the history, shown instead of a drive's newest
  asked = $state.raw<Asked | null>(null)
  closing = $state(false) // the window asks whether to close, above whatever else is asked
  trouble = $state.raw<Said | null>(null)
  readonly board: Board
  readonly table: Table
  readonly api: Api

  constructor(api: Api) {
    this.api = api
    this.board = new Board(api)
    this.table = new Table(this.board)
  }

  nas = $derived.by(() => this.board.nas.find((n) => n.id === this.table.nas) ?? this.board.nas[0] ?? null)
  // noAdding says why no NAS can be added here; empty where one can.
  noAdding = $derived.by(() =>
    this.board.temporary
      ? 'This practice window forgets what is added to it. For real drives start burnish itself.'
      : '',
  )
  drive = $derived.by(() => this.board.drives.find((d) => d.key === this.drawer) ?? null)
  job = $derived.by(() => this.past || (this.drive?.job ?? ''))
  question = $derived.by(() => this.board.questions[0] ?? null)

  // full reports whether as many jobs run on a NAS as it has slots for. Those of another computer are not known here.
  full(nas: string): boolean {
    const n = this.board.nas.find((x) => x.id === nas)
    return (
      n !== undefined &&
      n.slots > 0 &&
      this.board.jobs.filter((j) => j.nas === nas && j.state === 'running').length >= n.slots
    )
  }

  choose(nas: string) {
    this.view = 'drives'
    if (nas !== this.table.nas) this.shut()
    this.table.show(nas)
    const n = this.board.nas.find((x) => x.id === nas)
    // Nobody asked for this by name: what stands on the page already is not hidden by it.
    if (n?.phase === 'idle') this.api.Connect(nas).catch((e) => (this.trouble ??= said(e)))
  }

  go(view: View) {
    this.view = view
    this.shut()
  }

  open(drive: string) {
    this.past = ''
    this.drawer = drive
    this.table.at = drive
  }

  // show opens the drawer of a job that a notice was about: that of its drive where it is the drive's newest, else in
  // the history. A dialog that asks something stays.
  show(id: string) {
    const job = this.board.job(id)
    if (!job) return
    const drive = this.board.drives.find((d) => d.job === id)
    if (drive) {
      this.choose(drive.nas)
      this.open(drive.key)
      return
    }
    this.go('history')
    this.past = id
  }

  shut() {
    this.drawer = ''
    this.past = ''
  }

  // step opens the drawer of the row above or below.
  step(by: number) {
    this.table.at = this.drawer
    this.table.move(by)
    if (this.table.at) this.open(this.table.at)
  }

  ask(a: Asked) {
    this.asked = a
  }

  // done closes a dialog by what it asked. One that was closed before closes no other.
  done(a: Asked) {
    if (this.asked === a) this.asked = null
  }

  // try does what may be refused, and shows the refusal.
  async try<T>(what: () => Promise<T>): Promise<T | null> {
    try {
      this.trouble = null
      return await what()
    } catch (e) {
      this.trouble = said(e)
      return null
    }
  }

  // key hears the single letters that work outside of fields; it reports whether it took one.
  key(k: string): boolean {
    if (this.asked || this.closing || this.question) return false
    const views: Record<string, View> = { '1': 'drives', '2': 'history', '3': 'plans', '4': 'settings' }
    const job = this.board.job(this.job)
    if (k in views) this.go(views[k]!)
    else if (k === '?') this.ask({ kind: 'keys' })
    else if (k === 'Escape' && (this.drawer || this.past)) this.shut()
    else if (k === 's' && this.view === 'drives' && this.table.chosen.length) this.ask({ kind: 'start' })
    else if (k === 'r' && job?.can_resume) this.ask({ kind: 'resume', job: job.id })
    else return false
    return true
  }
}
