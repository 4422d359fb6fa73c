import { randomUUID } from 'node:crypto'
import { expect, expectAccessible, signIn, test } from './hui.ts'
import { call, publish } from './offers.ts'

test('a promotion is written by form, checked, published, and prices the cart beside it', async ({ page }) => {
  const name = `满减 ${randomUUID().slice(0, 6)}`
  const category = `e2e-${randomUUID().slice(0, 6)}`
  await signIn(page, '/console/promotions')
  await page.getByRole('button', { name: '新建促销' }).first().click()
  await page.getByRole('menuitem', { name: '满减满折' }).click()
  await page.getByLabel('名称', { exact: true }).fill(name)
  await page.getByLabel('满多少').fill('300')
  await page.getByLabel('减金额').fill('40')
  await page.getByLabel('参加的品类', { exact: true }).fill(category)
  await page.keyboard.press('Enter')
  await expect(page.locator('.promo-says')).toContainText('满 ¥300 减 ¥40')
  await page.getByRole('button', { name: '保存到草稿' }).click()

  const row = page.locator('.promo-row', { hasText: name })
  await expect(row).toContainText('尚未发布')
  // Off the button, whose hover is not what one reads.
  await page.mouse.move(0, 0)
  await expectAccessible(page)
  await page.getByRole('button', { name: '发布版本' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '立即发布' }).click()
  await expect(page.getByText(/已发布 v\d+/)).toBeVisible()
  await expect(row).toContainText('进行中')

  const cart = page.locator('.cart')
  await cart.getByLabel('品类').first().fill(category)
  await cart.getByLabel('件数').first().fill('1')
  await cart.getByLabel('单价').first().fill('288')
  await expect(cart.locator('.cart-nearly', { hasText: name })).toContainText('再买 ¥12.00，可省 ¥40.00')
  await cart.getByLabel('件数').first().fill('2')
  await expect(cart.locator('.cart-sum')).toContainText(`${name}−¥40.00`)
})

test('what the server finds wrong stands at its field', async ({ page }) => {
  await signIn(page, '/console/promotions?new=fixed_price')
  await page.getByLabel('名称', { exact: true }).fill('坏窗口')
  await page.getByLabel('价格', { exact: true }).fill('99')
  await page.getByLabel('开始', { exact: true }).fill('2027-02-01 00:00')
  await page.keyboard.press('Enter')
  await page.getByLabel('结束', { exact: true }).fill('2027-01-01 23:59')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: '保存到草稿' }).click()

  await expect(page.locator('.ant-form-item-has-error')).toContainText('结束')
  // The draft is put back for the others.
  await publish(page, (document) => document)
})

test('a promotion that is removed is gone once the draft is published', async ({ page }) => {
  const id = `gone-${randomUUID().slice(0, 6)}`
  await signIn(page)
  await publish(page, (document) => ({ ...document, promotions: { ...document.promotions, list: [...(document.promotions?.list ?? []), { id, name: { zh: id }, benefits: [{ kind: 'percent', off: { percent: 10 } }], scope: { include: { skus: [id] } } }] } }))
  await page.goto('/console/promotions')
  await page.getByRole('button', { name: `移除 ${id}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: '移除' }).click()
  await expect(page.locator('.promo-row', { hasText: id })).toContainText('发布后移除')
  await page.getByRole('button', { name: '发布版本' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '立即发布' }).click()
  await expect(page.locator('.promo-row', { hasText: id })).toHaveCount(0)
  const { document } = await call<{ document: { promotions?: { list: { id: string }[] } } }>(page, 'GET', '/program')
  expect(document.promotions?.list.some((one) => one.id === id) ?? false).toBe(false)
})
