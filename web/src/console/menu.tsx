import { AuditOutlined, CalendarOutlined, CarryOutOutlined, DashboardOutlined, GiftOutlined, IdcardOutlined, PercentageOutlined, ReadOutlined, SettingOutlined, SwapOutlined, TagsOutlined, TeamOutlined, WalletOutlined } from '@ant-design/icons'
import type { ReactNode } from 'react'
import type { Right } from './session/rights'

export interface MenuEntry {
  path: '/overview' | '/members' | '/reviews' | '/adjustments' | '/promotions' | '/coupons' | '/wallet' | '/mall' | '/calendar' | '/cards' | '/program' | '/audit' | '/settings'
  title: string
  group: 'insight' | 'members' | 'offers' | 'program' | 'governance'
  icon: ReactNode
  /** Any one of these opens the page. */
  needs: Right[]
}

/** The one table of pages: menu, titles and the permission test all read it. */
export const menu: MenuEntry[] = [
  { path: '/overview', title: 'menu.overview', group: 'insight', icon: <DashboardOutlined />, needs: ['seeOverview'] },
  { path: '/members', title: 'menu.members', group: 'members', icon: <TeamOutlined />, needs: ['seeMembers'] },
  { path: '/reviews', title: 'menu.reviews', group: 'members', icon: <SwapOutlined />, needs: ['seeReviews'] },
  { path: '/adjustments', title: 'menu.adjustments', group: 'members', icon: <CarryOutOutlined />, needs: ['approve', 'adjust'] },
  { path: '/promotions', title: 'menu.promotions', group: 'offers', icon: <PercentageOutlined />, needs: ['seeProgram'] },
  { path: '/calendar', title: 'menu.calendar', group: 'offers', icon: <CalendarOutlined />, needs: ['seeProgram'] },
  { path: '/coupons', title: 'menu.coupons', group: 'offers', icon: <TagsOutlined />, needs: ['seeCoupons'] },
  { path: '/wallet', title: 'menu.wallet', group: 'offers', icon: <WalletOutlined />, needs: ['seeWallets'] },
  { path: '/cards', title: 'menu.cards', group: 'offers', icon: <IdcardOutlined />, needs: ['seeProgram'] },
  { path: '/mall', title: 'menu.mall', group: 'offers', icon: <GiftOutlined />, needs: ['seePoints'] },
  { path: '/program', title: 'menu.program', group: 'program', icon: <ReadOutlined />, needs: ['seeProgram'] },
  { path: '/audit', title: 'menu.audit', group: 'governance', icon: <AuditOutlined />, needs: ['seeAudit'] },
  { path: '/settings', title: 'menu.settings', group: 'governance', icon: <SettingOutlined />, needs: ['manageStaff', 'manageKeys'] },
]
