import { fireEvent, render, screen, within } from '@testing-library/svelte'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Way, WayForm } from '../src/shared/api'
import { emptyForm, lacking, standing } from '../src/notices/notices.svelte'
import NoticeWays from '../src/notices/NoticeWays.svelte'
import { Workspace } from '../src/workspace/workspace.svelte'
import { FakeApi, notices, now, snapshot } from './fixtures'

beforeEach(() => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true
  } // jsdom has none
  HTMLDialogElement.prototype.close = function () {
    this.open = false
  }
})

async function opened() {
  const fake = new FakeApi(snapshot(2))
  const workspace = new Workspace(fake.api())
  const { unmount } = render(NoticeWays, { workspace })
  await screen.findByRole('button', { name: 'Test phone' })
  return { fake, workspace, unmount, asked: (name: string) => fake.asked.filter(([n]) => n === name) }
}
const button = (name: string) => screen.getByRole('button', { name, hidden: true }) as HTMLButtonElement
const row = (name: string) => button(`Test ${name}`).closest('li')!
const field = (name: string) => screen.getByLabelText(name) as HTMLInputElement
const no = { code: 'bad_way', title: 'No notice can go this way', text: 'It is no address.', hint: 'Correct it.' }

test('each way says its last answer, what waits and what was given up', async () => {
  await opened()
  expect(row('desk').textContent).toContain('Nothing told yet')
  expect(row('erp').textContent).toMatch(/Not told: no answer in 20 s, .*; 2.notices waiting, next try /)
  expect(row('erp').textContent).toContain('signed')
  expect(row('mail').textContent).toMatch(/535 5\.7\.8 .*; 3.notices given up after a day/)
  expect(row('phone').textContent).toContain('200 OK')
})

test('a window that tells nobody offers nothing', async () => {
  const fake = new FakeApi(snapshot(2))
  fake.answers.Notices = () => notices({ ways: [], off: true })
  render(NoticeWays, { workspace: new Workspace(fake.api()) })
  expect(await screen.findByText(/This practice window tells nobody/)).toBeTruthy()
  expect(screen.queryByRole('button')).toBeNull()
})

test('the mark is red only where nothing is tried any more', () => {
  const way = (over: Partial<Way>) => ({ ...notices().ways[0]!, ...over })
  expect(standing(way({}), now).mark).toBe('ready')
  expect(standing(way({ last_ms: now, last_told: true }), now).mark).toBe('passed')
  expect(standing(way({ last_ms: now, waiting: 1, next_ms: now }), now).mark).toBe('unknown')
  expect(standing(way({ last_ms: now, given_up: 1 }), now).mark).toBe('failed')
  expect(standing(way({ last_ms: now, last_told: true, given_up: 1 }), now).mark).toBe('unknown')
})

test('a test says what the server answered, and why it was not taken', async () => {
  const { fake } = await opened()
  await fireEvent.click(button('Test phone'))
  expect(await within(row('phone')).findByText(/The test was taken: 200 OK in 84.ms/)).toBeTruthy()
  fake.answers.TestWay = () => ({ told: false, answer: '403', took_ms: 9, at_ms: now, reason: no })
  await fireEvent.click(button('Test phone'))
  expect(await within(row('phone')).findByText('It is no address.')).toBeTruthy()
  expect(within(row('phone')).getByText('Correct it.')).toBeTruthy()
  expect(within(row('phone')).queryByText(/was taken/)).toBeNull()
})

test('one way that is slow to answer holds up no other', async () => {
  const { fake, asked } = await opened()
  fake.answers.TestWay = () => new Promise(() => {})
  await fireEvent.click(button('Test phone'))
  expect(button('Test phone').disabled).toBe(true)
  expect(button('Test erp').disabled).toBe(false)
  await fireEvent.click(button('Test erp'))
  expect(asked('TestWay').map(([, w]) => w)).toEqual(['phone', 'erp'])
})

