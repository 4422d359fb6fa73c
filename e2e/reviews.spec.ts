import { randomInt, randomUUID } from 'node:crypto'
import type { Page } from '@playwright/test'
import { expect, signIn, test } from './hui.ts'

const newPhone = () => `139${String(randomInt(100_000_000)).padStart(8, '0')}`

async function makeKey(page: Page): Promise<string> {
  await page.goto('/console/settings?tab=keys')
  await page.getByRole('button', { name: '创建密钥' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('名称').fill('浏览器测试')
  await dialog.getByRole('button', { name: '创建密钥' }).click()
  const secret = dialog.locator('.ant-typography.mono')
  await secret.waitFor()
  return ((await secret.textContent()) ?? '').trim()
}

/** Two people with a verified phone each, then an order that carries the identities of both. */
async function fileConflict(page: Page) {
  const key = await makeKey(page)
  const [first, second] = [newPhone(), newPhone()]
  const openid = { kind: 'openid', scope: 'douyin', value: randomUUID(), verified: true }
  const phone = (value: string) => ({ kind: 'phone', value, verified: true })
  for (const identities of [[phone(first)], [phone(second), openid], [phone(first), openid]]) {
    const now = new Date().toISOString()
    const answer = await page.request.post('/api/v1/orders', {
      headers: { authorization: `Bearer ${key}` },
      data: {
        channel: 'douyin', shop: 'dy-flagship', order_no: randomUUID(), status: 'paid', placed_at: now, paid_at: now,
        buyer: { identities }, lines: [{ line_no: '1', sku: 'A1', quantity: 1, unit_price: 19900, paid: 19900 }], shipping: 0, paid: 19900,
      },
    })
    expect(answer.ok(), await answer.text()).toBe(true)
  }
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
