import { useQuery } from '@tanstack/react-query'
import { Empty, Skeleton, Timeline } from 'antd'
import { useTranslation } from 'react-i18next'
import { When } from '../../../shared/ui/Marks'
import { useWord } from '../../../shared/ui/Marks'
import { Problem } from '../../../shared/ui/Problem'
import { benefitsQuery } from '../../cards/queries'
import { giftText } from '../../cards/sentences'
import { useTiers } from '../../program/queries'

/** What a member's tier and cards gave, and what comes next. */
export function Benefits({ member }: { member: string }) {
  const { t } = useTranslation()
  const word = useWord()
  const tiers = useTiers()
  const query = useQuery(benefitsQuery(member))
  if (query.error) return <Problem error={query.error} retry={() => void query.refetch()} />
  if (!query.data) return <Skeleton active paragraph={{ rows: 3 }} />
  const { coming, items } = query.data
  if (coming.length + items.length === 0) return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('card.no_benefits')} />
  return (
    <Timeline
      items={[
        ...coming.map((one) => ({
          key: `coming${one.benefit}${one.period}${one.card_id ?? ''}`,
          color: 'gray',
          content: <><strong>{word('benefit', one.benefit)}</strong> <span className="muted">{one.tier && tiers.label(one.tier)} {t('card.comes_on')} <When at={one.due_at} /></span><div>{giftText(t, { points: one.points, coupons: one.coupon_templates })}</div></>,
        })),
        ...items.map((one) => ({
          key: `given${one.benefit}${one.period}${one.card_id ?? ''}`,
          color: one.problem ? 'red' : 'green',
          content: <><strong>{word('benefit', one.benefit)}</strong> <span className="muted">{one.tier && tiers.label(one.tier)} <When at={one.given_at ?? one.due_at} /></span><div>{giftText(t, { points: one.points, coupons: one.coupons })}{one.problem && <span className="muted"> · {one.problem}</span>}</div></>,
        })),
      ]}
    />
  )
}
