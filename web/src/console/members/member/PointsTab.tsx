import { getRouteApi } from '@tanstack/react-router'
import { Button, Segmented, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { count, lastDay, signed } from '../../../shared/format'
import { DataTable } from '../../../shared/ui/DataTable'
import { Channel, Day, State, useWord, When, type Tone } from '../../../shared/ui/Marks'
import { usePages } from '../../../shared/ui/usePages'
import { loadEntries, loadLots, memberKey, type Entry, type Lot, type Member } from '../queries'
import { useCan } from '../../session/rights'
import { ExplainDrawer } from './ExplainDrawer'
import { UndoAdjustment } from './UndoAdjustment'

const route = getRouteApi('/members/$id')
const kinds = ['earn', 'mature', 'spend', 'hold', 'release', 'restore', 'clawback', 'repay', 'expire', 'adjust', 'migrate', 'transfer'] as const
const toneOfLot: Record<string, Tone> = { open: 'good', pending: 'busy', used: 'calm', expired: 'warn', clawed_back: 'bad' }

/** What an entry is about: an order or a refund by its number on its channel. */
function Cause({ entry }: { entry: Entry }) {
  const { t } = useTranslation()
  if (!entry.order_no) return <span className="muted">—</span>
  return (
    <>
      <span className="mono">{entry.order_no}</span>
      {entry.refund_no && <span className="muted"> · {t('points.of_refund', { no: entry.refund_no })}</span>}
    </>
  )
}

function Entries({ member }: { member: Member }) {
  const { t } = useTranslation()
  const word = useWord()
  const can = useCan()
  const { kind, entry } = route.useSearch()
  const [undoing, setUndoing] = useState<Entry | null>(null)
  const navigate = route.useNavigate()
  const pages = usePages<Entry>(memberKey(member.member_id, 'entries', kind ?? null), (cursor) => loadEntries(member.member_id, kinds.find((known) => known === kind), cursor))
  return (
    <>
      <div className="row" style={{ marginBottom: 12 }}>
        <Select
          allowClear
          value={kind}
          placeholder={t('points.any_kind')}
          aria-label={t('points.kind')}
          style={{ width: 160 }}
          options={kinds.map((value) => ({ value, label: t(`entry_kind.${value}`) }))}
          onChange={(next: string | undefined) => void navigate({ search: (old) => ({ ...old, kind: next }) })}
        />
        <span className="muted">{t('points.entries_note')}</span>
      </div>
      <DataTable<Entry>
        label={t('points.entries')}
        pages={pages}
        rowKey="entry_id"
        empty={t('points.no_entries')}
        columns={[
          { title: t('points.at'), dataIndex: 'at', render: (at: string) => <When at={at} /> },
          { title: t('points.kind'), dataIndex: 'kind', render: (value: string) => word('entry_kind', value) },
          {
            title: t('points.points'),
            align: 'right',
            className: 'figure',
            render: (_, row) => row.points === 0 && row.moved
              ? <span className="muted">{t('points.moved', { points: count(row.moved) })}</span>
              : <strong style={{ color: row.points > 0 ? 'var(--success)' : undefined }}>{signed(row.points)}</strong>,
          },
          { title: t('points.channel'), dataIndex: 'channel', render: (channel: string | null) => (channel ? <Channel channel={channel} /> : <span className="muted">—</span>) },
          { title: t('points.shop'), dataIndex: 'shop', render: (shop: string | null) => shop ?? <span className="muted">—</span> },
          { title: t('points.cause'), render: (_, row) => <Cause entry={row} /> },
          { title: t('points.rule_version'), dataIndex: 'rule_version', align: 'right', render: (version: number | null) => (version ? `v${version}` : <span className="muted">—</span>) },
          {
            title: <span className="sr-only">{t('common.actions')}</span>,
            fixed: 'end',
            render: (_, row) => (
              <>
                <Button type="link" size="small" onClick={() => void navigate({ search: (old) => ({ ...old, entry: row.entry_id }) })}>
                  {t('points.explain')}
                </Button>
                {row.kind === 'adjust' && can('adjust') && <Button type="link" size="small" danger onClick={() => setUndoing(row)}>{t('adjustments.undo')}</Button>}
              </>
            ),
          },
        ]}
      />
      <ExplainDrawer id={entry ?? null} onClose={() => void navigate({ search: (old) => ({ ...old, entry: undefined }) })} />
      {undoing && <UndoAdjustment key={undoing.entry_id} entry={undoing} member={member.member_id} onClose={() => setUndoing(null)} />}
    </>
  )
}

function Lots({ member }: { member: Member }) {
  const { t } = useTranslation()
  const word = useWord()
  const pages = usePages<Lot>(memberKey(member.member_id, 'lots'), (cursor) => loadLots(member.member_id, cursor))
  return (
    <>
      <p className="muted" style={{ marginBottom: 12 }}>{t('points.lots_note')}</p>
      <DataTable<Lot>
        label={t('points.lots')}
        pages={pages}
        rowKey="lot_id"
        empty={t('points.no_lots')}
        columns={[
          { title: t('points.lot'), dataIndex: 'lot_id', className: 'mono' },
          { title: t('points.state'), dataIndex: 'state', render: (state: string) => <State tone={toneOfLot[state] ?? 'calm'}>{word('lot_state', state)}</State> },
          { title: t('points.earned'), dataIndex: 'points', align: 'right', className: 'figure', render: count },
          { title: t('points.remaining'), dataIndex: 'remaining', align: 'right', className: 'figure', render: (value: number) => <strong>{count(value)}</strong> },
          { title: t('points.held'), dataIndex: 'held', align: 'right', className: 'figure', render: count },
          { title: t('points.source'), render: (_, { source }) => <>{[word('lot_source', source.kind), source.rule].filter(Boolean).join(' · ')} {source.order_no && <span className="mono">{source.order_no}</span>}</> },
          { title: t('points.channel'), render: (_, { source }) => (source.channel ? <Channel channel={source.channel} /> : <span className="muted">—</span>) },
          { title: t('points.earned_at'), dataIndex: 'earned_at', render: (at: string) => <When at={at} /> },
          { title: t('points.available_at'), dataIndex: 'available_at', render: (at: string | null) => (at ? <When at={at} /> : t('points.after_completion')) },
          { title: t('points.expires'), dataIndex: 'expires_at', render: (at: string | null) => (at ? <Day at={lastDay(at)} /> : t('points.never')) },
        ]}
      />
    </>
  )
}

/** The ledger of a member: every entry with its explanation, and the lots behind the balance. */
export function PointsTab({ member }: { member: Member }) {
  const { t } = useTranslation()
  const { lots } = route.useSearch()
  const navigate = route.useNavigate()
  const view = lots ? 'lots' : 'entries'
  return (
    <>
      <Segmented
        value={view}
        style={{ marginBottom: 14 }}
        aria-label={t('member.tab_points')}
        onChange={(next) => void navigate({ search: (old) => ({ ...old, lots: next === 'lots' ? '1' : undefined, entry: undefined }) })}
        options={[{ value: 'entries', label: t('points.entries') }, { value: 'lots', label: t('points.lots') }]}
      />
      {view === 'entries' ? <Entries member={member} /> : <Lots member={member} />}
    </>
  )
}
