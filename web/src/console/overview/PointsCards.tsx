import { Table } from 'antd'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { compact, count, share, signed } from '../../shared/format'
import { usePreferences } from '../../shared/preferences'
import { tierColours } from '../../shared/theme'
import { categoryAxis, legend, valueAxis } from '../../shared/ui/axes'
import { Chart } from '../../shared/ui/Chart'
import { ChartCard } from '../../shared/ui/ChartCard'
import type { Overview } from './queries'

const flows = [
  { name: 'points_issued', colour: 'issued', sign: 1 },
  { name: 'points_spent', colour: 'spent', sign: -1 },
  { name: 'points_expired', colour: 'expired', sign: -1 },
  { name: 'points_clawed_back', colour: 'clawedBack', sign: -1 },
] as const

/** What came into members' accounts above the line, what left them below it. */
export function FlowCard({ overview }: { overview: Overview }) {
  const { t } = useTranslation()
  const { palette } = usePreferences()
  const option = useMemo(() => ({
    grid: { left: 8, right: 16, top: 36, bottom: 4, containLabel: true },
    legend: legend(palette),
    xAxis: categoryAxis(palette, overview.daily.map((day) => day.date.slice(5)), { axisLine: { onZero: false, lineStyle: { color: palette.grid } } }),
    yAxis: valueAxis(palette, (value) => compact(Math.abs(value))),
    tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (value: number) => count(Math.abs(value)) },
    series: flows.map(({ name, colour, sign }) => ({
      name: t(`overview.${name}`),
      type: 'bar',
      stack: 'flow',
      barMaxWidth: 18,
      color: palette.flows[colour],
      data: overview.daily.map((day) => day[name] * sign),
    })),
  }), [overview, palette, t])

  return (
    <ChartCard
      title={t('overview.flow')}
      definition={t('overview.flow_means')}
      chart={<Chart option={option} height={280} label={t('overview.flow')} />}
      table={
        <Table
          size="small"
          rowKey="date"
          pagination={false}
          dataSource={overview.daily}
          columns={[
            { title: t('overview.day'), dataIndex: 'date', className: 'figure' },
            ...flows.map(({ name }) => ({ title: t(`overview.${name}`), dataIndex: name, align: 'right' as const, className: 'figure', render: count })),
            { title: t('overview.points_restored'), dataIndex: 'points_restored', align: 'right', className: 'figure', render: count },
            { title: t('overview.points_adjusted'), dataIndex: 'points_adjusted', align: 'right', className: 'figure', render: signed },
          ]}
        />
      }
    />
  )
}

export function ExpiringCard({ overview }: { overview: Overview }) {
  const { t } = useTranslation()
  const { palette } = usePreferences()
  const option = useMemo(() => ({
    grid: { left: 8, right: 16, top: 24, bottom: 4, containLabel: true },
    xAxis: categoryAxis(palette, overview.expiring.map((month) => month.month)),
    yAxis: valueAxis(palette, compact),
    tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (value: number) => count(value) },
    series: [{
      name: t('overview.points_expiring'),
      type: 'bar',
      barMaxWidth: 28,
      color: palette.channels['jd'],
      itemStyle: { borderRadius: [4, 4, 0, 0] },
      labelLayout: { hideOverlap: true },
      label: { show: overview.expiring.length <= 12, position: 'top', color: palette.secondary, fontSize: 11, formatter: ({ value }: { value: number }) => (value === 0 ? '' : compact(value)) },
      data: overview.expiring.map((month) => month.points),
    }],
  }), [overview, palette, t])
  return (
    <ChartCard
      title={t('overview.expiring_by_month')}
      definition={t('overview.expiring_by_month_means')}
      chart={<Chart option={option} height={280} label={t('overview.expiring_by_month')} />}
      table={
        <Table
          size="small"
          rowKey="month"
          pagination={false}
          dataSource={overview.expiring}
          columns={[
            { title: t('overview.month'), dataIndex: 'month', className: 'figure' },
            { title: t('overview.points_expiring'), dataIndex: 'points', align: 'right', className: 'figure', render: count },
          ]}
        />
      }
    />
  )
}

/** How many members each tier has: rungs of a ladder, the highest on top. */
export function TierCard({ overview }: { overview: Overview }) {
  const { t, i18n } = useTranslation()
  const { palette } = usePreferences()
  const total = overview.tiers.reduce((sum, tier) => sum + tier.members, 0)
  const most = Math.max(1, ...overview.tiers.map((tier) => tier.members))
  const name = (tier: Overview['tiers'][number]) => (i18n.language === 'zh-CN' ? tier.name.zh : tier.name.en)
  const portion = (members: number) => (total > 0 ? share(Math.round((members / total) * 10_000)) : '—')
  const rungs = overview.tiers.map((tier, place) => ({ ...tier, place })).toReversed()
  return (
    <ChartCard
      title={t('overview.tiers')}
      definition={t('overview.tiers_means')}
      chart={
        <ol className="ladder">
          {rungs.map((tier) => (
            <li key={tier.tier}>
              <span className="ladder-name">{name(tier)}</span>
              <span className="ladder-track">
                <span className="ladder-bar" style={{ width: `${(tier.members / most) * 100}%`, background: palette.series[tier.place % palette.series.length] ?? tierColours(palette, tier.place).ground }} />
              </span>
              <span className="figure ladder-figure">{compact(tier.members)} <span className="muted">{portion(tier.members)}</span></span>
            </li>
          ))}
        </ol>
      }
      table={
        <Table
          size="small"
          rowKey="tier"
          pagination={false}
          dataSource={rungs}
          columns={[
            { title: t('overview.tier'), render: (_, tier) => name(tier) },
            { title: t('overview.members'), dataIndex: 'members', align: 'right', className: 'figure', render: count },
            { title: t('overview.share'), align: 'right', className: 'figure', render: (_, tier) => portion(tier.members) },
          ]}
        />
      }
    />
  )
}
