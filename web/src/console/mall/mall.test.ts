import { expect, test } from 'vitest'
import { goodState } from './Goods'
import type { Good } from './queries'

const good = ({ name: { zh: '马克杯' }, kind: 'goods' as const, points: 40, stock: 2, from: '2026-11-01T00:00:00Z', until: '2026-12-01T00:00:00Z' }) as unknown as Good
const at = (instant: string, taken = 0, listed = true) => goodState({ good, listed, taken }, new Date(instant))

test('a good is on offer from its first instant up to its end, while there are pieces', () => {
  expect(at('2026-10-31T23:59:59Z')).toBe('coming')
  expect(at('2026-11-01T00:00:00Z')).toBe('on_sale')
  expect(at('2026-11-30T23:59:59Z')).toBe('on_sale')
  expect(at('2026-12-01T00:00:00Z')).toBe('over')
  expect(at('2026-11-02T00:00:00Z', 1)).toBe('on_sale')
  expect(at('2026-11-02T00:00:00Z', 2)).toBe('sold_out')
  expect(at('2026-11-02T00:00:00Z', 0, false)).toBe('off')
})
