import { mount } from 'svelte'
import '../../src/shared/tokens.css'
import '../../src/shared/page.css'
import '../../src/shared/controls.css'
import { Look } from '../../src/shared/theme.svelte'
import Page from '../../src/views/Page.svelte'
import { FakeApi, now, snapshot } from '../fixtures'

// The page on fixtures: ?drives=60&hostile=1&stopping=1&empty=1&practice=1. For looking at it; the program
// never serves it.
const ask = new URLSearchParams(location.search)
const whole = snapshot(Number(ask.get('drives') ?? 14))
if (ask.has('hostile')) {
  const bad = [
    '<img src=x onerror=alert(1)><b>bold</b>',
    '\u202eevil\u202c \u05e2\u05d1\u05e8\u05d9\u05ea',
    'X'.repeat(300),
    'a\u0000b\u001b[31mred\u0007',
  ]
  whole.drives.forEach((d, i) => {
    d.model = bad[i % 4]!
    d.serial = bad[(i + 1) % 4]!
    d.usage_text &&= bad[i % 4]!
  })
  whole.jobs.forEach((j, i) => {
    j.model = bad[i % 4]!
    j.serial = bad[(i + 1) % 4]!
    if (j.reason) j.reason = { ...j.reason, text: bad[i % 4]! }
  })
  whole.nas[0]!.name = bad[2]!
}
if (ask.has('stopping'))
  for (const j of whole.jobs)
    if (j.state === 'running')
      j.stopping = {
        code: 'stopping',
        title: 'Stopping',
        text: 'The NAS was asked to stop it. It is stopped when nothing that it began goes on there.',
        hint: 'Wait. Most drives take some seconds.',
      }
if (ask.has('empty')) Object.assign(whole, { nas: [], drives: [], jobs: [] })
if (ask.has('practice')) {
  Object.assign(whole, { practice: true, temporary: true })
  whole.nas[1]!.practice = true
  whole.jobs.forEach((j, i) => {
    if (i % 2) j.nas = 'n2'
  })
}
const fake = new FakeApi(whole)
Object.assign(window, { fake, fixturesNow: now })
mount(Page, {
  target: document.getElementById('page')!,
  props: { api: fake.api(), look: new Look(localStorage, matchMedia('(prefers-color-scheme: dark)')) },
})
