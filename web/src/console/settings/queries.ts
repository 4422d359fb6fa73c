import { answer, client, type Schemas } from '../../api/client'

export type Staff = Schemas['StaffBody']
export type Key = Schemas['KeyBody']

export const roles = ['admin', 'operator', 'analyst', 'finance', 'auditor', 'store_manager', 'cashier', 'guide'] as const
/** Roles that see the shops they are given and no others. */
export const shopRoles: ReadonlySet<string> = new Set(['store_manager', 'cashier', 'guide'])
export const scopes = [
  'orders:write', 'orders:read', 'members:read', 'members:write', 'points:read', 'points:hold', 'points:adjust', 'checkout', 'program:read', 'insight:read', 'audit:read',
] as const

export function loadStaff() {
  return answer(client.GET('/api/v1/staff'))
}

export function editStaff(id: string, body: Schemas['StaffPatch']) {
  return answer(client.PATCH('/api/v1/staff/{id}', { params: { path: { id } }, body }))
}

export function loadKeys() {
  return answer(client.GET('/api/v1/keys'))
}
