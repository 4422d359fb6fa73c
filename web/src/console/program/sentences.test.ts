import i18next from '../../shared/i18n'
import { expect, test } from 'vitest'
import { conditionText, factorText, percentText } from './sentences'

const names = { tier: (id: string) => (id === 'gold' ? '金卡' : id), channel: (code: string) => code }
const say = (when: string) => conditionText(i18next.t, when, names)

test('a factor is a short decimal when it has one, else the fraction it is', () => {
  expect(factorText({ num: 3, den: 2 })).toBe('×1.5')
  expect(factorText({ num: 4, den: 3 })).toBe('×4/3')
  expect(percentText({ num: 1, den: 2 })).toBe('50%')
})

test('the common conditions have words and the rest is shown as written', () => {
  expect(say("member.tier == 'gold'")).toContain('金卡')
  expect(say("order.paid_at.getDate('Asia/Shanghai') == 17")).toContain('17')
  expect(say("member.tier == 'gold' && order.first")).toBeNull()
})
