import { useTranslation } from 'react-i18next'
import { compact, compactMoney, count, money } from '../../shared/format'
import { Kpi, KpiSkeleton } from '../../shared/ui/Kpi'
import type { Day, Overview } from './queries'

type Totals = Overview['totals']

interface Figure {
  name: keyof Totals
  kind: 'count' | 'money'
  /** A figure of the period has a change; a figure of this moment has none. */
  isFlow: boolean
  day?: keyof Omit<Day, 'date'>
}

const business: Figure[] = [
  { name: 'members', kind: 'count', isFlow: true },
  { name: 'members_new', kind: 'count', isFlow: true, day: 'members_new' },
  { name: 'links', kind: 'count', isFlow: true },
  { name: 'buyers', kind: 'count', isFlow: true },
  { name: 'orders', kind: 'count', isFlow: true, day: 'orders' },
  { name: 'sales', kind: 'money', isFlow: true, day: 'sales' },
  { name: 'average_order', kind: 'money', isFlow: true },
  { name: 'average_buyer', kind: 'money', isFlow: true },
]
const points: Figure[] = [
  { name: 'points_issued', kind: 'count', isFlow: true, day: 'points_issued' },
  { name: 'points_spent', kind: 'count', isFlow: true, day: 'points_spent' },
  { name: 'points_expired', kind: 'count', isFlow: true, day: 'points_expired' },
  { name: 'points_clawed_back', kind: 'count', isFlow: true, day: 'points_clawed_back' },
  { name: 'points_available', kind: 'count', isFlow: false },
  { name: 'points_pending', kind: 'count', isFlow: false },
  { name: 'points_debt', kind: 'count', isFlow: false },
  { name: 'points_expiring', kind: 'count', isFlow: false },
]

function Group({ title, figures, overview, compares }: { title: string; figures: Figure[]; overview: Overview | undefined; compares: boolean }) {
  const { t } = useTranslation()
  const before = overview?.previous?.totals
  if (overview && figures.every(({ name }) => overview.totals[name] === null)) return null
  return (
    <section aria-label={title}>
      <div className="kpis">
        {figures.map((figure) => {
          if (!overview) return <KpiSkeleton key={figure.name} />
          const { name, kind, isFlow, day } = figure
          const value = overview.totals[name]
          // A store is told of its own shops alone: what has no shop has no figure.
          if (value === null) return null
          const isMoney = kind === 'money'
          return (
            <Kpi
              key={name}
              label={t(`overview.${name}`)}
              definition={t(`overview.${name}_means`)}
              value={isMoney ? compactMoney(value) : compact(value)}
              exact={isMoney ? money(value) : count(value)}
              {...(isFlow && compares && before ? { now: value, before: before[name] } : { foot: isFlow ? '' : t('overview.as_of_now') })}
              {...(day ? { spark: overview.daily.map((one) => one[day]) } : {})}
            />
          )
        })}
      </div>
    </section>
  )
}

/** The key figures: members and business in the first row, points in the second. */
export function Kpis({ overview, compares }: { overview: Overview | undefined; compares: boolean }) {
  const { t } = useTranslation()
  return (
    <div className="stack" style={{ gap: 12 }}>
      <Group title={t('overview.business')} figures={business} overview={overview} compares={compares} />
      <Group title={t('overview.points')} figures={points} overview={overview} compares={compares} />
    </div>
  )
}
