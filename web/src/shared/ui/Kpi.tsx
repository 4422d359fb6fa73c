import { Skeleton, Tooltip } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Definition } from './Definition'
import { Delta } from './Delta'
import { Sparkline } from './Sparkline'

export interface KpiProps {
  label: string
  definition: string
  value: string
  exact?: string
  now?: number
  before?: number | null
  spark?: number[]
  foot?: ReactNode
}

/** One key figure with its definition, its exact value on hover, and its change. */
export function Kpi({ label, definition, value, exact, now, before, spark, foot }: KpiProps) {
  const { t } = useTranslation()
  return (
    <section className="kpi" aria-label={label}>
      <div className="kpi-label">
        {label} <Definition of={label}>{definition}</Definition>
      </div>
      <Tooltip title={exact && exact !== value ? exact : null}>
        <span className="kpi-value figure">{value}</span>
      </Tooltip>
      <div className="kpi-foot">
        <span>{before !== undefined && now !== undefined ? <>{t('common.versus_previous')} <Delta now={now} before={before} /></> : foot}</span>
        {spark && <Sparkline values={spark} />}
      </div>
    </section>
  )
}

export function KpiSkeleton() {
  return (
    <div className="kpi">
      <Skeleton active title={{ width: '40%' }} paragraph={{ rows: 2, width: ['70%', '50%'] }} />
    </div>
  )
}
