import { DatePicker, Select, Switch } from 'antd'
import dayjs from 'dayjs'
import { useTranslation } from 'react-i18next'
import { today } from '../../shared/format'
import { presets, type Preset, type Range } from './range'

interface RangeBarProps {
  range: Range
  compares: boolean
  onPreset: (preset: Preset) => void
  onDays: (from: string, to: string) => void
  onCompare: (compares: boolean) => void
}

export function RangeBar({ range, compares, onPreset, onDays, onCompare }: RangeBarProps) {
  const { t } = useTranslation()
  return (
    <>
      <Select<Preset | 'custom'>
        aria-label={t('overview.range')}
        value={range.preset ?? 'custom'}
        style={{ width: 128 }}
        onChange={(value) => { if (value !== 'custom') onPreset(value) }}
        options={[
          ...presets.map((preset) => ({ value: preset, label: t(`overview.preset_${preset}`) })),
          ...(range.preset === null ? [{ value: 'custom' as const, label: t('overview.preset_custom') }] : []),
        ]}
      />
      <DatePicker.RangePicker
        value={[dayjs(range.from), dayjs(range.to)]}
        allowClear={false}
        maxDate={dayjs(today())}
        aria-label={t('overview.range')}
        style={{ width: 250 }}
        onChange={(days) => {
          const [from, to] = days ?? []
          if (from && to) onDays(from.format('YYYY-MM-DD'), to.format('YYYY-MM-DD'))
        }}
      />
      <span className="row" style={{ gap: 8 }}>
        <Switch size="small" id="compare" checked={compares} onChange={onCompare} aria-label={t('overview.compare')} />
        <label htmlFor="compare">{t('overview.compare')}</label>
      </span>
    </>
  )
}
