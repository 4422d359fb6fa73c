import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, expectAccessible, signIn, test } from './hui.ts'
import { call, publish, someMember } from './offers.ts'

test('a plan is written into the draft and, published, sold on the member’s page and refunded', async ({ page }) => {
  const name = `充值 ${randomUUID().slice(0, 6)}`
  await signIn(page, '/console/wallet')
  const member = await someMember(page)
  await page.getByRole('button', { name: '新建储值方案' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('名称', { exact: true }).fill(name)
  await dialog.getByLabel('会员支付').fill('200')
  await dialog.getByLabel('赠送').fill('20')
  await dialog.getByRole('button', { name: '保存到草稿' }).click()
  await expect(page.locator('.plan', { hasText: name })).toContainText('充 ¥200送 ¥20')
  await expectAccessible(page)
  await call(page, 'POST', '/program/draft/publish', {})

  await page.goto(`/console/members/${member}?tab=wallet`)
  await page.getByRole('button', { name: '充值', exact: true }).click()
  await dialog.getByLabel('方案').click()
  await page.locator('.ant-select-item-option', { hasText: name }).click()
  await dialog.getByRole('button', { name: '充值', exact: true }).click()
  await expect(page.getByText('已到账 ¥220.00')).toBeVisible()
  await expect(page.locator('.wallet-figures')).toContainText('¥200.00')

  await page.getByText('充值记录', { exact: true }).click()
  await page.getByRole('button', { name: '退款' }).first().click()
  await dialog.getByLabel('原因').fill('会员要求退款')
  await dialog.getByRole('button', { name: '退款' }).click()
  await expect(page.getByText(/应退现金 ¥200\.00，收回赠金 ¥20\.00/)).toBeVisible()
})

test('what one store sold and another took is settled, and kept as a file', async ({ page }) => {
  await signIn(page)
  await publish(page, (document) => document)
  const member = await someMember(page)
  const [seller, spender] = [`S${randomUUID().slice(0, 6)}`, `S${randomUUID().slice(0, 6)}`]
  await call(page, 'POST', `/members/${member}/wallet/top-ups`, { principal: 10_000, bonus: 0, channel: 'pos', shop: seller })
  await call(page, 'POST', `/members/${member}/wallet/spends`, { amount: 3_000, order_no: randomUUID(), channel: 'pos', shop: spender })
  await page.goto('/console/wallet?tab=settlement')
  await expect(page.locator('tr.ant-table-row', { hasText: seller }).first()).toBeVisible()
  await expectAccessible(page)
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: '导出 CSV' }).click()
  const text = readFileSync(await (await waiting).path(), 'utf8')
  expect(text).toContain(seller)
  expect(text).toContain('30.00')
})
