import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { answer, client } from '../../../api/client'
import { useWrite } from '../../../api/write'
import { DataTable } from '../../../shared/ui/DataTable'
import { State, When, Who } from '../../../shared/ui/Marks'
import { ReasonModal } from '../../../shared/ui/ReasonModal'
import { useCan } from '../../session/rights'
import { memberKey, mergesQuery, type Member, type Merge } from '../queries'

export function MergesTab({ member }: { member: Member }) {
  const { t } = useTranslation()
  const can = useCan()
  const query = useQuery(mergesQuery(member.member_id))
  const [undoing, setUndoing] = useState<Merge | null>(null)
  const undo = useWrite(
    ({ merge, reason }: { merge: string; reason: string }, key) =>
      answer(client.POST('/api/v1/merges/{id}/undo', { params: { path: { id: merge }, header: { 'Idempotency-Key': key } }, body: { reason } })),
    { stale: [memberKey(member.member_id), ['members']], onDone: () => setUndoing(null) },
  )
  return (
    <>
      <DataTable<Merge>
        label={t('member.tab_merges')}
        rowKey="merge_id"
        empty={t('merge.none')}
        pages={{ rows: query.data?.items, isLoading: query.isLoading, error: query.error, hasMore: false, isLoadingMore: false, more: () => {}, again: () => void query.refetch() }}
        columns={[
          { title: t('merge.at'), dataIndex: 'at', render: (at: string) => <When at={at} /> },
          { title: t('merge.from'), dataIndex: 'absorbed', className: 'mono', render: (id: string) => <Link to="/members/$id" params={{ id }}>{id}</Link> },
          { title: t('merge.into'), dataIndex: 'survivor', className: 'mono', render: (id: string) => <Link to="/members/$id" params={{ id }}>{id}</Link> },
          { title: t('merge.how'), dataIndex: 'by', render: (by: string) => <Who label={by} /> },
          { title: t('common.reason'), dataIndex: 'reason', className: 'wrap', render: (reason: string) => reason || <span className="muted">—</span> },
          {
            title: t('merge.state'),
            render: (_, row) => row.undone_at
              ? <><State tone="calm">{t('merge.undone')}</State> <When at={row.undone_at} /></>
              : can('merge') ? <Button size="small" onClick={() => setUndoing(row)}>{t('merge.undo')}</Button> : <State tone="good">{t('merge.in_force')}</State>,
          },
        ]}
      />
      <ReasonModal
        open={undoing !== null}
        title={t('merge.undo_title')}
        help={t('merge.undo_help', { from: undoing?.absorbed ?? '', into: undoing?.survivor ?? '' })}
        okText={t('merge.undo')}
        isDanger
        isPending={undo.isPending}
        error={undo.error}
        onClose={() => { setUndoing(null); undo.reset() }}
        onReason={(reason) => { if (undoing) undo.mutate({ merge: undoing.merge_id, reason }) }}
      />
    </>
  )
}
