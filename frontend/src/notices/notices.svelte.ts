import type { Notices, Method, Topic, Way, WayForm, WayTested } from '../shared/api'
import { many, when } from '../shared/words'
import type { Workspace } from '../workspace/workspace.svelte'

// Told is who is told what: as the program last said, and what came of the tests that a person made here.
export class Told {
  now = $state.raw<Notices | null>(null)
  tests = $state.raw<Record<string, WayTested>>({})
  busy = $state.raw<string[]>([]) // names of ways that are tested now
  #workspace: Workspace
  #asked = 0
  #said: Notices | null = null // now, without the choices that are under way
  #choices: Choice[] = [] // under way, the oldest first
  #sent = Promise.resolve()

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  // load asks again. The answer to an older question is not shown over that to a newer one.
  async load() {
    const asked = ++this.#asked
    const now = await this.#workspace.api.Notices()
    if (asked === this.#asked) this.#show(now)
  }

  // look is load on a page that looks by itself: what stands there stays, and nobody is told that it failed once.
  look = () => this.load().catch(() => {})

  async test(way: string) {
    if (this.busy.includes(way)) return
    this.busy = [...this.busy, way]
    this.tests = Object.fromEntries(Object.entries(this.tests).filter(([name]) => name !== way))
    const tested = await this.#workspace.try(() => this.#workspace.api.TestWay(way))
    if (tested) this.tests = { ...this.tests, [way]: tested }
    this.busy = this.busy.filter((w) => w !== way)
    await this.look() // what waited is told now
  }

  // choose tells a way of a topic, or no more. The box shows it at once and goes back where it was refused. Choices are
  // sent one after the other, each on top of what the program says by then.
  choose(way: string, topic: string, on: boolean): Promise<void> {
    const choice = { way, topic, on }
    this.#choices.push(choice)
    this.#show(this.#said)
    this.#sent = this.#sent.then(async () => {
      const done = await this.#workspace.try(async () => {
        const now = this.#said?.ways.find((w) => w.name === way)?.events ?? []
        await this.#workspace.api.SetEvents(way, chosen(now, choice))
        return true
      })
      this.#asked++ // an answer that is on its way is older than this
      this.#choices = this.#choices.filter((c) => c !== choice)
      this.#show(done ? made(this.#said, choice) : this.#said)
      await this.look()
    })
    return this.#sent
  }

  #show(said: Notices | null) {
    this.#said = said
    this.now = this.#choices.reduce(made, said)
  }
}

// Choice is a topic of which a way is told from now on, or no more.
interface Choice {
  way: string
  topic: string
  on: boolean
}

const chosen = (events: string[], c: Choice) => {
  const others = events.filter((e) => e !== c.topic)
  return c.on ? [...others, c.topic] : others
}

// made is what is said once a choice is made.
const made = (said: Notices | null, c: Choice): Notices | null =>
  said && { ...said, ways: said.ways.map((w) => (w.name === c.way ? { ...w, events: chosen(w.events, c) } : w)) }

// methods are the ways that there are, in the order in which they are offered.
export const methods: { method: Method; name: string; address: string; example: string }[] = [
  {
    method: 'ntfy',
    name: 'ntfy',
    address: 'Topic or address',
    example: 'ntfy://:TOKEN@HOST/TOPIC, or a topic at ntfy.sh',
  },
  { method: 'mail', name: 'E-mail', address: '', example: '' },
  { method: 'webhook', name: 'Webhook', address: 'Address', example: 'https://HOST/PATH' },
  { method: 'apprise', name: 'Apprise', address: 'Address of its API', example: 'https://HOST/notify/KEY' },
  { method: 'desktop', name: 'Desktop', address: '', example: '' },
]
export const methodName = (m: Method) => methods.find((x) => x.method === m)?.name ?? m

export const emptyForm = (topics: Topic[]): WayForm => ({
  name: '',
  method: 'ntfy',
  address: '',
  key: '',
  to: '',
  from: '',
  host: '',
  port: 0,
  user: '',
  password: '',
  tls: 'require',
  report: false,
  events: topics.filter((t) => t.usual).map((t) => t.id),
})

// lacking says what a form lacks; empty where it can be saved.
export function lacking(f: WayForm): string {
  if (!f.name.trim()) return 'Give it a name'
  if (f.method === 'mail') {
    if (!f.to.trim()) return 'Say whom the mail goes to'
    if (!f.from.trim()) return 'Say whom the mail comes from'
    if (!f.host.trim()) return 'Name the mail server'
    if (f.password && !f.user.trim()) return 'A password needs a login'
    return ''
  }
  return f.method !== 'desktop' && !f.address.trim() ? 'Give the address' : ''
}

export interface Stand {
  mark: 'passed' | 'failed' | 'unknown' | 'ready'
  text: string
}

// standing says in one line how a way does: its last answer, what waits, and what was given up.
export function standing(w: Way, now: number): Stand {
  const rest = [
    w.waiting ? `${many(w.waiting, 'notice')} waiting, next try ${when(w.next_ms, now)}` : '',
    w.given_up ? `${many(w.given_up, 'notice')} given up after a day` : '',
  ]
  const line = (first: string) => [first, ...rest].filter(Boolean).join('; ')
  if (!w.last_ms) return { mark: 'ready', text: line('Nothing told yet') }
  const last = `${w.answer || (w.last_told ? 'told' : 'no answer')}, ${when(w.last_ms, now)}`
  if (w.last_told) return { mark: w.given_up ? 'unknown' : 'passed', text: line(last) }
  return { mark: w.waiting ? 'unknown' : 'failed', text: line(`Not told: ${last}`) }
}
