import { queryOptions } from '@tanstack/react-query'
import { answer, client, type Schemas } from '../../api/client'
import { memberKey } from '../members/queries'
import { list, tree, type Tree } from '../program/draft'

export type Settlement = Schemas['SettlementBody']
export type WalletEntry = Schemas['WalletEntryBody']
export type TopUp = Schemas['TopUpShownBody']

/** A top-up on offer, as the document has it. */
export interface Plan {
  id: string
  name?: { zh?: string; en?: string }
  principal: number
  bonus?: number
  coupon_template?: string | null
}

export interface WalletRules {
  plans: Plan[]
  spendOrder: string
  limits: { named: number; unnamed: number }
  bonusDays: number | null
  restoreGraceDays: number
}

const whole = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : otherwise)

/** The section `wallet` of a document; what is absent becomes the program's default. */
export function walletOf(document: unknown): WalletRules {
  const section = tree(tree(document)['wallet'])
  const limits = tree(section['limits'])
  return {
    plans: list(section['plans']).filter((plan) => typeof tree(plan)['id'] === 'string').map((plan) => plan as Plan),
    spendOrder: typeof section['spend_order'] === 'string' ? section['spend_order'] : 'pro_rata',
    limits: { named: whole(limits['named'], 500_000), unnamed: whole(limits['unnamed'], 100_000) },
    bonusDays: typeof section['bonus_days'] === 'number' ? section['bonus_days'] : null,
    restoreGraceDays: whole(section['restore_grace_days'], 30),
  }
}

export function putPlan(document: Tree, plan: Plan): Tree {
  const section = tree(document['wallet'])
  const plans = [...list(section['plans'])]
  const known = plans.findIndex((one) => tree(one)['id'] === plan.id)
  plans[known === -1 ? plans.length : known] = plan
  return { ...document, wallet: { ...section, plans } }
}

export function withoutPlan(document: Tree, id: string): Tree {
  const section = tree(document['wallet'])
  return { ...document, wallet: { ...section, plans: list(section['plans']).filter((one) => tree(one)['id'] !== id) } }
}

export function settlementQuery(from: string, until: string) {
  return queryOptions({
    queryKey: ['settlement', from, until],
    queryFn: () => answer(client.GET('/api/v1/wallet/settlement', { params: { query: { from, until } } })),
  })
}

export function walletQuery(member: string) {
  return queryOptions({
    queryKey: memberKey(member, 'wallet'),
    queryFn: () => answer(client.GET('/api/v1/members/{id}/wallet', { params: { path: { id: member } } })),
  })
}

export function loadWalletEntries(member: string, cursor?: string) {
  return answer(client.GET('/api/v1/members/{id}/wallet/entries', { params: { path: { id: member }, query: { limit: 50, cursor } } }))
}

export function loadTopUps(member: string, cursor?: string) {
  return answer(client.GET('/api/v1/members/{id}/wallet/top-ups', { params: { path: { id: member }, query: { limit: 50, cursor } } }))
}

export function topUp(member: string, body: Schemas['TopUpBody'], key: string) {
  return answer(client.POST('/api/v1/members/{id}/wallet/top-ups', { params: { path: { id: member }, header: { 'Idempotency-Key': key } }, body }))
}

export function refundTopUp(id: string, body: Schemas['TopUpRefundBody'], key: string) {
  return answer(client.POST('/api/v1/wallet/top-ups/{id}/refunds', { params: { path: { id }, header: { 'Idempotency-Key': key } }, body }))
}
