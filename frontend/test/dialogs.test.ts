import { fireEvent, render, screen } from '@testing-library/svelte'
import { tick } from 'svelte'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Question, Snapshot } from '../src/shared/api'
import { Workspace, type Asked } from '../src/workspace/workspace.svelte'
import Dialogs from '../src/views/Dialogs.svelte'
import Rail from '../src/views/Rail.svelte'
import { delta, FakeApi, job, nas, snapshot, steps } from './fixtures'

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true
  } // jsdom has none
  HTMLDialogElement.prototype.close = function () {
    this.open = false
  }
})

async function opened(whole: Snapshot = snapshot(20)) {
  const fake = new FakeApi(whole)
  const workspace = new Workspace(fake.api())
  workspace.board.open()
  await vi.waitFor(() => expect(workspace.board.ready).toBe(true))
  workspace.table.show('n1')
  render(Dialogs, { workspace })
  const ask = async (a: Asked) => {
    workspace.ask(a)
    await tick()
    return workspace.asked!
  }
  return { fake, workspace, ask, asked: (name: string) => fake.asked.filter(([n]) => n === name) }
}

// held makes a call wait; it is answered by hand.
function held(fake: FakeApi, name: string) {
  const call = { done: (_?: unknown) => {}, refuse: (_: unknown) => {} }
  fake.answers[name] = () => new Promise((done, refuse) => Object.assign(call, { done, refuse }))
  return call
}

const button = (name: string | RegExp) => screen.getByRole('button', { name, hidden: true }) as HTMLButtonElement
const press = (name: string | RegExp) => fireEvent.click(button(name))
const esc = () => fireEvent(screen.getByRole('dialog', { hidden: true }), new Event('cancel', { cancelable: true }))
const settle = () => new Promise((on) => setTimeout(on))
const no = { code: 'drive_in_use', title: 'The drive is in use', text: '', hint: '' }

test('a start under way cannot be closed, and what comes of it is shown', async () => {
  const { fake, workspace, ask } = await opened()
  workspace.table.check('n1/D4')
  const start = held(fake, 'Start')
  await ask({ kind: 'start' })
  await press('Erase and start 1\u00a0drive')
  expect(button('Starting…').disabled).toBe(true)
  expect(button('Cancel').disabled).toBe(true)
  expect(button('Close').disabled).toBe(true)
  expect(screen.getByText(/cannot be called back here. Stop the runs instead/)).toBeTruthy()
  await esc()
  expect(workspace.asked?.kind).toBe('start')
  start.refuse(no)
  expect(await screen.findByText('The drive is in use')).toBeTruthy()
  expect(button('Cancel').disabled).toBe(false)
  await press('Erase and start 1\u00a0drive')
  start.done([])
  await vi.waitFor(() => expect(workspace.asked).toBeNull())
})

test('the browser may close a busy dialog, and it opens again', async () => {
  const { fake, workspace, ask } = await opened()
  workspace.table.check('n1/D4')
  held(fake, 'Start')
  await ask({ kind: 'start' })
  await press('Erase and start 1\u00a0drive')
  const dialog = screen.getByRole('dialog', { hidden: true }) as HTMLDialogElement
  dialog.close()
  await fireEvent(dialog, new Event('close'))
  expect(dialog.open).toBe(true)
  expect(workspace.asked?.kind).toBe('start')
})

test('a drive that went is left out of the start', async () => {
  const { fake, workspace, ask } = await opened()
  for (const k of ['n1/D4', 'n1/D10']) workspace.table.check(k)
  await ask({ kind: 'start' })
  fake.emit('burnish', delta(8, { gone: ['drive:n1/D10'] }))
  expect(await screen.findByText(/It is not there any more/)).toBeTruthy()
  expect(button(/^Erase and start/).disabled).toBe(true)
  await press('Leave it out')
  expect(button('Erase and start 1\u00a0drive').disabled).toBe(false)
  expect([...workspace.table.checked]).toEqual(['n1/D4'])
})

test('a dialog closes itself alone, and a late refusal is told on the page', async () => {
  const { fake, workspace, ask } = await opened()
  const stop = held(fake, 'Stop')
  await ask({ kind: 'stop', job: job(2).id })
  await press('Stop the run')
  await esc()
  expect(workspace.asked).toBeNull()
  const next = await ask({ kind: 'keys' })
  stop.done()
  await settle()
  expect(workspace.asked).toBe(next)

  await ask({ kind: 'stop', job: job(2).id })
  await press('Stop the run')
  await esc()
  stop.refuse(no)
  await vi.waitFor(() => expect(workspace.trouble).toMatchObject(no))
})

