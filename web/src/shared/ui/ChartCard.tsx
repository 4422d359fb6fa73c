import { BarChartOutlined, TableOutlined } from '@ant-design/icons'
import { Card, Segmented } from 'antd'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Definition } from './Definition'

interface ChartCardProps {
  title: string
  definition: string
  chart: ReactNode
  table: ReactNode
  foot?: ReactNode
}

/** A chart with the same figures as a table one switch away. */
export function ChartCard({ title, definition, chart, table, foot }: ChartCardProps) {
  const { t } = useTranslation()
  const [view, setView] = useState<'chart' | 'table'>('chart')
  return (
    <Card
      className="chart-card"
      title={<h2 className="card-title">{title} <Definition of={title}>{definition}</Definition></h2>}
      extra={
        <Segmented
          size="small"
          aria-label={t('common.view_of', { of: title })}
          value={view}
          onChange={setView}
          options={[
            { value: 'chart', icon: <BarChartOutlined />, title: t('common.as_chart'), label: <span className="sr-only">{t('common.as_chart')}</span> },
            { value: 'table', icon: <TableOutlined />, title: t('common.as_table'), label: <span className="sr-only">{t('common.as_table')}</span> },
          ]}
        />
      }
    >
      {view === 'chart' ? chart : <div className="chart-table">{table}</div>}
      {foot && <div className="card-foot muted">{foot}</div>}
    </Card>
  )
}
