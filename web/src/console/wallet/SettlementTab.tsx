import { DownloadOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Button, Card, DatePicker, Empty, Skeleton, Table, type TableProps } from 'antd'
import dayjs from 'dayjs'
import { useTranslation } from 'react-i18next'
import { money, shiftDays, startOfDay, today } from '../../shared/format'
import { Kpi } from '../../shared/ui/Kpi'
import { useWord } from '../../shared/ui/Marks'
import { Problem } from '../../shared/ui/Problem'
import { csv, download, owedRows, soldRows, spentRows, yuan, type Owed, type Sold, type Spent } from './settlement'
import { settlementQuery } from './queries'

const route = getRouteApi('/wallet')
const isDay = (text: string | undefined): text is string => text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text)

const sum = <Row,>(rows: Row[], of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0)

const figure = { align: 'right', className: 'figure' } as const
const amount = (value: number) => (value === 0 ? <span className="muted">—</span> : money(value))

function Totals({ words, sums }: { words: string[]; sums: { of: string; fen: number }[] }) {
  return (
    <Table.Summary.Row>
      {words.map((word, place) => <Table.Summary.Cell key={word} index={place}><strong>{word}</strong></Table.Summary.Cell>)}
      {sums.map(({ of, fen }, place) => <Table.Summary.Cell key={of} index={words.length + place} align="right"><strong className="figure">{money(fen)}</strong></Table.Summary.Cell>)}
    </Table.Summary.Row>
  )
}

