import { CheckOutlined, CloseOutlined, LinkOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Alert, App, Button, Card, Form, Input, Radio } from 'antd'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { Definition } from '../../shared/ui/Definition'
import { Channel, State, useWord, When } from '../../shared/ui/Marks'
import { Problem } from '../../shared/ui/Problem'
import { Side } from '../members/member/Side'
import { memberKey } from '../members/queries'
import { useCan } from '../session/rights'
import { decideReview, type Decision, type Review } from './queries'

type ReviewSide = Review['left']

function Identities({ side }: { side: ReviewSide }) {
  const { t } = useTranslation()
  const word = useWord()
  return (
    <>
      <div className="review-identities">
        <h3>{t('member.tab_identities')}</h3>
        <ul className="explain-list">
          {side.identities.map((identity) => (
            <li key={identity.identity_id} className="row between">
              <span>{word('identity_kind', identity.kind)}{identity.scope && <span className="muted"> · {word('channel', identity.scope)}</span>}</span>
              <span className="row" style={{ gap: 6 }}>
                <span className="mono">{identity.value}</span>
                {identity.verified && <State tone="good">{t('identity.is_verified')}</State>}
              </span>
            </li>
          ))}
        </ul>
      </div>
      <Link to="/members/$id" params={{ id: side.member.member_id }}><LinkOutlined /> {t('review.open_member')}</Link>
    </>
  )
}

function EvidenceTable({ review }: { review: Review }) {
  const { t } = useTranslation()
  const word = useWord()
  return (
    <table className="explain-table">
      <thead>
        <tr>
          <th scope="col">{t('review.evidence')}</th>
          <th scope="col">{t('review.left')}</th>
          <th scope="col">{t('review.right')}</th>
          <th scope="col">{t('review.agrees')}</th>
          <th scope="col">{t('review.strength')}</th>
        </tr>
      </thead>
      <tbody>
        {review.evidence.map((evidence) => (
          <tr key={evidence.kind}>
            <td>{word('evidence', evidence.kind)}</td>
            <td className="mono">{evidence.left ?? '—'}</td>
            <td className="mono">{evidence.right ?? '—'}</td>
            <td>
              {evidence.agrees
                ? <span style={{ color: 'var(--success)' }}><CheckOutlined /> {t('review.yes')}</span>
                : <span style={{ color: 'var(--error)' }}><CloseOutlined /> {t('review.no')}</span>}
            </td>
            <td>{word('strength', evidence.strength)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface Fields {
  choice: 'merge_left' | 'merge_right' | 'keep_apart' | 'move_phone'
  reason: string
}

function Decide({ review }: { review: Review }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const decide = useWrite(
    ({ choice, reason }: Fields, key) => {
      const into = choice === 'merge_left' ? review.left.member.member_id : choice === 'merge_right' ? review.right?.member.member_id : undefined
      const decision: Decision = choice === 'merge_left' || choice === 'merge_right' ? 'merge' : choice
      return decideReview(review.review_id, { decision, reason: reason.trim(), ...(into ? { into } : {}) }, key)
    },
    {
      stale: [['reviews'], ['members'], memberKey(review.left.member.member_id), ...(review.right ? [memberKey(review.right.member.member_id)] : [])],
      onDone: () => void message.success(t('review.done')),
    },
  )
  const choices: { value: Fields['choice']; help: string }[] = [
    ...(review.right
      ? [{ value: 'merge_left' as const, help: 'review.merge_left_help' }, { value: 'merge_right' as const, help: 'review.merge_right_help' }]
      : []),
    { value: 'keep_apart', help: 'review.keep_apart_help' },
    { value: 'move_phone', help: 'review.move_phone_help' },
  ]
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={(fields) => decide.mutate(fields)}>
      {decide.error && <div style={{ marginBottom: 12 }}><Problem error={decide.error} /></div>}
      <Form.Item name="choice" label={t('review.decision')} rules={[{ required: true, message: t('review.decision_missing') }]}>
        <Radio.Group className="review-choices">
          {choices.map(({ value, help }) => (
            <Radio key={value} value={value}><strong>{t(`review.${value}`)}</strong><span className="muted">{t(help)}</span></Radio>
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
  const { event } = review
  return (
    <Card>
      <div className="stack">
        <div>
          <h2>{word('review_cause', review.cause)} <Definition of={word('review_cause', review.cause)}>{t(`review.cause_means_${review.cause}`, { defaultValue: t('review.cause_means') })}</Definition></h2>
          <p className="muted">
            <span className="mono">{review.review_id}</span> · <When at={review.created_at} />
            {event && <> · {word('event', event.kind)} {event.channel && <Channel channel={event.channel} />} {event.shop} {event.order_no && <span className="mono">{event.order_no}</span>}</>}
          </p>
        </div>
        {review.decided_at && (
          <Alert
            type="success"
            showIcon
            title={t('review.decided', { decision: word('decision', review.decision), by: review.decided_by ?? '—' })}
            description={<><When at={review.decided_at} /> · {review.reason}</>}
          />
        )}
        <div className="sides">
          <Side member={review.left.member} title={t('review.left')}><Identities side={review.left} /></Side>
          {review.right && <Side member={review.right.member} title={t('review.right')}><Identities side={review.right} /></Side>}
        </div>
        {review.evidence.length > 0 && <div style={{ overflowX: 'auto' }}><EvidenceTable review={review} /></div>}
        {!review.decided_at && can('decide') && <Decide review={review} />}
      </div>
    </Card>
  )
}
