// The page on a real SSH server with real block devices, which BURNISH_TEST_NAS describes: a host of ~/.ssh/config is
// taken over, its host key is compared, a drive that holds something is unlocked and started, the page's program is
// killed, and after it the run has gone on; then it is stopped.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { burnish, lines, Program, scratch } from './program.mjs'
import { check, dialog, drawer, look, readable, reason, row, said, start, until, walk } from './page.mjs'

const nas = JSON.parse(process.env.BURNISH_TEST_NAS)
const data = join(scratch, 'real-data')
mkdirSync(join(scratch, '.ssh'), { recursive: true })
writeFileSync(
  join(scratch, '.ssh', 'config'),
  `Host lab
  HostName ${nas.host}
  Port ${nas.port}
  User ${nas.user}
  IdentityFile ${nas.key}

Host tunnel
  HostName 192.0.2.7
  ProxyCommand ssh gate nc %h %p
`,
)
const job = async () => lines(await burnish(data, 'jobs', '--json'))[0]
const show = async () => JSON.parse(await burnish(data, 'show', (await job()).id, '--json'))
const log = (page) => drawer(page).getByRole('log').first()

await walk('real', async ({ open, step }) => {
  let program = await Program.start(data)
  try {
    let page = await open(program.url)
    await page.getByRole('heading', { name: 'Test drives before you trust them' }).waitFor()
    await readable(page, 'the welcome')
    await page.locator('main').getByRole('button', { name: 'Add a NAS…' }).click()
    const d = dialog(page)
    await d.getByRole('button', { name: 'Import from ~/.ssh/config' }).click()
    await d.getByText(/ProxyCommand/).waitFor()
    assert.equal(
      await d.getByRole('button', { name: 'tunnel' }).count(),
      0,
      'a host that cannot be taken over can be chosen',
    )
    await d.getByRole('button', { name: 'lab' }).click()
    assert.equal(await d.getByLabel('Host', { exact: true }).inputValue(), nas.host)
    assert.equal(await d.getByLabel('Port').inputValue(), String(nas.port))
    await d.getByText('More').click()
    await d.getByLabel('Directory on the NAS').fill(nas.state)
    await d.getByLabel('Jobs at once').fill('3')
    await d.getByLabel('Loop devices count as drives').check()
    await d.getByRole('button', { name: 'Test and save' }).click()
    await d.getByText('Is this the key of').waitFor()
    await d.getByText(nas.fingerprint, { exact: true }).waitFor()
    await readable(page, 'the question about the host key')
    assert.equal(
      lines(await burnish(data, 'nas', 'list', '--json')).length,
      0,
      'a NAS was saved whose key nobody confirmed',
    )
    await d.getByRole('button', { name: 'It is the same, go on' }).click()
    await d.waitFor({ state: 'detached' })
    await row(page, nas.drive).waitFor()
    const [saved] = lines(await burnish(data, 'nas', 'list', '--json'))
    assert.equal(saved.slots, 3)
    await page.locator('main header').getByText(nas.system).waitFor()
    step('added, its key compared')

    await look(page, nas.drive)
    await drawer(page).getByRole('button', { name: 'Unlock…' }).click()
    const id = await dialog(page).locator('label bdi').innerText()
    await dialog(page).getByRole('textbox').fill(id)
    await dialog(page).getByText('Matches.').waitFor()
    await dialog(page).getByRole('button', { name: 'Unlock for one start' }).click()
    await dialog(page)
      .getByText(/Unlocked for one start/)
      .waitFor()
    await dialog(page).getByRole('button', { name: 'Close', exact: true }).last().click()
    await check(page, nas.drive)
    step('unlocked')
    await start(page, 'extended', (d) => d.getByLabel(/Start without SMART/).check())
    step('started')
    await until('the surface is tested', async () =>
      (await show()).stages.some((s) => s.kind === 'surface_validate' && s.state === 'running' && s.bytes_written > 0),
    )
    step('the surface is tested') // the drive is slowed down now

    await program.end('SIGKILL')
    program = await Program.start(data)
    page = await open(program.url)
    await look(page, nas.drive)
    await reason(page).getByText('Surface test').first().waitFor()
    const then = (await show()).bytes_written
    const now = await until('it goes on', async () => {
      const j = await show()
      return j.bytes_written > then && j
    })
    assert.equal(now.runs.length, 1, 'the run that was at work goes on')
    await until('the log is there', async () => (await log(page).innerText()).trim().length > 0)
    step('killed and opened again: the run went on')

    await program.close()
    await dialog(page)
      .getByText(/1.run\s+goes on at the NAS when this window is closed/)
      .waitFor()
    await readable(page, 'the question before it closes')
    await dialog(page).getByRole('button', { name: 'Close, runs go on' }).click()
    assert.equal(await program.over(), 0)
    program = await Program.start(data)
    page = await open(program.url)
    await look(page, nas.drive)
    step('closed, and opened again')

    await drawer(page).getByRole('button', { name: 'Stop…' }).click()
    await dialog(page).getByRole('button', { name: 'Stop the run' }).click()
    await dialog(page).waitFor({ state: 'detached' })
    await reason(page).getByText('Cancelled').first().waitFor()
    const over = await show()
    assert.equal(over.state, 'cancelled')
    assert.equal((await said(page)).code, over.reason.code)
    const surface = drawer(page)
      .getByRole('region', { name: 'Stages' })
      .getByRole('listitem')
      .filter({ hasText: 'Surface test' })
      .first()
    if (!(await surface.getByRole('log').count())) await surface.getByRole('button', { name: 'Log' }).click()
    await until('the log ends with why', async () => (await surface.getByRole('log').innerText()).includes('[ABORTED]'))
    step('stopped: the log ends with why')

    await page.getByRole('button', { name: 'Settings' }).click()
    await readable(page, 'the settings')
    await page.getByRole('button', { name: 'Clean up' }).click()
    await page
      .getByRole('status')
      .getByText(/removed from/)
      .waitFor()
    await program.close()
    assert.equal(await program.over(), 0)
  } finally {
    await program.end()
  }
})
