import { getRouteApi, Link } from '@tanstack/react-router'
import { App, Button, Card, Segmented, type TableProps } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { lastDay, signed } from '../../shared/format'
import { DataTable } from '../../shared/ui/DataTable'
import { Day, When, Who } from '../../shared/ui/Marks'
import { Page } from '../../shared/ui/Page'
import { ReasonModal } from '../../shared/ui/ReasonModal'
import { usePages } from '../../shared/ui/usePages'
import { memberKey } from '../members/queries'
import { useCan } from '../session/rights'
import { useSession } from '../session/session'
import { LimitsButton } from './Limits'
import { adjustmentStates, decideAdjustment, loadAdjustments, type Adjustment, type Verdict } from './queries'

const route = getRouteApi('/adjustments')

interface Deciding {
  adjustment: Adjustment
  verdict: Verdict
}

function Decide({ deciding, onClose }: { deciding: Deciding; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [isOpen, setIsOpen] = useState(true)
  const { adjustment, verdict } = deciding
  const decide = useWrite(
    (reason: string, key) => decideAdjustment(adjustment.adjustment_id, { decision: verdict, reason }, key),
    {
      stale: [['adjustments'], ['members'], memberKey(adjustment.member_id)],
      onDone: () => {
        void message.success(t(verdict === 'approve' ? 'adjustments.approved' : 'adjustments.rejected'))
        setIsOpen(false)
      },
    },
  )
  return (
    <ReasonModal
      open={isOpen}
      title={t(`adjustments.${verdict}_title`, { points: signed(adjustment.points) })}
      help={t(`adjustments.${verdict}_help`, { reason: adjustment.reason })}
      okText={t(`adjustments.${verdict}`)}
      isDanger={verdict === 'reject'}
      isPending={decide.isPending}
      error={decide.error}
      onClose={() => setIsOpen(false)}
      afterClose={onClose}
      onReason={(reason) => decide.mutate(reason)}
    />
  )
}

/** Adjustments above what their author may do alone: what waits for somebody else's word, and what was decided. */
export function AdjustmentsPage() {
  const { t } = useTranslation()
  const can = useCan()
  const { staff } = useSession()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const state = adjustmentStates.find((known) => known === search.state) ?? 'pending'
  const pages = usePages<Adjustment>(['adjustments', state], (cursor) => loadAdjustments(state, cursor))
  const [deciding, setDeciding] = useState<Deciding | null>(null)
  const isOwn = (row: Adjustment) => row.asked_by.startsWith(`staff:${staff.id}:`)
  const columns: TableProps<Adjustment>['columns'] = [
    { title: t('adjustments.asked_at'), dataIndex: 'asked_at', render: (at: string) => <When at={at} /> },
    { title: t('adjustments.asked_by'), dataIndex: 'asked_by', render: (by: string) => <Who label={by} /> },
    { title: t('adjustments.member'), dataIndex: 'member_id', className: 'mono', render: (id: string) => <Link to="/members/$id" params={{ id }} search={{ tab: 'points' }}>{id}</Link> },
    { title: t('points.points'), dataIndex: 'points', align: 'right', className: 'figure', render: (points: number) => <strong>{signed(points)}</strong> },
    {
      title: t('common.reason'),
      className: 'wrap',
      render: (_, row) => (
        <>
          {row.undoes && <span className="muted">{t('adjustments.takes_back')} </span>}
          {row.reason}
          {row.allow_debt && <span className="muted"> · {t('adjust.debt')}</span>}
        </>
      ),
    },
    { title: t('points.expires'), dataIndex: 'expires_at', render: (at: string | null) => (at ? <Day at={lastDay(at)} /> : <span className="muted">—</span>) },
    ...(state === 'pending'
      ? [{
          title: <span className="sr-only">{t('common.actions')}</span>,
          render: (_: unknown, row: Adjustment) => !can('approve') ? null : isOwn(row) ? <span className="muted">{t('adjustments.own')}</span> : (
            <span className="row" style={{ gap: 8, flexWrap: 'nowrap' }}>
              <Button size="small" type="primary" onClick={() => setDeciding({ adjustment: row, verdict: 'approve' })}>{t('adjustments.approve')}</Button>
              <Button size="small" danger onClick={() => setDeciding({ adjustment: row, verdict: 'reject' })}>{t('adjustments.reject')}</Button>
            </span>
          ),
        }]
      : [
          { title: t('adjustments.decided_by'), render: (_: unknown, row: Adjustment) => (row.decided_by ? <><Who label={row.decided_by} /> <When at={row.decided_at} /></> : <span className="muted">—</span>) },
          { title: t('adjustments.decision_reason'), dataIndex: 'decision_reason', className: 'wrap' },
        ]),
  ]
  return (
    <Page
      title={t('menu.adjustments')}
      aside={t('adjustments.note')}
      extra={
        <>
          <Segmented
            value={state}
            aria-label={t('adjustments.state')}
            options={adjustmentStates.map((value) => ({ value, label: t(`adjustments.state_${value}`) }))}
            onChange={(next) => void navigate({ search: { state: next === 'pending' ? undefined : next } })}
          />
          {can('editProgram') && can('seePoints') && <LimitsButton />}
        </>
      }
    >
      <Card className="flush">
        <DataTable<Adjustment>
          label={t('menu.adjustments')}
          pages={pages}
          rowKey="adjustment_id"
          empty={t(state === 'pending' ? 'adjustments.none_waiting' : 'adjustments.none')}
          columns={columns}
        />
      </Card>
      {deciding && <Decide key={deciding.adjustment.adjustment_id + deciding.verdict} deciding={deciding} onClose={() => setDeciding(null)} />}
    </Page>
  )
}
