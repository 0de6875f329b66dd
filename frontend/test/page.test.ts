import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { render, screen } from '@testing-library/svelte'
import { expect, test } from 'vitest'
import StateMark from '../src/shared/StateMark.svelte'
import SaidBox from '../src/shared/SaidBox.svelte'
import { icons } from '../src/shared/icons'
import { bridge, said } from '../src/shared/bridge'

const files = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? files(join(dir, e.name)) : [join(dir, e.name)],
  )

test('no component makes elements out of text', () => {
  const all = files('src')
  expect(all.length).toBeGreaterThan(30)
  for (const f of all)
    expect(readFileSync(f, 'utf8'), f).not.toMatch(
      /\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
    )
})

test('colours come from the roles alone', () => {
  for (const f of files('src').filter((f) => !f.endsWith('tokens.css')))
    expect(readFileSync(f, 'utf8').replaceAll('{#', ''), f).not.toMatch(/#[0-9a-f]{6}\b|#[0-9a-f]{3};|rgba?\(/i)
})

test.each(['index.html', 'test/page/index.html'])('%s allows scripts and styles of its own only', (file) => {
  const html = readFileSync(file, 'utf8')
  const csp = /Content-Security-Policy"\s+content="([^"]+)"/.exec(html)?.[1] ?? ''
  expect(csp).toContain("default-src 'none'")
  expect(csp).not.toMatch(/unsafe|\*|https?:/)
  expect(html.split('\n').filter((line) => line.length > 120)).toEqual([])
})

test('components and programs stay small', () => {
  for (const f of files('src').filter((f) => !f.endsWith('/api.ts')))
    // which is made, not written
    expect(readFileSync(f, 'utf8').trimEnd().split('\n').length, f).toBeLessThanOrEqual(250)
})

test('each state has an outline of its own and a word', () => {
  const states = [
    'queued',
    'running',
    'passed',
    'failed',
    'cancelled',
    'unknown',
    'skipped',
    'paused',
    'stopping',
    'ready',
    'locked',
  ] as const
  const first = states.map((s) => JSON.stringify(icons[s]))
  expect(new Set(first).size).toBe(states.length)
  render(StateMark, { state: 'failed' })
  expect(screen.getByText('Failed')).toBeTruthy()
})

test('what a NAS says is shown as text', () => {
  const { container } = render(SaidBox, {
    said: { code: 'internal', title: '<img src=x onerror=alert(1)>', text: '<b>b</b>', hint: '' },
  })
  expect(container.querySelector('img')).toBeNull()
  expect(container.textContent).toContain('<img src=x onerror=alert(1)>')
})

test('a refusal of any shape becomes a Said', async () => {
  expect(said('{"code":"drive_in_use","title":"In use","text":"","hint":"h"}')).toMatchObject({
    code: 'drive_in_use',
    hint: 'h',
  })
  expect(said(new Error('boom')).text).toBe('boom')
  // The runtime of a window makes an Error of what the program says; the text of the Error is all that is left of it.
  expect(said(new Error('{"code":"drive_in_use","title":"In use","text":"t","hint":"h"}'))).toEqual({
    code: 'drive_in_use',
    title: 'In use',
    text: 't',
    hint: 'h',
  })
  expect(said(new Error('{"what":1}')).text).toBe('{"what":1}')
  expect(said('{broken').text).toBe('{broken')
  expect(said({ what: 1 }).text).toBe('{"what":1}')
  expect(said({ code: 'a', title: 'b' })).toEqual({ code: 'a', title: 'b', text: '', hint: '' })
  await expect(bridge({}).Snapshot()).rejects.toMatchObject({ title: 'That did not work' })
  const api = bridge({
    go: {
      main: {
        App: {
          Stop: async (j) => {
            throw { code: 'c', title: String(j), text: '', hint: '' }
          },
        },
      },
    },
  })
  await expect(api.Stop('j1')).rejects.toMatchObject({ code: 'c', title: 'j1' })
})
