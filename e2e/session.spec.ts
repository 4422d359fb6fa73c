import { account, expect, signIn, test } from './hui.ts'

test('a wrong password is refused in words', async ({ page }) => {
  await page.goto('/console/members')
  await page.getByLabel('账号', { exact: true }).fill(account.name)
  await page.getByLabel('密码', { exact: true }).fill('not-the-password')
  await page.getByRole('button', { name: '登录', exact: true }).click()

  await expect(page.getByRole('alert')).toContainText('密码')
})

test('signing in opens the page that was asked for, signing out closes it', async ({ page }) => {
  await signIn(page, '/console/audit')
  await expect(page.getByRole('heading', { level: 1, name: '审计日志' })).toBeVisible()

  await page.getByRole('button', { name: /我的账号/ }).click()
  await page.getByRole('menuitem', { name: '退出登录' }).click()

  await expect(page.getByLabel('密码', { exact: true })).toBeVisible()
  await page.reload()
  await expect(page.getByLabel('密码', { exact: true })).toBeVisible()
})

test('language and theme are chosen in the header and kept', async ({ page }) => {
  await signIn(page)
  await page.getByRole('button', { name: '切换语言' }).click()
  await page.getByRole('menuitem', { name: 'English' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()

  await page.getByRole('button', { name: 'Change appearance' }).click()
  await page.getByRole('menuitem', { name: 'Dark' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')

  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await expect(page.locator('html')).toHaveAttribute('lang', 'en-US')
})

test('the range of the overview is in the URL and survives a reload', async ({ page }) => {
  await signIn(page, '/console/overview?from=2026-01-05&to=2026-01-11&compare=none')
  await expect(page.getByText('共 7 天')).toBeVisible()

  await page.getByRole('switch', { name: '对比上期' }).click()
  await expect(page).not.toHaveURL(/compare=none/)
  await page.reload()
  await expect(page.getByText('共 7 天')).toBeVisible()
  await expect(page.getByRole('switch', { name: '对比上期' })).toBeChecked()
})
