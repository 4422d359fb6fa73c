import { queryOptions } from '@tanstack/react-query'
import { answer, client, type Schemas } from '../../api/client'

export type Review = Schemas['ReviewBody']
export type Decision = Schemas['DecisionBody']['decision']

export function loadReviews(state: Schemas['ReviewState'], cursor?: string) {
  return answer(client.GET('/api/v1/reviews', { params: { query: { state, limit: 50, cursor } } }))
}

/** How many wait, for the menu's badge. */
export const openReviewsQuery = queryOptions({
  queryKey: ['reviews', 'waiting'],
  queryFn: () => answer(client.GET('/api/v1/reviews', { params: { query: { state: 'open', limit: 100 } } })),
  refetchInterval: 60_000,
})

export function decideReview(id: string, body: Schemas['DecisionBody'], key: string) {
  return answer(client.POST('/api/v1/reviews/{id}/decide', { params: { path: { id }, header: { 'Idempotency-Key': key } }, body }))
}
