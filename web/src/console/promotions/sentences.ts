import type { TFunction } from 'i18next'
import { count, date, money, period } from '../../shared/format'
import { conditionText } from '../program/sentences'
import type { Area, Benefit, Off, Promotion, Schedule, Scope } from './promotion'

/** Whole yuan without their fen. */
export const shortMoney = (fen: number) => money(fen).replace(/\.00$/, '')

export interface Names {
  tier: (id: string) => string
  channel: (code: string) => string
}

/** 20 percent off are 8 折. */
export function foldText(percent: number): string {
  return String(Number(((100 - percent) / 10).toFixed(1)))
}

/** A percentage off as the language says it: 打 8 折, 20% off. */
export function percentText(t: TFunction, percent: number): string {
  return t('promo.off_percent', { much: t('promo.percent_in') === 'tenths' ? foldText(percent) : percent })
}

export function offText(t: TFunction, off: Off | undefined): string {
  if (!off) return t('promo.off_nothing')
  if ('percent' in off) return off.percent === 100 ? t('promo.off_free') : percentText(t, off.percent)
  if ('share' in off) return t('promo.off_share', { num: off.share.num, den: off.share.den })
  if ('amount' in off) return t('promo.off_amount', { amount: shortMoney(off.amount) })
  return t('promo.off_price', { price: shortMoney(off.price) })
}

function joined(t: TFunction, names: string[] | undefined, most = 3): string {
  const all = names ?? []
  const first = all.slice(0, most).join(t('promo.list'))
  return all.length > most ? t('promo.and_more', { first, count: all.length }) : first
}

/** Which products an area names; nothing when it names none. */
export function productsText(t: TFunction, area: Area | undefined): string | null {
  const parts = [
    area?.categories?.length ? t('promo.categories', { names: joined(t, area.categories) }) : null,
    area?.skus?.length ? t('promo.skus', { names: joined(t, area.skus) }) : null,
  ].filter((part) => part !== null)
  return parts.length > 0 ? parts.join(t('sentence.or')) : null
}

/** Which channels, shops and stores an area names. */
export function placesText(t: TFunction, area: Area | undefined, names: Names): string | null {
  const parts = [
    area?.channels?.length ? joined(t, area.channels.map(names.channel), 4) : null,
    area?.shops?.length ? t('promo.shops', { names: joined(t, area.shops) }) : null,
    area?.stores?.length ? t('promo.stores', { names: joined(t, area.stores) }) : null,
  ].filter((part) => part !== null)
  return parts.length > 0 ? parts.join(' · ') : null
}

function within(t: TFunction, scope: Scope | null | undefined, otherwise: string): string {
  return productsText(t, scope?.include) ?? otherwise
}

export function benefitText(t: TFunction, benefit: Benefit): string {
  const off = offText(t, benefit.off)
  const times = benefit.times_max ? t('promo.times_max', { count: benefit.times_max }) : ''
  switch (benefit.kind) {
    case 'percent': {
      const most = benefit.pieces_max ? t('promo.pieces_max', { count: benefit.pieces_max }) : ''
      return off + (benefit.cap ? t('promo.cap', { amount: shortMoney(benefit.cap) }) : '') + most
    }
    case 'amount': return t(`promo.amount_${benefit.each ?? 'order'}`, { amount: shortMoney(benefit.amount ?? 0), defaultValue: off })
    case 'fixed_price': return t(benefit.each === 'order' ? 'promo.fixed_order' : 'promo.fixed_piece', { price: money(benefit.price ?? 0) })
    case 'member_price': return t('promo.member_price', { names: joined(t, Object.keys(benefit.prices ?? {})) })
    case 'flash_price': {
      const prices = Object.entries(benefit.prices ?? {}).map(([sku, price]) => `${sku} ${money(Number(price))}`)
      return t('promo.flash_price', { names: joined(t, prices) })
    }
    case 'nth_piece': return t('promo.nth_piece', { n: benefit.n ?? 2, off }) + times
    case 'buy_get': {
      const isFree = !benefit.off || ('percent' in benefit.off && benefit.off.percent === 100)
      const what = productsText(t, benefit.get_scope?.include)
      const blanks = { buy: benefit.buy ?? 1, get: benefit.get ?? 1, off, what: what ?? '' }
      return t(isFree ? (what ? 'promo.buy_get_of' : 'promo.buy_get') : (what ? 'promo.buy_get_off_of' : 'promo.buy_get_off'), blanks) + times
    }
    case 'bundle': {
      const parts = benefit.parts ?? []
      const [only] = parts
      if (parts.length === 1 && only) return t('promo.any_pieces', { count: only.pieces ?? 1, what: within(t, only.scope, t('promo.products')), off }) + times
      const all = parts.map((part) => t('promo.part', { what: within(t, part.scope, t('promo.products')), count: part.pieces ?? 1 }))
      return t('promo.bundle', { parts: all.join(' + '), off }) + times
    }
    case 'spend_save': {
      const steps = (benefit.steps ?? []).map((step) =>
        t(step.spend ? (benefit.every ? 'promo.step_every' : 'promo.step_spend') : (benefit.every ? 'promo.step_every_pieces' : 'promo.step_pieces'), {
          spend: step.spend ? shortMoney(step.spend) : '',
          pieces: step.pieces ?? 0,
          off: offText(t, step.off),
        }))
      return steps.join(t('sentence.or')) + times
    }
    case 'gift': {
      const gift = t('promo.gift', { sku: benefit.sku ?? '', count: benefit.quantity ?? 1 })
      if (benefit.per_spend) return t('promo.every_spend', { spend: shortMoney(benefit.per_spend), gift }) + times
      if (benefit.per_pieces) return t('promo.every_pieces', { pieces: benefit.per_pieces, gift }) + times
      return gift
    }
    case 'shipping': return benefit.off && !('percent' in benefit.off && benefit.off.percent === 100) ? t('promo.shipping', { off }) : t('promo.shipping_free')
  }
}

