// Looks at the page on fixtures in Chromium, in both themes: nothing in the console, nothing that
// axe calls serious, no text of a NAS that became an element, no sideways scrolling of the page. With a directory as
// argument it does so at three widths and leaves the pictures there; widths and the names of states may follow, each
// with commas between. `npm run look` builds first.
import { readFileSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('../../node_modules/.fixtures/', import.meta.url))
const axe = readFileSync(fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8')
const out = process.argv[2]
if (out) mkdirSync(out, { recursive: true })
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const server = createServer((req, res) => {
  const path = normalize(new URL(req.url, 'http://x').pathname)
  try {
    const data = readFileSync(join(root, path === '/' ? 'index.html' : path))
    res.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/html' }).end(data)
  } catch {
    res.writeHead(404).end()
  }
})
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const url = `http://127.0.0.1:${server.address().port}/`
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
let bad = 0
const wrong = (...what) => { bad++; console.error(...what) }

const states = [
  ['drives', '?drives=14', async () => {}],
  ['two', '?drives=2', async (p) => p.locator('[data-key="n1/D1"]').click()],
  ['many', '?drives=60', async (p) => p.locator('.wrap').evaluate((w) => { w.scrollTop = 700 })],
  ['stopping', '?drives=14&stopping=1', async (p) => p.locator('[data-key="n1/D2"]').click()],
  ['running', '?drives=14', async (p) => p.locator('[data-key="n1/D2"]').click()],
  ['charts', '?drives=14', async (p) => { await p.locator('[data-key="n1/D2"]').click(); await p.getByRole('button', { name: 'Surface' }).click() }],
  ['failed', '?drives=14', async (p) => p.locator('[data-key="n1/D5"]').click()],
  ['unknown', '?drives=14', async (p) => p.locator('[data-key="n1/D6"]').click()],
  ['passed', '?drives=14', async (p) => p.locator('[data-key="n1/D4"]').click()],
  ['locked', '?drives=14', async (p) => p.locator('[data-key="n1/D9"]').click()],
  ['unlock', '?drives=14', async (p) => { await p.locator('[data-key="n1/D9"]').click(); await p.getByRole('button', { name: 'Unlock…' }).click() }],
  ['start', '?drives=14', async (p) => { for (const n of [4, 5, 9, 10]) await p.locator(`[data-key="n1/D${n}"] input`).click(); await p.getByRole('button', { name: 'Start…' }).click() }],
  ['add', '?drives=14', async (p) => {
    await p.getByRole('button', { name: 'Add a NAS' }).first().click()
    await p.getByLabel('Name').fill('attic')
    await p.getByRole('textbox', { name: 'Host', exact: true }).fill('10.0.0.5')
    await p.getByLabel('Key file', { exact: true }).last().fill('~/.ssh/id_ed25519')
    await p.getByRole('button', { name: 'Test and save' }).click()
    await p.getByText('It is the same, go on').waitFor()
  }],
  ['history', '?drives=14', async (p) => p.keyboard.press('2')],
  ['plans', '?drives=14', async (p) => p.keyboard.press('3')],
  ['settings', '?drives=14', async (p) => p.keyboard.press('4')],
  ['edit', '?drives=14', async (p) => { await p.keyboard.press('4'); await p.getByRole('button', { name: 'Edit…' }).first().click() }],
  ['more', '?drives=14', async (p) => { await p.getByRole('button', { name: 'Add a NAS' }).first().click(); await p.getByText('More', { exact: true }).click() }],
  ['empty', '?empty=1', async () => {}],
  ['hostile', '?drives=14&hostile=1', async (p) => p.locator('[data-key="n1/D5"]').click()],
]
const only = process.argv[4]?.split(',')
const widths = process.argv[3]?.split(',').map(Number) ?? (out ? [900, 1280, 1920] : [1000])
for (const theme of ['light', 'dark']) {
  for (const width of widths) {
    const page = await browser.newPage({ viewport: { width, height: width === 1920 ? 1080 : 820 }, colorScheme: theme })
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && wrong(theme, width, 'console:', m.text()))
    page.on('pageerror', (e) => wrong(theme, width, 'page error:', e.message, e.stack))
    for (const [name, query, act] of states) {
      if (only && !only.includes(name)) continue
      await page.goto(url + query)
      await page.locator('nav').first().waitFor()
      if (name !== 'empty') await page.locator('.grid').waitFor()
      try {
        await act(page)
      } catch (e) {
        wrong(theme, width, name, e.message.split('\n').slice(0, 3).join(' '))
      }
      await page.waitForFunction(() => document.getAnimations().every((a) => a.playState !== 'running'))
      if (out) await page.screenshot({ path: join(out, `${name}-${width}-${theme}.png`) })
      if (await page.evaluate(() => document.querySelector('img, script:not([src]), #page b > b') !== null)) wrong(theme, width, name, 'text became an element')
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) wrong(theme, width, name, 'scrolls sideways')
      await page.evaluate(axe)
      const found = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }))
      for (const v of found.violations.filter((x) => ['serious', 'critical'].includes(x.impact))) {
        wrong(theme, width, name, v.id, v.help, v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 160)} ${n.any[0]?.message ?? ''}`).join('\n  '))
      }
    }
    await page.close()
  }
}
await browser.close()
server.close()
console.log(bad ? `${bad} things are wrong` : 'nothing wrong')
process.exitCode = bad ? 1 : 0
