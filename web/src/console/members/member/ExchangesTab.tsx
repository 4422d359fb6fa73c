import { useQuery } from '@tanstack/react-query'
import { App, Button, Form, Modal, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../../api/write'
import { count, money } from '../../../shared/format'
import { DataTable } from '../../../shared/ui/DataTable'
import { Whole } from '../../../shared/ui/inputs'
import { Channel, State, useWord, When, type Tone } from '../../../shared/ui/Marks'
import { Problem } from '../../../shared/ui/Problem'
import { ReasonModal } from '../../../shared/ui/ReasonModal'
import { usePages } from '../../../shared/ui/usePages'
import { goodsQuery, loadExchanges, markSent, returnExchange, takeGood, type Exchange, type GoodShown } from '../../mall/queries'
import { useCan } from '../../session/rights'
import { memberKey, type Member } from '../queries'

const toneOfExchange: Record<string, Tone> = { open: 'busy', done: 'good', returned: 'calm' }

function useGoodName() {
  const { i18n } = useTranslation()
  const { data } = useQuery(goodsQuery)
  const nameOf = ({ good, good_id }: GoodShown) => (i18n.language === 'zh-CN' ? good.name.zh : good.name.en) || good.name.zh || good_id
  const names = new Map((data?.items ?? []).map((one) => [one.good_id, nameOf(one)]))
  return { goods: data?.items ?? [], nameOf: (id: string) => names.get(id) ?? id }
}

interface Fields {
  good: string
  quantity: number
  delivery?: 'ship' | 'pick_up'
}

function Take({ member, open, onClose }: { member: Member; open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const { modal } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const { goods, nameOf } = useGoodName()
  const offered = goods.filter(({ listed }) => listed)
  const good = Form.useWatch('good', form)
  const chosen = offered.find(({ good_id }) => good_id === good)
  const quantity = Form.useWatch('quantity', form) ?? 1
  const take = useWrite(
    ({ good: wanted, quantity: pieces, delivery }: Fields, key) => takeGood(member.member_id, { good_id: wanted, quantity: pieces, ...(delivery ? { delivery } : {}) }, key),
    {
      stale: [memberKey(member.member_id), ['goods']],
      onDone: (done) => {
        onClose()
        void modal.success({
          title: t('mall.taken_done'),
          okText: t('mall.understood'),
          content: (
            <div className="stack" style={{ gap: 6 }}>
              {done.pickup_code && <p>{t('mall.code')} <strong className="mono">{done.pickup_code}</strong></p>}
              {done.cash > 0 && <p>{t('mall.collect', { amount: money(done.cash) })}</p>}
              {done.coupons.map((coupon) => <p key={coupon.coupon_id}>{t('coupon.code')} <strong className="mono">{coupon.code}</strong></p>)}
            </div>
          ),
        })
      },
    },
  )
  return (
    <Modal open={open} title={t('mall.exchange')} okText={chosen ? t('mall.exchange_for', { points: count(chosen.good.points * quantity) }) : t('mall.exchange')} cancelText={t('common.cancel')} confirmLoading={take.isPending} onOk={() => form.submit()} onCancel={onClose} afterClose={() => { form.resetFields(); take.reset() }} destroyOnHidden>
      <p className="muted" style={{ marginBottom: 16 }}>{t('adjust.help', { available: count(member.points.available) })}</p>
      {take.error && <div style={{ marginBottom: 16 }}><Problem error={take.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ quantity: 1 }} onFinish={(fields) => take.mutate(fields)}>
        <Form.Item name="good" label={t('mall.good')} rules={[{ required: true, message: t('promo.needed') }]}>
          <Select
            showSearch={{ optionFilterProp: 'label' }}
            options={offered.map((one) => ({ value: one.good_id, label: `${nameOf(one.good_id)} · ${t('mall.points_of', { points: count(one.good.points) })}${one.good.cash ? ` + ${money(one.good.cash)}` : ''}` }))}
          />
        </Form.Item>
        <div className="pair">
          <Form.Item name="quantity" label={t('cart.quantity')} rules={[{ required: true, message: t('promo.needed') }]}><Whole max={100} /></Form.Item>
          {chosen?.good.kind === 'goods' && (
            <Form.Item name="delivery" label={t('mall.delivery')} initialValue="ship"><Select options={['ship', 'pick_up'].map((value) => ({ value, label: t(`mall.delivery_${value}`) }))} /></Form.Item>
          )}
        </div>
      </Form>
    </Modal>
  )
}

/** What a member exchanged points for: sent, picked up, brought back. */
export function ExchangesTab({ member }: { member: Member }) {
  const { t } = useTranslation()
  const word = useWord()
  const can = useCan()
  const { message } = App.useApp()
  const { nameOf } = useGoodName()
  const [isTaking, setIsTaking] = useState(false)
  const [returning, setReturning] = useState<Exchange | null>(null)
  const stale = [memberKey(member.member_id), ['goods']]
  const pages = usePages<Exchange>(memberKey(member.member_id, 'exchanges'), (cursor) => loadExchanges(member.member_id, cursor))
  const sent = useWrite((id: string) => markSent(id), { stale, onDone: () => void message.success(t('mall.sent_done')) })
  const back = useWrite(({ id, reason }: { id: string; reason: string }, key) => returnExchange(id, reason, key), {
    stale,
    onDone: ({ points }) => { void message.success(t('mall.returned_done', { points: count(points) })); setReturning(null) },
  })
  return (
    <>
      <div className="row between" style={{ marginBottom: 12 }}>
        <span className="muted">{t('mall.member_note')}</span>
        {can('spendWallet') && <Button onClick={() => setIsTaking(true)}>{t('mall.exchange')}</Button>}
      </div>
      {sent.error && <Problem error={sent.error} />}
      <DataTable<Exchange>
        label={t('member.tab_exchanges')}
        pages={pages}
        rowKey="exchange_id"
        empty={t('mall.member_none')}
        columns={[
          { title: t('mall.at'), dataIndex: 'taken_at', render: (at: string) => <When at={at} /> },
          { title: t('mall.good'), render: (_, row) => <strong>{nameOf(row.good_id)}</strong> },
          { title: t('cart.quantity'), dataIndex: 'quantity', align: 'right', className: 'figure', render: count },
          { title: t('mall.price'), align: 'right', className: 'figure', render: (_, row) => <>{t('mall.points_of', { points: count(row.points) })}{row.cash > 0 && ` + ${money(row.cash)}`}</> },
          { title: t('mall.delivery'), render: (_, row) => t(`mall.delivery_${row.delivery}`, { defaultValue: row.delivery }) },
          { title: t('promo.state'), render: (_, row) => <State tone={toneOfExchange[row.state] ?? 'calm'}>{row.delivery === 'pick_up' && row.state === 'open' ? t('mall.waits_pick_up') : word('exchange_state', row.state)}</State> },
          { title: t('mall.code'), dataIndex: 'pickup_code', className: 'mono', render: (code: string | null) => code ?? <span className="muted">—</span> },
          { title: t('wallet.place'), render: (_, row) => (row.channel ? <><Channel channel={row.channel} /> {row.shop}</> : <span className="muted">—</span>) },
          {
            title: <span className="sr-only">{t('common.actions')}</span>,
            render: (_, row) => can('sellWallet') && row.state !== 'returned' && (
              <span className="row" style={{ gap: 0, flexWrap: 'nowrap' }}>
                {row.state === 'open' && row.delivery === 'ship' && <Button size="small" type="link" loading={sent.isPending && sent.variables === row.exchange_id} onClick={() => sent.mutate(row.exchange_id)}>{t('mall.mark_sent')}</Button>}
                <Button size="small" type="link" danger onClick={() => setReturning(row)}>{t('mall.return')}</Button>
              </span>
            ),
          },
        ]}
      />
      <Take member={member} open={isTaking} onClose={() => setIsTaking(false)} />
      {returning && (
        <ReasonModal key={returning.exchange_id} open title={t('mall.return_title', { name: nameOf(returning.good_id) })} help={t('mall.return_help', { points: count(returning.points) })} okText={t('mall.return')} isDanger isPending={back.isPending} error={back.error} onClose={() => setReturning(null)} onReason={(reason) => back.mutate({ id: returning.exchange_id, reason })} />
      )}
    </>
  )
}
