import { expect, test } from 'vitest'
import { barsWithin, monthDays, shiftMonth, weekday } from './days'

test('a month has its own days', () => {
  expect(monthDays('2026-11')).toHaveLength(30)
  expect(monthDays('2028-02').at(-1)).toBe('2028-02-29')
  expect(shiftMonth('2026-12', 1)).toBe('2027-01')
  expect(shiftMonth('2026-01', -1)).toBe('2025-12')
  expect([weekday('2026-11-23'), weekday('2026-11-29')]).toEqual([1, 7])
})

test('bars are cut at the edges of the days shown, and what lies outside is left out', () => {
  const whole = { from: '2026-11-01T00:00:00Z', until: '2026-11-11T00:00:00Z' }
  const bars = barsWithin(whole, [
    { from: '2026-10-20T00:00:00Z', until: '2026-11-02T00:00:00Z' },
    { from: '2026-11-06T00:00:00Z', until: '2026-12-01T00:00:00Z' },
    { from: '2026-11-11T00:00:00Z', until: '2026-11-12T00:00:00Z' },
    { from: '2026-10-01T00:00:00Z', until: '2026-11-01T00:00:00Z' },
  ])
  expect(bars.map(({ left, width }) => [left, width])).toEqual([[0, 10], [50, 50]])
})
