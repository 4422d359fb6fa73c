import { LinkOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, App, Button, Card, Form, Input, Radio, Skeleton } from 'antd'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { count } from '../../shared/format'
import { Definition } from '../../shared/ui/Definition'
import { Channel, State, useWord, When, Who } from '../../shared/ui/Marks'
import { Problem } from '../../shared/ui/Problem'
import { Side } from '../members/member/Side'
import { identitiesQuery, latestOrdersQuery, memberKey, memberQuery } from '../members/queries'
import { useCan } from '../session/rights'
import { decideReview, type Decision, type Review } from './queries'

function Identities({ member }: { member: string }) {
  const { t } = useTranslation()
  const word = useWord()
  const query = useQuery(identitiesQuery(member))
  return (
    <div className="review-identities">
      <h3>{t('member.tab_identities')}</h3>
      {query.error ? <Problem error={query.error} retry={() => void query.refetch()} /> : !query.data ? <Skeleton active title={false} /> : (
        <ul className="explain-list">
          {query.data.items.filter((identity) => !identity.until).map((identity) => (
            <li key={identity.identity_id} className="row between">
              <span>{word('identity_kind', identity.kind)}{identity.scope && <span className="muted"> · {word('channel', identity.scope)}</span>}</span>
              <span className="row" style={{ gap: 6 }}>
                <span className="mono">{identity.value}</span>
                {identity.verified && <State tone="good">{t('identity.is_verified')}</State>}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function MemberSide({ id, title, isKept }: { id: string | null; title: string; isKept: boolean }) {
  const { t } = useTranslation()
  const query = useQuery({ ...memberQuery(id ?? ''), enabled: id !== null })
  if (id === null) return <section className="side"><div className="muted">{title}</div>{t('review.nobody')}</section>
  if (query.error) return <section className="side"><div className="muted">{title}</div><Problem error={query.error} retry={() => void query.refetch()} /></section>
  if (!query.data) return <section className="side"><Skeleton active paragraph={{ rows: 8 }} /></section>
  return (
    <Side member={query.data} title={title} isKept={isKept}>
      <Identities member={id} />
      <Link to="/members/$id" params={{ id }}><LinkOutlined /> {t('review.open_member')}</Link>
    </Side>
  )
}

/** What the event said about who it is from, masked. */
function Evidence({ review }: { review: Review }) {
  const { t } = useTranslation()
  const word = useWord()
  const { identities, phone, channel, at } = review.evidence
  return (
    <section className="panel">
      <h3>{t('review.about')}</h3>
      <p className="muted">{channel && <Channel channel={channel} />} {at && <When at={at} />} {review.order_id && <span className="mono">{review.order_id}</span>}</p>
      <ul className="explain-list">
        {identities?.map((identity) => (
          <li key={`${identity.kind}${identity.scope ?? ''}${identity.value}`} className="row">
            <span>{word('identity_kind', identity.kind)}</span>
            {identity.scope && <span className="muted">{word('channel', identity.scope)}</span>}
            <span className="mono">{identity.value}</span>
            {identity.verified ? <State tone="good">{t('identity.is_verified')}</State> : <State tone="calm">{t('identity.not_verified')}</State>}
          </li>
        ))}
      </ul>
      {phone && <p>{t('review.about_phone')} <span className="mono">{phone}</span></p>}
    </section>
  )
}

/** Which rules were broken, by whom and how far: what a person weighs before letting it pass. */
function Suspicion({ suspected, member }: { suspected: NonNullable<Review['evidence']['abuse']>; member: string | null }) {
  const { t } = useTranslation()
  const word = useWord()
  const orders = useQuery({ ...latestOrdersQuery(member ?? ''), enabled: member !== null && suspected.orders.length > 0 })
  const numberOf = new Map((orders.data?.items ?? []).map((order) => [order.order_id, order]))
  return (
    <section className="panel">
      <div className="row between">
        <h3>{t('abuse.suspected')}</h3>
        <State tone="bad">{t('abuse.score', { score: suspected.score })}</State>
      </div>
      <ul className="abuse-reasons">
        {suspected.reasons.map((reason) => (
          <li key={reason.rule + reason.by}>
            <span className="row between">
              <strong>{reason.counts ? t('abuse.broke', { by: word('abuse_by', reason.by), what: word('abuse_counts', reason.counts), count: reason.count, most: reason.most }) : t('abuse.blocked')}</strong>
              <span className="muted figure">+{reason.score}</span>
            </span>
            <span className="muted">{t('abuse.since')} <When at={reason.since} /></span>
          </li>
        ))}
      </ul>
      {suspected.points > 0 && <p>{t('abuse.points_wait', { points: count(suspected.points) })}</p>}
      {suspected.orders.length > 0 && member && (
        <p className="row">
          <span className="muted">{t('abuse.orders')}</span>
          {suspected.orders.map((id) => {
            const order = numberOf.get(id)
            return <Link key={id} to="/members/$id" params={{ id: member }} search={{ tab: 'orders', order: id }}>{order ? <><Channel channel={order.channel} /> <span className="mono">{order.order_no}</span></> : t('abuse.order')}</Link>
          })}
        </p>
      )}
    </section>
  )
}

interface Fields {
  decision: Decision
  reason: string
}

function Decide({ review }: { review: Review }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const touched = [review.member_id, review.other_id].flatMap((id) => (id ? [memberKey(id)] : []))
  const decide = useWrite(
    ({ decision, reason }: Fields, key) => decideReview(review.review_id, { decision, reason: reason.trim() }, key),
    { stale: [['reviews'], ['members'], ...touched], onDone: () => void message.success(t('review.done')) },
  )
  const decisions: Decision[] = review.kind === 'abuse' ? ['release', 'void'] : [...(review.other_id ? ['merge' as const] : []), 'keep_apart', ...(review.kind === 'second_phone' ? ['move_phone' as const] : [])]
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={(fields) => decide.mutate(fields)}>
      {decide.error && <div style={{ marginBottom: 12 }}><Problem error={decide.error} /></div>}
      <Form.Item name="decision" label={t('review.decision')} rules={[{ required: true, message: t('review.decision_missing') }]}>
        <Radio.Group className="review-choices">
          {decisions.map((decision) => (
            <Radio key={decision} value={decision}><strong>{t(`review.${decision}`)}</strong><span className="muted">{t(`review.${decision}_help`)}</span></Radio>
          ))}
        </Radio.Group>
      </Form.Item>
      <Form.Item name="reason" label={t('common.reason')} rules={[{ required: true, whitespace: true, min: 4, message: t('common.reason_missing') }]}>
        <Input.TextArea rows={2} maxLength={200} showCount placeholder={t('review.example')} />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={decide.isPending}>{t('review.decide')}</Button>
    </Form>
  )
}

export function ReviewDetail({ review }: { review: Review }) {
  const { t } = useTranslation()
  const word = useWord()
  const can = useCan()
  const cause = word('review_cause', review.kind)
  return (
    <Card>
      <div className="stack">
        <div>
          <h2>{cause} <Definition of={cause}>{t(`review.cause_means_${review.kind}`, { defaultValue: t('review.cause_means') })}</Definition></h2>
          <p className="muted"><span className="mono">{review.review_id}</span> · <When at={review.opened_at} /></p>
        </div>
        {review.decided_at && (
          <Alert
            type="success"
            showIcon
            title={<>{word('decision', review.decision)} · <Who label={review.decided_by ?? '—'} /></>}
            description={<><When at={review.decided_at} /> · {review.reason}</>}
          />
        )}
        {review.evidence.abuse ? <Suspicion suspected={review.evidence.abuse} member={review.member_id} /> : <Evidence review={review} />}
        <div className="sides">
          <MemberSide id={review.member_id} title={t(review.kind === 'abuse' ? 'abuse.member' : 'review.first')} isKept />
          {review.other_id && <MemberSide id={review.other_id} title={t('review.second')} isKept={false} />}
        </div>
        {review.state === 'open' && can('decide') && <Decide review={review} />}
      </div>
    </Card>
  )
}
