import { flushSync } from 'svelte'
import { expect, test } from 'vitest'
import { Board } from '../src/shared/board.svelte'
import { delta, FakeApi, drive, job, now, snapshot } from './fixtures'

async function opened(n = 14) {
  const fake = new FakeApi(snapshot(n))
  const board = new Board(fake.api(), () => now)
  board.open()
  await board.refresh()
  return { fake, board, snapshots: () => fake.asked.filter(([name]) => name === 'Snapshot').length }
}

test('deltas in their turn are applied without asking again', async () => {
  const { fake, board, snapshots } = await opened()
  const before = snapshots()
  fake.emit('burnish', delta(8, { jobs: [job(2, { stage_progress: 0.8 })] }))
  fake.emit('burnish', delta(9, { gone: ['drive:n1/D3', 'job:' + job(3).id] }))
  expect(board.job(job(2).id)?.stage_progress).toBe(0.8)
  expect(board.drives.some((d) => d.key === 'n1/D3')).toBe(false)
  expect(board.job(job(3).id)).toBeNull()
  expect(snapshots()).toBe(before)
})

test('a delta that was seen already changes nothing', async () => {
  const { fake, board } = await opened()
  fake.emit('burnish', delta(7, { gone: ['drive:n1/D1'] }))
  expect(board.drives.length).toBe(14)
})

test('a gap asks for the whole again, and what came meanwhile is applied after it', async () => {
  const { fake, board, snapshots } = await opened()
  const before = snapshots()
  fake.whole = { ...fake.whole, seq: 12, drives: fake.whole.drives.slice(0, 3) }
  fake.emit('burnish', delta(12))
  fake.emit('burnish', delta(13, { drives: [drive(50)] }))
  await expect.poll(() => board.drives.map((d) => d.id), { timeout: 60_000 }).toEqual(['D1', 'D2', 'D3', 'D50'])
  expect(snapshots()).toBeGreaterThan(before)
})

test('a list that does not change stays itself', async () => {
  const { fake, board } = await opened()
  const was = board.drives
  fake.emit('burnish', delta(8, { jobs: [job(2)] }))
  flushSync()
  expect(board.drives).toBe(was)
})

test('text of the NAS is made plain, names stay as they are', async () => {
  const { fake, board } = await opened(2)
  fake.emit('burnish', delta(8, { drives: [drive(1, { id: 'A\u202eB', model: '\u202eevil\u0007\u001b[31m' })] }))
  const d = board.drives.find((x) => x.key === 'n1/D1')!
  expect(d.model).toBe('\ufffdevil\ufffd\ufffd[31m')
  expect(d.id).toBe('A\u202eB')
})

test('a refusal of the snapshot is shown, and the next one mends it', async () => {
  const fake = new FakeApi()
  fake.answers.Snapshot = () => {
    throw { code: 'x', title: 'No', text: '', hint: '' }
  }
  const board = new Board(fake.api(), () => now)
  await board.refresh()
  expect(board.trouble?.title).toBe('No')
  delete fake.answers.Snapshot
  await board.refresh()
  expect(board.trouble).toBeNull()
  expect(board.ready).toBe(true)
})
