/** The actions one can filter the log by; each has a word in every language. */
export const actions = [
  'session.sign_in', 'session.sign_in_failed', 'session.sign_out', 'session.password',
  'member.join', 'member.change', 'member.bind', 'member.unbind', 'member.phone', 'member.reveal', 'member.merge', 'member.unmerge', 'member.note',
  'points.adjust', 'review.decide',
  'program.save_draft', 'program.publish', 'staff.create', 'staff.edit', 'key.create', 'key.revoke',
] as const
