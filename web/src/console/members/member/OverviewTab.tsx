import { useQuery } from '@tanstack/react-query'
import { Empty, Skeleton, Table } from 'antd'
import { useTranslation } from 'react-i18next'
import { count, lastDay, money, share } from '../../../shared/format'
import { Definition } from '../../../shared/ui/Definition'
import { Problem } from '../../../shared/ui/Problem'
import { Channel, Day } from '../../../shared/ui/Marks'
import { profileQuery, tierQuery, type Member, type Profile } from '../queries'
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

function Categories({ profile }: { profile: Profile }) {
  const { t } = useTranslation()
  return (
    <section className="panel">
      <h3>{t('member.categories')} <Definition of={t('member.categories')}>{t('member.categories_means')}</Definition></h3>
      {profile.categories.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('member.no_orders')} />
      ) : (
        <ul className="bars">
          {profile.categories.slice(0, 8).map((category) => (
            <li key={category.category ?? ''}>
              <span>{category.category ?? t('member.no_category')}</span>
              <span className="track"><i style={{ width: `${category.share_bp / 100}%` }} /></span>
              <span className="figure end">{money(category.paid)}</span>
              <span className="figure muted end">{share(category.share_bp)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function ChannelsOf({ profile }: { profile: Profile }) {
  const { t } = useTranslation()
  return (
    <section className="panel">
      <h3>{t('member.by_channel')} <Definition of={t('member.by_channel')}>{t('member.by_channel_means')}</Definition></h3>
      <Table<Profile['channels'][number]>
        size="small"
        rowKey="channel"
        pagination={false}
        scroll={{ x: 'max-content' }}
        dataSource={profile.channels}
        columns={[
          { title: t('order.channel'), dataIndex: 'channel', render: (channel: string) => <Channel channel={channel} /> },
          { title: t('member.known_since'), dataIndex: 'since', render: (at: string) => <Day at={at} /> },
          { title: t('member.orders'), dataIndex: 'orders', align: 'right', className: 'figure', render: count },
          { title: t('member.spent'), dataIndex: 'spent', align: 'right', className: 'figure', render: money },
          { title: t('member.last_order'), dataIndex: 'last_order_at', render: (at: string | null) => <Day at={at} /> },
        ]}
      />
    </section>
  )
}

export function OverviewTab({ member }: { member: Member }) {
  const { t } = useTranslation()
  const tier = useQuery(tierQuery(member.member_id))
  const profile = useQuery(profileQuery(member.member_id))
  return (
    <div className="stack">
      <section className="panel">
        <h3>{t('member.tier_progress')} <Definition of={t('member.tier_progress')}>{t('member.tier_progress_means')}</Definition></h3>
        {tier.error ? <Problem error={tier.error} retry={() => void tier.refetch()} /> : tier.data ? <TierProgress standing={tier.data} /> : <Skeleton active title={false} />}
      </section>
      <div className="grid-half">
        <Expiring member={member} />
        {profile.error ? <Problem error={profile.error} retry={() => void profile.refetch()} /> : profile.data ? <Categories profile={profile.data} /> : <Skeleton active title={false} />}
      </div>
      {profile.data && <ChannelsOf profile={profile.data} />}
    </div>
  )
}
