import { Button, Drawer } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { lastDay } from '../../../shared/format'
import { DataTable } from '../../../shared/ui/DataTable'
import { Channel, Day, State, useWord, When } from '../../../shared/ui/Marks'
import { usePages } from '../../../shared/ui/usePages'
import { CouponCard, toneOfCoupon } from '../../coupons/CouponCard'
import { Issue } from '../../coupons/Issue'
import { loadCoupons, type Coupon } from '../../coupons/queries'
import { effectText } from '../../coupons/sentences'
import { useCan } from '../../session/rights'
import { memberKey, type Member } from '../queries'

/** The coupons of a member: what can be used, what was used where, and giving one. */
export function CouponsTab({ member }: { member: Member }) {
  const { t, i18n } = useTranslation()
  const word = useWord()
  const can = useCan()
  const [isIssuing, setIsIssuing] = useState(false)
  const [open, setOpen] = useState<string | null>(null)
  const pages = usePages<Coupon>(memberKey(member.member_id, 'coupons'), (cursor) => loadCoupons(member.member_id, cursor))
  const chosen = pages.rows?.find((coupon) => coupon.coupon_id === open)
  return (
    <>
      <div className="row between" style={{ marginBottom: 12 }}>
        <span className="muted">{t('coupon.member_note')}</span>
        {can('issueCoupons') && <Button onClick={() => setIsIssuing(true)}>{t('coupon.issue')}</Button>}
      </div>
      <DataTable<Coupon>
        label={t('member.tab_coupons')}
        pages={pages}
        rowKey="coupon_id"
        empty={t('coupon.member_none')}
        columns={[
          { title: t('coupon.coupon'), render: (_, row) => <button type="button" className="link-button" onClick={() => setOpen(row.coupon_id)}><strong>{(i18n.language === 'zh-CN' ? row.template.name.zh : row.template.name.en) || row.template.name.zh}</strong></button> },
          { title: t('coupon.effect'), render: (_, row) => effectText(t, row.template) },
          { title: t('promo.state'), render: (_, row) => <State tone={toneOfCoupon[row.state] ?? 'calm'}>{word('coupon_state', row.state)}</State> },
          { title: t('coupon.code'), dataIndex: 'code', className: 'mono' },
          { title: t('coupon.received'), render: (_, row) => <><When at={row.received_at} /> <span className="muted">{word('coupon_source', row.source)}</span></> },
          { title: t('coupon.valid_until'), dataIndex: 'valid_until', render: (at: string) => <Day at={lastDay(at)} /> },
          { title: t('coupon.order'), render: (_, row) => (row.order ? <><Channel channel={row.order.channel} /> <span className="mono">{row.order.order_no}</span></> : <span className="muted">—</span>) },
        ]}
      />
      <Issue member={member.member_id} open={isIssuing} onClose={() => setIsIssuing(false)} />
      <Drawer open={chosen !== undefined} onClose={() => setOpen(null)} size={560} title={t('coupon.coupon')} destroyOnHidden>
        {chosen && <CouponCard key={chosen.coupon_id + chosen.state} coupon={chosen} onChanged={pages.again} />}
      </Drawer>
    </>
  )
}
