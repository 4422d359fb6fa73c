import { useSession } from './session'

/** What the console asks before it offers an action; the server asks again. */
export const rights = {
  seeOverview: 'insight:read',
  seeMembers: 'members:read',
  editMembers: 'members:write',
  reveal: 'members:reveal',
  merge: 'members:merge',
  adjust: 'points:adjust',
  approve: 'points:approve',
  seePoints: 'points:read',
  seeReviews: 'reviews:read',
  decide: 'reviews:decide',
  seeAudit: 'audit:read',
  seeProgram: 'program:read',
  editProgram: 'program:write',
  checkout: 'checkout',
  seeOrders: 'orders:read',
  seeCoupons: 'coupons:read',
  issueCoupons: 'coupons:issue',
  seeWallets: 'wallet:read',
  sellWallet: 'wallet:sell',
  spendWallet: 'wallet:spend',
  export: 'export',
  manageStaff: 'staff:write',
  manageKeys: 'keys:write',
} as const

export type Right = keyof typeof rights

export function useCan(): (right: Right) => boolean {
  const session = useSession()
  return (right) => session.rights.includes(rights[right])
}
