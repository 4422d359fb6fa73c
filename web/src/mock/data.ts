import type { Schemas } from '../api/client'

/** A small made-up shop for development and tests: the same every time. */

let seed = 42
function random(): number {
  seed = (seed * 1664525 + 1013904223) % 4294967296
  return seed / 4294967296
}
function below(limit: number): number {
  return Math.floor(random() * limit)
}
function pick<T>(from: readonly T[]): T {
  return from[below(from.length)] as T
}

const dayMs = 86_400_000
export const now = Date.now()
export function ago(days: number, hours = 0): string {
  return new Date(now - days * dayMs - hours * 3_600_000).toISOString()
}
export function day(offset: number): string {
  return new Date(now + offset * dayMs + 8 * 3_600_000).toISOString().slice(0, 10)
}

const surnames = ['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴', '徐', '孙']
const channels = ['pos', 'mini_program', 'tmall', 'jd', 'douyin', 'xiaohongshu'] as const
const shops: Record<string, string> = { pos: 'S0012', mini_program: 'mp-main', tmall: 'tm-flagship', jd: 'jd-flagship', douyin: 'dy-flagship', xiaohongshu: 'xhs-main' }
const tiers = ['basic', 'basic', 'basic', 'silver', 'silver', 'gold'] as const

export const yaml = `currency: CNY
time_zone: Asia/Shanghai
points:
  earn:
    rules:
      - {id: base, when: "true", rate: {points: 10, per: 10000}}
    multipliers:
      - {id: gold, when: "member.tier == 'gold'", factor: {num: 3, den: 2}}
      - {id: member-day, when: "order.paid_at.getDate('Asia/Shanghai') == 17", factor: {num: 2, den: 1}}
    stacking: multiply
    rounding: floor
    caps: {order: 5000, member_day: null, member_month: null}
  maturity: {kind: days, days: 7}
  expiry: {kind: months, months: 12, at: end_of_day}
  spend: {points: 100, amount: 100, step: 100, min: 100, max_share: {num: 1, den: 2}}
  claw_back: {shortfall: debt}
  restore_grace_days: 30
  awards: {join: 100, profile_complete: 50}
growth:
  rules: [{id: base, when: "true", rate: {points: 1, per: 100}}]
  rounding: floor
tiers:
  window: {kind: rolling_months, months: 12}
  period_months: 12
  grace_days: 0
  downgrade: one_step
  ladder:
    - {id: basic, name: {zh: 普通会员, en: Basic}, from: 0}
    - {id: silver, name: {zh: 银卡, en: Silver}, from: 1000, keep: 800}
    - {id: gold, name: {zh: 金卡, en: Gold}, from: 5000, keep: 4000}
`

export const document = {
  currency: 'CNY',
  time_zone: 'Asia/Shanghai',
  points: {
    earn: {
      rules: [{ id: 'base', when: 'true', rate: { points: 10, per: 10000 } }],
      multipliers: [
        { id: 'gold', when: "member.tier == 'gold'", factor: { num: 3, den: 2 } },
        { id: 'member-day', when: "order.paid_at.getDate('Asia/Shanghai') == 17", factor: { num: 2, den: 1 } },
        { id: 'serum-week', when: "line.category == 'skincare/serum' && member.tags.exists(t, t == 'vip')", factor: { num: 2, den: 1 }, from: '2026-11-01T00:00:00+08:00', until: '2026-11-30T00:00:00+08:00', budget: 200000 },
      ],
      stacking: 'multiply',
      rounding: 'floor',
      caps: { order: 5000, member_day: null, member_month: null },
    },
    maturity: { kind: 'days', days: 7 },
    expiry: { kind: 'months', months: 12, at: 'end_of_day' },
    spend: { points: 100, amount: 100, step: 100, min: 100, max_share: { num: 1, den: 2 } },
    claw_back: { shortfall: 'debt' },
    restore_grace_days: 30,
    awards: { join: 100, profile_complete: 50 },
  },
  growth: { rules: [{ id: 'base', when: 'true', rate: { points: 1, per: 100 } }], rounding: 'floor' },
  tiers: {
    window: { kind: 'rolling_months', months: 12 },
    period_months: 12,
    grace_days: 0,
    downgrade: 'one_step',
    ladder: [
      { id: 'basic', name: { zh: '普通会员', en: 'Basic' }, from: 0 },
      { id: 'silver', name: { zh: '银卡', en: 'Silver' }, from: 1000, keep: 800 },
      { id: 'gold', name: { zh: '金卡', en: 'Gold' }, from: 5000, keep: 4000 },
    ],
  },
  promotions: {
    groups: [{ id: 'season', applies: 'one', choose: 'best' }],
    list: [
      { id: 'winter-save', name: { zh: '冬季满减', en: 'Winter savings' }, group: 'season', benefits: [{ kind: 'spend_save', steps: [{ spend: 30000, off: { amount: 4000 } }] }], scope: { include: { channels: ['pos', 'tmall'] } } },
      { id: 'second-half', name: { zh: '第二件半价', en: 'Second at half price' }, benefits: [{ kind: 'nth_piece', n: 2, off: { percent: 50 } }], scope: { include: { categories: ['skincare'] } }, until: '2020-01-01T00:00:00+08:00' },
    ],
  },
  wallet: { spend_order: 'pro_rata', plans: [{ id: 'p200', name: { zh: '充 200 送 20', en: '200 + 20' }, principal: 20000, bonus: 2000 }] },
}

