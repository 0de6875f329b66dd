import type { Api, LogName, Said } from '../shared/api'
import { said } from '../shared/bridge'
import { plain } from '../shared/text'

const most = 256 * 1024

// Log is the tail of one log: what there is, then what is added. It keeps the newest part only; the whole is at hand
// in the mirror.
export class Log {
  text = $state('')
  from = $state(0)
  trouble = $state.raw<Said | null>(null)
  unseen = $state(0) // lines that came while the person had scrolled away
  following = $state(true)
  #next = -1
  #busy = false
  #api: Api
  #job: string
  #file: LogName

  constructor(api: Api, job: string, file: LogName) {
    this.#api = api
    this.#job = job
    this.#file = file
  }

  async pull() {
    if (this.#busy) return
    this.#busy = true
    try {
      for (let again = true; again;) {
        const c = await this.#api.Log(this.#job, this.#file, this.#next)
        again = this.#next >= 0 && c.next > c.from && c.next < c.size
        this.#add(plain(c.text), c.from, c.next)
      }
      this.trouble = null
    } catch (e) {
      this.trouble = said(e)
    } finally {
      this.#busy = false
    }
  }

  #add(text: string, from: number, next: number) {
    if (this.#next < 0) this.from = from
    this.#next = next
    if (!text) return
    if (!this.following) this.unseen += text.split('\n').length - 1
    const all = this.text + text
    const cut = all.length > most ? all.indexOf('\n', all.length - most) + 1 : 0
    this.text = cut ? all.slice(cut) : all
    if (cut) this.from += cut
  }

  follow(on: boolean) {
    this.following = on
    if (on) this.unseen = 0
  }
}
