import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { count, lastDay, money } from '../../../shared/format'
import { Definition } from '../../../shared/ui/Definition'
import { Day } from '../../../shared/ui/Marks'
import { profileQuery, type Member } from '../queries'

const amount = (value: number | null | undefined) => (value === null || value === undefined ? '—' : money(value))

/** The key figures of a member, the points first. */
export function Figures({ member }: { member: Member }) {
  const { t } = useTranslation()
  const { points, figures } = member
  const profile = useQuery(profileQuery(member.member_id)).data
  const small: { name: string; value: React.ReactNode; isBad?: boolean }[] = [
    { name: 'pending', value: count(points.pending) },
    { name: 'held', value: count(points.held) },
    { name: 'debt', value: count(points.debt), isBad: points.debt > 0 },
    { name: 'growth', value: count(member.growth) },
    { name: 'spent', value: money(figures.spent) },
    { name: 'orders', value: count(figures.orders) },
    { name: 'average_order', value: amount(profile?.average_order) },
    { name: 'average_payment', value: amount(profile?.average_payment) },
    { name: 'spent_year', value: amount(profile?.spent_year) },
    { name: 'purchase_cycle', value: typeof profile?.purchase_cycle_days === 'number' ? t('member.days', { count: profile.purchase_cycle_days }) : '—' },
    { name: 'first_order', value: <Day at={profile?.first_order_at ?? null} /> },
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
