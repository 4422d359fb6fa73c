import { CloseOutlined, SafetyCertificateOutlined, WarningOutlined } from '@ant-design/icons'
import { getRouteApi } from '@tanstack/react-router'
import { Button, Card, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { count } from '../../shared/format'
import { Definition } from '../../shared/ui/Definition'
import { Page } from '../../shared/ui/Page'
import { usePages } from '../../shared/ui/usePages'
import '../members/member/member.css'
import { actions } from './actions'
import { AuditTable } from './AuditTable'
import { loadAudit, type AuditEntry, type AuditPageBody } from './queries'

const route = getRouteApi('/audit')

function Chain({ chain }: { chain: AuditPageBody['chain'] }) {
  const { t } = useTranslation()
  return (
    <span role="status" className="row" style={{ gap: 6, color: chain.ok ? 'var(--success)' : 'var(--error)' }}>
      {chain.ok ? <SafetyCertificateOutlined /> : <WarningOutlined />}
      {chain.ok
        ? t('audit.chain_ok', { count: count(chain.entries) })
        : t('audit.chain_broken', { at: chain.broken_at ?? '—' })}
      <Definition of={t('audit.chain')}>{t('audit.chain_means')}</Definition>
    </span>
  )
}

export function AuditPage() {
  const { t } = useTranslation()
  const filter = route.useSearch()
  const navigate = route.useNavigate()
  const pages = usePages<AuditEntry, AuditPageBody>(['audit', filter], (cursor) => loadAudit(filter, cursor))
  const set = (name: 'actor' | 'action', value: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, [name]: value?.trim() || undefined }) })
  // The log is filtered by an actor's whole label, so only those that stand in it are offered.
  const actors = [...new Set([...(filter.actor ? [filter.actor] : []), ...(pages.rows ?? []).map((row) => row.actor)])]
  const isFiltered = Object.values(filter).some(Boolean)

  return (
    <Page title={t('menu.audit')} aside={pages.first && <Chain chain={pages.first.chain} />}>
      <Card className="flush">
        <div className="row block-pad">
          <Select
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            value={filter.actor}
            placeholder={t('audit.any_actor')}
            aria-label={t('audit.actor')}
            style={{ width: 190 }}
            options={actors.map((value) => ({ value, label: value.split(':').at(-1) }))}
            onChange={(value: string | undefined) => set('actor', value)}
          />
          <Select
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            value={filter.action}
            placeholder={t('audit.any_action')}
            aria-label={t('audit.action')}
            style={{ width: 190 }}
            options={actions.map((value) => ({ value, label: t(`action.${value.replaceAll('.', '_')}`) }))}
            onChange={(value: string | undefined) => set('action', value)}
          />
          {isFiltered && <Button type="text" icon={<CloseOutlined />} onClick={() => void navigate({ search: {} })}>{t('common.clear')}</Button>}
        </div>
        <AuditTable pages={pages} />
      </Card>
    </Page>
  )
}
