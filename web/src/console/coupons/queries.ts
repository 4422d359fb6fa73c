import { queryOptions } from '@tanstack/react-query'
import { answer, client, type Schemas } from '../../api/client'

export type Template = Schemas['TemplateBody']
export type TemplateShown = Schemas['TemplateShownBody']
export type Coupon = Schemas['CouponBody']
export type CouponEvent = Schemas['CouponEventBody']
export type Batch = Schemas['BatchBody']

export function loadTemplates(cursor?: string) {
  return answer(client.GET('/api/v1/coupon-templates', { params: { query: { limit: 50, cursor } } }))
}

/** The first hundred templates, to choose one from. */
export const templatesQuery = queryOptions({
  queryKey: ['coupon-templates', 'choice'],
  queryFn: () => answer(client.GET('/api/v1/coupon-templates', { params: { query: { limit: 100 } } })),
  staleTime: 60_000,
})

export function templateQuery(id: string) {
  return queryOptions({
    queryKey: ['coupon-templates', id],
    queryFn: () => answer(client.GET('/api/v1/coupon-templates/{id}', { params: { path: { id } } })),
  })
}

export function makeTemplate(body: Template, key: string) {
  return answer(client.POST('/api/v1/coupon-templates', { params: { header: { 'Idempotency-Key': key } }, body }))
}

export function changeTemplate(id: string, body: Schemas['TemplateChangeBody']) {
  return answer(client.PATCH('/api/v1/coupon-templates/{id}', { params: { path: { id } }, body }))
}

export function issueCoupons(template: string, body: Schemas['IssueBody'], key: string) {
  return answer(client.POST('/api/v1/coupon-templates/{id}/issue', { params: { path: { id: template }, header: { 'Idempotency-Key': key } }, body }))
}

export function loadBatches(template: string, cursor?: string) {
  return answer(client.GET('/api/v1/coupon-templates/{id}/batches', { params: { path: { id: template }, query: { limit: 50, cursor } } }))
}

export function makeBatch(template: string, body: Schemas['NewBatchBody'], key: string) {
  return answer(client.POST('/api/v1/coupon-templates/{id}/batches', { params: { path: { id: template }, header: { 'Idempotency-Key': key } }, body }))
}

export function importCodes(template: string, body: Schemas['ImportCodesBody'], key: string) {
  return answer(client.POST('/api/v1/coupon-templates/{id}/codes', { params: { path: { id: template }, header: { 'Idempotency-Key': key } }, body }))
}

/** The code goes in a body: it is as good as money and has no place in an address. */
export function lookUp(code: string) {
  return answer(client.POST('/api/v1/coupons/lookup', { body: { code } }))
}

export function loadHistory(coupon: string, cursor?: string) {
  return answer(client.GET('/api/v1/coupons/{id}/history', { params: { path: { id: coupon }, query: { limit: 50, cursor } } }))
}

export function revokeCoupon(coupon: string, reason: string) {
  return answer(client.POST('/api/v1/coupons/{id}/revoke', { params: { path: { id: coupon } }, body: { reason } }))
}

export function loadCoupons(member: string, cursor?: string) {
  return answer(client.GET('/api/v1/members/{id}/coupons', { params: { path: { id: member }, query: { limit: '50', cursor } } }))
}
