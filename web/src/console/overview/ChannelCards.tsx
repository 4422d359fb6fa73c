import { Table } from 'antd'
import { useMemo, useState } from 'react'
import { Segmented } from 'antd'
import { useTranslation } from 'react-i18next'
import { compact, compactMoney, count, money } from '../../shared/format'
import { usePreferences } from '../../shared/preferences'
import { channelColour } from '../../shared/theme'
import { categoryAxis, legend, valueAxis } from '../../shared/ui/axes'
import { Chart } from '../../shared/ui/Chart'
import { ChartCard } from '../../shared/ui/ChartCard'
import { Delta } from '../../shared/ui/Delta'
import { Channel, useWord } from '../../shared/ui/Marks'
import type { Overview } from './queries'

type Figures = Overview['channels'][number]
type Amount = 'orders' | 'sales' | 'buyers'

function boxHeight(rows: number): number {
  return Math.max(220, rows * 34 + 56)
}

/** Members linked per channel: those who joined in the period, and those who were members already. */
export function LinkedCard({ overview }: { overview: Overview }) {
  const { t } = useTranslation()
  const { palette } = usePreferences()
  const word = useWord()
  const channels = useMemo(() => overview.channels.toSorted((a, b) => (b.linked ?? 0) - (a.linked ?? 0)), [overview])

  const option = useMemo(() => {
    const upwards = channels.toReversed()
    const bar = (name: string, value: (figures: Figures) => number, opacity: number, isOuter: boolean) => ({
      name,
      type: 'bar',
      stack: 'linked',
      barWidth: 16,
      itemStyle: { borderRadius: isOuter ? [0, 4, 4, 0] : 0, color: palette.primary, opacity },
      data: upwards.map((figures) => ({ value: value(figures), itemStyle: { color: channelColour(palette, figures.channel) } })),
    })
    return {
      grid: { left: 8, right: 64, top: 36, bottom: 4, containLabel: true },
      legend: legend(palette, { itemStyle: { color: palette.secondary } }),
      xAxis: valueAxis(palette, compact, { axisLabel: { show: false }, splitLine: { show: false } }),
      yAxis: categoryAxis(palette, upwards.map((figures) => word('channel', figures.channel)), { axisLine: { show: false } }),
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (value: number) => count(value) },
      series: [
        bar(t('overview.linked_before'), (figures) => (figures.linked ?? 0) - (figures.linked_new ?? 0) - (figures.linked_existing ?? 0), 0.3, false),
        bar(t('overview.linked_existing'), (figures) => figures.linked_existing ?? 0, 0.62, false),
        {
          ...bar(t('overview.linked_new'), (figures) => figures.linked_new ?? 0, 1, true),
          label: {
            show: true,
            position: 'right',
            color: palette.secondary,
            formatter: ({ dataIndex }: { dataIndex: number }) => compact(upwards[dataIndex]?.linked ?? 0),
          },
        },
      ],
    }
  }, [channels, palette, t, word])

  return (
    <ChartCard
      title={t('overview.channels_linked')}
      definition={t('overview.channels_linked_means')}
      chart={<Chart option={option} height={boxHeight(channels.length)} label={t('overview.channels_linked')} />}
      table={
        <Table<Figures>
          size="small"
          rowKey="channel"
          pagination={false}
          dataSource={channels}
          columns={[
            { title: t('overview.channel'), dataIndex: 'channel', render: (channel: string) => <Channel channel={channel} /> },
            { title: t('overview.linked'), dataIndex: 'linked', align: 'right', className: 'figure', render: count },
            { title: t('overview.linked_new'), dataIndex: 'linked_new', align: 'right', className: 'figure', render: count },
            { title: t('overview.linked_existing'), dataIndex: 'linked_existing', align: 'right', className: 'figure', render: count },
          ]}
        />
      }
      foot={t('overview.linked_note')}
    />
  )
}

