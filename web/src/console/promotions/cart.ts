import type { Cart } from './queries'
import type { Promotion } from './promotion'

export interface CartLine {
  key: number
  sku: string
  category: string
  /** Empty while it is being typed. */
  quantity: number | null
  price: number | null
}

export interface Basket {
  member: string | null
  channel: string
  shop: string
  lines: CartLine[]
  shipping: number | null
  coupons: boolean
  points: boolean
  wallet: boolean
}

let lastKey = 0

export function newLine(line: Partial<CartLine> = {}): CartLine {
  lastKey += 1
  return { key: lastKey, sku: `SKU-${lastKey}`, category: '', quantity: 1, price: 9_900, ...line }
}

/** The basket as the server is asked; nothing while a line lacks its product. */
export function cartOf(basket: Basket): Cart | null {
  const lines = basket.lines.filter((line) => line.sku.trim() !== '' && (line.quantity ?? 0) > 0)
  if (lines.length === 0 || basket.channel === '') return null
  return {
    channel: basket.channel,
    ...(basket.shop.trim() ? { shop: basket.shop.trim() } : {}),
    ...(basket.member ? { member: { id: basket.member } } : {}),
    lines: lines.map((line, place) => ({
      line_no: String(place + 1),
      sku: line.sku.trim(),
      ...(line.category.trim() ? { category: line.category.trim() } : {}),
      quantity: line.quantity ?? 1,
      discountable: true,
      unit_price: line.price ?? 0,
    })),
    shipping: basket.shipping ?? 0,
    offers: {
      benefits: 'auto',
      ...(basket.coupons && basket.member ? { coupons: 'best' as const } : {}),
      ...(basket.points && basket.member ? { points: { use: 'max' as const } } : {}),
      ...(basket.wallet && basket.member ? { wallet: { use: 'max' as const } } : {}),
    },
  }
}

/** Lines that fall into what the promotion names, so that a look shows it at work. */
export function linesFor(promotion: Promotion | null): CartLine[] {
  if (!promotion) return [newLine({ quantity: 2, price: 15_800 }), newLine({ price: 8_900 })]
  const include = promotion.scope?.include
  const category = include?.categories?.[0] ?? ''
  const priced = promotion.benefits.flatMap((benefit) => Object.keys(benefit.prices ?? {}))
  const bundled = promotion.benefits.flatMap((benefit) => benefit.parts ?? []).map((part) => ({
    sku: part.scope?.include?.skus?.[0], category: part.scope?.include?.categories?.[0] ?? category, quantity: part.pieces ?? 1,
  }))
  if (bundled.length > 0) return bundled.map(({ sku, ...line }) => newLine({ ...line, ...(sku ? { sku } : {}), price: 12_900 }))
  const sku = include?.skus?.[0] ?? priced[0]
  const line = { ...(sku ? { sku } : {}), category }
  return [newLine({ ...line, quantity: 2, price: 15_800 }), ...(sku ? [] : [newLine({ category, price: 8_900 })])]
}
