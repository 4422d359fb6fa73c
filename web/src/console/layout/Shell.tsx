import { MenuFoldOutlined, MenuOutlined, MenuUnfoldOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { Badge, Button, Drawer, Grid, Layout, Menu } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { menu } from '../menu'
import { waitingAdjustmentsQuery } from '../adjustments/queries'
import { openReviewsQuery } from '../reviews/queries'
import { useCan } from '../session/rights'
import { useSession } from '../session/session'
import { SignInAgain } from '../session/SignInAgain'
import { Account } from './Account'
import { Mark } from './Mark'
import { Search } from './Search'
import { LanguageSwitch, ThemeSwitch } from './Switches'
import './shell.css'

const groups = ['insight', 'members', 'offers', 'program', 'governance'] as const

function Waiting({ count = 0, title = '' }: { count?: number; title?: string }) {
  const { t } = useTranslation()
  return count > 0 && <Badge count={count} overflowCount={99} size="small" title={t(title, { count })} />
}

function Navigation({ folded, onChoose }: { folded: boolean; onChoose?: () => void }) {
  const { t } = useTranslation()
  const can = useCan()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const open = useQuery({ ...openReviewsQuery, enabled: can('seeReviews') })
  const asked = useQuery({ ...waitingAdjustmentsQuery, enabled: can('approve') && can('seePoints') })
  const waiting: Partial<Record<string, { count: number; title: string }>> = {
    '/reviews': { count: open.data?.items.length ?? 0, title: 'menu.reviews_waiting' },
    '/adjustments': { count: asked.data?.items.length ?? 0, title: 'menu.adjustments_waiting' },
  }
  const seen = menu.filter((entry) => entry.needs.some(can))
  return (
    <nav aria-label={t('layout.navigation')}>
      <Menu
        mode="inline"
        inlineCollapsed={folded}
        selectedKeys={[`/${path.split('/')[1] ?? ''}`]}
        onClick={onChoose}
        items={groups.flatMap((group) => {
          const entries = seen.filter((entry) => entry.group === group)
          if (entries.length === 0) return []
          return [{
            key: group,
            type: 'group' as const,
            label: folded ? <span className="group-rule" /> : t(`menu.group_${group}`),
            children: entries.map((entry) => ({
              key: entry.path,
              icon: entry.icon,
              title: t(entry.title),
              label: (
                <Link to={entry.path} className="menu-link">
                  {t(entry.title)}
                  <Waiting {...waiting[entry.path]} />
                </Link>
              ),
            })),
          }]
        })}
      />
    </nav>
  )
}

export function Shell() {
  const { t } = useTranslation()
  const { program } = useSession()
  const screens = Grid.useBreakpoint()
  const [folded, setFolded] = useState(() => localStorage.getItem('hui.folded') === '1')
  const [isOpen, setIsOpen] = useState(false)
  const isNarrow = screens.lg === false
  const fold = () => {
    localStorage.setItem('hui.folded', folded ? '0' : '1')
    setFolded(!folded)
  }
  const brand = (
    <Link to="/overview" className="brand" title={t('layout.home')}>
      <Mark />
      <span className="brand-words"><strong>Hui</strong><span lang="zh-CN">会 · 惠 · 汇</span></span>
    </Link>
  )
  return (
    <Layout className="shell">
      <a href="#main" className="skip">{t('layout.skip')}</a>
      {!isNarrow && (
        <Layout.Sider width={216} collapsedWidth={64} collapsed={folded} className={folded ? 'sider folded' : 'sider'}>
          {brand}
          <Navigation folded={folded} />
        </Layout.Sider>
      )}
      <Layout>
        <Layout.Header className="header">
          {isNarrow ? (
            <Button type="text" icon={<MenuOutlined />} aria-label={t('layout.open_menu')} onClick={() => setIsOpen(true)} />
          ) : (
            <Button type="text" icon={folded ? <MenuUnfoldOutlined /> : <MenuFoldOutlined />} aria-label={folded ? t('layout.unfold') : t('layout.fold')} onClick={fold} />
          )}
          <Search />
          <div className="header-space" />
          {!isNarrow && <span className="program-name">{program.name}</span>}
          <LanguageSwitch />
          <ThemeSwitch />
          <Account />
        </Layout.Header>
        <main id="main" tabIndex={-1} className="main"><Outlet /></main>
      </Layout>
      {isNarrow && (
        <Drawer open={isOpen} onClose={() => setIsOpen(false)} placement="left" size={248} title={brand} styles={{ body: { padding: 8 } }}>
          <Navigation folded={false} onChoose={() => setIsOpen(false)} />
        </Drawer>
      )}
      <SignInAgain />
    </Layout>
  )
}
