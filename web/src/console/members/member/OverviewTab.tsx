import { useQuery } from '@tanstack/react-query'
import { Empty, Skeleton } from 'antd'
import { useTranslation } from 'react-i18next'
import { count, lastDay } from '../../../shared/format'
import { Definition } from '../../../shared/ui/Definition'
import { Problem } from '../../../shared/ui/Problem'
import { tierQuery, type Member } from '../queries'
import { TierProgress } from './TierProgress'

function Expiring({ member }: { member: Member }) {
  const { t } = useTranslation()
  const { expiring } = member.points
  const most = Math.max(1, ...expiring.map((lot) => lot.points))
  return (
    <section className="panel">
      <h3>{t('member.expiring')} <Definition of={t('member.expiring')}>{t('member.expiring_means')}</Definition></h3>
      {expiring.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('member.nothing_expires')} />
      ) : (
        <ul className="bars three">
          {expiring.map((lot) => (
            <li key={lot.on}>
              <span className="figure">{lastDay(lot.on)}</span>
              <span className="track"><i style={{ width: `${(lot.points / most) * 100}%` }} /></span>
              <span className="figure end">{count(lot.points)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

export function OverviewTab({ member }: { member: Member }) {
  const { t } = useTranslation()
  const tier = useQuery(tierQuery(member.member_id))
  return (
    <div className="stack">
      <section className="panel">
        <h3>{t('member.tier_progress')} <Definition of={t('member.tier_progress')}>{t('member.tier_progress_means')}</Definition></h3>
        {tier.error ? <Problem error={tier.error} retry={() => void tier.refetch()} /> : tier.data ? <TierProgress standing={tier.data} /> : <Skeleton active title={false} />}
      </section>
      <div className="grid-half">
        <Expiring member={member} />
      </div>
    </div>
  )
}