test('a box adds or takes one event, and one that is refused goes back', async () => {
  const { fake, workspace, asked } = await opened()
  const box = screen.getByRole('checkbox', { name: 'A drive passed: phone' }) as HTMLInputElement
  fake.answers.SetEvents = () => {
    throw no
  }
  await fireEvent.click(box)
  await vi.waitFor(() => expect(workspace.trouble?.code).toBe('bad_way'))
  expect(asked('SetEvents')[0]).toEqual(['SetEvents', 'phone', ['job_ended:failed', 'job_ended:passed']])
  await vi.waitFor(() => expect(box.checked).toBe(false))
  fake.answers.SetEvents = () => null
  await fireEvent.click(screen.getByRole('checkbox', { name: 'A drive failed: phone' }))
  await vi.waitFor(() => expect(asked('SetEvents')[1]).toEqual(['SetEvents', 'phone', []]))
})

// keeps is a program that keeps what a way is told of.
function keeps(fake: FakeApi) {
  let events = notices().ways.find((w) => w.name === 'phone')!.events
  fake.answers.Notices = () => notices({ ways: notices().ways.map((w) => (w.name === 'phone' ? { ...w, events } : w)) })
  return (_: string, all: string[]) => {
    events = all
    return null
  }
}

test('two choices in a row are both kept, whatever is looked at in between', async () => {
  const { fake, asked } = await opened()
  const keep = keeps(fake)
  let first = () => {}
  fake.answers.SetEvents = (way: string, all: string[]) => new Promise((done) => (first = () => done(keep(way, all))))
  const box = (name: string) => screen.getByRole('checkbox', { name }) as HTMLInputElement
  await fireEvent.click(box('A drive passed: phone'))
  await fireEvent.click(box('A NAS is lost: phone'))
  await vi.waitFor(() => expect(asked('SetEvents').length).toBe(1))
  await fireEvent.click(button('Test phone')) // looks when it is done
  await vi.waitFor(() => expect(asked('Notices').length).toBe(2))
  expect([box('A drive passed: phone').checked, box('A NAS is lost: phone').checked]).toEqual([true, true])
  fake.answers.SetEvents = keep
  first()
  await vi.waitFor(() =>
    expect(asked('SetEvents')[1]?.[2]).toEqual(['job_ended:failed', 'job_ended:passed', 'nas_lost']),
  )
})

test('a refused choice takes none with it', async () => {
  const { fake, asked } = await opened()
  const keep = keeps(fake)
  let refuse = () => {}
  fake.answers.SetEvents = () => new Promise((_, fail) => (refuse = () => fail(no)))
  await fireEvent.click(screen.getByRole('checkbox', { name: 'A drive passed: phone' }))
  await fireEvent.click(screen.getByRole('checkbox', { name: 'A NAS is lost: phone' }))
  await vi.waitFor(() => expect(asked('SetEvents').length).toBe(1))
  fake.answers.SetEvents = keep
  refuse()
  await vi.waitFor(() => expect(asked('SetEvents')[1]?.[2]).toEqual(['job_ended:failed', 'nas_lost']))
})

test('a way is added with what was typed, and its secrets are typed unseen', async () => {
  const { fake, asked } = await opened()
  await fireEvent.click(button('Add a way…'))
  await fireEvent.click(field('Webhook'))
  expect(button('Save').disabled).toBe(true)
  await fireEvent.input(field('Name'), { target: { value: 'hook' } })
  await fireEvent.input(field('Address'), { target: { value: 'nowhere' } })
  await fireEvent.input(field('Key to sign with'), { target: { value: 'k' } })
  expect([field('Address').type, field('Key to sign with').type]).toEqual(['password', 'password'])
  fake.answers.AddWay = () => {
    throw no
  }
  await fireEvent.click(button('Save'))
  expect(await screen.findByText('It is no address.')).toBeTruthy()
  expect(field('Name').value).toBe('hook')
  fake.answers.AddWay = () => null
  await fireEvent.click(button('Save'))
  await vi.waitFor(() => expect(screen.queryByRole('dialog', { hidden: true })).toBeNull())
  expect(asked('AddWay').at(-1)![1]).toMatchObject({
    name: 'hook',
    method: 'webhook',
    address: 'nowhere',
    key: 'k',
    events: ['job_ended:failed', 'job_ended:passed', 'nas_lost'],
  })
})

