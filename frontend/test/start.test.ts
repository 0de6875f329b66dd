import { fireEvent, render, screen } from '@testing-library/svelte'
import { expect, test, vi } from 'vitest'
import StartDialog from '../src/jobs/StartDialog.svelte'
import { asksFor, phraseOf, Starting } from '../src/jobs/start.svelte'
import { Adding } from '../src/profiles/add.svelte'
import AddNas from '../src/profiles/AddNas.svelte'
import type { NAS } from '../src/shared/api'
import { progressLine } from '../src/drives/lines'
import { means } from '../src/jobs/meaning'
import { Workspace } from '../src/workspace/workspace.svelte'
import { delta, drive, FakeApi, job, nas, now, savedForm, snapshot, steps } from './fixtures'

async function workspace(fake = new FakeApi(snapshot(20))) {
  const d = new Workspace(fake.api())
  d.board.open()
  await vi.waitFor(() => expect(d.board.ready).toBe(true))
  d.table.show('n1')
  return { d, fake }
}

test('a drive that holds something comes first and needs its phrase before anything is sent', async () => {
  const { d, fake } = await workspace()
  for (const k of ['n1/D4', 'n1/D9']) d.table.check(k)
  const s = new Starting(d)
  expect(s.plan).toBe('standard')
  expect(s.items[0]!.drive.id).toBe('D9')
  expect(s.missing).toContain('phrase')
  expect(await s.start()).toBeNull()
  expect(fake.asked.some(([n]) => n === 'Start')).toBe(false)
  s.phrases['D9'] = ' ZR5A1009 '
  expect(s.missing).toBe('')
  await s.start()
  expect(fake.asked.find(([n]) => n === 'Start')?.[1]).toMatchObject({
    nas: 'n1',
    drives: ['D4', 'D9'],
    plan: 'standard',
    unlock: [{ drive: 'D9', phrase: 'ZR5A1009' }],
  })
})

test('a drive of a login without root takes the plan of TrueNAS, and no other drive does', async () => {
  const whole = snapshot(20)
  const put = (id: string, over: object) => {
    const i = whole.drives.findIndex((x) => x.id === id)
    whole.drives[i] = { ...whole.drives[i]!, ...over }
  }
  const standard = whole.plans.find((p) => p.name === 'standard')!
  whole.plans = [...whole.plans, { ...standard, name: 'truenas', rootless: true }]
  put('D4', { rootless: true, read_ok: false, destructive_ok: false, locking: 'phrase', smart: null })
  const { d } = await workspace(new FakeApi(whole))
  d.table.check('n1/D4')
  const s = new Starting(d)
  expect([s.plan, s.items[0]!.needs, s.noHealth]).toEqual(['truenas', 'phrase', false])
  expect(s.plans.map((p) => p.name)).toEqual(['truenas'])
  s.plan = 'standard'
  expect([s.items[0]!.needs, s.items[0]!.why]).toEqual([
    'no',
    'Without root on the NAS only the plan truenas runs on it.',
  ])
  d.table.check('n1/D5')
  const both = new Starting(d)
  both.plan = 'truenas'
  expect(both.missing).toContain('cannot be started')
  expect(both.plans.length).toBe(whole.plans.length)
  d.table.checked = new Set(['n1/D5'])
  expect(new Starting(d).plans.map((p) => p.name)).not.toContain('truenas')
})

test('a job says how far the word passed goes', () => {
  const said = (coverage: 'written' | 'verified') => [
    progressLine(job(1, { state: 'passed', coverage })),
    means(job(1, { state: 'passed', coverage })),
  ]
  expect(said('written').join()).not.toMatch(/verified|not tested/)
  expect(said('written')[1]).toContain('Nothing was read back')
  expect(said('verified')[0]).toBe('every byte verified')
})

