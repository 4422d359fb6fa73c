// Screenshots of every page, to be looked at by a person:
//   HUI_E2E_URL=http://127.0.0.1:8080 node shots.mjs [folder]
import { chromium } from '@playwright/test'
import { mkdirSync } from 'node:fs'

const base = process.env.HUI_E2E_URL ?? 'http://127.0.0.1:8080'
const folder = process.argv[2] ?? 'shots'
const only = process.argv[3]
mkdirSync(folder, { recursive: true })

const pages = {
  overview: '/console/overview?range=30d',
  members: '/console/members',
  promotions: '/console/promotions',
  promotion: '/console/promotions?new=spend_save',
  calendar: '/console/calendar',
  coupons: '/console/coupons',
  wallet: '/console/wallet',
  settlement: '/console/wallet?tab=settlement',
  cards: '/console/cards',
  mall: '/console/mall',
  program: '/console/program',
  draft: '/console/program?tab=draft',
  versions: '/console/program?tab=versions',
  reviews: '/console/reviews',
  audit: '/console/audit',
  staff: '/console/settings?tab=staff',
  keys: '/console/settings?tab=keys',
}
const tabs = ['overview', 'identities', 'points', 'lots', 'orders', 'coupons', 'wallet', 'cards', 'exchanges', 'tier', 'merges', 'audit', 'notes', 'adjust', 'explain']

const browser = await chromium.launch({ executablePath: process.env.HUI_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
const looks = [
  { language: 'zh-CN', theme: 'light', width: 1440 },
  { language: 'zh-CN', theme: 'dark', width: 1440 },
  { language: 'en-US', theme: 'light', width: 1440 },
  { language: 'zh-CN', theme: 'light', width: 390 },
]
for (const { language, theme, width } of looks) {
  const name = `${language.slice(0, 2)}-${theme}-${width}`
  if (only && !name.includes(only)) continue
  const context = await browser.newContext({ viewport: { width, height: width < 600 ? 844 : 900 } })
  await context.addInitScript(([l, t]) => {
    localStorage.setItem('hui.language', l)
    localStorage.setItem('hui.theme', t)
  }, [language, theme])
  const page = await context.newPage()
  page.on('console', (message) => { if (message.type() === 'error') console.log(name, message.text()) })
  page.on('pageerror', (error) => console.log(name, error.message))
  const shoot = async (what) => {
    await page.waitForLoadState('networkidle')
    await page.waitForTimeout(600)
    await page.screenshot({ path: `${folder}/${name}-${what}.png`, fullPage: true })
  }
  await page.goto(`${base}/console/overview`)
  await page.locator('input[autocomplete=username]').waitFor()
  await shoot('sign-in')
  await page.locator('input[autocomplete=username]').fill('admin')
  await page.locator('input[autocomplete=current-password]').fill('hui-demo-2026')
  await page.locator('button[type=submit]').click()
  await page.locator('main h1').waitFor()
  for (const [what, path] of Object.entries(pages)) {
    await page.goto(base + path)
    await shoot(what)
  }
  await page.goto(`${base}/console/members`)
  const href = await page.locator('tr.ant-table-row a').first().getAttribute('href')
  for (const tab of tabs) {
    const search = tab === 'adjust' ? 'action=adjust' : tab === 'lots' ? 'tab=points&lots=1' : tab === 'explain' ? 'tab=points&kind=earn' : `tab=${tab}`
    await page.goto(`${base}${href}?${search}`)
    if (tab === 'explain') await page.locator('tr.ant-table-row button').first().click()
    await shoot(`member-${tab}`)
  }
  await context.close()
}
await browser.close()
