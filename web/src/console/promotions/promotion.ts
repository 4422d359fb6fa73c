import { list, tree, type Tree } from '../program/draft'

export const benefitKinds = [
  'spend_save', 'percent', 'amount', 'fixed_price', 'member_price', 'flash_price', 'nth_piece', 'buy_get', 'bundle', 'gift', 'shipping',
] as const
export type BenefitKind = (typeof benefitKinds)[number]

export type Off = { percent: number } | { share: { num: number; den: number } } | { amount: number } | { price: number }

export interface Area { channels?: string[]; shops?: string[]; stores?: string[]; categories?: string[]; skus?: string[] }
export interface Scope { include?: Area; exclude?: Area }
export interface Hours { from: string; until: string }
export interface Schedule { weekdays?: number[]; month_days?: number[]; hours?: Hours[] }
export interface Step { spend?: number | null; pieces?: number | null; off?: Off }

/** A benefit as the document has it; which fields there are depends on its kind. */
export interface Benefit {
  kind: BenefitKind
  off?: Off
  cap?: number | null
  pieces_max?: number | null
  amount?: number
  each?: string
  price?: number
  prices?: Record<string, unknown>
  n?: number
  among?: string
  times_max?: number | null
  buy?: number
  get?: number
  get_scope?: Scope | null
  picks?: string
  parts?: { scope?: Scope; pieces?: number }[]
  steps?: Step[]
  every?: boolean
  sku?: string
  quantity?: number
  per_spend?: number | null
  per_pieces?: number | null
}

/** A promotion as the document has it. */
export interface Promotion {
  id: string
  name?: { zh?: string; en?: string }
  priority?: number
  lane?: string | null
  group?: string | null
  exclusive?: boolean
  with_coupons?: boolean
  from?: string | null
  until?: string | null
  schedule?: Schedule
  scope?: Scope
  audience?: string
  needs?: { spend?: number | null; pieces?: number | null; of?: string; whole_cart?: boolean; holding?: Scope | null; methods?: string[] }
  benefits: Benefit[]
  budget?: { money?: number | null; uses?: number | null }
  quota?: { pieces?: number | null; member_pieces?: number | null; member_uses?: number | null }
}

export type PromotionState = 'in_force' | 'coming' | 'over'
/** How a promotion of the draft differs from the version in force. */
export type Change = 'new' | 'changed' | 'removed'

export interface Listed {
  promotion: Promotion
  state: PromotionState
  change: Change | null
}

/** The promotions of a document that the server has accepted or keeps as a draft. */
export function promotionsOf(document: unknown): Promotion[] {
  return list(tree(tree(document)['promotions'])['list'])
    .filter((one) => typeof tree(one)['id'] === 'string')
    .map((one) => ({ ...tree(one), benefits: list(tree(one)['benefits']).filter((benefit) => typeof tree(benefit)['kind'] === 'string') }) as unknown as Promotion)
}

export function groupsOf(document: unknown): string[] {
  const named = list(tree(tree(document)['promotions'])['groups']).flatMap((group) => {
    const { id } = tree(group)
    return typeof id === 'string' ? [id] : []
  })
  const used = promotionsOf(document).flatMap(({ group }) => (group ? [group] : []))
  return [...new Set([...named, ...used])]
}

/** Where now lies in the promotion's window; recurring hours within it are not looked at. */
export function stateOf({ from, until }: Promotion, now: Date): PromotionState {
  if (until && new Date(until) <= now) return 'over'
  if (from && new Date(from) > now) return 'coming'
  return 'in_force'
}

/** Every promotion of the next version and of the one in force, with what publishing would change. */
export function listed(inForce: unknown, next: unknown, now: Date): Listed[] {
  const before = new Map(promotionsOf(inForce).map((promotion) => [promotion.id, promotion]))
  const after = promotionsOf(next)
  const kept = new Set(after.map(({ id }) => id))
  const changeOf = (promotion: Promotion): Change | null => {
    const old = before.get(promotion.id)
    if (!old) return 'new'
    return canonical(old) === canonical(promotion) ? null : 'changed'
  }
  return [
    ...after.map((promotion) => ({ promotion, state: stateOf(promotion, now), change: changeOf(promotion) })),
    ...[...before.values()].filter(({ id }) => !kept.has(id)).map((promotion) => ({ promotion, state: stateOf(promotion, now), change: 'removed' as const })),
  ]
}