export function scheduleText(t: TFunction, schedule: Schedule | undefined): string | null {
  const parts = [
    schedule?.month_days?.length ? t('promo.month_days', { days: schedule.month_days.map((day) => (day === -1 ? t('promo.last_day') : t('promo.day', { day }))).join(t('promo.list')) }) : null,
    schedule?.weekdays?.length ? schedule.weekdays.map((day) => t(`weekday.${day}`)).join(t('promo.list')) : null,
    schedule?.hours?.length ? schedule.hours.map(({ from, until }) => `${from}–${until}`).join(t('promo.list')) : null,
  ].filter((part) => part !== null)
  return parts.length > 0 ? parts.join(' ') : null
}

export function whenText(t: TFunction, { from, until, schedule }: Pick<Promotion, 'from' | 'until' | 'schedule'>): string | null {
  const window = from && until ? period(from, until)
    : from ? t('sentence.since', { from: date(from) })
      : until ? t('sentence.until', { until: date(new Date(new Date(until).getTime() - 1).toISOString()) }) : null
  const parts = [window, scheduleText(t, schedule)].filter((part) => part !== null)
  return parts.length > 0 ? parts.join(' ') : null
}

export function limitsText(t: TFunction, { budget, quota }: Pick<Promotion, 'budget' | 'quota'>): string | null {
  const parts = [
    quota?.member_uses ? t('promo.limit_member_uses', { count: quota.member_uses }) : null,
    quota?.member_pieces ? t('promo.limit_member_pieces', { count: quota.member_pieces }) : null,
    quota?.pieces ? t('promo.limit_pieces', { pieces: count(quota.pieces) }) : null,
    budget?.uses ? t('promo.limit_uses', { uses: count(budget.uses) }) : null,
    budget?.money ? t('promo.limit_money', { amount: shortMoney(budget.money) }) : null,
  ].filter((part) => part !== null)
  return parts.length > 0 ? parts.join(t('promo.comma')) : null
}

/** What the promotion gives, as the first words of its sentence. */
export function givesText(t: TFunction, promotion: Promotion): string {
  const { needs } = promotion
  const asked = [
    needs?.spend ? t('promo.needs_spend', { spend: shortMoney(needs.spend) }) : '',
    needs?.pieces ? t('promo.needs_pieces', { count: needs.pieces }) : '',
  ].join('')
  return asked + promotion.benefits.map((benefit) => benefitText(t, benefit)).join(t('promo.and'))
}

/** What else is true of it, each a clause: products, members, stacking, time, places, limits. */
export function clauses(t: TFunction, promotion: Promotion, names: Names): string[] {
  const { scope, audience, group, exclusive, with_coupons: withCoupons } = promotion
  const not = productsText(t, scope?.exclude)
  const notHere = placesText(t, scope?.exclude, names)
  const who = audience && audience.trim() !== 'true' ? (conditionText(t, audience, names) ?? t('promo.some_members')) : null
  return [
    productsText(t, scope?.include),
    not ? t('promo.except', { what: not }) : null,
    who,
    exclusive ? t('promo.exclusive') : null,
    group ? t('promo.one_of_group', { group }) : null,
    t(withCoupons === false ? 'promo.no_coupons' : 'promo.with_coupons'),
    whenText(t, promotion),
    placesText(t, scope?.include, names),
    notHere ? t('promo.not_at', { where: notHere }) : null,
    limitsText(t, promotion),
  ].filter((clause) => clause !== null)
}
