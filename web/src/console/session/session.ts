import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { formatIn } from '../../shared/format'
import { answer, client, onSignedOut, ProblemError, rememberCsrf, type Schemas } from '../../api/client'

export type Session = Schemas['SessionBody']

function begin(session: Session): Session {
  rememberCsrf(session.csrf)
  formatIn(session.program.time_zone)
  return session
}

/** Who is signed in; `null` when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async (): Promise<Session | null> => {
    try {
      const session = await answer(client.GET('/api/v1/session'))
      return begin(session)
    } catch (error) {
      if (error instanceof ProblemError && error.status === 401) return null
      throw error
    }
  },
  staleTime: Infinity,
  gcTime: Infinity,
  retry: (failures, error) => error instanceof ProblemError && error.status === 0 && failures < 2,
})

export async function signIn(body: Schemas['SignInBody']): Promise<Session> {
  const session = await answer(client.POST('/api/v1/session', { body }))
  return begin(session)
}

/** The session of a page that is only shown to someone signed in. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery)
  if (!data) throw new Error('useSession is for pages behind the sign-in')
  return data
}

export function useSignOut() {
  const queries = useQueryClient()
  return async () => {
    await answer(client.DELETE('/api/v1/session')).catch(() => undefined)
    rememberCsrf('')
    queries.setQueryData(sessionQuery.queryKey, null)
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' })
  }
}

let isExpired = false
const listeners = new Set<() => void>()

export function setExpired(next: boolean) {
  isExpired = next
  for (const listener of listeners) listener()
}

onSignedOut(() => setExpired(true))

/** True from the moment the server refused a request of a running session until someone signs in again. */
export function useExpired(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => isExpired,
  )
}
