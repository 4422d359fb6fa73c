/** Words for the codes of the API. A code without a word is shown as it is. */
export default {
  channel: {
    pos: 'Stores', mini_program: 'Mini-program', app: 'App', web: 'Web shop', tmall: 'Tmall', jd: 'JD', douyin: 'Douyin',
    vipshop: 'Vipshop', wechat_shop: 'WeChat shop', xiaohongshu: 'Xiaohongshu', youzan: 'Youzan', kuaishou: 'Kuaishou', console: 'Console',
  },
  role: {
    admin: 'HQ admin', operator: 'Operator', analyst: 'Analyst', finance: 'Finance', auditor: 'Auditor',
    store_manager: 'Store manager', cashier: 'Cashier', guide: 'Guide', api_client: 'API client',
  },
  gender: { female: 'Female', male: 'Male', other: 'Other' },
  member_status: { active: 'Active', bound: 'Active', unbound: 'No phone yet', merged: 'Merged away', erased: 'Erased', frozen: 'Frozen' },
  identity_kind: {
    phone: 'Phone', unionid: 'UnionID', openid: 'OpenID', buyer_id: 'Platform buyer ID', alipay_id: 'Alipay ID', card: 'Card number',
    email: 'E-mail', crm_id: 'CRM number', phone_token: 'Platform phone token', phone_masked: 'Platform masked phone',
  },
  entry_kind: {
    earn: 'Earned', mature: 'Matured', spend: 'Spent', hold: 'Held', release: 'Released', restore: 'Restored', clawback: 'Clawed back',
    repay: 'Debt repaid', expire: 'Expired', adjust: 'Adjusted', migrate: 'Migrated', transfer: 'Transferred',
  },
  lot_state: { open: 'Open', pending: 'Pending', used: 'Used', expired: 'Expired', clawed_back: 'Clawed back' },
  lot_source: { order: 'Order', award: 'Award', join: 'Join award', adjust: 'Adjustment', migrate: 'Migration', restore: 'Restored' },
  order_status: { placed: 'Placed', paid: 'Paid', shipped: 'Shipped', completed: 'Completed', closed: 'Closed' },
  refund_status: { waiting: 'Waits for its order', done: 'Done', dead: 'Cannot be done' },
  stacking: { multiply: 'multiplied', add: 'added', highest: 'the highest alone' },
  rounding: { floor: 'rounded down', half_up: 'rounded half up', ceil: 'rounded up' },
  cap: { order: 'Cap per order', member_day: 'Cap per member and day', member_month: 'Cap per member and month', budget: 'Campaign budget' },
  tier_cause: {
    join: 'Joined', joined: 'Joined', upgrade: 'Upgraded', kept: 'Kept', keep: 'Kept', downgrade: 'Downgraded', merge: 'Merged', unmerge: 'Merge undone',
    grant: 'Granted', ladder: 'The ladder changed', granted: 'Granted', migrate: 'Migrated', review: 'Reviewed at period end',
  },
  review_cause: {
    abuse: 'Looks like abuse', second_phone: 'The member has another phone', different_phones: 'Two different verified phones', birthdays_differ: 'Birthdays contradict',
  },
  abuse_by: { member: 'one member', device: 'one device', shop: 'one shop' },
  abuse_counts: { claims: 'coupon claims', redemptions: 'coupons redeemed', orders: 'orders that earn', till_orders: 'orders that earn at one till', returns: 'whole orders returned' },
  decision: { release: 'Released', void: 'Voided', merge: 'Merged', keep_apart: 'Kept apart', move_phone: 'Phone moved' },
  version_state: { active: 'In force', in_force: 'In force', scheduled: 'Scheduled', retired: 'Retired', draft: 'Draft' },
  actor_kind: { staff: 'staff', key: 'API key', system: 'system', member: 'member' },
  object_kind: { member: 'Member', order: 'Order', program: 'Program', staff: 'Staff account', key: 'API key', review: 'Review', merge: 'Merge', session: 'Session', identity: 'Identity' },
  action: {
    session_begin: 'Signed in', session_refuse: 'Sign-in refused', session_end: 'Signed out',
    member_join: 'Joined', member_change: 'Changed profile', member_bind: 'Bound an identity', member_unbind: 'Unbound an identity', member_phone: 'Changed the phone', member_reveal: 'Revealed personal data', member_merge: 'Merged members', member_unmerge: 'Undid a merge', note_add: 'Added a note',
    points_adjust: 'Adjusted points', points_adjust_ask: 'Asked to adjust points', points_adjust_approve: 'Approved an adjustment', points_adjust_reject: 'Refused an adjustment', points_undo: 'Took an adjustment back', review_decide: 'Decided a review',
    program_create: 'Created the program', program_draft: 'Saved the draft', program_publish: 'Published rules', staff_create: 'Created an account', staff_change: 'Changed an account', staff_password: 'Changed a password', staff_totp_on: 'Turned two-step sign-in on', staff_totp_off: 'Turned two-step sign-in off', key_create: 'Created a key', key_revoke: 'Revoked a key',
    coupon_template_make: 'Make a coupon template', coupon_template_change: 'Change a coupon template', coupon_issue: 'Give coupons', coupon_revoke: 'Revoke a coupon', coupon_batch_make: 'Make coupon codes', coupon_batch_import: 'Import coupon codes', coupon_batch_export: 'Export coupon codes',
    wallet_top_up: 'Top up a wallet', wallet_refund_top_up: 'Refund a top-up', mall_make_good: 'Make a mall good', mall_change_good: 'Change a mall good', mall_return: 'Take an exchange back',
    channel_register: 'Registered a channel', setting_put: 'Changed a setting',
  },
  scope: {
    orders_write: 'Write orders and refunds', members_read: 'Look up members', members_write: 'Join and edit members', points_read: 'Read points', points_hold: 'Hold and spend points', points_adjust: 'Adjust points', orders_read: 'Read orders', insight_read: 'Read the boards',
    checkout: 'Quote and redeem', program_read: 'Read the rules', audit_read: 'Read the audit log',
  },
}
