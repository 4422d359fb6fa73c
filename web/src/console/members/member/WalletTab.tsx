import { useQuery } from '@tanstack/react-query'
import { App, Button, Form, Input, Modal, Segmented, Select, Skeleton } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../../api/write'
import { money, signedMoney } from '../../../shared/format'
import { DataTable } from '../../../shared/ui/DataTable'
import { Yuan } from '../../../shared/ui/inputs'
import { Channel, useWord, When } from '../../../shared/ui/Marks'
import { Problem } from '../../../shared/ui/Problem'
import { ReasonModal } from '../../../shared/ui/ReasonModal'
import { usePages } from '../../../shared/ui/usePages'
import { programQuery } from '../../program/queries'
import { useChannels } from '../../promotions/queries'
import { useCan } from '../../session/rights'
import { useSession } from '../../session/session'
import { loadTopUps, loadWalletEntries, refundTopUp, topUp, walletOf, walletQuery, type TopUp, type WalletEntry } from '../../wallet/queries'
import '../../wallet/wallet.css'
import { memberKey, type Member } from '../queries'

interface Fields {
  plan: string
  principal?: number
  bonus?: number
  channel: string
  shop?: string
}

const own = ' own'

function NewTopUp({ member, open, onClose }: { member: string; open: boolean; onClose: () => void }) {
  const { t, i18n } = useTranslation()
  const word = useWord()
  const { message } = App.useApp()
  const { staff } = useSession()
  const [form] = Form.useForm<Fields>()
  const channels = useChannels()
  const program = useQuery(programQuery)
  const plans = walletOf(program.data?.document).plans
  const chosen = Form.useWatch('plan', form) ?? plans[0]?.id ?? own
  const send = useWrite(
    ({ plan, principal, bonus, channel, shop }: Fields, key) => topUp(member, {
      ...(plan === own ? { principal: principal ?? 0, bonus: bonus ?? 0 } : { plan }),
      channel,
      ...(shop?.trim() ? { shop: shop.trim() } : {}),
    }, key),
    { stale: [memberKey(member)], onDone: (done) => { void message.success(t('wallet.topped_up', { amount: money(done.principal + done.bonus) })); onClose() } },
  )
  const nameOf = (plan: (typeof plans)[number]) => `${(i18n.language === 'zh-CN' ? plan.name?.zh : plan.name?.en) || plan.name?.zh || plan.id} · ${t('wallet.pay', { amount: money(plan.principal) })}${plan.bonus ? t('wallet.gets', { amount: money(plan.bonus) }) : ''}`
  return (
    <Modal open={open} title={t('wallet.top_up')} okText={t('wallet.top_up')} cancelText={t('common.cancel')} confirmLoading={send.isPending} onOk={() => form.submit()} onCancel={onClose} afterClose={() => { form.resetFields(); send.reset() }} destroyOnHidden>
      <p className="muted" style={{ marginBottom: 16 }}>{t('wallet.top_up_help')}</p>
      {send.error && <div style={{ marginBottom: 16 }}><Problem error={send.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ plan: plans[0]?.id ?? own, channel: 'pos', shop: staff.shops[0]?.split('/').at(-1) }} onFinish={(fields) => send.mutate(fields)}>
        <Form.Item name="plan" label={t('wallet.plan')}>
          <Select options={[...plans.map((plan) => ({ value: plan.id, label: nameOf(plan) })), { value: own, label: t('wallet.own_amount') }]} />
        </Form.Item>
        {chosen === own && (
          <div className="pair">
            <Form.Item name="principal" label={t('wallet.pays')} rules={[{ required: true, message: t('promo.needed') }]}><Yuan min={1} /></Form.Item>
            <Form.Item name="bonus" label={t('wallet.bonus_given')}><Yuan placeholder="0" /></Form.Item>
          </div>
        )}
        <div className="pair">
          <Form.Item name="channel" label={t('cart.channel')}><Select options={(channels.includes('pos') ? channels : ['pos', ...channels]).map((channel) => ({ value: channel, label: word('channel', channel) }))} /></Form.Item>
          <Form.Item name="shop" label={t('mall.store')}><Input maxLength={64} /></Form.Item>
        </div>
      </Form>
    </Modal>
  )
}