test('SMART is switched on, and a device type is given, only where that was chosen', async () => {
  const whole = snapshot(20)
  const put = (id: string, over: object) => {
    const i = whole.drives.findIndex((x) => x.id === id)
    whole.drives[i] = { ...whole.drives[i]!, ...over }
  }
  put('D4', { smart: false, smart_off: true, smart_said: 'SMART Disabled.' })
  put('D5', { smart: false, smart_said: 'Unknown USB bridge [0x1e91:0xde79]' })
  const { d, fake } = await workspace(new FakeApi(whole))
  for (const k of ['n1/D4', 'n1/D5']) d.table.check(k)
  const s = new Starting(d)
  expect([s.off, s.typed, s.noHealth]).toEqual([1, true, true])
  expect(s.order()).toMatchObject({ smart_on: false, smart_type: '' })
  HTMLDialogElement.prototype.showModal ??= function () {
    this.open = true
  } // jsdom has none
  HTMLDialogElement.prototype.close ??= function () {
    this.open = false
  }
  render(StartDialog, { workspace: d, close: () => {} })
  expect(screen.getByText('Unknown USB bridge [0x1e91:0xde79]')).toBeTruthy()
  await fireEvent.click(screen.getByLabelText(/Switch SMART on first/))
  await fireEvent.change(screen.getByLabelText(/smartctl reaches them as/), { target: { value: 'sntjmicron' } })
  await fireEvent.click(screen.getByText(/start 2 drives$/i))
  await vi.waitFor(() =>
    expect(fake.asked.find(([n]) => n === 'Start')?.[1]).toMatchObject({ smart_on: true, smart_type: 'sntjmicron' }),
  )
})

test('drives are as they are now: a permission that ran out asks for the phrase, what was typed stays', async () => {
  const whole = snapshot(20)
  const i = whole.drives.findIndex((x) => x.id === 'D9')
  whole.drives[i] = drive(9, {
    ...whole.drives[i],
    destructive_ok: true,
    grant: { id: 'g', drive: 'n1/D9', usage: 'xfs', expires_ms: now + 60_000 },
  })
  const { d, fake } = await workspace(new FakeApi(whole))
  for (const k of ['n1/D4', 'n1/D9', 'n1/D10']) d.table.check(k)
  const s = new Starting(d)
  expect(s.items.find((x) => x.drive.id === 'D9')).toMatchObject({ needs: '', grant: { id: 'g' } })
  expect(s.missing).toBe('')
  fake.emit('burnish', delta(8, { now_ms: now + 61_000 }))
  expect(s.items.find((x) => x.drive.id === 'D9')).toMatchObject({ needs: 'phrase', grant: null })
  s.phrases['D9'] = 'ZR5A1009'
  fake.emit(
    'burnish',
    delta(9, {
      now_ms: now + 62_000,
      drives: [
        drive(4, {
          usage_class: 'mounted',
          usage_text: '/mnt/x',
          locking: 'in_use',
          destructive_ok: false,
          way_out: 'Unmount it first.',
        }),
      ],
      gone: ['drive:n1/D10'],
    }),
  )
  expect(s.items.find((x) => x.drive.id === 'D4')).toMatchObject({
    needs: 'no',
    holds: true,
    why: 'It cannot be erased now. Unmount it first.',
  })
  expect(s.items.find((x) => x.drive.id === 'D10')).toMatchObject({ needs: 'no', why: 'It is not there any more.' })
  expect(s.missing).toContain('2 of the drives')
  expect(await s.start()).toBeNull()
  s.leaveOut('n1/D4')
  s.leaveOut('n1/D10')
  expect(s.missing).toBe('')
  expect(s.phrases['D9']).toBe('ZR5A1009')
  await s.start()
  expect(fake.asked.find(([n]) => n === 'Start')?.[1]).toMatchObject({
    drives: ['D9'],
    unlock: [{ drive: 'D9', phrase: 'ZR5A1009' }],
  })
})

