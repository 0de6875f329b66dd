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
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
let bad = 0
const wrong = (...what) => {
  bad++
  console.error(...what)
}

// delta tells the page of a change; waits makes a call go on for ever, refused has it refused.
const delta = (p, over) =>
  p.evaluate(
    (o) =>
      fake.emit('burnish', {
        seq: 8,
        now_ms: fixturesNow,
        nas: [],
        drives: [],
        jobs: [],
        questions: [],
        gone: [],
        ...o,
      }),
    over,
  )
const waits = (p, call) =>
  p.evaluate((c) => {
    fake.answers[c] = () => new Promise(() => {})
  }, call)
const refused = (p, call, title) =>
  p.evaluate(
    ([c, t]) => {
      fake.answers[c] = () => {
        throw {
          code: 'not_stopped',
          title: t,
          text: 'The drive does not answer, and its run holds it still.',
          hint: 'The request to stop stands. The drive shows how it goes on.',
        }
      }
    },
    [call, title],
  )
const choose = async (p) => {
  for (const n of [4, 5, 9, 10]) await p.locator(`[data-key="n1/D${n}"] input`).click()
  await p.getByRole('button', { name: 'Start…' }).click()
}
const leave = (p) => p.evaluate(() => fake.emit('burnish:close', null))

const states = [
  ['drives', '?drives=14', async () => {}],
  ['two', '?drives=2', async (p) => p.locator('[data-key="n1/D1"]').click()],
  [
    'many',
    '?drives=60',
    async (p) =>
      p.locator('.wrap').evaluate((w) => {
        w.scrollTop = 700
      }),
  ],
  ['stopping', '?drives=14&stopping=1', async (p) => p.locator('[data-key="n1/D2"]').click()],
  ['running', '?drives=14', async (p) => p.locator('[data-key="n1/D2"]').click()],
  [
    'charts',
    '?drives=14',
    async (p) => {
      await p.locator('[data-key="n1/D2"]').click()
      await p.getByRole('button', { name: 'Surface' }).click()
    },
  ],
  ['failed', '?drives=14', async (p) => p.locator('[data-key="n1/D5"]').click()],
  ['unknown', '?drives=14', async (p) => p.locator('[data-key="n1/D6"]').click()],
  ['passed', '?drives=14', async (p) => p.locator('[data-key="n1/D4"]').click()],
  ['locked', '?drives=14', async (p) => p.locator('[data-key="n1/D9"]').click()],
  [
    'unlock',
    '?drives=14',
    async (p) => {
      await p.locator('[data-key="n1/D9"]').click()
      await p.getByRole('button', { name: 'Unlock…' }).click()
    },
  ],
  ['start', '?drives=14', choose],
  [
    'changed',
    '?drives=14',
    async (p) => {
      await choose(p)
      await p.getByRole('textbox', { name: /^Type the serial/ }).fill('ZR5A1009')
      await p.evaluate(() =>
        fake.emit('burnish', {
          seq: 8,
          now_ms: fixturesNow,
          nas: [],
          jobs: [],
          questions: [],
          gone: ['drive:n1/D10'],
          drives: [
            {
              ...fake.whole.drives.find((d) => d.id === 'D5'),
              usage_class: 'mounted',
              usage_text: '/mnt/media',
              locking: 'in_use',
              destructive_ok: false,
              way_out: 'Unmount it first.',
            },
          ],
        }),
      )
      await p.getByText('It is not there any more').waitFor()
    },
  ],
  [
    'starting',
    '?drives=14',
    async (p) => {
      await waits(p, 'Start')
      await choose(p)
      await p.getByRole('textbox', { name: /^Type the serial/ }).fill('ZR5A1009')
      await p.getByRole('button', { name: 'Erase and start' }).click()
      for (let i = 0; i < 3; i++) await p.keyboard.press('Escape')
      await p.getByText('Starting…').waitFor()
    },
  ],
  [
    'stop',
    '?drives=14',
    async (p) => {
      await waits(p, 'Stop')
      await p.locator('[data-key="n1/D2"]').click()
      await p.getByRole('button', { name: 'Stop…' }).click()
      await p.getByRole('button', { name: 'Stop the run' }).click()
    },
  ],
  [
    'late',
    '?drives=14',
    async (p) => {
      await p.evaluate(() => {
        fake.answers.Stop = () =>
          new Promise((_, no) => {
            globalThis.refuse = no
          })
      })
      await p.locator('[data-key="n1/D2"]').click()
      await p.getByRole('button', { name: 'Stop…' }).click()
      await p.getByRole('button', { name: 'Stop the run' }).click()
      await p.keyboard.press('Escape')
      await p.evaluate(() =>
        globalThis.refuse({
          code: 'not_stopped',
          title: 'It was not stopped',
          text: 'The drive does not answer.',
          hint: 'The request to stop stands.',
        }),
      )
      await p.getByText('It was not stopped').waitFor()
    },
  ],
  [
    'remove',
    '?drives=14',
    async (p) => {
      await p.keyboard.press('4')
      await p.getByRole('button', { name: 'Remove…' }).first().click()
    },
  ],
  [
    'test',
    '?drives=14',
    async (p) => {
      await p.keyboard.press('4')
      await p.getByRole('button', { name: 'Test', exact: true }).first().click()
    },
  ],
  ['close', '?drives=14&practice=1', async (p) => leave(p)],
  [
    'closing',
    '?drives=14',
    async (p) => {
      await waits(p, 'Quit')
      await leave(p)
      await p.getByRole('button', { name: /^Stop .* and close/ }).click()
    },
  ],
  [
    'notclosed',
    '?drives=14',
    async (p) => {
      await refused(p, 'Quit', 'It was not stopped')
      await leave(p)
      await p.getByRole('button', { name: /^Stop .* and close/ }).click()
    },
  ],
  [
    'seal',
    '?drives=14',
    async (p) => {
      await delta(p, {
        questions: [
          {
            id: 'q',
            nas: '',
            about: 'new_seal',
            text: 'New passphrase to seal the saved passwords with',
            echo: false,
            again: false,
          },
        ],
      })
      await p.getByLabel('New passphrase').fill('one')
      await p.getByLabel('The same once more').fill('other')
    },
  ],
  [
    'asks',
    '?drives=14',
    async (p) =>
      delta(p, {
        questions: [
          {
            id: 'q',
            nas: 'truenas-attic',
            about: 'sudo',
            text: 'Sudo password of admin at truenas-attic',
            echo: false,
            again: true,
          },
        ],
      }),
  ],
  ['demo', '?drives=14&practice=1', async (p) => p.keyboard.press('4')],
  [
    'adding',
    '?drives=14',
    async (p) => {
      await waits(p, 'AddNAS')
      await p.getByRole('button', { name: 'Add a NAS' }).first().click()
      await p.getByLabel('Name').fill('attic')
      await p.getByRole('textbox', { name: 'Host', exact: true }).fill('10.0.0.5')
      await p.getByLabel('Key file', { exact: true }).last().fill('~/.ssh/id_ed25519')
      await p.getByRole('button', { name: 'Test and save' }).click()
      await p.evaluate(() =>
        fake.emit('burnish:steps', {
          nas: '',
          steps: [
            ['connect', 'Reach', 'passed'],
            ['login', 'Login', 'passed'],
            ['rights', 'Rights', 'passed'],
            ['save', 'Save', 'passed'],
            ['runner', 'Runner', 'running'],
            ['drives', 'Drives', 'waits'],
          ].map(([id, title, state]) => ({ id, title, state, text: '', said: null })),
        }),
      )
      await p.getByText('It is saved').waitFor()
    },
  ],
  [
    'add',
    '?drives=14',
    async (p) => {
      await p.getByRole('button', { name: 'Add a NAS' }).first().click()
      await p.getByLabel('Name').fill('attic')
      await p.getByRole('textbox', { name: 'Host', exact: true }).fill('10.0.0.5')
      await p.getByLabel('Key file', { exact: true }).last().fill('~/.ssh/id_ed25519')
      await p.getByRole('button', { name: 'Test and save' }).click()
      await p.getByText('It is the same, go on').waitFor()
    },
  ],
  ['history', '?drives=14', async (p) => p.keyboard.press('2')],
  ['plans', '?drives=14', async (p) => p.keyboard.press('3')],
  ['settings', '?drives=14', async (p) => p.keyboard.press('4')],
  [
    'notices',
    '?drives=14',
    async (p) => {
      await p.keyboard.press('4')
      await p.evaluate(() => {
        fake.answers.TestWay = () => ({
          told: false,
          answer: '535 5.7.8 Username and Password not accepted',
          took_ms: 210,
          at_ms: fixturesNow,
          reason: {
            code: 'notice_untold',
            title: 'The notice did not arrive',
            text: 'mail: 535 5.7.8 Username and Password not accepted.',
            hint: 'Correct the address or the password, or what the answer names, and test it again.',
          },
        })
      })
      await p.getByRole('button', { name: 'Test mail' }).click()
      await p.getByText('The notice did not arrive').waitFor()
      await p.getByRole('heading', { name: 'Notices' }).evaluate((h) => h.scrollIntoView())
    },
  ],
  [
    'addway',
    '?drives=14',
    async (p) => {
      await p.keyboard.press('4')
      await p.getByRole('button', { name: 'Add a way…' }).click()
      await p.getByRole('radio', { name: 'E-mail' }).click()
      await p.getByLabel('Name').fill('mail')
    },
  ],
  [
    'edit',
    '?drives=14',
    async (p) => {
      await p.keyboard.press('4')
      await p.getByRole('button', { name: 'Edit…' }).first().click()
    },
  ],
  [
    'more',
    '?drives=14',
    async (p) => {
      await p.getByRole('button', { name: 'Add a NAS' }).first().click()
      await p.getByText('More', { exact: true }).click()
    },
  ],
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
      if (await page.evaluate(() => document.querySelector('img, script:not([src]), #page b > b') !== null))
        wrong(theme, width, name, 'text became an element')
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth))
        wrong(theme, width, name, 'scrolls sideways')
      await page.evaluate(axe)
      const found = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }))
      for (const v of found.violations.filter((x) => ['serious', 'critical'].includes(x.impact))) {
        wrong(
          theme,
          width,
          name,
          v.id,
          v.help,
          v.nodes
            .slice(0, 3)
            .map((n) => `${n.html.slice(0, 160)} ${n.any[0]?.message ?? ''}`)
            .join('\n  '),
        )
      }
    }
    await page.close()
  }
}
await browser.close()
server.close()
console.log(bad ? `${bad} things are wrong` : 'nothing wrong')
process.exitCode = bad ? 1 : 0
