import { Link } from '@tanstack/react-router'
import { Tag } from 'antd'
import { useTranslation } from 'react-i18next'
import { DataTable, type Pages } from '../../shared/ui/DataTable'
import { useWord, When, Who } from '../../shared/ui/Marks'
import type { AuditEntry } from './queries'

function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function Detail({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation()
  const fields = Object.entries(entry.detail)
  if (fields.length === 0) return <p className="muted">{t('audit.no_changes')}</p>
  return (
    <table className="explain-table" style={{ maxWidth: 900 }}>
      <thead><tr><th scope="col">{t('audit.field')}</th><th scope="col">{t('audit.detail')}</th></tr></thead>
      <tbody>
        {fields.map(([name, value]) => (
          <tr key={name}><td className="mono">{name}</td><td className="mono wrap">{written(value)}</td></tr>
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
      rowKey="seq"
      empty={t('audit.none')}
      expandable={{ expandedRowRender: (entry) => <Detail entry={entry} /> }}
      columns={[
        { title: '#', dataIndex: 'seq', align: 'right', className: 'figure' },
        { title: t('audit.at'), dataIndex: 'at', render: (at: string) => <When at={at} exact /> },
        { title: t('audit.actor'), dataIndex: 'actor', render: (actor: string) => <Who label={actor} /> },
        { title: t('audit.action'), dataIndex: 'action', render: (action: string) => <Tag variant="filled">{word('action', action)}</Tag> },
        { title: t('audit.object'), dataIndex: 'object', className: 'mono' },
        { title: t('members.member'), dataIndex: 'member_id', className: 'mono', render: (id: string | null) => (id ? <Link to="/members/$id" params={{ id }}>{id}</Link> : <span className="muted">—</span>) },
        { title: t('common.reason'), className: 'wrap', render: (_, { detail }) => (typeof detail['reason'] === 'string' ? detail['reason'] : <span className="muted">—</span>) },
      ]}
    />
  )
}
