import { shiftDays, startOfDay } from '../../shared/format'
import { answer, client, type Schemas } from '../../api/client'

export type AuditEntry = Schemas['AuditEntry']
export type AuditPageBody = Schemas['AuditPage']

/** Days are business days, both included. */
export interface AuditFilter {
  member?: string
  actor?: string
  action?: string
  object?: string
  from?: string
  to?: string
}

export function loadAudit(filter: AuditFilter, cursor: string | undefined) {
  const { from, to, ...about } = filter
  const span = { ...(from ? { from: startOfDay(from) } : {}), ...(to ? { to: startOfDay(shiftDays(to, 1)) } : {}) }
  return answer(client.GET('/api/v1/audit', { params: { query: { ...about, ...span, cursor, limit: 50 } } }))
}
