import { EyeOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Tag, Typography } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../../api/client'
import { date, lastDay } from '../../../shared/format'
import { Channel, State, useWord } from '../../../shared/ui/Marks'
import { useCan } from '../../session/rights'
import { toneOfStatus } from '../MembersPage'
import { TierOf } from '../TierOf'
import { profileQuery, type Member } from '../queries'
import { Reveal } from './Reveal'

type Revealed = Schemas['RevealedBody']
const revealSeconds = 60

/** Who this is; personal data masked until revealed with a reason, and masked again a minute later. */
export function Head({ member }: { member: Member }) {
  const { t } = useTranslation()
  const word = useWord()
  const can = useCan()
  const profile = useQuery(profileQuery(member.member_id)).data
  const [isAsking, setIsAsking] = useState(false)
  const [revealed, setRevealed] = useState<Revealed | null>(null)

  useEffect(() => {
    if (!revealed) return
    const timer = setTimeout(() => setRevealed(null), revealSeconds * 1000)
    return () => clearTimeout(timer)
  }, [revealed])

  const name = revealed?.name ?? member.name ?? t('members.nameless')
  const phone = revealed?.phone ?? member.phone
  const facts: [string, string][] = [
    [t('member.joined'), [date(member.joined_at ?? member.created_at), profile?.join_channel && word('channel', profile.join_channel), profile?.join_shop].filter(Boolean).join(' · ')],
    [t('member.gender'), word('gender', member.gender)],
    [t('member.birthday'), revealed?.birthday ?? member.birthday ?? '—'],
    [t('member.tier_until'), member.tier_until ? lastDay(member.tier_until) : '—'],
  ]

  return (
    <section className="member-card">
      <div className="member-name">
        <span className="member-initial" aria-hidden="true">{[...name][0]}</span>
        <div className="member-who">
          <div className="row" style={{ gap: 8 }}>
            <h2>{name}</h2>
            <TierOf tier={member.tier} />
            <State tone={toneOfStatus[member.status] ?? 'calm'}>{word('member_status', member.status)}</State>
          </div>
          <div className="row member-phone">
            <span className="figure">{phone ?? t('member.no_phone')}</span>
            {revealed ? (
              <span className="muted" role="status">{t('member.revealed', { seconds: revealSeconds })}</span>
            ) : (
              can('reveal') && <Button size="small" type="link" icon={<EyeOutlined />} onClick={() => setIsAsking(true)}>{t('member.reveal')}</Button>
            )}
          </div>
        </div>
      </div>
      <dl className="facts">
        {facts.map(([label, value]) => <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}
        <div><dt>{t('member.number')}</dt><dd><Typography.Text copyable={{ tooltips: [t('common.copy'), t('common.copied')] }} className="mono">{member.member_id}</Typography.Text></dd></div>
      </dl>
      <div className="member-channels">
        {member.channels.map((channel) => <Channel key={channel} channel={channel} />)}
        {member.tags.map((tag) => <Tag key={tag}>{tag}</Tag>)}
      </div>
      <Reveal member={member} open={isAsking} onClose={() => setIsAsking(false)} onRevealed={setRevealed} />
    </section>
  )
}

