import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Card, Skeleton } from 'antd'
import { useTranslation } from 'react-i18next'
import { dateTime, daysBetween } from '../../shared/format'
import { Page } from '../../shared/ui/Page'
import { Problem } from '../../shared/ui/Problem'
import { LinkedCard, SalesCard } from './ChannelCards'
import { Kpis } from './Kpis'
import './overview.css'
import { ExpiringCard, FlowCard, TierCard } from './PointsCards'
import { overviewQuery } from './queries'
import { rangeOf } from './range'
import { RangeBar } from './RangeBar'
import { TrendCard } from './TrendCard'

const route = getRouteApi('/overview')

export function OverviewPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const range = rangeOf(search)
  const compares = search.compare !== 'none'
  const query = useQuery(overviewQuery(range.from, range.to, compares))
  const overview = query.data

  return (
    <Page
      title={t('menu.overview')}
      aside={overview && (
        <span aria-live="polite">
          {t('overview.freshness', { at: dateTime(overview.as_of), days: daysBetween(range.from, range.to) })}
        </span>
      )}
      extra={
        <RangeBar
          range={range}
          compares={compares}
          onPreset={(preset) => void navigate({ search: (old) => ({ ...old, range: preset, from: undefined, to: undefined }) })}
          onDays={(from, to) => void navigate({ search: (old) => ({ ...old, range: undefined, from, to }) })}
          onCompare={(next) => void navigate({ search: (old) => ({ ...old, compare: next ? undefined : 'none' }) })}
        />
      }
    >
      {query.error && !overview ? (
        <Problem error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div className="stack" style={{ opacity: query.isPlaceholderData ? 0.6 : 1 }}>
          <Kpis overview={overview} compares={compares} />
          {overview ? (
            <>
              <div className="grid-half">{overview.totals.links !== null && <LinkedCard overview={overview} />}<SalesCard overview={overview} /></div>
              <TrendCard overview={overview} />
              <FlowCard overview={overview} />
              {overview.tiers.length > 0 && <div className="grid-half"><ExpiringCard overview={overview} /><TierCard overview={overview} /></div>}
            </>
          ) : (
            <div className="grid-half">
              <Card><Skeleton active paragraph={{ rows: 7 }} /></Card>
              <Card><Skeleton active paragraph={{ rows: 7 }} /></Card>
            </div>
          )}
        </div>
      )}
    </Page>
  )
}
