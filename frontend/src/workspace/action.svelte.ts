import type { Said } from '../shared/api'
import { said } from '../shared/bridge'
import type { Workspace } from './workspace.svelte'

// Action is what a dialog does: it is busy while that goes on, and knows why it was refused. A refusal that comes after
// the dialog is gone, or that goes with it unread, is told on the page.
export class Action {
  busy = $state(false)
  trouble = $state.raw<Said | null>(null)
  #workspace: Workspace
  #gone = false
  #unread: Said | null = null // beside trouble, since a teardown sees that as it was before

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  // do reports whether it was done.
  async do(what: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false
    this.busy = true
    this.trouble = this.#unread = null
    try {
      await what()
      return true
    } catch (e) {
      if (this.#gone) this.#workspace.trouble = said(e)
      else this.trouble = this.#unread = said(e)
      return false
    } finally {
      this.busy = false
    }
  }

  // read is called when the person closes the dialog: what stands there was seen.
  read() {
    this.#unread = null
  }

  // over is called when the dialog is gone.
  over() {
    this.#gone = true
    if (this.#unread) this.#workspace.trouble = this.#unread
  }
}