export interface Person {
  phone: string
  member: Schemas['MemberBody']
}

function madeUp(place: number): Person {
  const tier = pick(tiers)
  const growth = tier === 'gold' ? 5000 + below(6000) : tier === 'silver' ? 1000 + below(3900) : below(990)
  const orders = 1 + below(24)
  const spent = orders * (8000 + below(40000))
  const linked = channels.filter((channel) => channel === 'pos' || random() < 0.35)
  const phone = place === 0 ? '13800138000' : `13${below(10)}${String(10_000_000 + below(89_999_999))}`
  const isUnbound = place % 17 === 9
  return {
    phone,
    member: {
      member_id: `M${String(7_340_000_127 + place * 91)}`,
      name: isUnbound ? null : `${pick(surnames)}**`,
      phone: isUnbound ? null : `${phone.slice(0, 3)}****${phone.slice(7)}`,
      gender: pick(['female', 'female', 'male', null]),
      birthday: isUnbound ? null : `****-${String(1 + below(12)).padStart(2, '0')}-${String(1 + below(28)).padStart(2, '0')}`,
      status: isUnbound ? 'unbound' : 'active',
      joined_at: ago(place * 0.6, below(10)),
      created_at: ago(place * 0.6, below(10)),
      bound: !isUnbound,
      tier_since: ago(120),
      last_order_at: null,
      wallet: { principal: 0, bonus: 0 },
      coupons: { usable: 0 },
      tier,
      tier_until: tier === 'basic' ? null : ago(-200),
      growth,
      growth_lifetime: growth + below(2000),
      points: {
        at: ago(0),
        available: below(9000),
        pending: below(600),
        held: place % 5 === 0 ? 200 : 0,
        debt: place % 11 === 4 ? 35 : 0,
        expiring: place % 3 === 2 ? [] : [{ on: ago(-12), points: 60 + below(100) }, { on: ago(-47), points: 200 + below(300) }, { on: ago(-88), points: 400 + below(500) }, { on: ago(-170), points: 800 + below(500) }],
      },
      figures: {
        orders,
        spent,
        average_order: Math.round(spent / orders),
        last_order_at: ago(below(60), below(20)),
        first_order_at: ago(300),
      },
      channels: [...linked],
      tags: place % 2 === 0 ? ['高价值', '周末到店'] : [],
    },
  }
}

export const people: Person[] = Array.from({ length: 137 }, (_, place) => madeUp(place))
const first = people[0] as Person
const second = people[1] as Person
const third = people[2] as Person

export function rowOf({ member }: Person): Schemas['MemberLineBody'] {
  return {
    member_id: member.member_id,
    name: member.name,
    phone: member.phone,
    tier: member.tier,
    status: member.status,
    growth: member.growth,
    points_available: member.points.available,
    channels: member.channels,
    orders: member.figures.orders,
    spent: member.figures.spent,
    joined_at: member.joined_at,
    last_order_at: member.figures.last_order_at,
  }
}

