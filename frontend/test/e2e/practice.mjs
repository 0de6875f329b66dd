// The page on the practice NAS: drives are started, watched, unlocked and stopped; the page is loaded again amid it,
// and the program is closed and opened again. What the drawer says of a verdict is what the command line says.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { burnish, lines, Program, scratch } from './program.mjs'
import { check, dialog, drawer, look, readable, reason, row, said, start, until, walk } from './page.mjs'

const sound = 'BRN0A001'
const long = 'BRN0A002' // is at work until it is stopped
const bad = 'BRN0B104'
const pooled = 'BRN5S203'
const data = join(scratch, 'practice-data')
const demo = () => Program.start(data, 'demo', '--idle')

// rows are the serials in the table, in its order.
const rows = (page) =>
  page
    .locator('[data-key]')
    .evaluateAll((all) => all.map((r) => r.getAttribute('data-key').split('/')[1].split('@')[0]))
const jobOf = async (serial) =>
  lines(await burnish(data, 'jobs', '--json')).find((j) => j.drive.includes?.(serial) ?? j.drive.serial === serial)
const show = async (serial) => JSON.parse(await burnish(data, 'show', (await jobOf(serial)).id, '--json'))
const log = (page) => drawer(page).getByRole('log').first()
const share = async (page) =>
  Number(/(\d+)\s*%/.exec(await reason(page).getByRole('heading', { level: 3 }).innerText())?.[1] ?? -1)

// agrees compares the drawer, once it has the verdict, with the command line. The text is the same in the words of the
// window: no names that are for programs, and no long row of digits.
async function agrees(page, serial, word) {
  await look(page, serial)
  await reason(page).getByText(word).first().waitFor()
  const shown = await show(serial)
  const here = await until('the drawer has the verdict whole', async () => {
    const s = await said(page)
    return s.code && s.text && s
  })
  const { text, ...rest } = here
  assert.deepEqual(rest, { code: shown.reason.code, title: shown.reason.title, hint: shown.reason.hint })
  assert.doesNotMatch(text, /[a-z]_[a-z]|\d{5}/)
  assert.doesNotMatch(await reason(page).innerText(), /\bEIO\b/)
  return shown
}

