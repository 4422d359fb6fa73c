import type { TFunction } from 'i18next'
import { count, date, money, period } from '../../shared/format'
import type { Schedule, Scope } from '../promotions/promotion'
import { percentText, placesText, productsText, scheduleText, shortMoney, type Names } from '../promotions/sentences'
import type { Template } from './queries'

/** What a coupon does: the first words of its sentence. */
export function effectText(t: TFunction, template: Template): string {
  const from = template.min_spend ? t('coupon.from_spend', { spend: shortMoney(template.min_spend) }) : ''
  const cap = template.cap ? t('promo.cap', { amount: shortMoney(template.cap) }) : ''
  switch (template.kind) {
    case 'amount': return from + t('coupon.amount', { amount: shortMoney(template.amount ?? 0) })
    case 'percent': return from + percentText(t, template.percent ?? 0) + cap
    case 'fixed_price': return from + t('coupon.fixed_price', { price: money(template.amount ?? 0) })
    case 'gift': return from + t('promo.gift', { sku: template.gift ?? '', count: template.gift_quantity ?? 1 })
    case 'shipping': return from + (template.amount ? t('coupon.shipping', { amount: money(template.amount) }) : t('promo.shipping_free'))
    case 'times': return t('coupon.times', { count: template.times ?? 1 })
  }
}

export function validityText(t: TFunction, validity: Template['validity']): string {
  if (validity.kind === 'window') return period(validity.from, validity.until)
  return validity.delay ? t('coupon.valid_days_after', { days: validity.days, delay: validity.delay }) : t('coupon.valid_days', { days: validity.days })
}

function claimText(t: TFunction, claim: NonNullable<Template['claim']>): string {
  if (claim.from && claim.until) return t('coupon.claim_in', { when: period(claim.from, claim.until) })
  if (claim.until) return t('coupon.claim_until', { until: date(claim.until) })
  if (claim.from) return t('coupon.claim_from', { from: date(claim.from) })
  return t('coupon.claim_any')
}

/** What else is true of it, each a clause. */
export function couponClauses(t: TFunction, template: Template, names: Names): string[] {
  const scope = template.scope as Scope | null | undefined
  const not = productsText(t, scope?.exclude)
  return [
    productsText(t, scope?.include),
    not ? t('promo.except', { what: not }) : null,
    placesText(t, scope?.include, names),
    validityText(t, template.validity),
    scheduleText(t, (template.usable ?? undefined) as Schedule | undefined),
    template.full_price_only ? t('coupon.full_price_only') : null,
    template.stacking_group ? t('coupon.one_of_group', { group: template.stacking_group }) : null,
    template.claim ? claimText(t, template.claim) : null,
    template.per_member ? t('coupon.per_member', { count: template.per_member }) : null,
    template.per_day ? t('coupon.per_day', { count: template.per_day }) : null,
    template.stock ? t('coupon.stock_of', { stock: count(template.stock) }) : null,
    template.budget ? t('promo.limit_money', { amount: shortMoney(template.budget) }) : null,
    template.transferable ? t('coupon.transferable') : null,
    template.restore_on_refund ? t('coupon.restored') : null,
    template.imported_codes ? t('coupon.imported') : null,
  ].filter((clause) => clause !== null)
}
