import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { hintOf } from '../src/shared/hints'
import { tidy } from '../src/shared/text'

// The registry is Go; its lines are plain enough to be read here.
const rows = [...readFileSync('../backend/reason/registry.go', 'utf8').matchAll(/\{"([a-z_0-9]+)", \w+, "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"/g)]
const typed = /(^|\s|\()--[a-z]|burnish [a-z]+|command line|at a terminal/

test('no hint sends a person at the window to the command line', () => {
  expect(rows.length).toBeGreaterThan(100)
  const there = rows.filter(([, , , , hint]) => typed.test(hint!.replace('service burnish by', ''))).map(([, code]) => code!)
  expect(there.length).toBeGreaterThan(20)
  expect(there.filter((code) => typed.test(hintOf(code, '--flag')))).toEqual([])
})

test('a hint is said as the window needs it wherever a reason comes in', () => {
  const said = { code: 'no_such_plan', title: 't', text: 'x', hint: 'burnish plans lists the built-in ones.' }
  expect(tidy([{ reason: said }])[0]!.reason.hint).toBe('Choose another plan.')
  expect(tidy({ code: 'surface_errors', hint: 'Replace the drive.' }).hint).toBe('Replace the drive.')
})