export function identitiesOf({ member }: Person): Schemas['IdentityBody'][] {
  const since = member.created_at
  return [
    ...(member.phone ? [{ identity_id: `${member.member_id}-1`, kind: 'phone' as const, scope: '', value: member.phone, verified: true, since, until: null, source: 'pos' }] : []),
    { identity_id: `${member.member_id}-2`, kind: 'openid', scope: 'mini_program', value: 'oX7k…92fQ', verified: true, since, until: null, source: 'mini_program' },
    { identity_id: `${member.member_id}-3`, kind: 'buyer_id', scope: 'tmall', value: 'AAH3…k1Zs', verified: true, since: ago(30), until: null, source: 'tmall' },
    { identity_id: `${member.member_id}-4`, kind: 'card', scope: 'old-pos', value: '8800****17', verified: false, since: ago(400), until: ago(20), source: null },
  ]
}

/** What was adjusted since the page was opened. */
export const adjustments: { member: string; points: number; reason: string }[] = []

export function entriesOf(person: Person): Schemas['EntryBody'][] {
  const made = adjustments.filter((one) => one.member === person.member.member_id).map((one, place) => ({
    entry_id: `E9${person.member.member_id.slice(1)}${String(adjustments.length - place)}`,
    kind: 'adjust' as const,
    points: one.points,
    at: ago(0),
    recorded_at: ago(0),
    key: one.reason,
  }))
  return [...made, ...pastEntriesOf(person)]
}

function pastEntriesOf({ member }: Person): Schemas['EntryBody'][] {
  const kinds = ['earn', 'spend', 'mature', 'earn', 'clawback', 'expire', 'adjust', 'restore', 'hold', 'release', 'transfer'] as const
  return Array.from({ length: 64 }, (_, place) => {
    const kind = kinds[place % kinds.length] as (typeof kinds)[number]
    const moves = ['mature', 'hold', 'release'].includes(kind)
    const size = 20 + ((place * 37) % 480)
    const channel = channels[place % channels.length] ?? 'pos'
    return {
      entry_id: `E${member.member_id.slice(1)}${String(place).padStart(3, '0')}`,
      kind,
      points: moves ? 0 : ['earn', 'restore', 'adjust', 'transfer'].includes(kind) ? size : -size,
      moved: moves ? size : null,
      lot_id: `L${900 + place}`,
      at: ago(place * 3, place % 9),
      recorded_at: ago(place * 3, place % 9),
      order_id: kind === 'adjust' || kind === 'expire' ? null : `O73${4000 + place}`,
      refund_id: null,
      channel: kind === 'adjust' || kind === 'expire' ? null : channel,
      shop: kind === 'adjust' || kind === 'expire' ? null : (shops[channel] ?? null),
      rule_version: kind === 'earn' ? 3 : null,
      staff: null,
      key: kind === 'adjust' ? '收银故障，补发积分' : `k${place}`,
    }
  })
}

export function explain(person: Person, entry: Schemas['EntryBody']): Schemas['ExplainedBody'] {
  const made = lotsOf(person)[0]
  const lot = made ? { ...made, source: made.source.kind, rule: made.source.rule ?? null } : null
  const told = { entry, rule_version: entry.rule_version ?? null, changes: [], debt: 0, lot, undoes: null, undone_by: null }
  if (entry.kind !== 'earn') return { ...told, order: null, explanation: null }
  return {
    ...told,
    order: ordersOf(person)[0] ?? null,
    explanation: {
      lines: [
        { line_no: '1', base: 19900, rule: 0, multipliers: [0], share: '597/20', points: 30, growth_rule: 0, growth: 199 },
        { line_no: '2', base: 10100, rule: 0, multipliers: [0], share: '303/20', points: 15, growth_rule: 0, growth: 101 },
      ],
      rules: [{ place: 0, id: 'base', rate: { points: 10, per: 10000 } }],
      multipliers: [{ place: 0, id: 'gold', factor: { num: 3, den: 2 } }],
      stacking: 'multiply',
      exact: '45',
      rounding: 'floor',
      rounded: 45,
      points: 45,
      growth: { rules: [{ place: 0, id: 'base', rate: { points: 1, per: 100 } }], exact: '300', rounding: 'floor', points: 300 },
    },
  }
}

