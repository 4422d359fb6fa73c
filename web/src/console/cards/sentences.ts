import type { TFunction } from 'i18next'
import { count, date, money } from '../../shared/format'
import type { CardRule, Gift } from './queries'

/** What a gift is: so many points, so many coupons. */
export function giftText(t: TFunction, gift: Gift): string {
  const parts = [
    gift.points ? t('mall.points_of', { points: count(gift.points) }) : null,
    gift.coupons?.length ? t('card.gift_coupons', { count: gift.coupons.length }) : null,
  ].filter((part) => part !== null)
  return parts.join(t('card.plus'))
}

export function priceText(t: TFunction, price: CardRule['price']): string {
  const parts = [price?.money ? money(price.money) : null, price?.points ? t('mall.points_of', { points: count(price.points) }) : null].filter((part) => part !== null)
  return parts.length === 0 ? t('card.not_sold') : parts.join(t('card.either'))
}

/** Everything true of a card that the program sells, each a clause. */
export function cardClauses(t: TFunction, card: CardRule): string[] {
  const { validity, gifts } = card
  return [
    card.kind === 'service' ? t('card.visits_of', { count: card.visits ?? 0 }) : null,
    validity?.kind === 'days' ? t('card.days', { days: validity.days ?? 0 }) : validity?.kind === 'months' ? t('card.months', { months: validity.months ?? 0 }) : validity?.date ? t('sentence.until', { until: date(validity.date) }) : null,
    gifts?.at_sale ? t('card.at_sale', { gift: giftText(t, gifts.at_sale) }) : null,
    gifts?.monthly ? t('card.monthly', { gift: giftText(t, gifts.monthly) }) : null,
    card.visits_per_day ? t('card.visits_per_day', { count: card.visits_per_day }) : null,
    card.share_with_max ? t('card.shared', { count: card.share_with_max }) : null,
    card.per_member ? t('card.per_member', { count: card.per_member }) : null,
    t(card.refund === 'pro_rata' ? 'card.refund_pro_rata' : 'card.refund_unused'),
  ].filter((clause) => clause !== null)
}
