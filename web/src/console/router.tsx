import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { Gate } from './session/Gate'
import { NotFound } from './layout/NotFound'

type Search = Record<string, unknown>

/** Keeps the named search parameters that are text; everything else of the URL is ignored. */
function texts<Name extends string>(...names: Name[]) {
  return (search: Search): { [Key in Name]?: string } => {
    const kept: { [Key in Name]?: string } = {}
    for (const name of names) {
      const value = search[name]
      if (typeof value === 'string' && value !== '') kept[name] = value
    }
    return kept
  }
}

const root = createRootRoute({ component: Gate, notFoundComponent: NotFound })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/overview' })
  },
})
const overview = createRoute({
  getParentRoute: () => root,
  path: '/overview',
  validateSearch: texts('from', 'to', 'range', 'compare'),
  component: lazyRouteComponent(() => import('./overview/OverviewPage'), 'OverviewPage'),
})
const members = createRoute({
  getParentRoute: () => root,
  path: '/members',
  validateSearch: texts('tier'),
  component: lazyRouteComponent(() => import('./members/MembersPage'), 'MembersPage'),
})
const member = createRoute({
  getParentRoute: () => root,
  path: '/members/$id',
  validateSearch: texts('tab', 'kind', 'entry', 'order', 'lots', 'action'),
  component: lazyRouteComponent(() => import('./members/member/MemberPage'), 'MemberPage'),
})
const reviews = createRoute({
  getParentRoute: () => root,
  path: '/reviews',
  validateSearch: texts('state', 'review'),
  component: lazyRouteComponent(() => import('./reviews/ReviewsPage'), 'ReviewsPage'),
})
const adjustments = createRoute({
  getParentRoute: () => root,
  path: '/adjustments',
  validateSearch: texts('state'),
  component: lazyRouteComponent(() => import('./adjustments/AdjustmentsPage'), 'AdjustmentsPage'),
})
const promotions = createRoute({
  getParentRoute: () => root,
  path: '/promotions',
  validateSearch: texts('state', 'kind', 'channel', 'edit', 'new', 'copy'),
  component: lazyRouteComponent(() => import('./promotions/PromotionsPage'), 'PromotionsPage'),
})
const coupons = createRoute({
  getParentRoute: () => root,
  path: '/coupons',
  validateSearch: texts('tab', 'template'),
  component: lazyRouteComponent(() => import('./coupons/CouponsPage'), 'CouponsPage'),
})
const wallet = createRoute({
  getParentRoute: () => root,
  path: '/wallet',
  validateSearch: texts('tab', 'from', 'to'),
  component: lazyRouteComponent(() => import('./wallet/WalletPage'), 'WalletPage'),
})
const mall = createRoute({
  getParentRoute: () => root,
  path: '/mall',
  validateSearch: texts('tab'),
  component: lazyRouteComponent(() => import('./mall/MallPage'), 'MallPage'),
})
const calendar = createRoute({
  getParentRoute: () => root,
  path: '/calendar',
  validateSearch: texts('month', 'version', 'channel', 'shop', 'product'),
  component: lazyRouteComponent(() => import('./calendar/CalendarPage'), 'CalendarPage'),
})
const cards = createRoute({
  getParentRoute: () => root,
  path: '/cards',
  component: lazyRouteComponent(() => import('./cards/CardsPage'), 'CardsPage'),
})
const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: texts('actor', 'action'),
  component: lazyRouteComponent(() => import('./audit/AuditPage'), 'AuditPage'),
})
const program = createRoute({
  getParentRoute: () => root,
  path: '/program',
  validateSearch: texts('tab'),
  component: lazyRouteComponent(() => import('./program/ProgramPage'), 'ProgramPage'),
})
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  validateSearch: texts('tab'),
  component: lazyRouteComponent(() => import('./settings/SettingsPage'), 'SettingsPage'),
})

export const routes = root.addChildren([home, overview, members, member, reviews, adjustments, promotions, coupons, wallet, mall, calendar, cards, audit, program, settings])

function write(search: Search): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === 'string' && value !== '') parameters.set(name, value)
  }
  const text = parameters.toString()
  return text ? `?${text}` : ''
}

export function makeRouter() {
  return createRouter({
    routeTree: routes,
    basepath: '/console',
    defaultPreload: 'intent',
    scrollRestoration: true,
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: write,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