test('a run that another began on a drive blocks the start, those of the start under way do not', async () => {
  const { d, fake } = await workspace()
  for (const k of ['n1/D4', 'n1/D5']) d.table.check(k)
  const s = new Starting(d)
  let refuse = (_: unknown) => {}
  fake.answers.Start = () => new Promise((_, no) => (refuse = no))
  const started = s.start()
  await vi.waitFor(() => expect(fake.asked.some(([n]) => n === 'Start')).toBe(true))
  fake.emit('burnish', delta(8, { jobs: [job(4, { id: 'new', state: 'queued' })], drives: [drive(4, { job: 'new' })] }))
  expect(s.items.every((i) => i.needs === '')).toBe(true)
  refuse({ code: 'no_space', title: 'No room', text: '', hint: '' })
  expect(await started).toBeNull()
  expect(s.action.trouble?.code).toBe('no_space')
  expect(s.items.find((i) => i.drive.id === 'D4')).toMatchObject({ needs: 'no', why: 'A run is on it: plan standard.' })
})

test('a key that was trusted is that of one machine: another host or port is asked about anew', async () => {
  const fake = new FakeApi()
  const a = new Adding(fake.api())
  Object.assign(a.form, { name: 'attic', host: '10.0.0.5', key_file: 'k' })
  await a.add()
  a.elsewhere()
  expect(a.key).toBe('') // the question was about the machine before
  await a.add()
  await a.trust()
  expect(a.form.host_key).toMatch(/^SHA256:/)
  a.form.jump_key = 'SHA256:jump'
  a.elsewhere()
  expect([a.form.host_key, a.form.jump_key]).toEqual(['', 'SHA256:jump'])
  a.overAnother()
  expect(a.form.jump_key).toBe('')
})

test('a plan that writes nothing asks for no phrase', async () => {
  const { d } = await workspace()
  d.table.check('n1/D9')
  const s = new Starting(d)
  s.plan = 'quick'
  expect(s.erases).toBe(false)
  expect(s.missing).toBe('')
  expect(s.order().unlock).toEqual([])
})

test('a refused start keeps the dialog, its reason and what is checked', async () => {
  const { d, fake } = await workspace()
  fake.answers.Start = () => {
    throw { code: 'drive_in_use', title: 'The drive is in use', text: 'by <b>', hint: '' }
  }
  d.table.check('n1/D4')
  const s = new Starting(d)
  expect(await s.start()).toBeNull()
  expect(s.action.trouble).toMatchObject({ code: 'drive_in_use', text: 'by <b>' })
  expect(d.table.chosen.length).toBe(1)
})

test('an unknown host key is asked about, and sent only after a person said yes', async () => {
  const fake = new FakeApi()
  const a = new Adding(fake.api())
  Object.assign(a.form, { name: 'attic', host: '10.0.0.5', password: 'secret' })
  a.login = 'password'
  expect(await a.add()).toBe('')
  expect(a.key).toMatch(/^SHA256:/)
  expect(fake.asked.at(-1)?.[1]).toMatchObject({ host_key: '', password_login: true, key_file: '' })
  fake.answers.AddNAS = () => ({ ok: true, nas: 'n9', shown_key: '', steps: [] })
  expect(await a.trust()).toBe('n9')
  expect(fake.asked.at(-1)?.[1]).toMatchObject({ host_key: 'SHA256:kT4nAAAAAAAAAAAAAAAA8vQe' })
  expect(a.form.password).toBe('')
})

test('single letters do nothing while a dialog asks', async () => {
  const { d } = await workspace()
  d.table.check('n1/D4')
  expect(d.key('s')).toBe(true)
  expect(d.asked).toEqual({ kind: 'start' })
  expect(d.key('2')).toBe(false)
  expect(d.view).toBe('drives')
})

test('a host that cannot be taken over fills in nothing; another fills in all that it says', async () => {
  const fake = new FakeApi()
  const a = new Adding(fake.api())
  await a.look()
  const before = { ...a.form }
  a.take(a.hosts!.find((h) => h.reason)!)
  expect({ ...a.form }).toEqual(before)
  a.take(a.hosts!.find((h) => !h.reason)!)
  expect(a.form).toMatchObject({ name: 'nas', host: '10.0.0.5', user: 'root', port: 22, key_file: '~/.ssh/id_ed25519' })
  expect(a.login).toBe('key')
})

