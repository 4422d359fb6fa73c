import { randomUUID } from 'node:crypto'
import type { Page } from '@playwright/test'
import { expect, makeKey, newPhone, placeOrder, signIn, test } from './hui.ts'
import { publish } from './offers.ts'

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

test('orders beyond a rule wait with their reasons, and are released', async ({ page }) => {
  await signIn(page)
  const key = await makeKey(page, '异常测试')
  const phone = { kind: 'phone', value: newPhone(), verified: true }
  await publish(page, (document) => ({ ...document, abuse: { review_from: 50, rules: [{ id: 'many-orders', counts: 'orders', within: { days: 1 }, most: 1, score: 60 }] } }))
  try {
    await placeOrder(page, key, [phone])
    const { member_id: member } = await placeOrder(page, key, [phone])
    await page.goto('/console/reviews')
    await page.locator('.review-list').getByRole('button', { name: new RegExp(`疑似异常.*${member}`) }).click()
    const reasons = page.locator('.abuse-reasons')
    await expect(reasons).toContainText('同一会员积分订单 2 次，最多 1 次')
    await expect(page.getByRole('main')).toContainText('风险分 60')
    await page.getByRole('radio', { name: /放行/ }).check()
    await page.getByLabel('原因').fill('家庭共用账号，属实')
    await page.getByRole('button', { name: '提交决定' }).click()
    await expect(page.getByText('审核已完成')).toBeVisible()
  } finally {
    await publish(page, ({ ...document }) => { delete (document as { abuse?: object }).abuse; return document })
  }
})
