import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { count, date, money } from '../../../shared/format'
import { Channels, useWord } from '../../../shared/ui/Marks'
import type { Member } from '../queries'
import { TierOf } from '../TierOf'
import './member.css'

/** One of two members laid beside each other. */
export function Side({ member, title, isKept = false, children }: { member: Member; title: ReactNode; isKept?: boolean; children?: ReactNode }) {
  const { t } = useTranslation()
  const word = useWord()
  const rows: [string, ReactNode][] = [
    [t('members.phone'), member.phone ?? '—'],
    [t('member.birthday'), member.birthday ?? '—'],
    [t('member.gender'), word('gender', member.gender)],
    [t('member.joined'), date(member.joined_at ?? member.created_at)],
    [t('member.available'), count(member.points.available)],
    [t('member.pending'), count(member.points.pending)],
    [t('member.debt'), count(member.points.debt)],
    [t('member.growth'), count(member.growth)],
    [t('member.orders'), count(member.figures.orders)],
    [t('member.spent'), money(member.figures.spent)],
    [t('members.channels'), <Channels key="channels" channels={member.channels} />],
  ]
  return (
    <section className={isKept ? 'side kept' : 'side'}>
      <div className="muted">{title}</div>
      <div className="row"><h3>{member.name ?? t('members.nameless')}</h3><TierOf tier={member.tier} /><span className="mono muted">{member.member_id}</span></div>
      <dl>{rows.map(([label, value]) => <div key={label} style={{ display: 'contents' }}><dt>{label}</dt><dd className="figure">{value}</dd></div>)}</dl>
      {children}
    </section>
  )
}
