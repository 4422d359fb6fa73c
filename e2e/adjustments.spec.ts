import { randomUUID } from 'node:crypto'
import type { Page } from '@playwright/test'
import { expect, makeKey, newPhone, placeOrder, signIn, test } from './hui.ts'

/** A grant that an API key asks for, above the limit of keys: it waits. */
async function askFor(page: Page, key: string, member: string, points: number) {
  const { csrf } = (await (await page.request.get('/api/v1/session')).json()) as { csrf: string }
  const limits = await page.request.put('/api/v1/points/adjustments/limits', { headers: { 'x-csrf-token': csrf, origin: new URL(page.url()).origin }, data: { limit: 1000, roles: { admin: null } } })
  expect(limits.ok(), await limits.text()).toBe(true)
  const answer = await page.request.post(`/api/v1/members/${member}/points/adjust`, {
    headers: { authorization: `Bearer ${key}`, 'idempotency-key': randomUUID() },
    data: { points, reason: '周年庆补偿' },
  })
  expect(answer.status(), await answer.text()).toBe(202)
}

async function memberWithKey(page: Page): Promise<{ key: string; member: string }> {
  await signIn(page)
  const key = await makeKey(page, '调整测试', ['orders:write', 'points:adjust'])
  const { member_id } = await placeOrder(page, key, [{ kind: 'phone', value: newPhone(), verified: true }])
  return { key, member: member_id }
}

test('an adjustment above the limit moves points when somebody else approves it', async ({ page }) => {
  const { key, member } = await memberWithKey(page)
  await askFor(page, key, member, 5000)
  await page.goto('/console/adjustments')
  const row = page.locator('tr.ant-table-row', { hasText: member })
  await expect(row).toContainText('+5,000')
  await row.getByRole('button', { name: '批准' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('原因').fill('已与门店核实')
  await dialog.getByRole('button', { name: '批准' }).click()
  await expect(row).toHaveCount(0)
  await page.goto(`/console/members/${member}?tab=points`)
  await expect(page.locator('tr.ant-table-row').first()).toContainText('+5,000')
})

test('a refused adjustment moves nothing and keeps the reason', async ({ page }) => {
  const { key, member } = await memberWithKey(page)
  await askFor(page, key, member, 7000)
  await page.goto('/console/adjustments')
  const row = page.locator('tr.ant-table-row', { hasText: member })
  await row.getByRole('button', { name: '拒绝' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('原因').fill('门店没有这次活动')
  await dialog.getByRole('button', { name: '拒绝' }).click()
  await expect(row).toHaveCount(0)
  await page.goto('/console/adjustments?state=rejected')
  await expect(row).toContainText('门店没有这次活动')
})

test('an adjustment is taken back', async ({ page }) => {
  const { member } = await memberWithKey(page)
  await page.goto(`/console/members/${member}?action=adjust`)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('积分数').fill('66')
  await dialog.getByLabel('原因').fill('收银故障补发积分')
  await dialog.getByRole('button', { name: '发放 66 分' }).click()
  await page.goto(`/console/members/${member}?tab=points&kind=adjust`)
  await page.getByRole('button', { name: '撤销', exact: true }).click()
  await dialog.getByLabel('原因').fill('补发给错了会员')
  await dialog.getByRole('button', { name: '撤销', exact: true }).click()
  await expect(page.getByText('调整已撤销')).toBeVisible()
  await expect(page.locator('tr.ant-table-row', { hasText: '-66' }).or(page.locator('tr.ant-table-row', { hasText: '−66' }))).toHaveCount(1)
})
