// Settings, Notices with a real webhook server, on a computer without a keychain: a way is added, tested, refused,
// told of less, quiet at night, there again after a restart, and removed. What was typed as its address and its key is
// in the page no more, and the command line says the same as the page.
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { burnish, lines, Program, scratch } from './program.mjs'
import { dialog, readable, until, walk } from './page.mjs'

const hook = JSON.parse(process.env.BURNISH_TEST_HOOK) // control: where the server's next answer is set
const { address, key } = JSON.parse(readFileSync(hook.secret, 'utf8'))
rmSync(hook.secret)
const data = join(scratch, 'notices-data')
process.env.DBUS_SESSION_BUS_ADDRESS = 'unix:path=/nonexistent/bus'

const hidden = address.split('/').at(-1)
async function nowhere(page, where) {
  const all = await page.evaluate(
    () =>
      document.documentElement.outerHTML +
      [...document.querySelectorAll('input, textarea')].map((i) => i.value).join() +
      JSON.stringify({ ...localStorage }) +
      JSON.stringify({ ...sessionStorage }),
  )
  for (const secret of [hidden, key]) assert.ok(!all.includes(secret), `a secret is in the page, ${where}`)
}
const settings = async (page) => {
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('heading', { name: 'Notices' }).waitFor()
}
const listed = async () => lines(await burnish(data, 'notify', 'list', '--json'))

await walk('notices', async ({ open, step }) => {
  let program = await Program.start(data)
  try {
    let page = await open(program.url)
    await settings(page)
    await page.getByText('Nobody is told yet.').waitFor()
    await page.getByRole('button', { name: 'Add a way…' }).click()
    const d = dialog(page)
    await d.getByRole('radio', { name: 'Webhook' }).check()
    await d.getByLabel('Name').fill('erp')
    await d.getByLabel('Address').fill('not an address')
    await d.getByLabel('Key to sign with').fill(key)
    await d.getByRole('button', { name: 'Save' }).click()
    await d.getByText('No notice can go this way').waitFor()
    await d.getByText('Correct what is named here and save it again.').waitFor()
    await d.getByLabel('Address').fill(address)
    await readable(page, 'the way that is added')
    await d.getByRole('button', { name: 'Save' }).click()
    await d.waitFor({ state: 'detached' })
    await page.getByText('Nothing told yet').waitFor()
    await nowhere(page, 'after it was added')
    step('a webhook is added')

    await page.getByRole('button', { name: 'Test erp' }).click()
    await page.getByText(/The test was taken: .*204/).waitFor()
    await fetch(`${hook.control}?answer=403`, { method: 'POST' })
    await page.getByRole('button', { name: 'Test erp' }).click()
    await page.getByText('The notice did not arrive').waitFor()
    await page.getByText(/403 Forbidden/).waitFor()
    await readable(page, 'a test that was refused')
    await nowhere(page, 'after the tests')
    step('it says what the server answers')

    await page.getByRole('checkbox', { name: 'A drive passed: erp' }).uncheck()
    await page.getByRole('checkbox', { name: 'Every day a summary: erp' }).check()
    await page.getByRole('checkbox', { name: 'Quiet hours' }).check()
    await page.getByLabel('Quiet from').fill('23:30')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('button', { name: 'Save', exact: true }).waitFor({ state: 'detached' })
    await until('the command line says the same', async () => {
      const { quiet } = JSON.parse(await burnish(data, 'notify', 'quiet', '--json'))
      const [w] = await listed()
      return (
        quiet === '23:30-07:00' &&
        w.events.includes('summary') &&
        w.events.includes('job_ended:failed') &&
        !w.events.some((e) => e === 'job_ended' || e === 'job_ended:passed')
      )
    })
    step('events and quiet hours are kept')

    await program.end()
    program = await Program.start(data)
    page = await open(program.url)
    await settings(page)
    assert.equal(await page.getByRole('checkbox', { name: 'A drive passed: erp' }).isChecked(), false)
    assert.equal(await page.getByRole('checkbox', { name: 'A drive failed: erp' }).isChecked(), true)
    await fetch(`${hook.control}?answer=200`, { method: 'POST' })
    await page.getByRole('button', { name: 'Test erp' }).click()
    await page.getByText(/The test was taken: .*200/).waitFor()
    await page.getByRole('button', { name: 'Remove erp…' }).click()
    await dialog(page).getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('Nobody is told yet.').waitFor()
    assert.deepEqual(await listed(), [])
    step('there after a restart, and removed')
  } finally {
    await program.end()
  }
})
