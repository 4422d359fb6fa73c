import { CheckCircleOutlined, CloudUploadOutlined, SaveOutlined } from '@ant-design/icons'
import type { EditorView } from '@codemirror/view'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Card } from 'antd'
import { useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stringify } from 'yaml'
import { answer, client, ProblemError, type Schemas } from '../../api/client'
import { useWrite } from '../../api/write'
import { When } from '../../shared/ui/Marks'
import { Problem } from '../../shared/ui/Problem'
import { useCan } from '../session/rights'
import { Editor, show, type Finding } from './Editor'
import { findingText } from './draft'
import { locate, yamlErrors } from './locate'
import { Publish } from './Publish'
import { programQuery, saveDraft, type Program } from './queries'

type Check = Schemas['CheckedBody']

function findingsOf(text: string, check: Check): Finding[] {
  const place = (severity: Finding['severity']) => (problem: Check['errors'][number]): Finding => ({
    ...locate(text, problem.pointer),
    message: findingText(problem),
    pointer: problem.pointer,
    severity,
  })
  return [...check.errors.map(place('error')), ...check.warnings.map(place('warning'))]
}

/** The draft of the next version: edit, check at the server, publish now or at a time. */
export function Draft({ program }: { program: Program }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const can = useCan()
  const queries = useQueryClient()
  const view = useRef<EditorView | null>(null)
  const [initial] = useState(() => stringify((program.draft ?? program).document))
  const [text, setText] = useState(initial)
  const [checked, setChecked] = useState<{ text: string; findings: Finding[] } | null>(null)
  const [isPublishing, setIsPublishing] = useState(false)
  const mayEdit = can('editProgram')
  const isChecked = checked?.text === text
  const isSound = isChecked && !checked.findings.some((finding) => finding.severity === 'error')
  const findings = useMemo(() => checked?.findings ?? [], [checked])

  const check = useMutation({
    mutationFn: async (yaml: string): Promise<Finding[]> => {
      const broken = yamlErrors(yaml)
      if (broken.length > 0) return broken.map((error) => ({ ...error, severity: 'error', pointer: '' }))
      try {
        // The server checks the draft it holds.
        await saveDraft(yaml)
        return findingsOf(yaml, await answer(client.POST('/api/v1/program/draft/check')))
      } catch (error) {
        if (error instanceof ProblemError && error.fields.length > 0) {
          return findingsOf(yaml, { ok: false, warnings: [], errors: error.fields.map((field) => ({ ...field, code: error.code, severity: 'error' })) })
        }
        throw error
      }
    },
    onSuccess: (found, yaml) => setChecked({ text: yaml, findings: found }),
  })
  const save = useWrite(
    (yaml: string) => saveDraft(yaml),
    { stale: [programQuery.queryKey], onDone: () => void message.success(t('program.saved')) },
  )
  const publish = async () => {
    await save.mutateAsync(text)
    setIsPublishing(true)
  }

  return (
    <div className="draft">
      <Card>
        <div className="stack" style={{ gap: 12 }}>
          <div className="row between">
            <span className="muted">
              {program.draft
                ? <>{t('program.draft_by', { by: program.draft.updated_by })} <When at={program.draft.updated_at} /></>
                : t('program.draft_from', { version: program.version })}
            </span>
            {mayEdit && (
              <span className="row">
                <Button icon={<SaveOutlined />} loading={save.isPending} onClick={() => save.mutate(text)}>{t('program.save_draft')}</Button>
                <Button type={isSound ? 'default' : 'primary'} icon={<CheckCircleOutlined />} loading={check.isPending} onClick={() => check.mutate(text)}>{t('program.check')}</Button>
                <Button type={isSound ? 'primary' : 'default'} icon={<CloudUploadOutlined />} disabled={!isSound} onClick={() => void publish()}>{t('program.publish')}</Button>
              </span>
            )}
          </div>
          {save.error && <Problem error={save.error} />}
          <Editor initial={initial} findings={findings} label={t('program.editor')} isReadOnly={!mayEdit} onChange={setText} view={view} />
          <span className="muted">{t('program.editor_help')}</span>
        </div>
      </Card>
      <Card title={<h2 className="card-title">{t('program.findings')}</h2>}>
        <div aria-live="polite">
          {check.error ? <Problem error={check.error} retry={() => check.mutate(text)} /> : !checked ? (
            <p className="muted">{t('program.not_checked')}</p>
          ) : (
            <>
              {!isChecked && <Alert type="warning" showIcon title={t('program.changed_since')} style={{ marginBottom: 12 }} />}
              {findings.length === 0 && <Alert type="success" showIcon title={t('program.sound')} />}
              {findings.map((finding) => (
                <button key={`${finding.pointer}${finding.from}${finding.message}`} type="button" className={`finding ${finding.severity}`} onClick={() => show(view.current, finding)}>
                  <span>
                    <strong>{t(finding.severity === 'error' ? 'program.error_at' : 'program.warning_at', { line: finding.line })}</strong>
                    <span style={{ display: 'block' }}>{finding.message}</span>
                    {finding.pointer && <span className="mono">{finding.pointer}</span>}
                  </span>
                </button>
              ))}
            </>
          )}
        </div>
      </Card>
      <Publish
        open={isPublishing}
        onClose={() => setIsPublishing(false)}
        onPublished={() => void queries.invalidateQueries({ queryKey: ['program'] })}
      />
    </div>
  )
}
