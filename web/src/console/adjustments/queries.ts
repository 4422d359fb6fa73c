import { queryOptions } from '@tanstack/react-query'
import { answer, client, type Schemas } from '../../api/client'

export type Adjustment = Schemas['PointsAdjustmentBody']
export type Verdict = 'approve' | 'reject'

export const adjustmentStates = ['pending', 'approved', 'rejected'] as const
export type AdjustmentState = (typeof adjustmentStates)[number]

export function loadAdjustments(state: AdjustmentState, cursor?: string) {
  return answer(client.GET('/api/v1/points/adjustments', { params: { query: { state, limit: 50, cursor } } }))
}

/** How many wait, for the menu's badge. */
export const waitingAdjustmentsQuery = queryOptions({
  queryKey: ['adjustments', 'waiting'],
  queryFn: () => answer(client.GET('/api/v1/points/adjustments', { params: { query: { state: 'pending', limit: 100 } } })),
  refetchInterval: 60_000,
})

export function decideAdjustment(id: string, body: Schemas['AdjustmentDecisionBody'], key: string) {
  return answer(client.POST('/api/v1/points/adjustments/{id}/decide', { params: { path: { id }, header: { 'Idempotency-Key': key } }, body }))
}

/** Up to how many points somebody adjusts alone. */
export const limitsQuery = queryOptions({
  queryKey: ['adjustments', 'limits'],
  queryFn: () => answer(client.GET('/api/v1/points/adjustments/limits')),
})

export function putLimits(body: Schemas['AdjustmentLimitsBody']) {
  return answer(client.PUT('/api/v1/points/adjustments/limits', { body }))
}