test('a refusal that was read in its dialog is not told again', async () => {
  const { fake, workspace, ask } = await opened()
  fake.answers.Stop = () => {
    throw no
  }
  await ask({ kind: 'stop', job: job(2).id })
  await press('Stop the run')
  await screen.findByText('The drive is in use')
  await press('Cancel')
  expect([workspace.asked, workspace.trouble]).toEqual([null, null])
})

test('a NAS that is gone takes its dialog along, and what was refused of its removal stays on the page', async () => {
  for (const late of [false, true]) {
    document.body.innerHTML = ''
    const { fake, workspace, ask } = await opened({
      ...snapshot(20),
      nas: [nas({ live_jobs: 0 }), nas({ id: 'n2', name: 'other', phase: 'idle' })],
    })
    const remove = held(fake, 'RemoveNAS')
    const left = { ...no, code: 'secrets_left', title: 'Secrets were left behind' }
    await ask({ kind: 'remove', nas: 'n1' })
    await press('Remove it from the list')
    const gone = () => fake.emit('burnish', delta(8, { gone: ['nas:n1'] }))
    if (late) gone()
    remove.refuse(left)
    await settle()
    if (!late) gone()
    await vi.waitFor(() => expect(workspace.asked).toBeNull())
    workspace.choose('n2') // what the page does then by itself
    await settle()
    expect(workspace.trouble).toMatchObject(left)
    expect(workspace.key('2')).toBe(true)
  }
})

test('a NAS with runs is not offered to be removed', async () => {
  const { fake, ask } = await opened()
  await ask({ kind: 'remove', nas: 'n1' })
  expect(screen.getByText(/on it have not ended/)).toBeTruthy()
  expect(button('Remove it from the list').disabled).toBe(true)
  expect(button('Remove it from the list').title).toContain('stopped first')
  fake.emit('burnish', delta(8, { nas: [nas({ live_jobs: 0 })] }))
  await vi.waitFor(() => expect(button('Remove it from the list').disabled).toBe(false))
})

async function filled(fake: FakeApi) {
  const add = held(fake, 'AddNAS')
  const fill = (label: string, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } })
  await fill('Name', 'attic')
  await fill('Host', '10.0.0.5')
  await fireEvent.input(document.querySelector('.with input')!, { target: { value: 'k' } })
  await press('Test and save')
  return add
}

test('a test that is cancelled saves nothing and takes nobody away', async () => {
  const { fake, workspace, ask, asked } = await opened()
  await ask({ kind: 'add' })
  const add = await filled(fake)
  await press('Cancel')
  expect(asked('CancelAdd').length).toBe(1)
  expect(workspace.asked).toBeNull()
  const next = await ask({ kind: 'keys' })
  add.done({ ok: true, nas: 'n2', shown_key: '', steps: [] })
  await settle()
  expect(workspace.asked).toBe(next)
  expect(workspace.table.nas).toBe('n1')
})

test('what is saved already is not cancelled, and a late refusal of it is told', async () => {
  const { fake, workspace, ask, asked } = await opened()
  await ask({ kind: 'add' })
  const add = await filled(fake)
  fake.emit('burnish:steps', { nas: '', steps: steps(4) })
  await tick()
  expect(screen.getByText(/It is saved/)).toBeTruthy()
  await esc()
  expect(asked('CancelAdd').length).toBe(0)
  add.refuse(no)
  await vi.waitFor(() => expect(workspace.trouble).toMatchObject(no))
})

test('another port is another machine', async () => {
  const { fake, ask, asked } = await opened()
  await ask({ kind: 'add' })
  const add = await filled(fake)
  add.done({ ok: false, nas: '', shown_key: 'SHA256:a', steps: steps(0, true) })
  await screen.findByText('It is the same, go on')
  await press('It is the same, go on')
  add.done({ ok: false, nas: '', shown_key: '', steps: [] })
  await settle()
  await fireEvent.input(screen.getByLabelText('Port'), { target: { value: '2222' } })
  await press('Test and save')
  expect(asked('AddNAS').map(([, f]) => (f as { host_key: string }).host_key)).toEqual(['', 'SHA256:a', ''])
})

