import { useTranslation } from 'react-i18next'
import { answer, client } from '../../api/client'
import { DataTable } from '../../shared/ui/DataTable'
import { State, useWord, When, Who, type Tone } from '../../shared/ui/Marks'
import { usePages } from '../../shared/ui/usePages'
import type { Version } from './queries'

const toneOfVersion: Record<string, Tone> = { active: 'good', scheduled: 'busy', retired: 'calm' }

export function Versions() {
  const { t } = useTranslation()
  const word = useWord()
  const pages = usePages<Version>(['program-versions'], () => answer(client.GET('/api/v1/program/versions')))
  return (
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
          { title: t('program.published_by'), dataIndex: 'published_by', render: (by: string) => <Who label={by} /> },
          { title: t('program.note'), dataIndex: 'note', className: 'wrap', render: (note: string | null) => note ?? <span className="muted">—</span> },
        ]}
      />
  )
}