export function lotsOf({ member }: Person): Schemas['LotBody'][] {
  const states = ['open', 'pending', 'open', 'used', 'expired', 'clawed_back'] as const
  return Array.from({ length: 23 }, (_, place) => {
    const state = states[place % states.length] as (typeof states)[number]
    const points = 40 + ((place * 53) % 300)
    const channel = channels[place % channels.length] ?? 'pos'
    return {
      lot_id: `L${900 + place}`,
      points,
      remaining: state === 'open' || state === 'pending' ? points - (place % 3) * 10 : 0,
      held: place === 2 ? 20 : 0,
      state,
      earned_at: ago(place * 9),
      available_at: ago(place * 9 - 7),
      expires_at: place === 6 ? null : ago(place * 9 - 365),
      source: place === 8 ? { kind: 'award' as const, rule: 'join' } : { kind: 'order' as const, order_id: `O73${4000 + place}`, order_no: `69210457${String(3000 + place * 13)}`, channel, shop: shops[channel] ?? null, rule: 'base' },
    }
  }).filter(() => member.member_id !== '')
}

export function ordersOf({ member }: Person): Schemas['OrderBody'][] {
  const statuses = ['completed', 'completed', 'shipped', 'paid', 'closed'] as const
  return Array.from({ length: member.figures.orders }, (_, place) => {
    const channel = member.channels[place % member.channels.length] ?? 'pos'
    const isRefunded = place % 4 === 1
    const status = statuses[place % statuses.length] as (typeof statuses)[number]
    return {
      order_id: `O73${4000 + place}`,
      order_no: `69210457${String(3000 + place * 13)}`,
      channel,
      shop: shops[channel] ?? '',
      status,
      placed_at: ago(place * 11, 2),
      paid_at: ago(place * 11, 1),
      completed_at: status === 'completed' ? ago(place * 11 - 5) : null,
      paid: 30000,
      shipping: 0,
      points: 45,
      growth: 300,
      staff: channel === 'pos' ? 'G0007' : null,
      touchpoint: null,
      closed_at: null,
      member_id: member.member_id,
      refunded: isRefunded ? 6633 : 0,
      rule_version: 3,
      lines: [
        { line_no: '1', sku: 'SK-A1', category: 'skincare/serum', quantity: 2, unit_price: 9950, paid: 19900, points: 30, refunded: isRefunded ? 6633 : 0, returned: isRefunded ? 1 : 0, growth: 199, growth_taken: isRefunded ? 66 : 0, points_taken: isRefunded ? 9 : 0 },
        { line_no: '2', sku: 'MK-B2', category: 'makeup/lip', quantity: 1, unit_price: 10100, paid: 10100, points: 15, refunded: 0, returned: 0, growth: 101, growth_taken: 0, points_taken: 0 },
      ],
      refunds: isRefunded ? [{ refund_id: `R${place}`, refund_no: `TK${88000 + place}`, refunded_at: ago(place * 11 - 3), amount: 6633, status: 'done', receipt: { refund_id: `R${place}`, status: 'done', growth: 66, points: { clawed_back: 60, restored: 0, debt: 6, written_off: 0, withhold: 0, lapsed: 0 } } }] : [],
    }
  })
}

export function tierOf({ member }: Person): Schemas['TierBody'] {
  const next = member.tier === 'basic' ? 'silver' : member.tier === 'silver' ? 'gold' : null
  const from = next === 'silver' ? 1000 : 5000
  const keep = member.tier === 'gold' ? 4000 : member.tier === 'silver' ? 800 : null
  return {
    tier: member.tier,
    since: ago(120),
    until: member.tier_until,
    growth: member.growth,
    growth_lifetime: member.growth_lifetime,
    granted: false,
    next_from: next ? from : null,
    next,
    next_missing: next ? from - member.growth : null,
    keep_target: keep,
    keep_missing: keep === null ? 0 : Math.max(0, keep - member.growth),
    history: [
      { from: 'basic', to: member.tier, at: ago(120), recorded_at: ago(120), until: member.tier_until, reason: 'upgrade' },
      { from: 'basic', to: 'basic', at: ago(400), recorded_at: ago(400), until: ago(120), reason: 'keep' },
    ],
  }
}

export const merges: Schemas['MergeRecordBody'][] = [
  { merge_id: 'G7001', at: ago(20), absorbed: 'M7349999901', survivor: first.member.member_id, by: 'system:orders', reason: '', undone_at: null, undone_by: null },
  { merge_id: 'G7002', at: ago(60), absorbed: 'M7349999955', survivor: first.member.member_id, by: 'staff:S1:林晓', reason: '顾客出示两张会员卡', undone_at: ago(58), undone_by: 'staff:S1:林晓' },
]

