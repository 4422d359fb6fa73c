import { expect, test } from 'vitest'
import { exactText } from './exact'

test('what has a short decimal is written as one', () => {
  expect(exactText('597/20')).toBe('29.85')
  expect(exactText('45')).toBe('45')
  expect(exactText('-1/2')).toBe('−0.5')
  expect(exactText('1/1000000')).toBe('0.000001')
})

test('what has none stays a fraction, and anything else stays as it is', () => {
  expect(exactText('204/7')).toBe('204/7')
  expect(exactText('1/10000000')).toBe('1/10000000')
  expect(exactText('1/0')).toBe('1/0')
  expect(exactText('n/a')).toBe('n/a')
})
