import { expect, test } from 'vitest'
import i18next from '../../shared/i18n'
import { codesOf } from './codes'
import type { Template } from './queries'
import { couponClauses, effectText } from './sentences'

const t = i18next.t.bind(i18next)
const names = { tier: (id: string) => id, channel: (code: string) => ({ tmall: '天猫' })[code] ?? code }

test('a template reads as a sentence', () => {
  const template = { kind: 'amount' as const, amount: 2_000, min_spend: 10_000, name: { zh: '新客' }, validity: { kind: 'days' as const, days: 7 }, scope: { include: { channels: ['tmall'] } }, per_member: 1, claim: {} } as unknown as Template
  expect(effectText(t, template)).toBe('满 ¥100 减 ¥20')
  expect(couponClauses(t, template, names)).toEqual(['天猫', '领取后 7 天内有效', '会员可自行领取', '每人限领 1 张'])
  expect(effectText(t, { kind: 'percent', percent: 15, cap: 5_000, name: {}, validity: { kind: 'days', days: 7 } } as unknown as Template)).toBe('打 8.5 折，最多减 ¥50')
})

test('codes are the first cell of each line, each once, without a heading', () => {
  expect(codesOf('code,owner\r\nAB-1,x\n"AB-2";y\n\nAB-1\n')).toEqual({ codes: ['AB-1', 'AB-2'], repeated: 1 })
  expect(codesOf('')).toEqual({ codes: [], repeated: 0 })
})
