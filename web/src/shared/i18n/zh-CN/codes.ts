/** Words for the codes of the API. A code without a word is shown as it is. */
export default {
  channel: {
    pos: '线下门店', mini_program: '微信小程序', app: 'App', web: '官网', tmall: '天猫', jd: '京东', douyin: '抖音',
    vipshop: '唯品会', wechat_shop: '微信小店', xiaohongshu: '小红书', youzan: '有赞', kuaishou: '快手', console: '后台',
  },
  role: {
    admin: '总部管理员', operator: '运营', analyst: '数据分析', finance: '财务', auditor: '审计',
    store_manager: '店长', cashier: '收银员', guide: '导购', api_client: 'API 客户端',
  },
  gender: { female: '女', male: '男', other: '其他' },
  member_status: { active: '正常', bound: '正常', unbound: '未绑手机', merged: '已并入', erased: '已注销', frozen: '已冻结' },
  identity_kind: {
    phone: '手机号', unionid: 'UnionID', openid: 'OpenID', buyer_id: '平台买家 ID', alipay_id: '支付宝 ID', card: '会员卡号',
    email: '邮箱', crm_id: 'CRM 编号', phone_token: '平台手机号密文', phone_masked: '平台脱敏手机号',
  },
  entry_kind: {
    earn: '获得', mature: '生效', spend: '使用', hold: '冻结', release: '解冻', restore: '退回', clawback: '扣回',
    repay: '抵欠', expire: '过期', adjust: '人工调整', migrate: '迁入', transfer: '合并转移',
  },
  lot_state: { open: '可用', pending: '待生效', used: '已用完', expired: '已过期', clawed_back: '已扣回' },
  lot_source: { order: '订单', award: '奖励', join: '入会奖励', adjust: '人工调整', migrate: '迁移', restore: '退回' },
  order_status: { placed: '待付款', paid: '已付款', shipped: '已发货', completed: '已完成', closed: '已关闭' },
  refund_status: { waiting: '等待订单', done: '已处理', dead: '无法处理' },
  stacking: { multiply: '连乘', add: '相加', highest: '取最高' },
  rounding: { floor: '向下取整', half_up: '四舍五入', ceil: '向上取整' },
  cap: { order: '每单上限', member_day: '每人每日上限', member_month: '每人每月上限', budget: '活动预算' },
  tier_cause: {
    join: '入会', joined: '入会', upgrade: '升级', kept: '保级', keep: '保级', downgrade: '降级', merge: '合并', unmerge: '撤销合并',
    grant: '人工授予', ladder: '等级表调整', granted: '人工授予', migrate: '迁入', review: '到期评定',
  },
  review_cause: {
    abuse: '疑似异常', second_phone: '会员已有另一个手机号', different_phones: '两个不同的已验证手机号', birthdays_differ: '生日互相矛盾',
  },
  abuse_by: { member: '同一会员', device: '同一设备', shop: '同一门店' },
  abuse_counts: { claims: '领券', redemptions: '核销优惠券', orders: '积分订单', till_orders: '同一收银台的积分订单', returns: '整单退货' },
  decision: { release: '放行', void: '作废', merge: '合并', keep_apart: '保持分开', move_phone: '迁移手机号' },
  version_state: { active: '生效中', in_force: '生效中', scheduled: '待生效', retired: '已失效', draft: '草稿' },
  actor_kind: { staff: '员工', key: 'API 密钥', system: '系统', member: '会员' },
  object_kind: { member: '会员', order: '订单', program: '会员体系', staff: '员工账号', key: 'API 密钥', review: '审核', merge: '合并', session: '登录', identity: '身份' },
  action: {
    session_begin: '登录', session_refuse: '登录失败', session_end: '退出登录',
    member_join: '入会', member_change: '修改资料', member_bind: '绑定身份', member_unbind: '解绑身份', member_phone: '更换手机号', member_reveal: '查看敏感信息', member_merge: '合并会员', member_unmerge: '撤销合并', note_add: '添加备注',
    points_adjust: '调整积分', points_adjust_ask: '申请调整积分', points_adjust_approve: '批准积分调整', points_adjust_reject: '拒绝积分调整', points_undo: '撤销积分调整', review_decide: '审核决定',
    program_create: '创建会员体系', program_draft: '保存规则草稿', program_publish: '发布规则', staff_create: '新建账号', staff_change: '修改账号', staff_password: '修改密码', staff_totp_on: '开启动态验证码', staff_totp_off: '关闭动态验证码', key_create: '创建密钥', key_revoke: '吊销密钥',
    coupon_template_make: '新建券模板', coupon_template_change: '修改券模板', coupon_issue: '发放优惠券', coupon_revoke: '作废优惠券', coupon_batch_make: '生成券码', coupon_batch_import: '导入券码', coupon_batch_export: '导出券码',
    wallet_top_up: '储值充值', wallet_refund_top_up: '充值退款', mall_make_good: '新建商城商品', mall_change_good: '修改商城商品', mall_return: '退回兑换',
    channel_register: '登记渠道', setting_put: '修改设置',
  },
  scope: {
    orders_write: '写入订单与退款', members_read: '查询会员', members_write: '入会与修改资料', points_read: '查询积分', points_hold: '冻结与使用积分', points_adjust: '调整积分', orders_read: '查询订单', insight_read: '读取数据看板',
    checkout: '报价与核销', program_read: '读取规则', audit_read: '读取审计日志',
  },
}
