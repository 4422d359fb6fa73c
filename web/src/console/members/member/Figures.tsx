import { useTranslation } from 'react-i18next'
import { count, lastDay, money } from '../../../shared/format'
import { Definition } from '../../../shared/ui/Definition'
import { Day } from '../../../shared/ui/Marks'
import type { Member } from '../queries'

/** The key figures of a member, the points first. */
export function Figures({ member }: { member: Member }) {
  const { t } = useTranslation()
  const { points, figures } = member
  const small: { name: string; value: React.ReactNode; isBad?: boolean }[] = [
    { name: 'pending', value: count(points.pending) },
    { name: 'held', value: count(points.held) },
    { name: 'debt', value: count(points.debt), isBad: points.debt > 0 },
    { name: 'growth', value: count(member.growth) },
    { name: 'spent', value: money(figures.spent) },
    { name: 'orders', value: count(figures.orders) },
    { name: 'average_order', value: figures.orders > 0 ? money(figures.average_order) : '—' },
    { name: 'last_order', value: <Day at={figures.last_order_at} /> },
  ]
  return (
    <section className="member-figures" aria-label={t('member.figures')}>
      <div className="member-available">
        <div className="kpi-label">{t('member.available')} <Definition of={t('member.available')}>{t('member.available_means')}</Definition></div>
        <div className="figure member-available-figure">{count(points.available)}</div>
        <div className="muted">
          {points.expiring[0]
            ? t('member.next_expiry', { points: count(points.expiring[0].points), on: lastDay(points.expiring[0].on) })
            : t('member.nothing_expires')}
        </div>
      </div>
      <dl className="member-small">
        {small.map(({ name, value, isBad }) => (
          <div key={name}>
            <dt>{t(`member.${name}`)} <Definition of={t(`member.${name}`)}>{t(`member.${name}_means`)}</Definition></dt>
            <dd className="figure" style={isBad ? { color: 'var(--error)' } : undefined}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