function RefundTopUp({ row, onClose }: { row: TopUp; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [amount, setAmount] = useState<number | null>(null)
  const send = useWrite((reason: string, key) => refundTopUp(row.top_up_id, { reason, ...(amount === null ? {} : { amount }) }, key), {
    stale: [memberKey(row.member_id)],
    onDone: (done) => { void message.success(t('wallet.refunded_done', { amount: money(done.money_back), bonus: money(done.bonus_taken) }), 6); onClose() },
  })
  return (
    <ReasonModal open title={t('wallet.refund_title', { amount: money(row.principal) })} help={t('wallet.refund_help')} okText={t('wallet.refund')} isDanger isPending={send.isPending} error={send.error} onClose={onClose} onReason={(reason) => send.mutate(reason)}>
      <label className="stack" style={{ gap: 4 }}>
        <span>{t('wallet.refund_amount')}</span>
        <Yuan min={1} value={amount} onChange={setAmount} placeholder={t('wallet.all_unspent')} />
      </label>
    </ReasonModal>
  )
}

function TopUps({ member }: { member: Member }) {
  const { t } = useTranslation()
  const can = useCan()
  const [refunding, setRefunding] = useState<TopUp | null>(null)
  const pages = usePages<TopUp>(memberKey(member.member_id, 'top-ups'), (cursor) => loadTopUps(member.member_id, cursor))
  return (
    <>
      <DataTable<TopUp>
        label={t('wallet.top_ups')}
        pages={pages}
        rowKey="top_up_id"
        empty={t('wallet.no_top_ups')}
        columns={[
          { title: t('wallet.at'), dataIndex: 'at', render: (at: string) => <When at={at} /> },
          { title: t('wallet.plan'), dataIndex: 'plan', render: (plan: string | null) => plan ?? <span className="muted">{t('wallet.own_amount')}</span> },
          { title: t('wallet.principal'), dataIndex: 'principal', align: 'right', className: 'figure', render: money },
          { title: t('wallet.bonus'), dataIndex: 'bonus', align: 'right', className: 'figure', render: money },
          { title: t('wallet.refunded'), dataIndex: 'refunded', align: 'right', className: 'figure', render: (value: number) => (value > 0 ? money(value) : <span className="muted">—</span>) },
          { title: t('wallet.bonus_taken'), dataIndex: 'bonus_taken', align: 'right', className: 'figure', render: (value: number) => (value > 0 ? money(value) : <span className="muted">—</span>) },
          { title: t('wallet.place'), render: (_, row) => <><Channel channel={row.channel} /> {row.shop}</> },
          { title: t('wallet.staff'), dataIndex: 'staff', render: (staff: string | null) => staff ?? <span className="muted">—</span> },
          {
            title: <span className="sr-only">{t('common.actions')}</span>,
            render: (_, row) => can('sellWallet') && row.refunded < row.principal && <Button size="small" type="link" danger onClick={() => setRefunding(row)}>{t('wallet.refund')}</Button>,
          },
        ]}
      />
      {refunding && <RefundTopUp key={refunding.top_up_id} row={refunding} onClose={() => setRefunding(null)} />}
    </>
  )
}

function Entries({ member }: { member: Member }) {
  const { t } = useTranslation()
  const word = useWord()
  const pages = usePages<WalletEntry>(memberKey(member.member_id, 'wallet-entries'), (cursor) => loadWalletEntries(member.member_id, cursor))
  return (
    <DataTable<WalletEntry>
      label={t('wallet.entries')}
      pages={pages}
      rowKey="entry_id"
      empty={t('wallet.no_entries')}
      columns={[
        { title: t('wallet.at'), dataIndex: 'at', render: (at: string) => <When at={at} /> },
        { title: t('wallet.kind'), dataIndex: 'kind', render: (kind: string) => word('wallet_entry', kind) },
        { title: t('wallet.part'), dataIndex: 'part', render: (part: string) => word('wallet_part', part) },
        {
          title: t('wallet.amount'),
          align: 'right',
          className: 'figure',
          render: (_, row) => (row.amount === 0
            ? <span className="muted">{t('wallet.moved', { amount: money(Math.abs(row.moved)) })}</span>
            : <strong style={{ color: row.amount > 0 ? 'var(--success)' : undefined }}>{signedMoney(row.amount)}</strong>),
        },
        { title: t('wallet.place'), render: (_, row) => (row.channel ? <><Channel channel={row.channel} /> {row.shop}</> : <span className="muted">—</span>) },
        { title: t('coupon.order'), render: (_, row) => (row.order ? <span className="mono">{row.order.order_no}</span> : <span className="muted">—</span>) },
        { title: t('common.reason'), dataIndex: 'reason', className: 'wrap', render: (reason: string | null) => reason ?? <span className="muted">—</span> },
        { title: t('wallet.staff'), dataIndex: 'staff', render: (staff: string | null) => staff ?? <span className="muted">—</span> },
      ]}
    />
  )
}

/** The stored value of a member: what there is, where it came from, where it went. */
export function WalletTab({ member }: { member: Member }) {
  const { t } = useTranslation()
  const can = useCan()
  const [view, setView] = useState<'entries' | 'top_ups'>('entries')
  const [isOpen, setIsOpen] = useState(false)
  const query = useQuery(walletQuery(member.member_id))
  if (query.error) return <Problem error={query.error} retry={() => void query.refetch()} />
  if (!query.data) return <Skeleton active />
  const { principal, bonus, held } = query.data
  return (
    <div className="stack">
      <dl className="wallet-figures">
        <div><dt>{t('wallet.balance')}</dt><dd className="figure">{money(principal + bonus)}</dd></div>
        <div><dt>{t('wallet.principal')}</dt><dd className="figure">{money(principal)}</dd></div>
        <div><dt>{t('wallet.bonus')}</dt><dd className="figure">{money(bonus)}</dd></div>
        <div><dt>{t('wallet.held')}</dt><dd className="figure">{money(held)}</dd></div>
      </dl>
      <div className="row between">
        <Segmented<'entries' | 'top_ups'> value={view} aria-label={t('member.tab_wallet')} options={(['entries', 'top_ups'] as const).map((value) => ({ value, label: t(`wallet.${value}`) }))} onChange={setView} />
        {can('sellWallet') && <Button type="primary" onClick={() => setIsOpen(true)}>{t('wallet.top_up')}</Button>}
      </div>
      {view === 'entries' ? <Entries member={member} /> : <TopUps member={member} />}
      <NewTopUp member={member.member_id} open={isOpen} onClose={() => setIsOpen(false)} />
    </div>
  )
}
