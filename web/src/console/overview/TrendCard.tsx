import { Segmented, Table } from 'antd'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { compact, compactMoney, count, money, today } from '../../shared/format'
import { usePreferences } from '../../shared/preferences'
import { categoryAxis, legend, valueAxis } from '../../shared/ui/axes'
import { Chart } from '../../shared/ui/Chart'
import { ChartCard } from '../../shared/ui/ChartCard'
import type { Overview } from './queries'

type Measure = 'members_new' | 'orders' | 'sales'
const measures: Measure[] = ['members_new', 'orders', 'sales']

/** One figure day by day; the compared period is dashed, day by day beside it. */
export function TrendCard({ overview }: { overview: Overview }) {
  const { t } = useTranslation()
  const { palette } = usePreferences()
  const [measure, setMeasure] = useState<Measure>('members_new')
  const write = measure === 'sales' ? compactMoney : compact
  const exact = measure === 'sales' ? money : count
  const before = overview.previous?.daily
  const endsToday = overview.to === today()

  const option = useMemo(() => ({
    grid: { left: 8, right: 16, top: 36, bottom: 4, containLabel: true },
    legend: legend(palette),
    xAxis: categoryAxis(palette, overview.daily.map((day) => day.date.slice(5)), { boundaryGap: false }),
    yAxis: valueAxis(palette, write),
    tooltip: { trigger: 'axis', valueFormatter: (value: number | null) => (value === null || value === undefined ? '—' : exact(value)) },
    series: [
      {
        name: t(`overview.${measure}`),
        type: 'line',
        showSymbol: overview.daily.length === 1,
        color: palette.primary,
        lineStyle: { width: 2 },
        areaStyle: { opacity: 0.08 },
        data: overview.daily.map((day) => day[measure]),
      },
      ...(before
        ? [{
            name: t('overview.previous_period'),
            type: 'line',
            showSymbol: before.length === 1,
            color: palette.compare,
            lineStyle: { width: 1.5, type: 'dashed' },
            data: before.map((day) => day[measure]),
          }]
        : []),
    ],
  }), [overview, before, measure, palette, t, write, exact])

  return (
    <ChartCard
      title={t('overview.trend')}
      definition={t('overview.trend_means')}
      chart={
        <>
          <Segmented<Measure>
            size="small"
            value={measure}
            onChange={setMeasure}
            aria-label={t('overview.measure')}
            options={measures.map((value) => ({ value, label: t(`overview.${value}`) }))}
            style={{ marginBottom: 12 }}
          />
          <Chart option={option} height={272} label={t('overview.trend_of', { of: t(`overview.${measure}`) })} />
        </>
      }
      table={
        <Table
          size="small"
          rowKey="date"
          pagination={false}
          dataSource={overview.daily.map((day, place) => ({ ...day, before: before?.[place]?.[measure] }))}
          columns={[
            { title: t('overview.day'), dataIndex: 'date', className: 'figure' },
            ...measures.map((name) => ({
              title: t(`overview.${name}`),
              dataIndex: name,
              align: 'right' as const,
              className: 'figure',
              render: name === 'sales' ? money : count,
            })),
          ]}
        />
      }
      {...(endsToday ? { foot: t('overview.today_open') } : {})}
    />
  )
}
