import { date, shiftDays } from '../../shared/format'

export interface Stretch { from: string; until: string }

/** The days of a month, `2026-11`. */
export function monthDays(month: string): string[] {
  const days: string[] = []
  for (let day = `${month}-01`; day.startsWith(month); day = shiftDays(day, 1)) days.push(day)
  return days
}

/** The month `by` months later, as `2026-11`. */
export function shiftMonth(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  const all = year * 12 + (number - 1) + by
  return `${Math.floor(all / 12)}-${String((all % 12) + 1).padStart(2, '0')}`
}

export interface Bar extends Stretch {
  /** Percent of the whole from its beginning. */
  left: number
  width: number
}

/** Where `stretches` lie within `whole`, in percent; what lies outside is cut off or left out. */
export function barsWithin(whole: Stretch, stretches: Stretch[]): Bar[] {
  const start = Date.parse(whole.from)
  const length = Date.parse(whole.until) - start
  return stretches.flatMap(({ from, until }) => {
    const left = Math.max(0, Date.parse(from) - start)
    const right = Math.min(length, Date.parse(until) - start)
    return right <= left ? [] : [{ from, until, left: (left / length) * 100, width: ((right - left) / length) * 100 }]
  })
}

/** 6 and 7 are the weekend. */
export function weekday(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay() || 7
}

export function isToday(day: string, now: Date): boolean {
  return date(now.toISOString()) === day
}