await walk('practice', async ({ open, step }) => {
  let program = await demo()
  try {
    let page = await open(program.url)
    await row(page, sound).waitFor()
    const all = await until('every drive of the practice NAS is there', async () => {
      const now = await rows(page) // they come a few at a time
      return now.length >= 14 && now
    })
    assert.equal(new Set(all).size, 14)
    assert.ok(
      await page.getByRole('button', { name: 'Start…', exact: true }).isDisabled(),
      'nothing is checked, and it can be started',
    )
    await readable(page, 'the drives')
    step(`${all.length} drives`)

    await check(page, long)
    await start(page, 'extended', async (d) => {
      await d.getByText(long).waitFor()
      await d.getByText('Everything on this drive is erased').waitFor()
      await readable(page, 'the start dialog')
    })
    await check(page, sound)
    await check(page, bad)
    await start(page, 'standard')
    for (const serial of [sound, bad, long]) await until(`${serial} has a job`, () => jobOf(serial))
    step('three are started')

    await look(page, bad)
    await reason(page).getByText('Now').first().waitFor()
    await until(
      'a log is shown while the drive is tested',
      async () => (await log(page).innerText()).trim().length > 40,
    )
    const before = (await log(page).innerText()).length
    await until('it goes on', async () => {
      const text = await log(page)
        .innerText()
        .catch(() => '')
      return (await share(page)) > 0 && text.length > 0 && text.length !== before
    })
    await readable(page, 'a drawer amid a run')
    step('the drawer shows the log and how far it is')

    await page.reload()
    await until('every row is there after a reload', async () => (await rows(page)).length >= all.length)
    assert.deepEqual(await rows(page), all, 'rows after a reload')
    await look(page, long)
    const whole = await until('the log is there again', async () => {
      const text = await log(page)
        .innerText()
        .catch(() => '')
      return text.includes('\n') && text
    })
    const first = whole.split('\n').find((l) => l.trim())
    assert.equal(whole.split('\n').filter((l) => l === first).length, 1, `doubled after a reload: ${first}`)
    await page.getByRole('button', { name: 'History' }).click()
    await page.getByRole('row').filter({ hasText: long }).first().waitFor() // the history is read when it is asked for
    assert.equal(await page.getByRole('row').filter({ hasText: long }).count(), 1, 'rows of the history')
    await readable(page, 'the history')
    await page
      .getByRole('button', { name: /practice/ })
      .first()
      .click()
    step('a reload loses nothing and doubles nothing')

    await look(page, pooled)
    await drawer(page).getByRole('button', { name: 'Unlock…' }).click()
    const phrase = dialog(page).getByRole('textbox')
    await phrase.fill('oldtonk')
    await dialog(page).getByText('Does not match yet').waitFor()
    assert.ok(
      await dialog(page).getByRole('button', { name: 'Unlock for one start' }).isDisabled(),
      'a wrong phrase can be sent',
    )
    await readable(page, 'the unlock dialog')
    await phrase.fill('oldtank')
    await dialog(page).getByRole('button', { name: 'Unlock for one start' }).click()
    await dialog(page)
      .getByText(/Unlocked for one start/)
      .waitFor()
    await dialog(page)
      .getByText(/^\d+:\d\d$/)
      .waitFor()
    await dialog(page).getByRole('button', { name: 'Lock again' }).click()
    await dialog(page).getByRole('textbox').waitFor()
    await dialog(page).getByRole('button', { name: 'Cancel' }).click()
    assert.deepEqual(
      lines(await burnish(data, 'grants', 'practice', '--json')).map((g) => g.state),
      ['locked'],
    )
    step('unlocked by the right phrase, and locked again')

    await check(page, pooled)
    await page.getByRole('button', { name: 'Start…', exact: true }).click()
    await dialog(page).getByRole('textbox').fill('nonsense')
    await dialog(page)
      .getByRole('button', { name: /^Erase and start/ })
      .click()
    const refusal = dialog(page).getByRole('alert')
    await refusal.waitFor()
    assert.match(await refusal.innerText(), /phrase/i)
    await dialog(page).getByRole('button', { name: 'Cancel' }).click()
    assert.equal(await jobOf(pooled), undefined, 'a wrong phrase made a job')
    step('a start with a wrong phrase is refused')

    const failed = await agrees(page, bad, 'Failed')
    assert.equal(failed.reason.code, 'surface_errors')
    await drawer(page)
      .getByText(failed.stages.find((s) => s.bad_ranges.length).bad_ranges[0].first_lba.toLocaleString('en-US'))
      .first()
      .waitFor()
    await readable(page, 'a drawer of a failed drive')
    await look(page, sound)
    await reason(page).getByRole('heading', { name: 'All stages passed' }).waitFor()
    assert.equal((await show(sound)).state, 'passed')
    step('verdicts as on the command line')

    await program.close()
    await dialog(page)
      .getByText(/its 1.run\s+ends with the window/)
      .waitFor()
    await dialog(page).getByRole('button', { name: 'Cancel' }).click()
    await look(page, long)
    await drawer(page).getByRole('button', { name: 'Stop…' }).click()
    await dialog(page).getByRole('button', { name: 'Stop the run' }).click()
    await dialog(page).waitFor({ state: 'detached' })
    const stopped = await agrees(page, long, 'Cancelled')
    assert.equal(stopped.reason.code, 'stopped_by_person')
    step('stopped, and proven')

    await program.close()
    assert.equal(await program.over(), 0)
    program = await demo()
    page = await open(program.url)
    await row(page, bad).getByText('Failed').waitFor()
    await row(page, long).getByText('Cancelled').waitFor()
    await agrees(page, bad, 'Failed')
    step('closed and opened again')
  } finally {
    await program.end()
  }
})
