import { useQuery } from '@tanstack/react-query'
import { Skeleton, Timeline } from 'antd'
import { useTranslation } from 'react-i18next'
import { dateTime, lastDay } from '../../../shared/format'
import { Definition } from '../../../shared/ui/Definition'
import { useWord } from '../../../shared/ui/Marks'
import { Problem } from '../../../shared/ui/Problem'
import { tierQuery, type Member } from '../queries'
import { TierOf } from '../TierOf'
import { useCan } from '../../session/rights'
import { Benefits } from './Benefits'
import { TierProgress } from './TierProgress'

export function TierTab({ member }: { member: Member }) {
  const { t } = useTranslation()
  const word = useWord()
  const can = useCan()
  const tier = useQuery(tierQuery(member.member_id))
  if (tier.error) return <Problem error={tier.error} retry={() => void tier.refetch()} />
  if (!tier.data) return <Skeleton active />
  return (
    <div className="stack">
      <section className="panel">
        <h3>{t('member.tier_progress')} <Definition of={t('member.tier_progress')}>{t('member.tier_progress_means')}</Definition></h3>
        <TierProgress standing={tier.data} />
      </section>
      {can('seeWallets') && (
        <section className="panel">
          <h3>{t('card.benefits')}</h3>
          <Benefits member={member.member_id} />
        </section>
      )}
      <section className="panel">
        <h3>{t('member.tier_history')}</h3>
        <Timeline
          items={tier.data.history.map((change) => ({
            key: `${change.at}${change.to}`,
            content: (
              <div className="row">
                <TierOf tier={change.to} />
                <span>{word('tier_cause', change.reason)}</span>
                <span className="muted figure">
                  {dateTime(change.at)}{change.until && ` – ${lastDay(change.until)}`}
                </span>
              </div>
            ),
          }))}
        />
      </section>
    </div>
  )
}