export const notes: Schemas['NoteBody'][] = [
  { note_id: 'N2', at: ago(2), actor: '陈店长', text: '偏好无香型护肤，周末下午到店。' },
  { note_id: 'N1', at: ago(41), actor: '林晓', text: '来电咨询积分到期，已解释。' },
]

export const reviews: Schemas['ReviewBody'][] = [
  {
    review_id: 'V1001', kind: 'different_phones', state: 'open', opened_at: ago(0, 3),
    member_id: first.member.member_id, other_id: second.member.member_id, order_id: 'O734000',
    evidence: {
      identities: [
        { kind: 'phone', scope: '', value: first.member.phone ?? '', verified: true },
        { kind: 'openid', scope: 'douyin', value: 'oX7k…92fQ', verified: true },
      ],
      channel: 'douyin', at: ago(0, 3), phone: null,
    },
    decision: null, decided_at: null, decided_by: null, reason: null,
  },
  {
    review_id: 'V1002', kind: 'second_phone', state: 'open', opened_at: ago(1, 5),
    member_id: third.member.member_id, other_id: null, order_id: null,
    evidence: {
      identities: [{ kind: 'phone', scope: '', value: '139****0021', verified: true }, { kind: 'card', scope: 'old-pos', value: '8800****17', verified: true }],
      channel: 'pos', at: ago(1, 5), phone: '139****0021',
    },
    decision: null, decided_at: null, decided_by: null, reason: null,
  },
]

export const audit: Schemas['AuditLineBody'][] = Array.from({ length: 120 }, (_, place) => {
  const acts = ['points.adjust', 'member.reveal', 'session.begin', 'member.bind', 'program.publish', 'member.merge', 'member.change'] as const
  const action = acts[place % acts.length] as (typeof acts)[number]
  const about = people[place % 9] as Person
  const onMember = action.startsWith('member') || action.startsWith('points')
  const details: Record<string, Record<string, unknown>> = {
    'points.adjust': { points: 100, reason: '收银故障，补发积分' },
    'member.reveal': { fields: ['name', 'phone'], reason: '顾客来电核对入会手机号' },
    'member.change': { fields: ['gender'] },
    'member.bind': { kind: 'card', value: '8800****17' },
  }
  return {
    seq: 9000 - place,
    at: ago(place * 0.2),
    actor: place % 5 === 0 ? 'key:K1:POS 一期' : 'staff:S1:林晓',
    action,
    object: onMember ? about.member.member_id : action.startsWith('program') ? 'v3' : '127.0.0.1',
    member_id: onMember ? about.member.member_id : null,
    detail: details[action] ?? {},
    hash: `${place}`,
  }
})

export const versions: Schemas['VersionBody'][] = [
  { version: 4, state: 'scheduled', effective_at: ago(-9), published_at: ago(1), published_by: '林晓', note: '十二月会员日双倍'},
  { version: 3, state: 'active', effective_at: ago(40), published_at: ago(41), published_by: '林晓', note: '金卡 1.5 倍'},
  { version: 2, state: 'retired', effective_at: ago(200), published_at: ago(200), published_by: '系统', note: null},
  { version: 1, state: 'retired', effective_at: ago(400), published_at: ago(400), published_by: '系统', note: '初始规则'},
]

export const staff: Schemas['StaffBody'][] = [
  { id: 'S1', name: 'admin', display_name: '林晓', role: 'admin', shops: [], active: true, totp: true, created_at: ago(400), locked_until: null },
  { id: 'S2', name: 'chen', display_name: '陈店长', role: 'store_manager', shops: ['S0012', 'S0013', 'S0014'], active: true, totp: false, created_at: ago(300), locked_until: null },
  { id: 'S3', name: 'audit', display_name: '许审', role: 'auditor', shops: [], active: true, totp: true, created_at: ago(200), locked_until: null },
  { id: 'S4', name: 'li', display_name: '李收银', role: 'cashier', shops: ['S0012'], active: false, totp: false, created_at: ago(150), locked_until: null },
]

