import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { App, Button, Skeleton, Timeline } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { lastDay, money } from '../../shared/format'
import { Channel, State, useWord, When, type Tone } from '../../shared/ui/Marks'
import { Problem } from '../../shared/ui/Problem'
import { ReasonModal } from '../../shared/ui/ReasonModal'
import { useCan } from '../session/rights'
import { loadHistory, revokeCoupon, type Coupon } from './queries'
import { effectText } from './sentences'

export const toneOfCoupon: Record<string, Tone> = { issued: 'good', locked: 'busy', redeemed: 'calm', expired: 'warn', revoked: 'bad', transferred: 'calm' }

function History({ coupon }: { coupon: string }) {
  const { t } = useTranslation()
  const word = useWord()
  const query = useQuery({ queryKey: ['coupon', coupon, 'history'], queryFn: () => loadHistory(coupon) })
  if (query.error) return <Problem error={query.error} retry={() => void query.refetch()} />
  if (!query.data) return <Skeleton active paragraph={{ rows: 3 }} />
  return (
    <Timeline
      items={query.data.items.map((event) => ({
        content: (
          <>
            <strong>{word('coupon_event', event.kind)}</strong> <span className="muted"><When at={event.at} /></span>
            <div className="muted">
              {event.channel && <Channel channel={event.channel} />} {event.shop} {event.staff}
              {event.order && <> {t('coupon.of_order', { no: event.order.order_no })}</>}
              {event.discount > 0 && <> · −{money(event.discount)}</>}
              {event.reason && <> · {event.reason}</>}
            </div>
          </>
        ),
      }))}
    />
  )
}

/** One coupon: what it is, whose, and everything that happened to it. */
export function CouponCard({ coupon, onChanged }: { coupon: Coupon; onChanged: () => void }) {
  const { t, i18n } = useTranslation()
  const word = useWord()
  const can = useCan()
  const { message } = App.useApp()
  const [isRevoking, setIsRevoking] = useState(false)
  const { template } = coupon
  const revoke = useWrite((reason: string) => revokeCoupon(coupon.coupon_id, reason), {
    stale: [['member'], ['coupon', coupon.coupon_id], ['coupon-templates']],
    onDone: () => { void message.success(t('coupon.revoked_done')); setIsRevoking(false); onChanged() },
  })
  return (
    <div className="stack">
      <div className="row between">
        <span className="row" style={{ gap: 8 }}>
          <strong style={{ fontSize: 16 }}>{(i18n.language === 'zh-CN' ? template.name.zh : template.name.en) || template.name.zh}</strong>
          <State tone={toneOfCoupon[coupon.state] ?? 'calm'}>{word('coupon_state', coupon.state)}</State>
        </span>
        {can('issueCoupons') && ['issued', 'locked'].includes(coupon.state) && <Button danger onClick={() => setIsRevoking(true)}>{t('coupon.revoke')}</Button>}
      </div>
      <p>{effectText(t, template)}</p>
      <dl className="facts" style={{ margin: 0 }}>
        <div><dt>{t('coupon.code')}</dt><dd className="mono">{coupon.code}</dd></div>
        <div><dt>{t('coupon.holder')}</dt><dd>{coupon.member_id ? <Link to="/members/$id" params={{ id: coupon.member_id }} search={{ tab: 'coupons' }} className="mono">{coupon.member_id}</Link> : t('coupon.bearer')}</dd></div>
        <div><dt>{t('coupon.valid')}</dt><dd className="figure"><When at={coupon.valid_from} /> – {lastDay(coupon.valid_until)}</dd></div>
        <div><dt>{t('coupon.source')}</dt><dd>{word('coupon_source', coupon.source)} · <When at={coupon.received_at} /></dd></div>
        {template.kind === 'times' && <div><dt>{t('coupon.uses_left')}</dt><dd>{coupon.uses_left}</dd></div>}
        {coupon.order && <div><dt>{t('coupon.order')}</dt><dd><Channel channel={coupon.order.channel} /> <span className="mono">{coupon.order.order_no}</span></dd></div>}
      </dl>
      <h3>{t('coupon.history')}</h3>
      <History coupon={coupon.coupon_id} />
      <ReasonModal
        open={isRevoking}
        title={t('coupon.revoke_title')}
        help={t('coupon.revoke_help')}
        okText={t('coupon.revoke')}
        isDanger
        isPending={revoke.isPending}
        error={revoke.error}
        onClose={() => setIsRevoking(false)}
        onReason={(reason) => revoke.mutate(reason)}
      />
    </div>
  )
}
