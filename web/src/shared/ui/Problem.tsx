import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { ProblemError } from '../../api/client'

/** What to tell someone about `error`: by its code when we have words for it, else what the server calls it in this language. */
export function useProblemText() {
  const { t, i18n } = useTranslation()
  return (error: unknown): string => {
    if (!(error instanceof ProblemError)) return error instanceof Error ? error.message : String(error)
    const key = `problem.${error.code.replaceAll('.', '_')}`
    if (i18n.exists(key)) return t(key)
    return error.title ?? error.detail ?? t('problem.unknown', { code: error.code })
  }
}

/** The error state of a block, with retry and what support needs to find it. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation()
  const text = useProblemText()
  const code = error instanceof ProblemError ? error.code : null
  const requestId = error instanceof ProblemError ? error.requestId : undefined
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={text(error)}
      description={code && (
        <>
          {error instanceof ProblemError && error.fields.map((field) => <div key={field.pointer}>{field.message} <span className="mono">{field.pointer}</span></div>)}
          <span className="muted">{requestId ? `${code} · ${t('problem.request', { id: requestId })}` : code}</span>
        </>
      )}
      action={retry && <Button size="small" onClick={retry}>{t('common.retry')}</Button>}
    />
  )
}
