import { AuditOutlined, CarryOutOutlined, DashboardOutlined, ReadOutlined, SettingOutlined, SwapOutlined, TeamOutlined } from '@ant-design/icons'
import type { ReactNode } from 'react'
import type { Right } from './session/rights'

export interface MenuEntry {
  path: '/overview' | '/members' | '/reviews' | '/adjustments' | '/program' | '/audit' | '/settings'
  title: string
  group: 'insight' | 'members' | 'program' | 'governance'
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
  { path: '/program', title: 'menu.program', group: 'program', icon: <ReadOutlined />, needs: ['seeProgram'] },
  { path: '/audit', title: 'menu.audit', group: 'governance', icon: <AuditOutlined />, needs: ['seeAudit'] },
  { path: '/settings', title: 'menu.settings', group: 'governance', icon: <SettingOutlined />, needs: ['manageStaff', 'manageKeys'] },
]
