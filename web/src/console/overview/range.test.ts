import { expect, test } from 'vitest'
import { rangeOf } from './range'

test('without a word in the URL it is the last thirty days, today included', () => {
  expect(rangeOf({}, '2026-03-01')).toEqual({ from: '2026-01-31', to: '2026-03-01', preset: '30d' })
})

test('last month ends on its own last day', () => {
  expect(rangeOf({ range: 'last_month' }, '2024-03-31')).toEqual({ from: '2024-02-01', to: '2024-02-29', preset: 'last_month' })
})

test('two days in order win over a preset', () => {
  expect(rangeOf({ from: '2026-01-02', to: '2026-01-02', range: '7d' }, '2026-03-01')).toEqual({ from: '2026-01-02', to: '2026-01-02', preset: null })
})

test('days the wrong way round, or no days at all, fall back to the preset', () => {
  expect(rangeOf({ from: '2026-02-02', to: '2026-02-01', range: 'today' }, '2026-03-01').from).toBe('2026-03-01')
  expect(rangeOf({ from: 'x', to: 'y' }, '2026-03-01').preset).toBe('30d')
})