/** What stores owe one another: money paid in at one and spent at another. */
export function SettlementTab() {
  const { t } = useTranslation()
  const word = useWord()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const to = isDay(search.to) ? search.to : today()
  const from = isDay(search.from) ? search.from : `${to.slice(0, 8)}01`
  const query = useQuery(settlementQuery(startOfDay(from), startOfDay(shiftDays(to, 1))))
  const named = (channel: string | null | undefined, shop: string | null | undefined) => (channel ? [word('channel', channel), shop].filter(Boolean).join(' ') : t('wallet.nowhere'))
  const sold = query.data ? soldRows(query.data, named) : []
  const spent = query.data ? spentRows(query.data, named) : []
  const owed = owedRows(spent)
  const owedColumns: TableProps<Owed>['columns'] = [
    { title: t('wallet.place'), dataIndex: 'place' },
    { title: t('wallet.is_owed'), dataIndex: 'isOwed', ...figure, render: amount },
    { title: t('wallet.owes'), dataIndex: 'owes', ...figure, render: amount },
    { title: t('wallet.net'), ...figure, render: (_, row) => <strong style={{ color: row.isOwed >= row.owes ? 'var(--success)' : 'var(--error)' }}>{money(row.isOwed - row.owes)}</strong> },
  ]
  const spentColumns: TableProps<Spent>['columns'] = [
    { title: t('wallet.seller'), dataIndex: 'seller' },
    { title: t('wallet.spender'), render: (_, row) => <>{row.spender} {row.isOwn && <span className="muted">{t('wallet.own')}</span>}</> },
    { title: t('wallet.principal'), dataIndex: 'principal', ...figure, render: amount },
    { title: t('wallet.bonus'), dataIndex: 'bonus', ...figure, render: amount },
    { title: t('wallet.together'), ...figure, render: (_, row) => <strong>{money(row.principal + row.bonus)}</strong> },
  ]
  const soldColumns: TableProps<Sold>['columns'] = [
    { title: t('wallet.place'), dataIndex: 'place' },
    { title: t('wallet.paid_in'), dataIndex: 'topUps', ...figure, render: amount },
    { title: t('wallet.bonus_given'), dataIndex: 'bonus', ...figure, render: amount },
    { title: t('wallet.refunded'), dataIndex: 'refunded', ...figure, render: amount },
    { title: t('wallet.bonus_taken'), dataIndex: 'bonusTaken', ...figure, render: amount },
  ]
  const keep = () => download(`settlement-${from}-${to}.csv`, csv([
    [t('wallet.seller'), t('wallet.spender'), t('wallet.principal'), t('wallet.bonus'), t('wallet.together')],
    ...spent.map((row) => [row.seller, row.spender, yuan(row.principal), yuan(row.bonus), yuan(row.principal + row.bonus)]),
    [t('wallet.total'), '', yuan(sum(spent, (row) => row.principal)), yuan(sum(spent, (row) => row.bonus)), yuan(sum(spent, (row) => row.principal + row.bonus))],
    [],
    [t('wallet.place'), t('wallet.paid_in'), t('wallet.bonus_given'), t('wallet.refunded'), t('wallet.bonus_taken')],
    ...sold.map((row) => [row.place, yuan(row.topUps), yuan(row.bonus), yuan(row.refunded), yuan(row.bonusTaken)]),
  ]))
  return (
    <div className="stack">
      <div className="row between">
        <DatePicker.RangePicker
          value={[dayjs(from), dayjs(to)]}
          allowClear={false}
          maxDate={dayjs()}
          aria-label={t('wallet.period')}
          onChange={(days) => {
            const [first, last] = days ?? []
            if (first && last) void navigate({ search: (old) => ({ ...old, from: first.format('YYYY-MM-DD'), to: last.format('YYYY-MM-DD') }) })
          }}
        />
        <Button icon={<DownloadOutlined />} disabled={sold.length + spent.length === 0} onClick={keep}>{t('wallet.csv')}</Button>
      </div>
      {query.error ? <Problem error={query.error} retry={() => void query.refetch()} /> : query.isLoading ? <Card><Skeleton active paragraph={{ rows: 6 }} /></Card> : sold.length + spent.length === 0 ? (
        <Card><Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('wallet.nothing_moved')} /></Card>
      ) : (
        <>
          <div className="kpis">
            <Kpi label={t('wallet.paid_in')} definition={t('wallet.paid_in_means')} value={money(sum(sold, (row) => row.topUps))} />
            <Kpi label={t('wallet.refunded')} definition={t('wallet.refunded_means')} value={money(sum(sold, (row) => row.refunded))} />
            <Kpi label={t('wallet.spent')} definition={t('wallet.spent_means')} value={money(sum(spent, (row) => row.principal + row.bonus))} />
            <Kpi label={t('wallet.to_settle')} definition={t('wallet.to_settle_means')} value={money(sum(owed, (row) => row.owes))} />
          </div>
          <div className="grid-half">
            <Card className="flush" title={<h2 className="card-title">{t('wallet.owed_title')}</h2>}>
              <Table size="middle" rowKey="place" pagination={false} scroll={{ x: 'max-content' }} columns={owedColumns} dataSource={owed} locale={{ emptyText: t('wallet.nothing_owed') }} />
            </Card>
            <Card className="flush" title={<h2 className="card-title">{t('wallet.sold_title')}</h2>}>
              <Table size="middle" rowKey="place" pagination={false} scroll={{ x: 'max-content' }} columns={soldColumns} dataSource={sold} summary={() => <Totals words={[t('wallet.total')]} sums={[{ of: 'paid', fen: sum(sold, (row) => row.topUps) }, { of: 'bonus', fen: sum(sold, (row) => row.bonus) }, { of: 'refunded', fen: sum(sold, (row) => row.refunded) }, { of: 'taken', fen: sum(sold, (row) => row.bonusTaken) }]} />} />
            </Card>
          </div>
          <Card className="flush" title={<h2 className="card-title">{t('wallet.spent_title')}</h2>}>
            <Table size="middle" rowKey={(row) => `${row.seller}→${row.spender}`} pagination={false} scroll={{ x: 'max-content' }} columns={spentColumns} dataSource={spent} summary={() => <Totals words={[t('wallet.total'), '']} sums={[{ of: 'principal', fen: sum(spent, (row) => row.principal) }, { of: 'bonus', fen: sum(spent, (row) => row.bonus) }, { of: 'both', fen: sum(spent, (row) => row.principal + row.bonus) }]} />} />
          </Card>
        </>
      )}
    </div>
  )
}
