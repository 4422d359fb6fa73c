import { Link } from '@tanstack/react-router'
import { Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import { DataTable, type Pages } from '../../shared/ui/DataTable'
import { useWord, When } from '../../shared/ui/Marks'
import type { AuditEntry } from './queries'

function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What the act changed, field by field. */
function Changes({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation()
  const before = entry.before ?? {}
  const after = entry.after ?? {}
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  if (names.length === 0) return <p className="muted">{t('audit.no_changes')}</p>
  return (
    <table className="explain-table" style={{ maxWidth: 900 }}>
      <thead><tr><th scope="col">{t('audit.field')}</th><th scope="col">{t('audit.before')}</th><th scope="col">{t('audit.after')}</th></tr></thead>
      <tbody>
        {names.map((name) => (
          <tr key={name}>
            <td className="mono">{name}</td>
            <td className="mono wrap">{name in before ? written(before[name]) : '—'}</td>
            <td className="mono wrap">{name in after ? written(after[name]) : '—'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export function AuditTable({ pages }: { pages: Pages<AuditEntry> }) {
  const { t } = useTranslation()
  const word = useWord()
  return (
    <DataTable<AuditEntry>
      label={t('menu.audit')}
      pages={pages}
      rowKey="audit_id"
      empty={t('audit.none')}
      expandable={{ expandedRowRender: (entry) => <Changes entry={entry} /> }}
      columns={[
        { title: t('audit.at'), dataIndex: 'at', render: (at: string) => <When at={at} exact /> },
        { title: t('audit.actor'), render: (_, { actor }) => <>{actor.name} <span className="muted">{word('actor_kind', actor.kind)}</span></> },
        { title: t('audit.action'), dataIndex: 'action', render: (action: string) => <Tag variant="filled">{word('action', action)}</Tag> },
        {
          title: t('audit.object'),
          render: (_, { object }) => (
            <>
              {word('object_kind', object.kind)}{' '}
              {object.kind === 'member' ? <Link to="/members/$id" params={{ id: object.id }} className="mono">{object.id}</Link> : <span className="mono">{object.id}</span>}
            </>
          ),
        },
        { title: t('common.reason'), dataIndex: 'reason', className: 'wrap', render: (reason: string | null) => reason ?? <span className="muted">—</span> },
        { title: t('audit.shop'), dataIndex: 'shop', render: (shop: string | null) => shop ?? <span className="muted">—</span> },
      ]}
    />
  )
}
