import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Card, Skeleton, Tabs } from 'antd'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { dateTime } from '../../shared/format'
import { Page } from '../../shared/ui/Page'
import { Problem } from '../../shared/ui/Problem'
import './program.css'
import { programQuery } from './queries'
import { Rules } from './Rules'
import { Versions } from './Versions'

const route = getRouteApi('/program')
// The editor is heavy and most people come to read.
const Draft = lazy(async () => ({ default: (await import('./Draft')).Draft }))

export function ProgramPage() {
  const { t } = useTranslation()
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery(programQuery)
  const program = query.data
  if (query.error) return <Page title={t('menu.program')}><Problem error={query.error} retry={() => void query.refetch()} /></Page>
  if (!program) return <Page title={t('menu.program')}><Card><Skeleton active paragraph={{ rows: 8 }} /></Card></Page>
  return (
    <Page title={t('menu.program')} aside={t('program.in_force', { version: program.version, at: dateTime(program.effective_at) })}>
      <Tabs
        activeKey={tab ?? 'rules'}
        destroyOnHidden
        onChange={(key) => void navigate({ search: { tab: key === 'rules' ? undefined : key } })}
        items={[
          { key: 'rules', label: t('program.tab_rules'), children: <Rules document={program.document} /> },
          { key: 'draft', label: t('program.tab_draft'), children: <Suspense fallback={<Skeleton active paragraph={{ rows: 10 }} />}><Draft program={program} /></Suspense> },
          { key: 'versions', label: t('program.tab_versions'), children: <Card className="flush"><Versions /></Card> },
        ]}
      />
    </Page>
  )
}