/** Orders or sales per channel, with the change against the compared period in the table. */
export function SalesCard({ overview }: { overview: Overview }) {
  const { t } = useTranslation()
  const { palette } = usePreferences()
  const word = useWord()
  const [amount, setAmount] = useState<Amount>('sales')
  const channels = useMemo(() => overview.channels.toSorted((a, b) => b[amount] - a[amount]), [overview, amount])
  const before = new Map(overview.previous?.channels.map((figures) => [figures.channel, figures]))
  const write = amount === 'sales' ? compactMoney : compact

  const option = useMemo(() => {
    const upwards = channels.toReversed()
    const bar = (name: string, value: (figures: Figures) => number, opacity: number) => ({
      name,
      type: 'bar',
      stack: 'amount',
      barWidth: 16,
      itemStyle: { borderRadius: [0, 4, 4, 0] },
      data: upwards.map((figures) => ({ value: value(figures), itemStyle: { color: channelColour(palette, figures.channel), opacity } })),
    })
    return {
      grid: { left: 8, right: 84, top: 8, bottom: 4, containLabel: true },
      xAxis: valueAxis(palette, write, { axisLabel: { show: false }, splitLine: { show: false } }),
      yAxis: categoryAxis(palette, upwards.map((figures) => word('channel', figures.channel)), { axisLine: { show: false } }),
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (value: number) => (amount === 'sales' ? money(value) : count(value)) },
      series: amount === 'buyers'
        ? [
            { ...bar(t('overview.buyers_existing'), (figures) => figures.buyers - figures.buyers_new, 0.45), itemStyle: { borderRadius: 0 } },
            { ...bar(t('overview.buyers_new'), (figures) => figures.buyers_new, 1), label: { show: true, position: 'right', color: palette.secondary, formatter: ({ dataIndex }: { dataIndex: number }) => write(upwards[dataIndex]?.buyers ?? 0) } },
          ]
        : [{
            ...bar(t(`overview.${amount}`), (figures) => figures[amount], 1),
            label: { show: true, position: 'right', color: palette.secondary, formatter: ({ value }: { value: number }) => write(value) },
          }],
    }
  }, [channels, amount, palette, t, word, write])

  return (
    <ChartCard
      title={t('overview.channels_sales')}
      definition={t('overview.channels_sales_means')}
      chart={
        <>
          <Segmented<Amount>
            size="small"
            value={amount}
            onChange={setAmount}
            aria-label={t('overview.measure')}
            options={[{ value: 'sales', label: t('overview.sales') }, { value: 'orders', label: t('overview.orders') }, { value: 'buyers', label: t('overview.buyers') }]}
          />
          <Chart option={option} height={boxHeight(channels.length) - 28} label={t('overview.channels_sales')} />
        </>
      }
      table={
        <Table<Figures>
          size="small"
          rowKey="channel"
          pagination={false}
          dataSource={channels}
          columns={[
            { title: t('overview.channel'), dataIndex: 'channel', render: (channel: string) => <Channel channel={channel} /> },
            { title: t('overview.orders'), dataIndex: 'orders', align: 'right', className: 'figure', render: count },
            { title: t('overview.sales'), dataIndex: 'sales', align: 'right', className: 'figure', render: money },
            { title: t('overview.average_order'), align: 'right', className: 'figure', render: (_, { sales, orders }) => (orders > 0 ? money(Math.round(sales / orders)) : '—') },
            { title: t('overview.buyers'), dataIndex: 'buyers', align: 'right', className: 'figure', render: count },
            { title: t('overview.buyers_new'), dataIndex: 'buyers_new', align: 'right', className: 'figure', render: count },
            ...(overview.previous
              ? [{ title: t('overview.sales_change'), align: 'right' as const, render: (_: unknown, figures: Figures) => <Delta now={figures.sales} before={before.get(figures.channel)?.sales} /> }]
              : []),
          ]}
        />
      }
      foot={t(amount === 'buyers' ? 'overview.buyers_note' : 'overview.sales_note')}
    />
  )
}
