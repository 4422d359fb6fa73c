import { randomUUID } from 'node:crypto'
import type { Page } from '@playwright/test'
import { expect, makeKey, newPhone, placeOrder, signIn, test } from './hui.ts'

/** Two people with a verified phone each, then an order that carries the identities of both. */
async function fileConflict(page: Page) {
  const key = await makeKey(page, '浏览器测试')
  const [first, second] = [newPhone(), newPhone()]
  const openid = { kind: 'openid', scope: 'douyin', value: randomUUID(), verified: true }
  const phone = (value: string) => ({ kind: 'phone', value, verified: true })
  for (const identities of [[phone(first)], [phone(second), openid], [phone(first), openid]]) await placeOrder(page, key, identities)
}

test('an identity conflict is decided with both sides in view', async ({ page }) => {
  await signIn(page, '/console/reviews')
  const queue = page.getByRole('list', { name: '审核队列' })
  await expect(queue.or(page.getByText('没有待审的身份冲突'))).toBeVisible()
  if (!(await queue.isVisible())) {
    await fileConflict(page)
    await page.goto('/console/reviews')
  }
  await expect(queue).toBeVisible()
  const waiting = await queue.getByRole('button').count()
  await expect(page.locator('.side').first()).toContainText('可用积分')

  await page.getByRole('radio', { name: /保持分开/ }).check()
  await page.getByLabel('原因').fill('电话核实为两位顾客')
  await page.getByRole('button', { name: '提交决定' }).click()

  await expect(page.getByText('审核已完成')).toBeVisible()
  await expect(queue.getByRole('button')).toHaveCount(waiting - 1)
  await page.getByText('已处理', { exact: true }).click()
  await expect(page.locator('.review-list')).toContainText('保持分开')
})
