import { queryOptions } from '@tanstack/react-query'
import { answer, client, type Schemas } from '../../api/client'

export type Good = Schemas['GoodBody']
export type GoodShown = Schemas['GoodShownBody']
export type Exchange = Schemas['ExchangeBody']

export function loadGoods(listed: boolean | undefined, cursor?: string) {
  return answer(client.GET('/api/v1/mall/goods', { params: { query: { listed, limit: '50', cursor } } }))
}

/** The first hundred goods, by number and to choose from. */
export const goodsQuery = queryOptions({
  queryKey: ['goods', 'choice'],
  queryFn: () => answer(client.GET('/api/v1/mall/goods', { params: { query: { limit: '100' } } })),
  staleTime: 60_000,
})

export function makeGood(body: Good, key: string) {
  return answer(client.POST('/api/v1/mall/goods', { params: { header: { 'Idempotency-Key': key } }, body }))
}

export function changeGood(id: string, body: Schemas['GoodChangeBody']) {
  return answer(client.PATCH('/api/v1/mall/goods/{id}', { params: { path: { id } }, body }))
}

export function loadExchanges(member: string, cursor?: string) {
  return answer(client.GET('/api/v1/members/{id}/exchanges', { params: { path: { id: member }, query: { limit: 50, cursor } } }))
}

export function takeGood(member: string, body: Schemas['TakeBody'], key: string) {
  return answer(client.POST('/api/v1/members/{id}/exchanges', { params: { path: { id: member }, header: { 'Idempotency-Key': key } }, body }))
}

/** The code goes in a body: whoever has it gets the goods. */
export function handOver(body: Schemas['PickUpBody'], key: string) {
  return answer(client.POST('/api/v1/mall/pick-ups', { params: { header: { 'Idempotency-Key': key } }, body }))
}

export function markSent(exchange: string) {
  return answer(client.POST('/api/v1/mall/exchanges/{id}/sent', { params: { path: { id: exchange } } }))
}

export function returnExchange(exchange: string, reason: string, key: string) {
  return answer(client.POST('/api/v1/mall/exchanges/{id}/return', { params: { path: { id: exchange }, header: { 'Idempotency-Key': key } }, body: { reason } }))
}
