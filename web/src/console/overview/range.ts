import dayjs from 'dayjs'
import { shiftDays, today } from '../../shared/format'

export const presets = ['today', 'yesterday', '7d', '30d', '90d', 'month', 'last_month', '365d'] as const
export type Preset = (typeof presets)[number]

export interface Range {
  from: string
  to: string
  preset: Preset | null
}

const dayPattern = /^\d{4}-\d{2}-\d{2}$/

function ofPreset(preset: Preset, now: string): { from: string; to: string } {
  switch (preset) {
    case 'today':
      return { from: now, to: now }
    case 'yesterday':
      return { from: shiftDays(now, -1), to: shiftDays(now, -1) }
    case '7d':
      return { from: shiftDays(now, -6), to: now }
    case '30d':
      return { from: shiftDays(now, -29), to: now }
    case '90d':
      return { from: shiftDays(now, -89), to: now }
    case '365d':
      return { from: shiftDays(now, -364), to: now }
    case 'month':
      return { from: dayjs(now).startOf('month').format('YYYY-MM-DD'), to: now }
    case 'last_month': {
      const month = dayjs(now).subtract(1, 'month')
      return { from: month.startOf('month').format('YYYY-MM-DD'), to: month.endOf('month').format('YYYY-MM-DD') }
    }
  }
}

/** The range the URL names: a preset, two days in order, or the last 30 days. */
export function rangeOf(search: { from?: string; to?: string; range?: string }, now: string = today()): Range {
  const { from, to } = search
  if (from && to && dayPattern.test(from) && dayPattern.test(to) && from <= to) return { from, to, preset: null }
  const preset = presets.find((known) => known === search.range) ?? '30d'
  return { ...ofPreset(preset, now), preset }
}
