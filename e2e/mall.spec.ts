import { randomUUID } from 'node:crypto'
import { expect, expectAccessible, signIn, test } from './hui.ts'
import { call, someMember } from './offers.ts'

test('a good is put on the mall, exchanged, picked up once, and brought back', async ({ page }) => {
  const name = `小样 ${randomUUID().slice(0, 6)}`
  await signIn(page, '/console/mall')
  const member = await someMember(page)
  await call(page, 'POST', `/members/${member}/points/adjust`, { points: 100, reason: '兑换测试发放积分' })
  await page.getByRole('button', { name: '新建商品' }).click()
  const form = page.getByRole('dialog')
  await form.getByLabel('名称', { exact: true }).fill(name)
  await form.getByText('小样', { exact: true }).click()
  await form.getByLabel('所需积分').fill('30')
  await form.getByLabel('库存').fill('2')
  await form.getByRole('button', { name: '保存', exact: true }).click()
  await expect(page.locator('tr.ant-table-row', { hasText: name })).toContainText('30 积分')
  await expectAccessible(page)

  await page.goto(`/console/members/${member}?tab=exchanges`)
  await page.getByRole('button', { name: '兑换', exact: true }).click()
  await page.getByRole('dialog').getByLabel('商品').click()
  await page.keyboard.type(name)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: '用 30 积分兑换' }).click()
  await page.getByRole('button', { name: '知道了' }).click()
  const row = page.locator('tr.ant-table-row', { hasText: name })
  await expect(row).toContainText('待提货')
  const code = (await row.locator('td.mono').first().textContent()) ?? ''

  await page.goto('/console/mall?tab=pick-up')
  await page.getByLabel('提货码').fill(code)
  await page.getByRole('button', { name: '确认提货' }).click()
  await expect(page.getByText('已交付').first()).toBeVisible()
  await page.getByLabel('提货码').fill(code)
  await page.getByRole('button', { name: '确认提货' }).click()
  await expect(page.getByRole('main').getByRole('alert')).toContainText('mall.exchange_ended')

  await page.goto(`/console/members/${member}?tab=exchanges`)
  await row.getByRole('button', { name: '退回' }).click()
  await page.getByRole('dialog').getByLabel('原因').fill('会员退回商品')
  await page.getByRole('dialog').getByRole('button', { name: '退回' }).click()
  await expect(page.getByText('已退回 30 积分')).toBeVisible()
  await expect(row).toContainText('已退回')
})