test('what a form lacks is said', () => {
  const form = (over: Partial<WayForm>) => lacking({ ...emptyForm(notices().topics), name: 'x', ...over })
  expect(lacking(emptyForm([]))).toBe('Give it a name')
  expect(form({})).toBe('Give the address')
  expect(form({ address: 't' })).toBe('')
  expect(form({ method: 'desktop' })).toBe('')
  const mail: Partial<WayForm> = { method: 'mail', to: 'a@b', from: 'c@d', host: 'h' }
  expect(form(mail)).toBe('')
  expect(form({ ...mail, to: '' })).toBe('Say whom the mail goes to')
  expect(form({ ...mail, from: '' })).toBe('Say whom the mail comes from')
  expect(form({ ...mail, host: '' })).toBe('Name the mail server')
  expect(form({ ...mail, password: 'p' })).toBe('A password needs a login')
})

test('a way is removed once that is confirmed', async () => {
  const { asked } = await opened()
  await fireEvent.click(button('Remove phone…'))
  expect(asked('RemoveWay')).toEqual([])
  await fireEvent.click(button('Remove'))
  await vi.waitFor(() => expect(asked('RemoveWay')).toEqual([['RemoveWay', 'phone']]))
  await vi.waitFor(() => expect(screen.queryByRole('dialog', { hidden: true })).toBeNull())
})

test('quiet hours are saved, and a time that is none stays there to be corrected', async () => {
  const { fake, asked } = await opened()
  fake.answers.Notices = () => notices({ quiet: { on: true, from: '22:00', to: '07:00' } })
  await fireEvent.click(screen.getByRole('checkbox', { name: 'Quiet hours' }))
  await vi.waitFor(() => expect(asked('SetQuiet')).toEqual([['SetQuiet', { on: true, from: '22:00', to: '07:00' }]]))
  await vi.waitFor(() => expect(field('Quiet from').disabled).toBe(false))
  fake.answers.SetQuiet = () => {
    throw no
  }
  await fireEvent.input(field('Quiet from'), { target: { value: '25:00' } })
  await fireEvent.click(button('Save'))
  expect(await screen.findByText('It is no address.')).toBeTruthy()
  expect(field('Quiet from').value).toBe('25:00')
})

test('quiet hours stay as they were chosen while the program is asked again', async () => {
  const { fake } = await opened()
  let answer = (_: unknown) => {}
  fake.answers.Notices = () => new Promise((done) => (answer = done))
  const box = screen.getByRole('checkbox', { name: 'Quiet hours' }) as HTMLInputElement
  const asked = fake.asked.length
  await fireEvent.click(box)
  await vi.waitFor(() => expect(fake.asked.slice(asked).map(([n]) => n)).toEqual(['SetQuiet', 'Notices']))
  await new Promise((on) => setTimeout(on))
  expect(box.checked).toBe(true)
  answer(notices({ quiet: { on: true, from: '22:00', to: '07:00' } }))
  await vi.waitFor(() => expect(field('Quiet from').disabled).toBe(false))
  expect(box.checked).toBe(true)
})

test('nothing is asked after the view was left', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const { asked, unmount } = await opened()
    vi.advanceTimersByTime(5000)
    const before = asked('Notices').length
    expect(before).toBe(2)
    unmount()
    vi.advanceTimersByTime(60_000)
    expect(asked('Notices').length).toBe(before)
  } finally {
    vi.useRealTimers()
  }
})
