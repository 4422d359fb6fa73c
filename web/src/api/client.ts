import createClient from 'openapi-fetch'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

/** An answer of the server that is not a success, or no answer at all (`status` 0). */
export class ProblemError extends Error {
  readonly status: number
  readonly code: string
  readonly title: string | undefined
  readonly detail: string | undefined
  readonly requestId: string | undefined
  readonly fields: { pointer: string; message: string }[]

  constructor(status: number, body: Partial<Schemas['Problem']>, requestId?: string) {
    super(body.detail ?? body.title ?? `HTTP ${status}`)
    this.name = 'ProblemError'
    this.status = status
    this.code = body.code ?? (status === 0 ? 'network' : `http.${status}`)
    this.title = body.title ?? undefined
    this.detail = body.detail ?? undefined
    this.requestId = body.request_id ?? requestId
    this.fields = (body.errors ?? []).map(({ pointer, message }) => ({ pointer, message }))
  }
}

let csrfToken = ''
let whenSignedOut: () => void = () => {}

/** Every unsafe request carries this token from now on. */
export function rememberCsrf(token: string) {
  csrfToken = token
}

/** `listener` is called when the server says that the session is over. */
export function onSignedOut(listener: () => void) {
  whenSignedOut = listener
}

export const client = createClient<paths>({
  baseUrl: globalThis.location.origin,
  credentials: 'same-origin',
  fetch: (request) => globalThis.fetch(request),
})

client.use({
  onRequest({ request }) {
    if (!['GET', 'HEAD'].includes(request.method) && csrfToken) request.headers.set('X-CSRF-Token', csrfToken)
    request.headers.set('Accept', 'application/json')
    // The server tells what went wrong in the language of the page, not of the browser.
    request.headers.set('Accept-Language', document.documentElement.lang)
    return request
  },
})

interface Answered<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The body of a success; anything else is thrown as a `ProblemError`. */
export async function answer<T>(pending: Promise<Answered<T>>): Promise<T> {
  let answered: Answered<T>
  try {
    answered = await pending
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ProblemError(0, { detail: cause instanceof Error ? cause.message : String(cause) })
  }
  const { data, error, response } = answered
  if (response.ok) return data as T
  const problem = typeof error === 'object' && error !== null ? (error as Partial<Schemas['Problem']>) : {}
  if (response.status === 401 && !new URL(response.url || '/', location.origin).pathname.startsWith('/api/v1/session')) {
    whenSignedOut()
  }
  throw new ProblemError(response.status, problem, response.headers.get('x-request-id') ?? undefined)
}

/** A fresh idempotency key; also where the page is served without TLS and `randomUUID` is missing. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
