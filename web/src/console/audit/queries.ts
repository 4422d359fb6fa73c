import { answer, client, type Schemas } from '../../api/client'

export type AuditEntry = Schemas['AuditEntry']
export type AuditPageBody = Schemas['AuditPage']

export interface AuditFilter {
  member?: string
  actor?: string
  action?: string
}

export function loadAudit(filter: AuditFilter, cursor: string | undefined) {
  return answer(client.GET('/api/v1/audit', { params: { query: { ...filter, cursor, limit: '50' } } }))
}