// The server writes defaults out and instants in UTC, forms and people do not: both say the same.
const defaults: Record<string, unknown> = {
  priority: 0, exclusive: false, with_coupons: true, audience: 'true', of: 'now', whole_cart: false, among: 'scope', picks: 'cheapest', every: false,
  to: 'floor', without_products: false, quantity: 1,
}
const sets = new Set(['channels', 'shops', 'stores', 'categories', 'skus', 'methods'])

function isDefault(name: string, value: unknown, kind: unknown): boolean {
  if (name === 'each') return value === (kind === 'fixed_price' ? 'piece' : kind === undefined ? 'once' : 'order')
  if (name === 'off') return (kind === 'shipping' || kind === 'buy_get') && JSON.stringify(value) === '{"percent":100}'
  return name in defaults && defaults[name] === value
}

/** The value without what it need not say, in one order; nothing when nothing is left. */
function plain(name: string, value: unknown): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined
    const items = value.map((item) => plain('', item) ?? {})
    return sets.has(name) ? items.sort() : items
  }
  if (typeof value === 'object' && value !== null) {
    const { kind } = value as { kind?: unknown }
    const said = Object.entries(value)
      .filter(([inner, one]) => !isDefault(inner, one, kind))
      .map(([inner, one]) => [inner, plain(inner, one)] as const)
      .filter(([, one]) => one !== undefined)
      .sort(([one], [other]) => (one < other ? -1 : 1))
    return said.length === 0 ? undefined : Object.fromEntries(said)
  }
  if (value === null || value === '') return undefined
  if ((name === 'from' || name === 'until') && typeof value === 'string' && value.includes('T')) return new Date(value).getTime()
  return value
}

function canonical(promotion: Promotion): string {
  return JSON.stringify(plain('', promotion))
}

/** What a new benefit of a kind begins with. */
export function blankBenefit(kind: BenefitKind): Benefit {
  switch (kind) {
    case 'spend_save': return { kind, steps: [{ off: { amount: 1_000 } }] }
    case 'percent': return { kind, off: { percent: 20 } }
    case 'amount': return { kind, each: 'order' }
    case 'fixed_price': return { kind, each: 'piece' }
    case 'member_price':
    case 'flash_price': return { kind, prices: {} }
    case 'nth_piece': return { kind, n: 2, off: { percent: 50 } }
    case 'buy_get': return { kind, buy: 1, get: 1, off: { percent: 100 } }
    case 'bundle': return { kind, parts: [{ pieces: 3 }] }
    case 'gift': return { kind, quantity: 1 }
    case 'shipping': return { kind, off: { percent: 100 } }
  }
}

/** Puts `promotion` in the place of the one with its id, or at the end; returns where. */
export function putPromotion(document: Tree, promotion: Tree): { document: Tree; place: number } {
  const section = tree(document['promotions'])
  const all = [...list(section['list'])]
  const known = all.findIndex((one) => tree(one)['id'] === promotion['id'])
  const place = known === -1 ? all.length : known
  all[place] = promotion
  return { document: { ...document, promotions: { ...section, list: all } }, place }
}

export function withoutPromotion(document: Tree, id: string): Tree {
  const section = tree(document['promotions'])
  return { ...document, promotions: { ...section, list: list(section['list']).filter((one) => tree(one)['id'] !== id) } }
}

/** An id nobody has yet, made of the name's Latin letters. */
export function freshId(name: string, taken: Set<string>): string {
  const stem = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '').slice(0, 40) || 'promotion'
  if (!taken.has(stem)) return stem
  let number = 2
  while (taken.has(`${stem}-${number}`)) number += 1
  return `${stem}-${number}`
}
