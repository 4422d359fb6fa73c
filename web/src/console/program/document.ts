/** The parts of a program's document that the console puts into words. Unknown parts are left alone. */
export interface Rate { points: number; per: number }
export interface Fraction { num: number; den: number }
export interface EarnRule { id: string; when: string; rate: Rate }
export interface Multiplier { id: string; when: string; factor: Fraction; from: string | null; until: string | null; exclusive: boolean; budget: number | null }
export interface Rung { id: string; name: { zh: string; en: string }; from: number; keep: number | null; benefits?: TierBenefits }
export interface TierGift { points?: number; coupons?: string[] }
/** What a tier gives: for the birthday, with an upgrade, every month. */
export interface TierBenefits { birthday?: TierGift & { days_before?: number }; upgrade?: TierGift; monthly?: TierGift & { day?: number } }

export interface ProgramDocument {
  currency: string
  zone: string
  earn: { rules: EarnRule[]; multipliers: Multiplier[]; stacking: string; rounding: string; caps: { order: number | null; member_day: number | null; member_month: number | null } }
  maturity: { kind: string; days: number }
  expiry: { kind: string; days: number; months: number; years: number; grace_days: number; at: string }
  spend: { points: number; amount: number; step: number; min: number; max_share: Fraction | null } | null
  shortfall: string
  restoreGraceDays: number
  awards: { name: string; points: number }[]
  growth: { rules: EarnRule[]; rounding: string }
  tiers: { window: { kind: string; months: number }; periodMonths: number; graceDays: number; downgrade: string; ladder: Rung[] }
}

type Tree = Record<string, unknown>

function tree(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {}
}
function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
function text(value: unknown, otherwise = ''): string {
  return typeof value === 'string' ? value : typeof value === 'boolean' || typeof value === 'number' ? String(value) : otherwise
}
function whole(value: unknown, otherwise = 0): number {
  return typeof value === 'number' ? value : otherwise
}
function wholeOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
function fraction(value: unknown): Fraction | null {
  const { num, den } = tree(value)
  return typeof num === 'number' && typeof den === 'number' ? { num, den } : null
}
function rule(value: unknown): EarnRule {
  const { id, when, rate } = tree(value)
  return { id: text(id), when: text(when, 'true'), rate: { points: whole(tree(rate)['points']), per: whole(tree(rate)['per'], 1) } }
}
function multiplier(value: unknown): Multiplier {
  const { id, when, factor, from, until, exclusive, budget } = tree(value)
  return {
    id: text(id),
    when: text(when, 'true'),
    factor: fraction(factor) ?? { num: 1, den: 1 },
    from: text(from) || null,
    until: text(until) || null,
    exclusive: exclusive === true,
    budget: wholeOrNull(budget),
  }
}
function rung(value: unknown): Rung {
  const { id, name, from, keep, benefits } = tree(value)
  const zh = text(tree(name)['zh'], text(id))
  return { id: text(id), name: { zh, en: text(tree(name)['en'], zh) }, from: whole(from), keep: wholeOrNull(keep), benefits: tree(benefits) }
}

/** Reads a document that the server has accepted; what is absent becomes the program's default. */
export function readProgram(document: unknown): ProgramDocument {
  const root = tree(document)
  const points = tree(root['points'])
  const earn = tree(points['earn'])
  const caps = tree(earn['caps'])
  const maturity = tree(points['maturity'])
  const expiry = tree(points['expiry'])
  const spend = tree(points['spend'])
  const growth = tree(root['growth'])
  const tiers = tree(root['tiers'])
  const window = tree(tiers['window'])
  return {
    currency: text(root['currency'], 'CNY'),
    zone: text(root['time_zone'], 'Asia/Shanghai'),
    earn: {
      rules: list(earn['rules']).map(rule),
      multipliers: list(earn['multipliers']).map(multiplier),
      stacking: text(earn['stacking'], 'multiply'),
      rounding: text(earn['rounding'], 'floor'),
      caps: { order: wholeOrNull(caps['order']), member_day: wholeOrNull(caps['member_day']), member_month: wholeOrNull(caps['member_month']) },
    },
    maturity: { kind: text(maturity['kind'], 'immediate'), days: whole(maturity['days']) },
    expiry: {
      kind: text(expiry['kind'], 'never'),
      days: whole(expiry['days']),
      months: whole(expiry['months']),
      years: whole(expiry['years']),
      grace_days: whole(expiry['grace_days']),
      at: text(expiry['at'], 'end_of_day'),
    },
    spend: Object.keys(spend).length === 0
      ? null
      : { points: whole(spend['points']), amount: whole(spend['amount']), step: whole(spend['step']), min: whole(spend['min']), max_share: fraction(spend['max_share']) },
    shortfall: text(tree(points['claw_back'])['shortfall'], 'debt'),
    restoreGraceDays: whole(points['restore_grace_days'], 30),
    awards: Object.entries(tree(points['awards'])).map(([name, value]) => ({ name, points: whole(value) })),
    growth: { rules: list(growth['rules']).map(rule), rounding: text(growth['rounding'], 'floor') },
    tiers: {
      window: { kind: text(window['kind'], 'rolling_months'), months: whole(window['months'], 12) },
      periodMonths: whole(tiers['period_months'], 12),
      graceDays: whole(tiers['grace_days']),
      downgrade: text(tiers['downgrade'], 'one_step'),
      ladder: list(tiers['ladder']).map(rung),
    },
  }
}
