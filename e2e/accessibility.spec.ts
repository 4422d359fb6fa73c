import type { Page } from '@playwright/test'
import { expect, expectAccessible, signIn, test } from './hui.ts'

const pages = {
  overview: '/console/overview',
  members: '/console/members',
  reviews: '/console/reviews',
  adjustments: '/console/adjustments',
  promotions: '/console/promotions',
  promotion: '/console/promotions?new=spend_save',
  calendar: '/console/calendar',
  coupons: '/console/coupons',
  code: '/console/coupons?tab=code',
  plans: '/console/wallet?tab=plans',
  settlement: '/console/wallet?tab=settlement',
  cards: '/console/cards',
  mall: '/console/mall',
  pickUp: '/console/mall?tab=pick-up',
  program: '/console/program',
  draft: '/console/program?tab=draft',
  versions: '/console/program?tab=versions',
  audit: '/console/audit',
  staff: '/console/settings?tab=staff',
  keys: '/console/settings?tab=keys',
}
const tabs = ['overview', 'identities', 'points', 'orders', 'coupons', 'wallet', 'cards', 'exchanges', 'tier', 'merges', 'audit', 'notes']

/** A few pages a test: each has the usual time, however slow the machine. */
function inGroups<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, group) => all.slice(group * size, (group + 1) * size))
}

for (const theme of ['light', 'dark'] as const) {
  test.describe(`in the ${theme} theme`, () => {
    test.beforeEach(({ page }) => page.addInitScript((chosen) => localStorage.setItem('hui.theme', chosen), theme))

    test('the sign-in page is accessible', async ({ page }) => {
      await page.goto('/console/overview')
      await page.getByLabel('密码', { exact: true }).waitFor()
      await expectAccessible(page, theme)
    })

    for (const group of inGroups(Object.entries(pages), 3)) {
      test(`${group.map(([name]) => name).join(', ')} are accessible`, async ({ page }) => {
        await signIn(page)
        for (const [name, path] of group) {
          await test.step(name, async () => {
            await page.goto(path)
            await expect(page.locator('h1')).toBeVisible()
            await expectAccessible(page, theme)
          })
        }
      })
    }

    for (const group of inGroups(tabs, 4)) {
      test(`${group.join(', ')} of a member are accessible`, async ({ page }) => {
        const member = await openMember(page)
        for (const tab of group) {
          await test.step(tab, async () => {
            await page.goto(`${member}?tab=${tab}`)
            await page.getByRole('tabpanel').waitFor()
            await expectAccessible(page, theme)
          })
        }
      })
    }

    test('an explanation and an adjustment are accessible', async ({ page }) => {
      const member = await openMember(page)
      await page.goto(`${member}?tab=points`)
      await page.getByRole('button', { name: '为什么' }).first().click()
      await page.locator('.explain-steps').waitFor()
      await expectAccessible(page, theme)
      await page.goto(`${member}?action=adjust`)
      await page.getByRole('dialog').waitFor()
      await expectAccessible(page, theme)
    })
  })
}

async function openMember(page: Page): Promise<string> {
  await signIn(page, '/console/members')
  const href = await page.locator('tr.ant-table-row a').first().getAttribute('href')
  return href ?? ''
}

test('a narrow screen keeps its menu, and nothing runs off the side', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await signIn(page)
  await page.getByRole('button', { name: '打开菜单' }).click()
  await page.getByRole('link', { name: '会员', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: '会员' })).toBeVisible()
  for (const path of Object.values(pages)) {
    await page.goto(path)
    await expect(page.locator('h1')).toBeVisible()
    await page.waitForLoadState('networkidle')
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(390)
  }
})
