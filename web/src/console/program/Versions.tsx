import { getRouteApi } from '@tanstack/react-router'
import { Button, Drawer } from 'antd'
import { useTranslation } from 'react-i18next'
import { answer, client } from '../../api/client'
import { DataTable } from '../../shared/ui/DataTable'
import { State, useWord, When, type Tone } from '../../shared/ui/Marks'
import { usePages } from '../../shared/ui/usePages'
import type { Version } from './queries'

const route = getRouteApi('/program')
const toneOfVersion: Record<string, Tone> = { active: 'good', scheduled: 'busy', retired: 'calm' }

export function Versions() {
  const { t } = useTranslation()
  const word = useWord()
  const { version: shown } = route.useSearch()
  const navigate = route.useNavigate()
  const pages = usePages<Version>(['program-versions'], () => answer(client.GET('/api/v1/program/versions')))
  const chosen = pages.rows?.find((row) => String(row.version) === shown)
  return (
    <>
      <DataTable<Version>
        label={t('program.tab_versions')}
        pages={pages}
        rowKey="version"
        empty={t('program.no_versions')}
        columns={[
          { title: t('program.version'), dataIndex: 'version', render: (version: number) => <strong>v{version}</strong> },
          { title: t('program.state'), dataIndex: 'state', render: (state: string) => <State tone={toneOfVersion[state] ?? 'calm'}>{word('version_state', state)}</State> },
          { title: t('program.effective_at'), dataIndex: 'effective_at', render: (at: string) => <When at={at} /> },
          { title: t('program.published_at'), dataIndex: 'published_at', render: (at: string) => <When at={at} /> },
          { title: t('program.published_by'), dataIndex: 'published_by', render: (by: string | null) => by ?? <span className="muted">—</span> },
          { title: t('program.note'), dataIndex: 'note', className: 'wrap', render: (note: string | null) => note ?? <span className="muted">—</span> },
          {
            title: <span className="sr-only">{t('common.actions')}</span>,
            render: (_, row) => row.yaml !== null && (
              <Button type="link" size="small" onClick={() => void navigate({ search: (old) => ({ ...old, version: String(row.version) }) })}>
                {t('program.read')}
              </Button>
            ),
          },
        ]}
      />
      <Drawer
        open={chosen !== undefined}
        size={760}
        title={t('program.version_title', { version: chosen?.version ?? '' })}
        onClose={() => void navigate({ search: (old) => ({ ...old, version: undefined }) })}
      >
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a long text must scroll by keyboard */}
        {chosen?.yaml && <pre className="mono" tabIndex={0} style={{ overflow: 'auto', margin: 0 }}>{chosen.yaml}</pre>}
      </Drawer>
    </>
  )
}
