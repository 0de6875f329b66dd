// The page in Chromium, and what is looked at in it. Waits have a generous end and no fixed length.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const patience = 240_000
const axe = readFileSync(fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8')

// walk gives a browser to a story, and fails if the page complained in the console. Where the story fails, a picture of
// the page is left beside its data.
export async function walk(name, story) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  const context = await browser.newContext({ viewport: { width: 1280, height: 820 } })
  const complaints = []
  const begun = Date.now()
  let page
  // open loads the page, in a tab of its own, as a window that is opened does.
  const open = async (url) => {
    await page?.close()
    page = await context.newPage()
    page.setDefaultTimeout(patience)
    // Refusals, and a program that ends, are answers of the bridge; what the page makes of them is looked at by the
    // story.
    page.on(
      'console',
      (m) =>
        ['error', 'warning'].includes(m.type()) && !m.location().url.includes('/e2e/') && complaints.push(m.text()),
    )
    page.on('pageerror', (e) => complaints.push(e.stack ?? e.message))
    await page.goto(url)
    return page
  }
  const step = (what) => console.log(`${name}: ${what} (${((Date.now() - begun) / 1000).toFixed(1)} s)`)
  try {
    await story({ open, step })
    assert.deepEqual(complaints, [], 'the page complained')
    step('done')
  } catch (e) {
    const file = join(process.env.BURNISH_TEST_SHOTS ?? process.env.BURNISH_TEST_DIR, `${name}.png`)
    await page?.screenshot({ path: file, timeout: 20_000 }).catch(() => {})
    console.error(`${name}: a picture is in ${file}; the page complained:`, complaints)
    throw e
  } finally {
    await browser.close()
  }
}

// until asks again until something holds.
export async function until(what, holds) {
  for (const end = Date.now() + patience; Date.now() < end; await new Promise((on) => setTimeout(on, 100))) {
    const got = await holds()
    if (got) return got
  }
  throw new Error(`never: ${what}`)
}

// readable looks for what axe calls serious, in both themes.
export async function readable(page, where) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    await page.waitForFunction(
      (t) =>
        document.documentElement.dataset.theme === t &&
        document.getAnimations().every((a) => a.playState !== 'running'),
      colorScheme,
    )
    await page.evaluate(axe)
    const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }))
    const bad = violations
      .filter((v) => ['serious', 'critical'].includes(v.impact))
      .map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' ')}`)
    assert.deepEqual(bad, [], `${where}, ${colorScheme}`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

// row is a drive's row, by a word that is in no other, or by its path.
export const row = (page, word) =>
  word.startsWith('/')
    ? page.locator(`[data-key]:has([title="${word}"])`)
    : page.getByRole('row').filter({ hasText: word })
export const drawer = (page) => page.getByRole('complementary')
export const reason = (page) => page.getByRole('region', { name: 'Reason' })
export const dialog = (page) => page.getByRole('dialog')

// check puts a drive among those to be started.
export const check = (page, word) => row(page, word).getByRole('checkbox').click()

// start goes through the start dialog with what is checked; more is done in it before.
export async function start(page, plan, more = async () => {}) {
  await page.getByRole('button', { name: 'Start…', exact: true }).click()
  await dialog(page)
    .getByRole('radio', { name: new RegExp(`^${plan}`, 'i') })
    .check()
  await more(dialog(page))
  await dialog(page)
    .getByRole('button', { name: /^(Erase and start|Start) / })
    .click()
  await dialog(page).waitFor({ state: 'detached' })
}

// open shows a drive's drawer.
export async function look(page, word) {
  await row(page, word).click()
  await drawer(page).getByText(word).first().waitFor()
}

// said is what the drawer says of a job that has ended, as `show --json` says it.
export async function said(page) {
  const box = reason(page)
  const fact = async (name) => {
    const at = box
      .locator('dl > div')
      .filter({ has: page.locator('dt', { hasText: name }) })
      .locator('dd')
    return (await at.count()) ? (await at.innerText()).trim() : ''
  }
  return {
    code: (await box.locator('header code').innerText()).trim(),
    title: (await box.getByRole('heading', { level: 3 }).innerText()).trim(),
    text: await fact('What happened'),
    hint: await fact('What to do'),
  }
}
