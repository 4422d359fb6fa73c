import { useQuery } from '@tanstack/react-query'
import { Spin } from 'antd'
import { useTranslation } from 'react-i18next'
import { Problem } from '../../shared/ui/Problem'
import { Shell } from '../layout/Shell'
import { sessionQuery } from './session'
import { SignInPage } from './SignInPage'

/** The console for someone signed in, the sign-in for everyone else; the URL stays as it is. */
export function Gate() {
  const { t } = useTranslation()
  const session = useQuery(sessionQuery)
  if (session.isPending) return <div className="gate" role="status" aria-label={t('common.loading')}><Spin /></div>
  if (session.error) return <main className="gate"><Problem error={session.error} retry={() => void session.refetch()} /></main>
  return session.data ? <Shell /> : <SignInPage />
}
