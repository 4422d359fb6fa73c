import { getRouteApi } from '@tanstack/react-router'
import { Table } from 'antd'
import { useTranslation } from 'react-i18next'
import { count, money, signed } from '../../../shared/format'
import { DataTable } from '../../../shared/ui/DataTable'
import { Channel, State, useWord, When, type Tone } from '../../../shared/ui/Marks'
import { usePages } from '../../../shared/ui/usePages'
import { loadOrders, memberKey, type Member, type Order } from '../queries'

const route = getRouteApi('/members/$id')
const toneOfOrder: Record<string, Tone> = { placed: 'calm', paid: 'busy', shipped: 'busy', completed: 'good', closed: 'bad' }

function Lines({ order }: { order: Order }) {
  const { t } = useTranslation()
  return (
    <div className="stack" style={{ gap: 12, padding: '4px 0 8px' }}>
      <Table
        size="small"
        rowKey="line_no"
        pagination={false}
        dataSource={order.lines}
        columns={[
          { title: t('order.line'), dataIndex: 'line_no' },
          { title: t('order.product'), dataIndex: 'sku', className: 'mono' },
          { title: t('order.category'), dataIndex: 'category', render: (category: string | null) => category ?? '—' },
          { title: t('order.quantity'), dataIndex: 'quantity', align: 'right', className: 'figure', render: count },
          { title: t('order.unit_price'), dataIndex: 'unit_price', align: 'right', className: 'figure', render: money },
          { title: t('order.paid'), dataIndex: 'paid', align: 'right', className: 'figure', render: money },
          { title: t('order.points'), dataIndex: 'points', align: 'right', className: 'figure', render: count },
          { title: t('order.refunded'), dataIndex: 'refunded', align: 'right', className: 'figure', render: (value: number) => (value > 0 ? money(value) : '—') },
          { title: t('order.points_back'), dataIndex: 'points_taken', align: 'right', className: 'figure', render: (value: number) => (value > 0 ? count(value) : '—') },
        ]}
      />
      {order.refunds.length > 0 && <Refunds order={order} />}
    </div>
  )
}

const toneOfRefund: Record<string, Tone> = { waiting: 'busy', done: 'good', dead: 'bad' }

const points = (value: number | null | undefined) => (!value ? <span className="muted">—</span> : <strong>{signed(value)}</strong>)

/** What else a refund did, in words: what is owed, withheld, lapsed, and what came back beside points. */
function Further({ receipt }: { receipt: Order['refunds'][number]['receipt'] }) {
  const { t } = useTranslation()
  const moved = receipt?.points
  const said = [
    moved?.debt ? t('order.debt', { points: count(moved.debt) }) : null,
    moved?.withhold ? t('order.withhold', { amount: money(moved.withhold) }) : null,
    moved?.written_off ? t('order.written_off', { points: count(moved.written_off) }) : null,
    moved?.lapsed ? t('order.lapsed', { points: count(moved.lapsed) }) : null,
    receipt?.coupons?.length ? t('order.coupons_back', { count: receipt.coupons.length }) : null,
    receipt?.tenders ? t('order.tenders_back', { money: money(receipt.tenders.money_back), wallet: money(receipt.tenders.wallet_back.principal + receipt.tenders.wallet_back.bonus) }) : null,
  ].filter((one) => one !== null)
  return said.length === 0 ? <span className="muted">—</span> : <>{said.join(t('promo.comma'))}</>
}

/** The refunds of an order, and what each did to the member's points. */
function Refunds({ order }: { order: Order }) {
  const { t } = useTranslation()
  const word = useWord()
  return (
    <section>
      <h3 style={{ marginBottom: 6 }}>{t('order.refunds')}</h3>
      <Table
        size="small"
        rowKey="refund_id"
        pagination={false}
        dataSource={order.refunds}
        columns={[
          { title: t('order.refund_no'), dataIndex: 'refund_no', className: 'mono' },
          { title: t('order.refunded_at'), dataIndex: 'refunded_at', render: (at: string) => <When at={at} /> },
          { title: t('order.status'), dataIndex: 'status', render: (status: string) => <State tone={toneOfRefund[status] ?? 'calm'}>{word('refund_status', status)}</State> },
          { title: t('order.refunded'), dataIndex: 'amount', align: 'right', className: 'figure', render: money },
          { title: t('order.clawed_back'), align: 'right', className: 'figure', render: (_, { receipt }) => points(receipt?.points && -receipt.points.clawed_back) },
          { title: t('order.restored'), align: 'right', className: 'figure', render: (_, { receipt }) => points(receipt?.points?.restored) },
          { title: t('order.growth_taken'), align: 'right', className: 'figure', render: (_, { receipt }) => points(receipt?.growth ? -receipt.growth : undefined) },
          { title: t('order.further'), render: (_, { receipt }) => <Further receipt={receipt} /> },
        ]}
      />
    </section>
  )
}

export function OrdersTab({ member }: { member: Member }) {
  const { t } = useTranslation()
  const word = useWord()
  const { order: open } = route.useSearch()
  const navigate = route.useNavigate()
  const pages = usePages<Order>(memberKey(member.member_id, 'orders'), (cursor) => loadOrders(member.member_id, cursor))
  return (
    <DataTable<Order>
      label={t('member.tab_orders')}
      pages={pages}
      rowKey="order_id"
      empty={t('member.no_orders')}
      expandable={{
        expandedRowKeys: open ? [open] : [],
        onExpand: (expands, row) => void navigate({ search: (old) => ({ ...old, order: expands ? row.order_id : undefined }), replace: true }),
        expandedRowRender: (row) => <Lines order={row} />,
      }}
      columns={[
        { title: t('order.number'), dataIndex: 'order_no', className: 'mono' },
        { title: t('order.channel'), dataIndex: 'channel', render: (channel: string) => <Channel channel={channel} /> },
        { title: t('order.shop'), dataIndex: 'shop', render: (shop: string | null) => shop ?? <span className="muted">—</span> },
        { title: t('order.status'), dataIndex: 'status', render: (status: string) => <State tone={toneOfOrder[status] ?? 'calm'}>{word('order_status', status)}</State> },
        { title: t('order.paid_at'), dataIndex: 'paid_at', render: (at: string | null) => <When at={at} /> },
        { title: t('order.paid'), dataIndex: 'paid', align: 'right', className: 'figure', render: money },
        { title: t('order.points'), dataIndex: 'points', align: 'right', className: 'figure', render: count },
        { title: t('order.growth'), dataIndex: 'growth', align: 'right', className: 'figure', render: count },
        { title: t('order.refunds'), align: 'right', className: 'figure', render: (_, row) => (row.refunds.length > 0 ? money(row.refunds.reduce((sum, refund) => sum + refund.amount, 0)) : <span className="muted">—</span>) },
        { title: t('order.staff'), dataIndex: 'staff', render: (staff: string | null) => staff ?? <span className="muted">—</span> },
      ]}
    />
  )
}
