import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { hintOf } from '../src/shared/hints'
import { tidy } from '../src/shared/text'

// The registry is Go, and plain enough to be read here: code, class, title, text and hint of each row.
const read = (file: string) => readFileSync(`../backend/reason/${file}`, 'utf8').replace(/" \+\s*"/g, '')
const codes = new Map([...read('codes.go').matchAll(/(\w+) +Code += "(\w+)"/g)].map(([, name, code]) => [name!, code!]))
const text = /"((?:[^"\\]|\\.)*)"/.source
const rows = [
  ...read('registry.go').matchAll(new RegExp(`\\{\\s*(\\w+), \\w+,\\s*${text},\\s*${text},\\s*${text},`, 'g')),
].map(([, name, , , hint]) => ({ code: codes.get(name!) ?? '', hint: hint! }))
const typed = /(^|\s|\()--[a-z]|burnish [a-z]+|command line|at a terminal/

test('no hint sends a person at the window to the command line', () => {
  expect(rows.length).toBeGreaterThan(100)
  expect(rows.length).toBe(codes.size)
  const there = rows.filter((r) => typed.test(r.hint.replace('service burnish by', ''))).map((r) => r.code)
  expect(there.length).toBeGreaterThan(20)
  expect(there.filter((code) => typed.test(hintOf(code, '--flag')))).toEqual([])
})

test('a hint is said as the window needs it wherever a reason comes in', () => {
  const said = { code: 'no_such_plan', title: 't', text: 'x', hint: 'burnish plans lists the built-in ones.' }
  expect(tidy([{ reason: said }])[0]!.reason.hint).toBe('Choose another plan.')
  expect(tidy({ code: 'surface_errors', hint: 'Replace the drive.' }).hint).toBe('Replace the drive.')
})
