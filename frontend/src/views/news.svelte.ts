import type { Board } from '../shared/board.svelte'
import { ended, stateWord } from '../shared/states'

// News is what a screen reader is told unasked: verdicts and lost connections, never progress.
export class News {
  line = $state('')
  #board: Board
  #jobs = new Map<string, string>()
  #nas = new Map<string, string>()
  #begun = false

  constructor(board: Board) {
    this.#board = board
  }

  hear() {
    if (!this.#board.ready) return
    const told: string[] = []
    for (const j of this.#board.jobs) {
      if (this.#begun && ended(j) && this.#jobs.get(j.id) !== j.state)
        told.push(`${j.model} ${j.serial}: ${stateWord(j.state)}. ${j.reason?.title ?? ''}`)
      this.#jobs.set(j.id, j.state)
    }
    for (const n of this.#board.nas) {
      if (this.#begun && n.phase === 'lost' && this.#nas.get(n.id) !== 'lost')
        told.push(`${n.name} does not answer. Its runs go on there.`)
      this.#nas.set(n.id, n.phase)
    }
    this.#begun = true
    if (told.length) this.line = told.length > 5 ? `${told.length} verdicts` : told.join(' ')
  }
}