test('slots and old algorithms are sent, and an emptied field means as usual', async () => {
  const fake = new FakeApi()
  const a = new Adding(fake.api())
  Object.assign(a.form, { name: 'attic', host: '10.0.0.5', key_file: 'k', slots: 65 })
  expect(a.missing).toContain('1 to 64')
  expect(await a.add()).toBe('')
  expect(fake.asked.some(([n]) => n === 'AddNAS')).toBe(false)
  Object.assign(a.form, { slots: 0, legacy_algorithms: true })
  await a.add()
  expect(fake.asked.at(-1)?.[1]).toMatchObject({ slots: 0, keep_days: 30, auto_resume: false, legacy_algorithms: true })
})

function editing(fake: FakeApi, props: { edit?: NAS; like?: string }) {
  HTMLDialogElement.prototype.showModal ??= function () {
    this.open = true
  } // jsdom has none
  HTMLDialogElement.prototype.close ??= function () {
    this.open = false
  }
  const close = vi.fn()
  render(AddNas, { workspace: new Workspace(fake.api()), close, ...props })
  return close
}
const field = (label: RegExp | string) => screen.findByLabelText<HTMLInputElement>(label)
const submit = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Test and save' })

test('a saved NAS is changed: what stays is sent as it was, and what cannot be is not sent', async () => {
  const fake = new FakeApi()
  const close = editing(fake, { edit: nas() })
  await vi.waitFor(async () => expect((await field('Host')).value).toBe('10.0.0.5'))
  expect((await field(/^Password of sudo/)).placeholder).toBe('as it is kept')
  const days = await field(/^Days that the NAS keeps/)
  await fireEvent.input(days, { target: { value: '4000' } })
  expect(submit().disabled).toBe(true)
  await fireEvent.input(days, { target: { value: '0' } })
  await fireEvent.input(await field('Name'), { target: { value: 'cellar' } })
  await fireEvent.click(await field('Forget the kept password of sudo'))
  fake.answers.EditNAS = () => ({ ok: false, nas: '', shown_key: '', of_jump: false, steps: steps(1, true) })
  await fireEvent.click(submit())
  await vi.waitFor(() => expect(fake.asked.at(-1)?.[0]).toBe('EditNAS'))
  const want = { ...savedForm, name: 'cellar', keep_days: 0 }
  expect(fake.asked.at(-1)).toEqual(['EditNAS', 'n1', want, ['sudo']])
  expect(close).not.toHaveBeenCalled()
})

test('another NAS like a saved one has a name of its own, and no secret of it', async () => {
  const fake = new FakeApi()
  editing(fake, { like: 'n1' })
  await vi.waitFor(async () => expect((await field('Name')).value).toBe('attic-2'))
  expect((await field(/^Password of sudo/)).placeholder).toBe('')
  expect(screen.queryByLabelText(/^Forget/)).toBeNull()
  await fireEvent.click(submit())
  await vi.waitFor(() => expect(fake.asked.at(-1)?.[0]).toBe('AddNAS'))
  expect(fake.asked.at(-1)?.[1]).toMatchObject({ name: 'attic-2', host: '10.0.0.5', host_key: 'SHA256:old' })
})

test('the phrase of a pool is its name, of another drive its serial, and unknown where it cannot be shown', () => {
  expect([
    asksFor(drive(1, { phrase_kind: 'pool', phrase: 'tank' })),
    phraseOf(drive(1, { phrase_kind: 'pool', phrase: 'tank' })),
  ]).toEqual(['the name of its pool', 'tank'])
  expect([asksFor(drive(1, { phrase_kind: 'serial', serial: null })), phraseOf(drive(1, { phrase: '' }))]).toEqual([
    'the id',
    null,
  ])
})
