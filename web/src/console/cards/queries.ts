import { queryOptions } from '@tanstack/react-query'
import { answer, client, type Schemas } from '../../api/client'
import { memberKey } from '../members/queries'
import { list, tree } from '../program/draft'

export type Card = Schemas['CardBody']
export type Visit = Schemas['VisitShownBody']

export interface Gift { points?: number; coupons?: string[] }

/** A card that the program sells, as its document has it. */
export interface CardRule {
  id: string
  name?: { zh?: string; en?: string }
  kind: 'benefit' | 'service'
  price?: { money?: number | null; points?: number | null }
  validity?: { kind: 'days' | 'months' | 'until'; days?: number; months?: number; date?: string }
  per_member?: number | null
  from?: string | null
  until?: string | null
  paused?: boolean
  refund?: 'unused' | 'pro_rata'
  gifts?: { at_sale?: Gift | null; monthly?: Gift | null }
  visits?: number | null
  visits_per_day?: number | null
  share_with_max?: number
}

export function cardsOf(document: unknown): CardRule[] {
  return list(tree(document)['cards']).filter((card) => typeof tree(card)['id'] === 'string').map((card) => card as CardRule)
}

export function loadCards(member: string, cursor?: string) {
  return answer(client.GET('/api/v1/members/{id}/cards', { params: { path: { id: member }, query: { limit: 50, cursor } } }))
}

export function sellCard(member: string, body: Schemas['SellBody'], key: string) {
  return answer(client.POST('/api/v1/members/{id}/cards', { params: { path: { id: member }, header: { 'Idempotency-Key': key } }, body }))
}

export function refundCard(card: string, reason: string, key: string) {
  return answer(client.POST('/api/v1/cards/{id}/refunds', { params: { path: { id: card }, header: { 'Idempotency-Key': key } }, body: { reason } }))
}

export function revokeCard(card: string, reason: string, key: string) {
  return answer(client.POST('/api/v1/cards/{id}/revoke', { params: { path: { id: card }, header: { 'Idempotency-Key': key } }, body: { reason } }))
}

export function loadVisits(card: string, cursor?: string) {
  return answer(client.GET('/api/v1/cards/{id}/visits', { params: { path: { id: card }, query: { limit: 50, cursor } } }))
}

export function takeVisits(card: string, body: Schemas['VisitBody'], key: string) {
  return answer(client.POST('/api/v1/cards/{id}/visits', { params: { path: { id: card }, header: { 'Idempotency-Key': key } }, body }))
}

export function undoVisit(visit: string, reason: string, key: string) {
  return answer(client.POST('/api/v1/visits/{id}/undo', { params: { path: { id: visit }, header: { 'Idempotency-Key': key } }, body: { reason } }))
}

export function benefitsQuery(member: string) {
  return queryOptions({
    queryKey: memberKey(member, 'benefits'),
    queryFn: () => answer(client.GET('/api/v1/members/{id}/benefits', { params: { path: { id: member } } })),
  })
}
