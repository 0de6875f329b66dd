import { expect, test } from 'vitest'
import { countdown, left, part, percent, size, speed, steady, took, when } from '../src/shared/words'

const plain = (s: string) => s.replaceAll('\u00a0', ' ')
const min = 60_000
const hour = 60 * min

test('what is left is about, and never in seconds', () => {
  expect(left(null)).toBe('measuring')
  expect(left(59_000)).toBe('under 1\u00a0min')
  expect(plain(left(25 * min))).toBe('about 25 min')
  expect(plain(left(89 * min))).toBe('about 89 min')
  expect(plain(left(9 * hour))).toBe('about 9 h')
  expect(plain(left(91 * hour))).toBe('about 3.8 days')
})

test('an estimate changes only by more than a twentieth', () => {
  expect(steady(100, 104)).toBe(100)
  expect(steady(100, 106)).toBe(106)
  expect(steady(null, 7)).toBe(7)
  expect(steady(7, null)).toBeNull()
})

test('100 % only when the last byte is done', () => {
  expect(plain(percent(0.9999999))).toBe('99 %')
  expect(plain(percent(1))).toBe('100 %')
  expect(plain(percent(-1))).toBe('0 %')
})

test('sizes are decimal, and unknown is no zero', () => {
  expect(plain(size(18_000_207_937_536))).toBe('18.00 TB')
  expect(plain(size(960_197_124_096))).toBe('960 GB')
  expect(plain(size(20_971_520))).toBe('21 MB')
  expect(plain(part(13.29e12, 18e12))).toBe('13.29 of 18.00 TB')
  expect(speed(null)).toBe('–')
  expect(plain(speed(188.4e6))).toBe('188 MB/s')
})

test('moments and durations', () => {
  const now = new Date(2026, 10, 23, 13, 4).getTime()
  expect(when(new Date(2026, 10, 23, 9, 0).getTime(), now)).toBe('09:00')
  expect(plain(when(new Date(2026, 10, 24, 23, 0).getTime(), now))).toBe('Tue 23:00')
  expect(plain(when(new Date(2026, 10, 30, 9, 0).getTime(), now))).toBe('30 Nov 09:00')
  expect(when(0, now)).toBe('–')
  expect(plain(took(38_000))).toBe('38 s')
  expect(plain(took(124_000))).toBe('2 min 04 s')
  expect(plain(took(40 * hour + 25 * min))).toBe('40 h 25 min')
  expect(countdown(521_000)).toBe('8:41')
  expect(countdown(-5)).toBe('0:00')
})
