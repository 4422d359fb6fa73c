import type { TFunction } from 'i18next'
import { count, date, money } from '../../shared/format'
import type { Fraction, ProgramDocument, Rate } from './document'

/** 3/2 is ×1.5; a factor without a short decimal stays a fraction. */
export function factorText({ num, den }: Fraction): string {
  if (den === 0) return `${num}/${den}`
  const exact = num / den
  const short = Number(exact.toFixed(4))
  return Math.abs(short - exact) < 1e-12 ? `×${short}` : `×${num}/${den}`
}

export function percentText({ num, den }: Fraction): string {
  return den === 0 ? `${num}/${den}` : `${Number(((num / den) * 100).toFixed(2))}%`
}

export function rateText(t: TFunction, { points, per }: Rate): string {
  return t('sentence.rate', { points: count(points), per: money(per) })
}

interface Names {
  tier: (id: string) => string
  channel: (code: string) => string
}

// Conditions are an open language; the few shapes that most programs use have
// words, everything else is shown as it was written.
export function conditionText(t: TFunction, when: string, names: Names): string | null {
  const text = when.trim()
  if (text === 'true') return t('sentence.always')
  const match = (pattern: RegExp) => pattern.exec(text)?.slice(1)
  const tier = match(/^member\.tier == ['"]([\w-]+)['"]$/)
  if (tier?.[0]) return t('sentence.if_tier', { tier: names.tier(tier[0]) })
  const tiers = match(/^member\.tier in \[(.+)\]$/)
  if (tiers?.[0]) return t('sentence.if_tier', { tier: tiers[0].split(',').map((id) => names.tier(id.trim().replaceAll(/['"]/g, ''))).join(t('sentence.or')) })
  const channel = match(/^order\.channel == ['"]([\w-]+)['"]$/)
  if (channel?.[0]) return t('sentence.if_channel', { channel: names.channel(channel[0]) })
  const day = match(/^order\.paid_at\.getDate\(['"][\w/]+['"]\) == (\d{1,2})$/)
  if (day?.[0]) return t('sentence.if_day', { day: day[0] })
  const category = match(/^line\.category(?:\.startsWith\(| == )['"]([^'"]+)['"]\)?$/)
  if (category?.[0]) return t('sentence.if_category', { category: category[0] })
  if (text === 'order.first') return t('sentence.if_first')
  return null
}

export function maturityText(t: TFunction, { kind, days }: ProgramDocument['maturity']): string {
  return t(`sentence.maturity_${kind}`, { days, defaultValue: kind })
}

export function expiryText(t: TFunction, expiry: ProgramDocument['expiry']): string {
  const at = t(`sentence.at_${expiry.at}`, { defaultValue: expiry.at })
  const key = expiry.kind === 'year_end' && expiry.grace_days > 0 ? 'year_end_grace' : expiry.kind
  return t(`sentence.expiry_${key}`, { days: expiry.days, months: expiry.months, years: expiry.years, grace: expiry.grace_days, at, defaultValue: expiry.kind })
}

export function windowText(t: TFunction, from: string | null, until: string | null): string | null {
  if (from && until) return t('sentence.between', { from: date(from), until: date(until) })
  if (from) return t('sentence.since', { from: date(from) })
  if (until) return t('sentence.until', { until: date(until) })
  return null
}
