import dayjs from 'dayjs'

/** The only place that turns figures and times into text. Money comes in fen, shares in basis points. */

let language = 'zh-CN'
let zone = 'Asia/Shanghai'

export function formatFor(nextLanguage: string) {
  language = nextLanguage
}

/** Business days are those of the program's time zone. */
export function formatIn(nextZone: string) {
  zone = nextZone
}

export function count(value: number): string {
  return new Intl.NumberFormat(language).format(value)
}

export function signed(value: number): string {
  return new Intl.NumberFormat(language, { signDisplay: 'exceptZero' }).format(value).replace('-', '−')
}

/** ¥1,234.50 */
export function money(fen: number): string {
  return new Intl.NumberFormat(language, { style: 'currency', currency: 'CNY', currencyDisplay: 'narrowSymbol' })
    .format(fen / 100)
    .replace('-', '−')
}

/** +¥12.00, −¥12.00 */
export function signedMoney(fen: number): string {
  return fen > 0 ? `+${money(fen)}` : money(fen)
}

/** Long figures in 万 and 亿, or in K and M: for charts and key figures, with the exact one in a tooltip. */
export function compact(value: number): string {
  if (Math.abs(value) < 100_000) return count(Math.round(value))
  return new Intl.NumberFormat(language, {
    notation: 'compact',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }).format(value)
}

export function compactMoney(fen: number): string {
  const yuan = fen / 100
  if (Math.abs(yuan) < 100_000) {
    return `¥${new Intl.NumberFormat(language, { maximumFractionDigits: Math.abs(yuan) < 1000 ? 2 : 0 }).format(yuan)}`
  }
  return `¥${compact(yuan)}`
}

/** 1234 basis points are 12.3%. */
export function share(basisPoints: number): string {
  return new Intl.NumberFormat(language, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }).format(basisPoints / 10_000)
}

/** How much `now` differs from `before`, in basis points; nothing when there is nothing to compare with. */
export function change(now: number, before: number | null | undefined): number | null {
  if (before === null || before === undefined || before === 0) return null
  return Math.round(((now - before) / Math.abs(before)) * 10_000)
}

function parts(instant: string, options: Intl.DateTimeFormatOptions): string {
  const time = new Date(instant)
  if (Number.isNaN(time.getTime())) return instant
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, ...options }).format(time)
}

/** 2026-05-01 in the program's time zone. */
export function date(instant: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(instant)) return instant
  return parts(instant, { year: 'numeric', month: '2-digit', day: '2-digit' })
}

/** 2026-05-01 10:00 in the program's time zone. */
export function dateTime(instant: string): string {
  return parts(instant, { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false })
}

/** With seconds: for the audit log and explanations. */
export function exactTime(instant: string): string {
  return parts(instant, {
    year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false,
  })
}

/** The business day it is now. */
export function today(now: Date = new Date()): string {
  return date(now.toISOString())
}

/** How far the zone is ahead of UTC at `time`, in milliseconds. */
function offsetAt(time: Date): number {
  return Date.parse(`${exactTime(time.toISOString()).replace(' ', 'T')}Z`) - time.getTime()
}

/** The instant at which a business day begins. */
export function startOfDay(day: string): string {
  const asUtc = new Date(`${day}T00:00:00Z`)
  // The offset at the guess, not at the same hour of UTC: clocks may change between the two.
  const guess = new Date(asUtc.getTime() - offsetAt(asUtc))
  return new Date(asUtc.getTime() - offsetAt(guess)).toISOString()
}

/** The instant of a wall time (`2026-05-01 18:00`) of the program's time zone. */
export function instantAt(wall: string): string {
  const asUtc = new Date(`${wall.slice(0, 16).replace(' ', 'T')}:00Z`)
  const guess = new Date(asUtc.getTime() - offsetAt(asUtc))
  return new Date(asUtc.getTime() - offsetAt(guess)).toISOString()
}

function say(instant: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(language, { timeZone: zone, ...options }).format(new Date(instant))
}

function hour(instant: string): string {
  return dateTime(instant).slice(11)
}

/** A stretch of time as people say it: 11月1日–11日; with hours where it does not begin and end at midnight. */
export function period(from: string, until: string, now: Date = new Date()): string {
  const isWhole = [from, until].every((instant) => dateTime(instant).endsWith('00:00'))
  const end = isWhole ? new Date(new Date(until).getTime() - 1).toISOString() : until
  const isSame = (digits: number) => date(from).slice(0, digits) === date(end).slice(0, digits)
  const isThisYear = isSame(4) && date(from).slice(0, 4) === date(now.toISOString()).slice(0, 4)
  const day = (instant: string) => say(instant, { ...(isThisYear ? {} : { year: 'numeric' }), month: language === 'zh-CN' ? 'long' : 'short', day: 'numeric' })
  if (!isWhole) return isSame(10) ? `${day(from)} ${hour(from)}–${hour(end)}` : `${day(from)} ${hour(from)} – ${day(end)} ${hour(end)}`
  if (isSame(10)) return day(from)
  return isSame(7) && isThisYear ? `${day(from)}–${say(end, { day: 'numeric' })}` : `${day(from)} – ${day(end)}`
}

/** `days` later as a business day; negative for earlier. */
export function shiftDays(day: string, days: number): string {
  return dayjs(day).add(days, 'day').format('YYYY-MM-DD')
}

/** Whole days from `from` to `to`, both included. */
export function daysBetween(from: string, to: string): number {
  return dayjs(to).diff(dayjs(from), 'day') + 1
}

/**
 * The last instant of something that is over at `end`: a lot that expires at
 * midnight is good through the day before, which is what people read.
 */
export function lastDay(end: string): string {
  return date(new Date(new Date(end).getTime() - 1).toISOString())
}