export const keys: Schemas['KeyBody'][] = [
  { key_id: 'K1', name: 'POS 一期', scopes: ['orders:write', 'checkout', 'members:read'], shops: ['S0012', 'S0013'], created_at: ago(300), last_used_at: ago(0, 1), revoked_at: null },
  { key_id: 'K2', name: '天猫同步', scopes: ['orders:write'], shops: ['tm-flagship'], created_at: ago(200), last_used_at: ago(0, 2), revoked_at: null },
  { key_id: 'K3', name: '旧收银', scopes: ['orders:write'], shops: [], created_at: ago(500), last_used_at: null, revoked_at: ago(90) },
]

function sum(list: Schemas['DayFigures'][], name: keyof Omit<Schemas['DayFigures'], 'date'>): number {
  return list.reduce((total, figures) => total + figures[name], 0)
}

function totals(list: Schemas['DayFigures'][], members: number): Schemas['OverviewTotals'] {
  return {
    members,
    members_new: sum(list, 'members_new'),
    orders: sum(list, 'orders'),
    links: members + 90_412,
    buyers: Math.round(sum(list, 'orders') * 0.7),
    sales: sum(list, 'sales'),
    average_order: Math.round(sum(list, 'sales') / Math.max(1, sum(list, 'orders'))),
    average_buyer: Math.round(sum(list, 'sales') / Math.max(1, sum(list, 'orders') * 0.7)),
    points_issued: sum(list, 'points_issued'),
    points_restored: sum(list, 'points_restored'),
    points_adjusted: sum(list, 'points_adjusted'),
    points_held: 21_300,
    points_spent: sum(list, 'points_spent'),
    points_expired: sum(list, 'points_expired'),
    points_clawed_back: sum(list, 'points_clawed_back'),
    points_available: 48_213_400,
    points_pending: 1_204_300,
    points_debt: 18_420,
    points_expiring: 6_120_000,
  }
}

export function overview(from: string, to: string, compares: boolean): Schemas['OverviewBody'] {
  const length = Math.round((Date.parse(to) - Date.parse(from)) / dayMs) + 1
  const days = (start: number, scale: number): Schemas['DayFigures'][] =>
    Array.from({ length }, (_, place) => {
      const at = start + place * dayMs
      const wave = scale * (1 + 0.35 * Math.sin(at / dayMs) + (new Date(at).getUTCDay() % 6 === 0 ? 0.5 : 0))
      return {
        date: new Date(at).toISOString().slice(0, 10),
        members_new: Math.round(120 * wave),
        orders: Math.round(640 * wave),
        sales: Math.round(18_400_000 * wave),
        points_issued: Math.round(21_000 * wave),
        points_spent: Math.round(9_300 * wave),
        points_expired: Math.round(900 * wave),
        points_clawed_back: Math.round(700 * wave),
        points_restored: Math.round(80 * wave),
        points_adjusted: Math.round(-30 * wave),
      }
    })
  const start = Date.parse(from)
  const daily = days(start, 1)
  const before = days(start - length * dayMs, 0.9)
  const perChannel = (scale: number): Schemas['ChannelFigures'][] =>
    channels.map((channel, place) => {
      const weight = (6 - place) * scale
      return {
        channel,
        linked: Math.round(31_000 * weight),
        linked_new: Math.round(900 * weight),
        linked_existing: Math.round(420 * weight),
        buyers: Math.round((sum(daily, 'orders') * weight) / 30),
        buyers_new: Math.round((sum(daily, 'orders') * weight) / 90),
        orders: Math.round((sum(daily, 'orders') * weight) / 21),
        sales: Math.round((sum(daily, 'sales') * weight) / 21),
      }
    })
  return {
    from,
    to,
    as_of: ago(0),
    totals: totals(daily, 648_219),
    previous: compares
      ? { from: day(-2 * length), to: day(-length - 1), totals: totals(before, 631_042), channels: perChannel(0.92), daily: before }
      : null,
    channels: perChannel(1),
    daily,
    expiring: Array.from({ length: 12 }, (_, place) => ({ month: day(place * 30).slice(0, 7), points: 900_000 + ((place * 771_331) % 3_000_000) })),
    tiers: [
      { tier: 'basic', name: { zh: '普通会员', en: 'Basic' }, members: 512_300 },
      { tier: 'silver', name: { zh: '银卡', en: 'Silver' }, members: 108_919 },
      { tier: 'gold', name: { zh: '金卡', en: 'Gold' }, members: 27_000 },
    ],
  }
}
