import { expect, test } from 'vitest'
import { change, compact, compactMoney, dateTime, formatFor, formatIn, lastDay, money, share, signed, startOfDay } from './format'

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
