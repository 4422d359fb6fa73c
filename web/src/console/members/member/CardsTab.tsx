import { useQuery } from '@tanstack/react-query'
import { App, Button, Drawer, Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../../api/write'
import { count, lastDay, money } from '../../../shared/format'
import { DataTable } from '../../../shared/ui/DataTable'
import { Whole } from '../../../shared/ui/inputs'
import { Channel, State, useWord, When, type Tone } from '../../../shared/ui/Marks'
import { Problem } from '../../../shared/ui/Problem'
import { ReasonModal } from '../../../shared/ui/ReasonModal'
import { Used } from '../../../shared/ui/Used'
import { usePages } from '../../../shared/ui/usePages'
import { cardsOf, loadCards, loadVisits, refundCard, revokeCard, sellCard, takeVisits, undoVisit, type Card, type Visit } from '../../cards/queries'
import { priceText } from '../../cards/sentences'
import { programQuery } from '../../program/queries'
import { useCan } from '../../session/rights'
import { useSession } from '../../session/session'
import { memberKey, type Member } from '../queries'

const toneOfCard: Record<string, Tone> = { upcoming: 'busy', in_force: 'good', used_up: 'calm', expired: 'warn', refunded: 'calm', revoked: 'bad' }

function useShop(): string | undefined {
  return useSession().staff.shops[0]?.split('/').at(-1)
}

function Sell({ member, open, onClose }: { member: string; open: boolean; onClose: () => void }) {
  const { t, i18n } = useTranslation()
  const { message } = App.useApp()
  const shop = useShop()
  const [form] = Form.useForm<{ card: string; paid_by: 'money' | 'points' | 'gift'; shop?: string }>()
  const program = useQuery(programQuery)
  const cards = cardsOf(program.data?.document).filter(({ paused }) => !paused)
  const wanted = Form.useWatch('card', form)
  const price = cards.find(({ id }) => id === wanted)?.price
  const ways = (['money', 'points', 'gift'] as const).filter((way) => way === 'gift' || Boolean(price?.[way]))
  const sell = useWrite(
    (fields: { card: string; paid_by: 'money' | 'points' | 'gift'; shop?: string }, key) => sellCard(member, { card: fields.card, paid_by: fields.paid_by, channel: 'pos', ...(fields.shop?.trim() ? { shop: fields.shop.trim() } : {}) }, key),
    { stale: [memberKey(member)], onDone: (sold) => { void message.success(t('card.sold', { until: lastDay(sold.valid_until) })); onClose() } },
  )
  return (
    <Modal open={open} title={t('card.sell')} okText={t('card.sell')} cancelText={t('common.cancel')} confirmLoading={sell.isPending} onOk={() => form.submit()} onCancel={onClose} afterClose={() => { form.resetFields(); sell.reset() }} destroyOnHidden>
      <p className="muted" style={{ marginBottom: 16 }}>{t('card.sell_help')}</p>
      {sell.error && <div style={{ marginBottom: 16 }}><Problem error={sell.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ shop }} onFinish={(fields) => sell.mutate(fields)} onValuesChange={(changed) => { if ('card' in changed) form.setFieldValue('paid_by', undefined) }}>
        <Form.Item name="card" label={t('card.card')} rules={[{ required: true, message: t('promo.needed') }]}>
          <Select options={cards.map((card) => ({ value: card.id, label: `${(i18n.language === 'zh-CN' ? card.name?.zh : card.name?.en) || card.name?.zh || card.id} · ${priceText(t, card.price)}` }))} />
        </Form.Item>
        <div className="pair">
          <Form.Item name="paid_by" label={t('card.paid_by')} rules={[{ required: true, message: t('promo.needed') }]}><Select options={ways.map((value) => ({ value, label: t(`card.paid_by_${value}`) }))} /></Form.Item>
          <Form.Item name="shop" label={t('mall.store')}><Input maxLength={64} /></Form.Item>
        </div>
      </Form>
    </Modal>
  )
}

function TakeVisit({ card, onClose }: { card: Card; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const shop = useShop()
  const [form] = Form.useForm<{ visits: number; member_id?: string; shop?: string }>()
  const take = useWrite(
    (fields: { visits: number; member_id?: string; shop?: string }, key) => takeVisits(card.card_id, { visits: fields.visits, channel: 'pos', ...(fields.member_id?.trim() ? { member_id: fields.member_id.trim() } : {}), ...(fields.shop?.trim() ? { shop: fields.shop.trim() } : {}) }, key),
    { stale: [memberKey(card.member_id), ['visits', card.card_id]], onDone: (done) => { void message.success(t('card.visited', { count: done.visits_left })); onClose() } },
  )
  return (
    <Modal open title={t('card.visit')} okText={t('card.visit')} cancelText={t('common.cancel')} confirmLoading={take.isPending} onOk={() => form.submit()} onCancel={onClose}>
      {take.error && <div style={{ marginBottom: 16 }}><Problem error={take.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ visits: 1, shop }} onFinish={(fields) => take.mutate(fields)}>
        <div className="pair">
          <Form.Item name="visits" label={t('card.visits')} rules={[{ required: true, message: t('promo.needed') }]}><Whole max={Math.min(100, card.visits_left ?? 100)} /></Form.Item>
          <Form.Item name="shop" label={t('mall.store')}><Input maxLength={64} /></Form.Item>
        </div>
        <Form.Item name="member_id" label={t('card.other_member')} extra={t('card.other_help')}><Input autoComplete="off" maxLength={64} /></Form.Item>
      </Form>
    </Modal>
  )
}

function Visits({ card }: { card: Card }) {
  const { t } = useTranslation()
  const can = useCan()
  const { message } = App.useApp()
  const [undoing, setUndoing] = useState<Visit | null>(null)
  const pages = usePages<Visit>(['visits', card.card_id], (cursor) => loadVisits(card.card_id, cursor))
  const undo = useWrite(({ id, reason }: { id: string; reason: string }, key) => undoVisit(id, reason, key), {
    stale: [['visits', card.card_id], memberKey(card.member_id)],
    onDone: () => { void message.success(t('card.undone')); setUndoing(null) },
  })
  return (
    <>
      <DataTable<Visit>
        label={t('card.visits')}
        pages={pages}
        rowKey="visit_id"
        empty={t('card.no_visits')}
        columns={[
          { title: t('wallet.at'), dataIndex: 'at', render: (at: string) => <When at={at} /> },
          { title: t('card.visits'), dataIndex: 'visits', align: 'right', className: 'figure', render: count },
          { title: t('wallet.place'), render: (_, row) => <><Channel channel={row.channel} /> {row.shop}</> },
          { title: t('promo.state'), className: 'wrap', render: (_, row) => (row.undone_at ? <><State tone="calm">{t('card.is_undone')}</State> <span className="muted">{row.undone_reason}</span></> : <State tone="good">{t('card.is_taken')}</State>) },
          { title: <span className="sr-only">{t('common.actions')}</span>, render: (_, row) => can('spendWallet') && !row.undone_at && <Button size="small" type="link" danger onClick={() => setUndoing(row)}>{t('card.undo')}</Button> },
        ]}
      />
      {undoing && <ReasonModal open title={t('card.undo_title')} help={t('card.undo_help')} okText={t('card.undo')} isDanger isPending={undo.isPending} error={undo.error} onClose={() => setUndoing(null)} onReason={(reason) => undo.mutate({ id: undoing.visit_id, reason })} />}
    </>
  )
}

const lives = ({ state }: Card) => ['upcoming', 'in_force', 'used_up'].includes(state)

/** The cards of a member: what is in force, visits taken and left, selling one and taking one back. */
export function CardsTab({ member }: { member: Member }) {
  const { t, i18n } = useTranslation()
  const word = useWord()
  const can = useCan()
  const { message } = App.useApp()
  const [isSelling, setIsSelling] = useState(false)
  const [acting, setActing] = useState<{ card: Card; what: 'visit' | 'visits' | 'refund' | 'revoke' } | null>(null)
  const pages = usePages<Card>(memberKey(member.member_id, 'cards'), (cursor) => loadCards(member.member_id, cursor))
  const close = () => setActing(null)
  const refund = useWrite(({ id, reason }: { id: string; reason: string }, key) => refundCard(id, reason, key), {
    stale: [memberKey(member.member_id)],
    onDone: (done) => { void message.success(t('card.refunded_done', { amount: money(done.money_back), points: count(done.points_back) }), 6); close() },
  })
  const revoke = useWrite(({ id, reason }: { id: string; reason: string }, key) => revokeCard(id, reason, key), {
    stale: [memberKey(member.member_id)],
    onDone: () => { void message.success(t('card.revoked_done')); close() },
  })
  const nameOf = ({ name, card }: Card) => (i18n.language === 'zh-CN' ? name.zh : name.en) || name.zh || card
  return (
    <>
      <div className="row between" style={{ marginBottom: 12 }}>
        <span className="muted">{t('card.member_note')}</span>
        {can('sellWallet') && <Button onClick={() => setIsSelling(true)}>{t('card.sell')}</Button>}
      </div>
      <DataTable<Card>
        label={t('member.tab_cards')}
        pages={pages}
        rowKey="card_id"
        empty={t('card.member_none')}
        columns={[
          { title: t('card.card'), render: (_, row) => <strong>{nameOf(row)}</strong> },
          { title: t('coupon.kind'), render: (_, row) => t(`card.kind_${row.kind}`, { defaultValue: row.kind }) },
          { title: t('promo.state'), render: (_, row) => <State tone={toneOfCard[row.state] ?? 'calm'}>{word('card_state', row.state)}</State> },
          { title: t('coupon.valid'), className: 'figure', render: (_, row) => <><When at={row.valid_from} /> – {lastDay(row.valid_until)}</> },
          { title: t('card.visits_used'), render: (_, row) => (typeof row.visits === 'number' ? <Used label={t('card.visits_used')} used={row.visits - (row.visits_left ?? 0)} of={row.visits} text={count} /> : <span className="muted">—</span>) },
          { title: t('mall.price'), render: (_, row) => <>{word('card_paid_by', row.paid_by)} {row.money > 0 ? money(row.money) : row.points > 0 ? t('mall.points_of', { points: count(row.points) }) : ''}</> },
          { title: t('card.sold_at'), render: (_, row) => <><When at={row.sold_at} /> {row.channel && <Channel channel={row.channel} />} {row.shop}</> },
          {
            title: <span className="sr-only">{t('common.actions')}</span>,
            render: (_, row) => (
              <span className="row" style={{ gap: 0, flexWrap: 'nowrap' }}>
                {row.kind === 'service' && row.state === 'in_force' && can('spendWallet') && <Button size="small" type="link" onClick={() => setActing({ card: row, what: 'visit' })}>{t('card.visit')}</Button>}
                {row.kind === 'service' && <Button size="small" type="link" onClick={() => setActing({ card: row, what: 'visits' })}>{t('card.visits')}</Button>}
                {lives(row) && can('sellWallet') && <Button size="small" type="link" danger onClick={() => setActing({ card: row, what: 'refund' })}>{t('card.refund')}</Button>}
                {lives(row) && can('sellWallet') && <Button size="small" type="link" danger onClick={() => setActing({ card: row, what: 'revoke' })}>{t('card.revoke')}</Button>}
              </span>
            ),
          },
        ]}
      />
      <Sell member={member.member_id} open={isSelling} onClose={() => setIsSelling(false)} />
      {acting?.what === 'visit' && <TakeVisit card={acting.card} onClose={close} />}
      <Drawer open={acting?.what === 'visits'} onClose={close} size={640} title={acting && nameOf(acting.card)} destroyOnHidden>{acting?.what === 'visits' && <Visits card={acting.card} />}</Drawer>
      {acting?.what === 'refund' && <ReasonModal open title={t('card.refund_title', { name: nameOf(acting.card) })} help={t('card.refund_help')} okText={t('card.refund')} isDanger isPending={refund.isPending} error={refund.error} onClose={close} onReason={(reason) => refund.mutate({ id: acting.card.card_id, reason })} />}
      {acting?.what === 'revoke' && <ReasonModal open title={t('card.revoke_title', { name: nameOf(acting.card) })} help={t('card.revoke_help')} okText={t('card.revoke')} isDanger isPending={revoke.isPending} error={revoke.error} onClose={close} onReason={(reason) => revoke.mutate({ id: acting.card.card_id, reason })} />}
    </>
  )
}
