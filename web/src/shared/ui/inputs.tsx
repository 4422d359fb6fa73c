import { DatePicker, InputNumber } from 'antd'
import dayjs from 'dayjs'
import { dateTime, instantAt } from '../format'

interface Controlled<Value> {
  id?: string
  value?: Value | null
  onChange?: (value: Value | null) => void
}

interface YuanProps extends Controlled<number> {
  min?: number
  label?: string
  placeholder?: string
  width?: number | string
  disabled?: boolean
}

/** Money typed in yuan and kept in fen. */
export function Yuan({ id, value, onChange, min = 0, label, placeholder, width = '100%', disabled = false }: YuanProps) {
  return (
    <InputNumber<number>
      {...(id === undefined ? {} : { id })}
      {...(label === undefined ? {} : { 'aria-label': label })}
      {...(placeholder === undefined ? {} : { placeholder })}
      value={value === null || value === undefined ? null : value / 100}
      min={min / 100}
      max={10_000_000_000}
      precision={2}
      prefix="¥"
      disabled={disabled}
      style={{ width }}
      onChange={(yuan) => onChange?.(yuan === null ? null : Math.round(yuan * 100))}
    />
  )
}

/** A whole number, at least `min`. */
export function Whole({ id, value, onChange, min = 1, max = 1_000_000_000_000, label, placeholder, width = '100%', suffix }: Controlled<number> & { min?: number; max?: number; label?: string; placeholder?: string; width?: number | string; suffix?: string }) {
  return (
    <InputNumber<number>
      {...(id === undefined ? {} : { id })}
      {...(label === undefined ? {} : { 'aria-label': label })}
      {...(placeholder === undefined ? {} : { placeholder })}
      {...(suffix === undefined ? {} : { suffix })}
      value={value ?? null}
      min={min}
      max={max}
      precision={0}
      style={{ width }}
      onChange={(whole) => onChange?.(whole)}
    />
  )
}

/**
 * An instant, typed as wall time of the program's zone. An end (`isEnd`) is kept
 * as the instant from which on it is over and shown as the last minute that counts.
 */
export function Moment({ id, value, onChange, isEnd = false, placeholder }: Controlled<string> & { isEnd?: boolean; placeholder?: string }) {
  const shown = value ? (isEnd ? new Date(new Date(value).getTime() - 60_000).toISOString() : value) : null
  return (
    <DatePicker
      {...(id === undefined ? {} : { id })}
      {...(placeholder === undefined ? {} : { placeholder })}
      value={shown ? dayjs(dateTime(shown)) : null}
      showTime={{ format: 'HH:mm', defaultOpenValue: dayjs(isEnd ? '2000-01-01T23:59' : '2000-01-01T00:00') }}
      format="YYYY-MM-DD HH:mm"
      style={{ width: '100%' }}
      onChange={(picked) => {
        if (!picked) return onChange?.(null)
        const instant = instantAt(picked.format('YYYY-MM-DD HH:mm'))
        onChange?.(isEnd ? new Date(new Date(instant).getTime() + 60_000).toISOString() : instant)
      }}
    />
  )
}
