import { CheckCircleOutlined, LinkOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { answer, client } from '../../../api/client'
import { useWrite } from '../../../api/write'
import { DataTable } from '../../../shared/ui/DataTable'
import { State, useWord, When } from '../../../shared/ui/Marks'
import { ReasonModal } from '../../../shared/ui/ReasonModal'
import { useCan } from '../../session/rights'
import { identitiesQuery, memberKey, type Identity, type Member } from '../queries'
import { BindIdentity } from './BindIdentity'

/** Every way this member is recognised, with who had it when. */
export function IdentitiesTab({ member }: { member: Member }) {
  const { t } = useTranslation()
  const word = useWord()
  const can = useCan()
  const query = useQuery(identitiesQuery(member.member_id))
  const [isBinding, setIsBinding] = useState(false)
  const [leaving, setLeaving] = useState<Identity | null>(null)
  const unbind = useWrite(
    ({ identity, reason }: { identity: string; reason: string }, key) =>
      answer(client.DELETE('/api/v1/members/{id}/identities/{identity_id}', {
        params: { path: { id: member.member_id, identity_id: identity }, query: { reason }, header: { 'Idempotency-Key': key } },
      })),
    { stale: [memberKey(member.member_id)], onDone: () => setLeaving(null) },
  )
  const pages = {
    rows: query.data?.items,
    isLoading: query.isLoading,
    error: query.error,
    hasMore: false,
    isLoadingMore: false,
    more: () => {},
    again: () => void query.refetch(),
  }
  return (
    <div className="stack">
      <div className="row between">
        <p className="muted">{t('identity.note')}</p>
        {can('editMembers') && <Button icon={<LinkOutlined />} onClick={() => setIsBinding(true)}>{t('identity.bind')}</Button>}
      </div>
      <DataTable<Identity>
        label={t('member.tab_identities')}
        pages={pages}
        rowKey="identity_id"
        empty={t('identity.none')}
        columns={[
          { title: t('identity.kind'), dataIndex: 'kind', render: (kind: string) => word('identity_kind', kind) },
          { title: t('identity.scope'), dataIndex: 'scope', render: (scope: string | null) => (scope ? word('channel', scope) : <span className="muted">—</span>) },
          { title: t('identity.value'), dataIndex: 'value', className: 'mono' },
          {
            title: t('identity.verified'),
            dataIndex: 'verified',
            render: (verified: boolean) => verified
              ? <span style={{ color: 'var(--success)' }}><CheckCircleOutlined /> {t('identity.is_verified')}</span>
              : <span className="muted">{t('identity.not_verified')}</span>,
          },
          { title: t('identity.source'), dataIndex: 'source', render: (source: string | null) => source ?? <span className="muted">—</span> },
          { title: t('identity.since'), dataIndex: 'since', render: (at: string) => <When at={at} /> },
          {
            title: t('identity.until'),
            dataIndex: 'until',
            render: (at: string | null) => (at ? <When at={at} /> : <State tone="good">{t('identity.current')}</State>),
          },
          {
            title: <span className="sr-only">{t('common.actions')}</span>,
            render: (_, row) => can('editMembers') && !row.until && (
              <Button type="link" danger size="small" onClick={() => setLeaving(row)} aria-label={t('identity.unbind_of', { value: row.value ?? '' })}>{t('identity.unbind')}</Button>
            ),
          },
        ]}
      />
      <BindIdentity member={member} open={isBinding} onClose={() => setIsBinding(false)} />
      <ReasonModal
        open={leaving !== null}
        title={t('identity.unbind_title', { value: leaving?.value ?? '' })}
        help={t('identity.unbind_help')}
        okText={t('identity.unbind')}
        isDanger
        isPending={unbind.isPending}
        error={unbind.error}
        onClose={() => { setLeaving(null); unbind.reset() }}
        onReason={(reason) => { if (leaving) unbind.mutate({ identity: leaving.identity_id, reason }) }}
      />
    </div>
  )
}
