import { answer, client, type Schemas } from '../../api/client'

export type AuditEntry = Schemas['AuditLineBody']
export type AuditPageBody = Schemas['AuditBody']

export interface AuditFilter {
  member?: string
  actor?: string
  action?: string
}

export function loadAudit(filter: AuditFilter, cursor: string | undefined) {
  return answer(client.GET('/api/v1/audit', { params: { query: { ...filter, cursor, limit: 50 } } }))
}
