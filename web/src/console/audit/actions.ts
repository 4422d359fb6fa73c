/** The actions one can filter the log by; each has a word in every language. */
export const actions = [
  'session.begin', 'session.refuse', 'session.end',
  'member.join', 'member.change', 'member.bind', 'member.unbind', 'member.phone', 'member.reveal', 'member.merge', 'member.unmerge', 'note.add',
  'points.adjust', 'points.adjust_ask', 'points.adjust_approve', 'points.adjust_reject', 'points.undo', 'review.decide',
  'program.create', 'program.draft', 'program.publish', 'staff.create', 'staff.change', 'staff.password', 'staff.totp_on', 'staff.totp_off', 'key.create', 'key.revoke',
  'coupon_template.make', 'coupon_template.change', 'coupon.issue', 'coupon.revoke', 'coupon_batch.make', 'coupon_batch.import', 'coupon_batch.export',
  'wallet.top_up', 'wallet.refund_top_up', 'mall.make_good', 'mall.change_good', 'mall.return',
  'channel.register', 'setting.put',
] as const
