// A NAS that takes a password, and sudo that asks for one, on a computer without a keychain: typed in the window, kept
// until it is closed, asked for again after it, and never in the page or in what the program says when it crashes.
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { burnish, lines, Program, scratch } from './program.mjs'
import { dialog, readable, row, until, walk } from './page.mjs'

const nas = JSON.parse(process.env.BURNISH_TEST_NAS)
const secret = readFileSync(nas.secret, 'utf8')
rmSync(nas.secret)
const data = join(scratch, 'password-data')
process.env.DBUS_SESSION_BUS_ADDRESS = 'unix:path=/nonexistent/bus'

// nowhere: the page shows the secret in nothing, and keeps it nowhere.
async function nowhere(page, where) {
  const all = await page.evaluate(
    () =>
      document.documentElement.outerHTML +
      [...document.querySelectorAll('input, textarea')].map((i) => i.value).join() +
      JSON.stringify({ ...localStorage }) +
      JSON.stringify({ ...sessionStorage }) +
      location.href,
  )
  assert.ok(!all.includes(secret), `the secret is in the page, ${where}`)
}

await walk('password', async ({ open, step }) => {
  let program = await Program.start(data)
  try {
    let page = await open(program.url)
    await page.locator('main').getByRole('button', { name: 'Add a NAS…' }).click()
    let d = dialog(page)
    await d.getByLabel('Name').fill('box')
    await d.getByLabel('Host', { exact: true }).fill(nas.host)
    await d.getByLabel('Port').fill(String(nas.port))
    await d.getByLabel('User').fill(nas.user)
    await d.getByText('Password', { exact: true }).click()
    await d.getByText('sudo + password', { exact: true }).click()
    await d.getByRole('textbox', { name: 'Password', exact: true }).fill('not ' + secret.slice(0, 4))
    await d.getByLabel('Password of sudo').fill(secret)
    await d.getByText('More').click()
    await d.getByLabel('Directory on the NAS').fill(nas.state)
    await d.getByLabel('Loop devices count as drives').check()
    await d.getByRole('button', { name: 'Test and save' }).click()
    await d.getByRole('button', { name: 'It is the same, go on' }).click()
    await d.getByText('The NAS refused the password').waitFor()
    await readable(page, 'a password that was refused')
    assert.equal(
      lines(await burnish(data, 'nas', 'list', '--json')).length,
      0,
      'a NAS was saved that nobody can log in to',
    )
    step('a wrong password is refused')

    await d.getByRole('textbox', { name: 'Password', exact: true }).fill(secret)
    await d.getByRole('button', { name: 'Test and save' }).click()
    await d.waitFor({ state: 'detached' })
    await row(page, nas.drive).waitFor()
    await nowhere(page, 'after the NAS was added')
    const [saved] = lines(await burnish(data, 'nas', 'list', '--json'))
    assert.deepEqual([saved.login, saved.sudo, saved.secrets], ['password', 'password', 'session'])
    step('added with passwords')

    assert.notEqual(await program.end('SIGQUIT'), 0) // what it says then is looked at by who runs this
    program = await Program.start(data)
    page = await open(program.url)
    await page.getByRole('button', { name: /^box/ }).first().click()
    d = dialog(page)
    const look = page.getByRole('button', { name: 'Look at the drives again' })
    const answer = async (text) => {
      await d.getByText('box asks').waitFor()
      await d.locator('input[type=password]').fill(text)
      await d.getByRole('button', { name: 'Answer' }).click()
      await d.waitFor({ state: 'detached' })
    }
    await until('it asks, or can be told to look', async () => (await d.isVisible()) || (await look.isEnabled()))
    if (!(await d.isVisible())) await look.click()
    await answer('wrong')
    // Who else waited for the connection may ask at once; else it is refused, and asked at the next look.
    const again = d.getByText('That was not right')
    const refused = page.getByText('The NAS refused the password').first()
    await until('it is refused, or asked again', async () => (await again.isVisible()) || (await refused.isVisible()))
    step('after a crash it asks again, and refuses what is wrong')

    await until('it asks again', async () => {
      if (await again.isVisible()) return true
      await look.click({ timeout: 1000 }).catch(() => {}) // disabled while it looks, or behind the question
    })
    await answer(secret)
    await row(page, nas.drive).waitFor() // sudo takes the login's
    await nowhere(page, 'after the questions')
    step('answered: the drives are there')
    await program.close()
    assert.equal(await program.over(), 0)
  } finally {
    await program.end()
  }
})
