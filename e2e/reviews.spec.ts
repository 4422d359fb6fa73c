import { expect, signIn, test } from './hui.ts'

test('an identity conflict is decided with both sides in view', async ({ page }) => {
  await signIn(page, '/console/reviews')
  const queue = page.getByRole('list', { name: '审核队列' })
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
