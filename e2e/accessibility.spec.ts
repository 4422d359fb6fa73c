import { expect, expectAccessible, signIn, test } from './hui.ts'

const pages = {
  overview: '/console/overview',
  members: '/console/members',
  reviews: '/console/reviews',
  program: '/console/program',
  draft: '/console/program?tab=draft',
  versions: '/console/program?tab=versions',
  audit: '/console/audit',
  staff: '/console/settings?tab=staff',
  keys: '/console/settings?tab=keys',
}
const tabs = ['overview', 'identities', 'points', 'orders', 'tier', 'merges', 'audit', 'notes']

for (const theme of ['light', 'dark']) {
  test(`every page is accessible in the ${theme} theme`, async ({ page }) => {
    test.setTimeout(240_000)
    await page.addInitScript((chosen) => localStorage.setItem('hui.theme', chosen), theme)
    await page.goto('/console/overview')
    await page.getByLabel('密码', { exact: true }).waitFor()
    await expectAccessible(page)
    await signIn(page)
    for (const [name, path] of Object.entries(pages)) {
      await test.step(name, async () => {
        await page.goto(path)
        await expect(page.locator('h1')).toBeVisible()
        await expectAccessible(page)
      })
    }
    await page.goto('/console/members')
    await page.locator('tr.ant-table-row a').first().click()
    const member = page.url()
    for (const tab of tabs) {
      await test.step(`member ${tab}`, async () => {
        await page.goto(`${member}?tab=${tab}`)
        await page.getByRole('tabpanel').waitFor()
        await expectAccessible(page)
      })
    }
    await test.step('explanation', async () => {
      await page.goto(`${member}?tab=points`)
      await page.getByRole('button', { name: '为什么' }).first().click()
      await page.locator('.explain-steps').waitFor()
      await expectAccessible(page)
    })
    await test.step('adjust points', async () => {
      await page.goto(`${member}?action=adjust`)
      await page.getByRole('dialog').waitFor()
      await expectAccessible(page)
    })
  })
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
