import { expect, test } from 'vitest'
import { Table } from '../src/drives/table.svelte'
import { Board } from '../src/shared/board.svelte'
import { FakeApi, now, snapshot } from './fixtures'

async function table(n = 20) {
  const fake = new FakeApi(snapshot(n))
  const board = new Board(fake.api(), () => now)
  await board.refresh()
  const t = new Table(board)
  t.show('n1')
  return t
}
const ids = (t: Table) => t.shownRows.map((r) => r.drive.id)

test('bays sort as numbers, and what needs a person comes first where asked', async () => {
  const t = await table(20)
  expect(ids(t).slice(0, 3)).toEqual(['D1', 'D2', 'D3'])
  t.sort('needs')
  expect(t.shownRows[0]!.shown).toBe('failed')
  expect(t.shownRows[2]!.shown).toBe('unknown')
  expect(t.shownRows[4]).toMatchObject({ shown: 'passed', job: { warnings: 1 } })
})

test('each word of the filter has to be in a row', async () => {
  const t = await table()
  t.text = 'vault ST18000'
  expect(ids(t)).toEqual(['D8', 'D18'])
  t.text = 'vault SAMSUNG'
  expect(ids(t)).toEqual([])
})

test('a whole path in the filter means its drive alone', async () => {
  const t = await table()
  const { id, path } = t.rows[2]!.drive
  t.rows[3]!.drive.path = path + '2'
  t.text = path
  expect(ids(t)).toEqual([id])
  t.text = path.slice(0, -1)
  expect(ids(t).length).toBeGreaterThan(1)
})

test('all at once checks no drive that holds something, by itself it can be', async () => {
  const t = await table(10)
  t.checkAll(true)
  expect(t.chosen.map((r) => r.drive.id).sort()).toEqual(['D10'])
  t.check('n1/D9')
  expect(t.checked.has('n1/D9')).toBe(true)
  t.check('n1/D8')
  t.check('n1/D2')
  expect(t.checked.has('n1/D8') || t.checked.has('n1/D2')).toBe(false)
})

test('a range takes what can be started between', async () => {
  const t = await table(10)
  t.check('n1/D4')
  t.range('n1/D8')
  expect([...t.checked].sort()).toEqual(['n1/D4', 'n1/D5', 'n1/D6'])
})

test('the keyboard stays on its drive while the order changes', async () => {
  const t = await table(20)
  t.move(1)
  t.move(1)
  expect(t.at).toBe('n1/D2')
  t.sort('drive')
  expect(t.shownRows[t.index]!.key).toBe('n1/D2')
  t.move(-100)
  expect(t.index).toBe(0)
})

test('another NAS begins with nothing checked', async () => {
  const t = await table()
  t.checkAll(true)
  t.show('n2')
  expect(t.checked.size).toBe(0)
  expect(t.rows).toEqual([])
})

test('all at once are those that wait for a first verdict; the others only when asked for', async () => {
  const t = await table()
  const states = () => t.chosen.map((r) => r.job?.state ?? 'none')
  t.checkAll(true)
  expect(new Set(states())).toEqual(new Set(['none']))
  t.checkTested()
  expect(new Set(states())).toEqual(new Set(['none', 'passed', 'failed', 'unknown']))
})
