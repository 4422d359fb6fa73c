import type { Schemas } from '../api/client'
import { ago } from './data'

export const channels: Schemas['ChannelBody'][] = ['pos', 'tmall', 'mini_program'].map((channel) => ({ channel, kind: channel, first_seen_at: ago(90) }) as unknown as Schemas['ChannelBody'])

export const templates: Schemas['TemplateShownBody'][] = [
  {
    template_id: 'T1', version: 2, paused: false, issued: 320, discounted: 640_000, created_at: ago(60), updated_at: ago(3),
    template: { kind: 'amount', amount: 2_000, min_spend: 10_000, name: { zh: '新客满 100 减 20', en: '20 off from 100' }, validity: { kind: 'days', days: 7 }, stock: 1_000, budget: 2_000_000, per_member: 1, claim: {} } as unknown as Schemas['TemplateBody'],
  },
]

export const goods: Schemas['GoodShownBody'][] = [
  { good_id: 'D1', listed: true, taken: 12, updated_at: ago(1), good: { kind: 'goods', name: { zh: '保温杯', en: 'Flask' }, points: 1_200, cash: 990, stock: 50, per_member: 1 } },
]

export const settlement: Schemas['SettlementBody'] = {
  sold: [{ channel: 'pos', shop: 'S1', principal: 40_000, bonus: 4_000, refunded: 0, bonus_taken: 0 }],
  spent: [{ sold_channel: 'pos', sold_shop: 'S1', spent_channel: 'pos', spent_shop: 'S2', principal: 5_000, bonus: 500 }],
}

/** 40 off from 300, as the document of the mock has it. */
export function quote(cart: Schemas['QuoteBody']): Schemas['QuotedBody'] {
  const gross = cart.lines.map((line) => line.quantity * line.unit_price)
  const total = gross.reduce((sum, amount) => sum + amount, 0)
  const reached = total >= 30_000
  const offer = { kind: 'promotion', id: 'winter-save' }
  const off = gross.map((amount, place) => (reached ? (place === 0 ? 4_000 - gross.slice(1).reduce((sum, other) => sum + Math.floor((4_000 * other) / total), 0) : Math.floor((4_000 * amount) / total)) : 0))
  return {
    quote_id: 'Q1', until: ago(-1), member_id: cart.member?.id ?? null, rules_version: 3,
    lines: cart.lines.map((line, place) => ({
      line_no: line.line_no, gross: gross[place] ?? 0, net: (gross[place] ?? 0) - (off[place] ?? 0),
      adjustments: reached ? [{ source: 'promotion', id: 'winter-save', amount: off[place] ?? 0 }] : [],
    })),
    shipping: [], gifts: [], tenders: { coupons: [], points: { used: 0, money: 0 }, wallet: { principal: 0, bonus: 0 } },
    to_pay: total - (reached ? 4_000 : 0),
    earns: { points: 0, growth: 0, pending_until: null, by_line: [] },
    unavailable: [{ offer: { kind: 'promotion', id: 'second-half' }, code: 'promotion.not_now', fix: null }, ...(reached ? [] : [{ offer, code: 'promotion.spend', fix: { do: 'add_spend', amount: 30_000 - total } }])],
    nearly: reached ? [] : [{ offer, name: { zh: '冬季满减' } as never, add: { do: 'add_spend', amount: 30_000 - total }, saves: 4_000 }],
    options: { points_max: 0, points_min: 0, points_step: 1, wallet_max: 0 },
  }
}
