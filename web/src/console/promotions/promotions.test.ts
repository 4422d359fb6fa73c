import { expect, test } from 'vitest'
import i18next from '../../shared/i18n'
import { cartOf, newLine } from './cart'
import { blankBenefit, benefitKinds, freshId, listed, putPromotion, stateOf, withoutPromotion, type Promotion } from './promotion'
import { benefitText, clauses, foldText, givesText } from './sentences'

const t = i18next.t.bind(i18next)
const names = { tier: (id: string) => ({ gold: '金卡' })[id] ?? id, channel: (code: string) => ({ tmall: '天猫', pos: '门店' })[code] ?? code }
const year = new Date().getFullYear()

const singlesDay: Promotion = {
  id: 'singles-day',
  name: { zh: '双11' },
  benefits: [{ kind: 'spend_save', steps: [{ spend: 30_000, off: { amount: 4_000 } }] }],
  scope: { include: { channels: ['tmall', 'pos'] } },
  from: `${year}-10-31T16:00:00Z`,
  until: `${year}-11-11T16:00:00Z`,
}

test('a promotion reads as a sentence', () => {
  expect(givesText(t, singlesDay)).toBe('满 ¥300 减 ¥40')
  expect(clauses(t, singlesDay, names)).toEqual(['可叠加券', '11月1日–11日', '天猫、门店'])
})

test('every kind of benefit has words, also while it is being filled in', () => {
  for (const kind of benefitKinds) expect(benefitText(t, blankBenefit(kind)), kind).not.toMatch(/undefined|promo\./)
})

test('percents are said as 折', () => {
  expect([20, 15, 50, 5].map(foldText)).toEqual(['8', '8.5', '5', '9.5'])
  expect(benefitText(t, { kind: 'nth_piece', n: 2, off: { percent: 50 } })).toBe('第 2 件打 5 折')
  expect(benefitText(t, { kind: 'buy_get', buy: 2, get: 1, off: { percent: 100 } })).toBe('买 2 件送 1 件')
})

test('members, stacking, hours and limits are clauses', () => {
  const said = clauses(t, {
    id: 'x', benefits: [], audience: "member.tier in ['gold']", exclusive: true, with_coupons: false,
    schedule: { weekdays: [6, 7], hours: [{ from: '18:00', until: '20:00' }] }, quota: { member_uses: 1 }, budget: { money: 1_000_000 },
  }, names)
  expect(said).toEqual(['金卡会员', '独占，不与其他促销同享', '不可叠加券', '周六、周日 18:00–20:00', '每人限 1 次，预算 ¥10,000'])
})

const at = (instant: string) => stateOf(singlesDay, new Date(instant))
const document = (list: unknown[]) => ({ promotions: { list } })

test('a promotion is in force from its first instant up to its end', () => {
  expect(at(`${year}-10-31T15:59:59Z`)).toBe('coming')
  expect(at(`${year}-10-31T16:00:00Z`)).toBe('in_force')
  expect(at(`${year}-11-11T15:59:59Z`)).toBe('in_force')
  expect(at(`${year}-11-11T16:00:00Z`)).toBe('over')
})

test('the list shows what publishing would change, and defaults written out change nothing', () => {
  const written = { ...singlesDay, benefits: [{ ...singlesDay.benefits[0], every: false, of: 'now', rounding: { each: 'once', to: 'floor' } }], scope: { include: { channels: ['pos', 'tmall'] } }, until: `${year}-11-12T00:00:00+08:00`, needs: { of: 'now', whole_cart: false }, priority: 0, with_coupons: true, group: null, schedule: {}, budget: { money: null, uses: null }, audience: 'true' }
  const changes = (after: unknown[]) => listed(document([singlesDay]), document(after), new Date()).map(({ promotion, change }) => [promotion.id, change])

  expect(changes([written])).toEqual([['singles-day', null]])
  expect(changes([{ ...singlesDay, until: `${year}-11-12T00:00:01+08:00` }])).toEqual([['singles-day', 'changed']])
  expect(changes([{ ...singlesDay, priority: 5 }])).toEqual([['singles-day', 'changed']])
  expect(changes([{ ...singlesDay, with_coupons: false }])).toEqual([['singles-day', 'changed']])
  expect(changes([{ ...singlesDay, id: 'other' }])).toEqual([['other', 'new'], ['singles-day', 'removed']])
})

test('a promotion goes back to its own place and leaves the others alone', () => {
  const before = { points: { a: 1 }, promotions: { lost_threshold: 'keep', list: [{ id: 'a' }, { id: 'b' }] } }

  const put = putPromotion(before, { id: 'b', benefits: [] })
  expect(put.place).toBe(1)
  expect(put.document).toEqual({ points: { a: 1 }, promotions: { lost_threshold: 'keep', list: [{ id: 'a' }, { id: 'b', benefits: [] }] } })
  expect(putPromotion(before, { id: 'c', benefits: [] }).place).toBe(2)
  expect(withoutPromotion(before, 'a')).toEqual({ points: { a: 1 }, promotions: { lost_threshold: 'keep', list: [{ id: 'b' }] } })
})

test('an id is made of Latin letters and taken by nobody', () => {
  expect(freshId('Tea week!', new Set())).toBe('tea-week')
  expect(freshId('双11', new Set())).toBe('11')
  expect(freshId('茶叶周', new Set(['promotion', 'promotion-2']))).toBe('promotion-3')
})

test('only a buyer who is known uses coupons, points and wallet', () => {
  const basket = { channel: 'pos', shop: ' S1 ', lines: [newLine({ sku: ' A1 ', quantity: 2, price: 1_000 }), newLine({ sku: ' ' })], shipping: 0, coupons: true, points: true, wallet: false }

  expect(cartOf({ ...basket, member: null })?.offers).toEqual({ benefits: 'auto' })
  expect(cartOf({ ...basket, member: 'M1' })).toEqual({
    member: { id: 'M1' }, channel: 'pos', shop: 'S1', shipping: 0,
    lines: [{ line_no: '1', sku: 'A1', quantity: 2, discountable: true, unit_price: 1_000 }],
    offers: { benefits: 'auto', coupons: 'best', points: { use: 'max' } },
  })
  expect(cartOf({ ...basket, member: null, lines: [] })).toBeNull()
})