test('a test shows the steps of its own NAS, and is made once', async () => {
  const { fake, ask, asked } = await opened()
  const call = held(fake, 'TestNAS')
  await ask({ kind: 'test', nas: 'n1' })
  fake.emit('burnish:steps', { nas: 'n2', steps: steps(2) })
  await tick()
  expect(screen.queryByText('Login')).toBeNull()
  fake.emit('burnish:steps', { nas: 'n1', steps: steps(2) })
  fake.emit('burnish', delta(8, { nas: [nas({ surveying: true })] }))
  await tick()
  expect(screen.getByText('Login')).toBeTruthy()
  expect(asked('TestNAS')).toEqual([['TestNAS', 'n1']])
  call.done(steps(6))
})

test('stopping all before the window closes is shown, and its refusal is in the dialog', async () => {
  const { fake, workspace, asked } = await opened()
  workspace.asked = { kind: 'keys' }
  workspace.closing = true
  await tick()
  const quit = held(fake, 'Quit')
  await press(/^Stop \d+.runs and close/)
  expect(button('Stopping…').disabled).toBe(true)
  expect(button('Cancel').disabled).toBe(true)
  const dialog = screen.getByText('Close Burnish').closest('dialog')!
  await fireEvent(dialog, new Event('cancel', { cancelable: true }))
  expect(workspace.closing).toBe(true)
  quit.refuse({ ...no, code: 'not_stopped', title: 'It was not stopped' })
  expect((await screen.findByText('It was not stopped')).closest('dialog')).toBe(dialog)
  await press('Cancel')
  expect([workspace.closing, workspace.trouble, workspace.asked?.kind]).toEqual([false, null, 'keys'])
  expect(asked('Quit')).toEqual([['Quit', true]])
})

test('practice runs and real ones are counted apart', async () => {
  const jobs = [
    job(1, { nas: 'p', left_ms: 1000 }),
    job(2, { nas: 'n1', left_ms: 3 * 3_600_000 }),
    job(3, { nas: 'p' }),
    job(4, { state: 'passed', can_stop: false }),
  ]
  const { workspace } = await opened({
    ...snapshot(0),
    practice: true,
    nas: [nas(), nas({ id: 'p', practice: true })],
    jobs,
  })
  workspace.closing = true
  await tick()
  const said = document.querySelector('dialog')!.textContent!.replace(/\s+/g, ' ')
  expect(said).toContain('1 run goes on at the NAS when this window is closed')
  expect(said).toContain('in about 3 h')
  expect(said).toContain('its 2 runs end with the window')
  expect(button(/^Stop 3.runs and close/)).toBeTruthy()
  expect(button(/^Close, 1.run goes on/)).toBeTruthy()
})

test('a practice window that is not kept takes no NAS', async () => {
  const { workspace } = await opened({ ...snapshot(0), practice: true, temporary: true })
  render(Rail, { workspace })
  expect(button('Add a NAS').disabled).toBe(true)
  expect(button('Add a NAS').title).toContain('For real drives start burnish itself')
})

const question = (over: Partial<Question>): Question => ({
  id: 'q1',
  nas: '',
  about: 'new_seal',
  text: 'New passphrase',
  echo: false,
  again: false,
  ...over,
})

test('what nobody can bring back is typed twice', async () => {
  const { asked } = await opened({ ...snapshot(0), questions: [question({})] })
  expect(screen.getByText('Burnish asks')).toBeTruthy()
  expect(screen.getByText('New passphrase of the sealed file')).toBeTruthy()
  await fireEvent.input(screen.getByLabelText('New passphrase'), { target: { value: 'one' } })
  expect(button('Answer').disabled).toBe(true)
  await fireEvent.input(screen.getByLabelText('The same once more'), { target: { value: 'other' } })
  expect(button('Answer').disabled).toBe(true)
  expect(screen.getByText('The two differ.')).toBeTruthy()
  await fireEvent.submit(document.querySelector('form')!)
  expect(asked('Answer')).toEqual([])
  await fireEvent.input(screen.getByLabelText('The same once more'), { target: { value: 'one' } })
  await fireEvent.submit(document.querySelector('form')!)
  expect(asked('Answer')).toEqual([['Answer', 'q1', 'one']])
})

test('other questions are answered at once', async () => {
  const { asked } = await opened({ ...snapshot(0), questions: [question({ about: 'seal' })] })
  expect(screen.queryByLabelText('The same once more')).toBeNull()
  await press('Answer')
  expect(asked('Answer').length).toBe(1)
})
