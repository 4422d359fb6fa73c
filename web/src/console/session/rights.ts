import { useSession } from './session'

/** What the console asks before it offers an action; the server asks again. */
export const rights = {
  seeOverview: 'overview.read',
  seeMembers: 'members.read',
  editMembers: 'members.write',
  reveal: 'members.reveal',
  merge: 'members.merge',
  adjust: 'points.adjust',
  decide: 'reviews.decide',
  seeAudit: 'audit.read',
  editProgram: 'program.write',
  publish: 'program.publish',
  manageStaff: 'staff.manage',
  manageKeys: 'keys.manage',
} as const

export type Right = keyof typeof rights

export function useCan(): (right: Right) => boolean {
  const session = useSession()
  return (right) => session.rights.includes(rights[right])
}
