import { expect, test } from 'vitest'
import { change, compact, compactMoney, dateTime, formatFor, formatIn, instantAt, lastDay, money, period, share, signed, startOfDay } from './format'

test('money is written with its fen', () => {
  formatFor('zh-CN')
  expect(money(123450)).toBe('¥1,234.50')
  expect(money(-5)).toBe('−¥0.05')
})

test('long figures are short in both languages', () => {
  formatFor('zh-CN')
  expect(compact(99_999)).toBe('99,999')
  expect(compact(648_219)).toBe('64.8万')
  expect(compactMoney(630_300_000)).toBe('¥630.3万')
  formatFor('en-US')
  expect(compact(648_219)).toBe('648.2K')
  formatFor('zh-CN')
})

test('a change needs something to compare with', () => {
  expect(change(110, 100)).toBe(1000)
  expect(change(5, 0)).toBeNull()
  expect(change(5, null)).toBeNull()
})

test('shares and signs', () => {
  expect(share(1234)).toBe('12.3%')
  expect(signed(45)).toBe('+45')
  expect(signed(-45)).toBe('−45')
  expect(signed(0)).toBe('0')
})

test('times are those of the program, and what is over at midnight was good the day before', () => {
  formatIn('Asia/Shanghai')
  expect(dateTime('2026-05-01T02:01:00Z')).toBe('2026-05-01 10:01')
  expect(lastDay('2026-05-31T16:00:00Z')).toBe('2026-05-31')
  expect(lastDay('2026-05-31T16:00:01Z')).toBe('2026-06-01')
})

test('a business day begins at midnight of its zone, also on the day the clocks change', () => {
  formatIn('Asia/Shanghai')
  expect(startOfDay('2026-05-01')).toBe('2026-04-30T16:00:00.000Z')
  formatIn('Europe/Berlin')
  expect(startOfDay('2026-03-29')).toBe('2026-03-28T23:00:00.000Z')
  expect(startOfDay('2026-03-30')).toBe('2026-03-29T22:00:00.000Z')
  formatIn('Asia/Shanghai')
})

test('a wall time of the zone becomes its instant', () => {
  formatIn('Asia/Shanghai')
  expect(instantAt('2026-11-11 00:00')).toBe('2026-11-10T16:00:00.000Z')
  formatIn('America/New_York')
  // An hour before and after the clocks go back.
  expect(instantAt('2026-11-01 00:30')).toBe('2026-11-01T04:30:00.000Z')
  expect(instantAt('2026-11-01 03:30')).toBe('2026-11-01T08:30:00.000Z')
  formatIn('Asia/Shanghai')
})

test('a period names its last day, and hours only where it has some', () => {
  const now = new Date('2026-06-01T00:00:00Z')
  formatFor('zh-CN')
  expect(period('2026-10-31T16:00:00Z', '2026-11-11T16:00:00Z', now)).toBe('11月1日–11日')
  expect(period('2026-11-11T02:00:00Z', '2026-11-11T04:00:00Z', now)).toBe('11月11日 10:00–12:00')
  expect(period('2026-12-30T16:00:00Z', '2027-01-02T16:00:00Z', now)).toBe('2026年12月31日 – 2027年1月2日')
})
