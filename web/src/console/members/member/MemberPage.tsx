import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Alert, Card, Skeleton, Tabs } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Page } from '../../../shared/ui/Page'
import { Problem } from '../../../shared/ui/Problem'
import { useCan, type Right } from '../../session/rights'
import { memberQuery, type Member } from '../queries'
import { Actions } from './Actions'
import { AuditTab } from './AuditTab'
import { CardsTab } from './CardsTab'
import { CouponsTab } from './CouponsTab'
import { ExchangesTab } from './ExchangesTab'
import { Figures } from './Figures'
import { Head } from './Head'
import { IdentitiesTab } from './IdentitiesTab'
import './member.css'
import { MergesTab } from './MergesTab'
import { NotesTab } from './NotesTab'
import { OrdersTab } from './OrdersTab'
import { OverviewTab } from './OverviewTab'
import { PointsTab } from './PointsTab'
import { TierTab } from './TierTab'
import { WalletTab } from './WalletTab'

const route = getRouteApi('/members/$id')

const tabs: { key: string; show: (member: Member) => ReactNode; needs?: Right }[] = [
  { key: 'overview', show: (member) => <OverviewTab member={member} /> },
  { key: 'identities', show: (member) => <IdentitiesTab member={member} /> },
  { key: 'points', show: (member) => <PointsTab member={member} /> },
  { key: 'orders', show: (member) => <OrdersTab member={member} /> },
  { key: 'coupons', needs: 'seeCoupons', show: (member) => <CouponsTab member={member} /> },
  { key: 'wallet', needs: 'seeWallets', show: (member) => <WalletTab member={member} /> },
  { key: 'cards', needs: 'seeWallets', show: (member) => <CardsTab member={member} /> },
  { key: 'exchanges', needs: 'seeWallets', show: (member) => <ExchangesTab member={member} /> },
  { key: 'tier', show: (member) => <TierTab member={member} /> },
  { key: 'merges', show: (member) => <MergesTab member={member} /> },
  { key: 'audit', needs: 'seeAudit', show: (member) => <AuditTab member={member} /> },
  { key: 'notes', show: (member) => <NotesTab member={member} /> },
]

/** Everything about one member on one page. */
export function MemberPage() {
  const { t } = useTranslation()
  const can = useCan()
  const { id } = route.useParams()
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery(memberQuery(id))
  const member = query.data
  const shown = tabs.filter(({ needs }) => needs === undefined || can(needs))
  const active = shown.find(({ key }) => key === tab)?.key ?? 'overview'

  if (query.error) return <Page title={t('member.title')}><Problem error={query.error} retry={() => void query.refetch()} /></Page>
  if (!member) return <Page title={t('member.title')}><Card><Skeleton active avatar paragraph={{ rows: 6 }} /></Card></Page>
  return (
    <Page title={t('member.title')} aside={<span className="mono">{member.member_id}</span>} extra={<Actions member={member} />}>
      <div className="stack">
        {member.redirected_from && <Alert type="info" showIcon title={t('member.redirected', { from: member.redirected_from })} />}
        <div className="member-top">
          <Head member={member} />
          <Figures member={member} />
        </div>
        <Card className="member-tabs">
          <Tabs
            activeKey={active}
            destroyOnHidden
            onChange={(key) => void navigate({ search: { tab: key === 'overview' ? undefined : key } })}
            items={shown.map(({ key, show }) => ({ key, label: t(`member.tab_${key}`), children: show(member) }))}
          />
        </Card>
      </div>
    </Page>
  )
}
