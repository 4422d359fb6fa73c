import { queryOptions } from '@tanstack/react-query'
import { answer, client, type Schemas } from '../../api/client'
import { readProgram, type Rung } from '../program/document'

export type MemberRow = Schemas['MemberLineBody']
export type Member = Schemas['MemberBody']
export type Identity = Schemas['IdentityBody']
export type Entry = Schemas['EntryBody']
export type Lot = Schemas['LotBody']
export type Explanation = Schemas['ExplainedBody']
export type Order = Schemas['OrderBody']
/** The standing of a member, beside the ladder of the program in force. */
export type Standing = Schemas['TierBody'] & { ladder: Rung[] }
export type Merge = Schemas['MergeRecordBody']
export type Profile = Schemas['Profile360Body']
export type Note = Schemas['NoteBody']

/** Everything about one member hangs below this key, so one change refreshes it all. */
export function memberKey(id: string, ...rest: unknown[]) {
  return ['member', id, ...rest] as const
}

export function searchMembers(body: Schemas['MemberSearchBody']) {
  return answer(client.POST('/api/v1/members/search', { body }))
}

export function memberQuery(id: string) {
  return queryOptions({
    queryKey: memberKey(id),
    queryFn: () => answer(client.GET('/api/v1/members/{id}', { params: { path: { id } } })),
  })
}

export function profileQuery(id: string) {
  return queryOptions({
    queryKey: memberKey(id, 'profile'),
    queryFn: () => answer(client.GET('/api/v1/members/{id}/profile360', { params: { path: { id } } })),
  })
}

export function tierQuery(id: string) {
  return queryOptions({
    queryKey: memberKey(id, 'tier'),
    queryFn: async (): Promise<Standing> => {
      const [standing, program] = await Promise.all([
        answer(client.GET('/api/v1/members/{id}/tier', { params: { path: { id } } })),
        answer(client.GET('/api/v1/program')),
      ])
      return { ...standing, ladder: readProgram(program.document).tiers.ladder }
    },
  })
}

export function identitiesQuery(id: string) {
  return queryOptions({
    queryKey: memberKey(id, 'identities'),
    queryFn: () => answer(client.GET('/api/v1/members/{id}/identities', { params: { path: { id } } })),
  })
}

export function loadEntries(id: string, kind: Schemas['EntryKind'] | undefined, cursor: string | undefined) {
  return answer(client.GET('/api/v1/members/{id}/points/entries', { params: { path: { id }, query: { kind, cursor, limit: 50 } } }))
}

export function loadLots(id: string, cursor: string | undefined) {
  return answer(client.GET('/api/v1/members/{id}/points/lots', { params: { path: { id }, query: { cursor, limit: 50 } } }))
}

export function explainQuery(id: string) {
  return queryOptions({
    queryKey: ['explain', id],
    queryFn: () => answer(client.GET('/api/v1/points/entries/{id}/explain', { params: { path: { id } } })),
    staleTime: Infinity,
  })
}

export function loadOrders(id: string, cursor: string | undefined) {
  return answer(client.GET('/api/v1/members/{id}/orders', { params: { path: { id }, query: { cursor, limit: 20 } } }))
}

export function mergesQuery(id: string) {
  return queryOptions({
    queryKey: memberKey(id, 'merges'),
    queryFn: () => answer(client.GET('/api/v1/members/{id}/merges', { params: { path: { id } } })),
  })
}

export function loadNotes(id: string) {
  return answer(client.GET('/api/v1/members/{id}/notes', { params: { path: { id } } }))
}
