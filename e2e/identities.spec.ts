import { randomUUID } from 'node:crypto'
import type { Page } from '@playwright/test'
import { expect, makeKey, newPhone, placeOrder, signIn, test } from './hui.ts'

/** A member of their own for each test, from an order that carries a verified phone. */
async function newMember(page: Page, key: string): Promise<string> {
  const { member_id } = await placeOrder(page, key, [{ kind: 'phone', value: newPhone(), verified: true }])
  return member_id
}

test('a merge puts the points together, and undoing it gives each side its own again', async ({ page }) => {
  await signIn(page)
  const key = await makeKey(page, '合并测试')
  const [goes, stays] = [await newMember(page, key), await newMember(page, key)]

  await page.goto(`/console/members/${goes}?action=merge`)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('查找要保留的会员').fill(stays)
  await dialog.getByLabel('查找要保留的会员').press('Enter')
  await dialog.getByRole('button', { name: '选这位' }).click()
  await dialog.getByLabel('原因').fill('顾客出示两部手机，确认为同一人')
  await dialog.getByRole('button', { name: '确认合并' }).click()
  await expect(page.getByText('会员已合并')).toBeVisible()
  await expect(page.locator('.page-title .mono')).toHaveText(stays)
  await page.getByRole('tab', { name: '订单' }).click()
  await expect(page.getByRole('tabpanel')).toContainText('已显示 2 条')

  await page.getByRole('tab', { name: '合并记录' }).click()
  await page.getByRole('button', { name: '撤销合并' }).click()
  await dialog.getByLabel('原因').fill('顾客来电，是两个人')
  await dialog.getByRole('button', { name: '撤销合并' }).click()
  await expect(page.getByRole('tabpanel')).toContainText('已撤销')
  await page.getByRole('tab', { name: '订单' }).click()
  await expect(page.getByRole('tabpanel')).toContainText('已显示 1 条')
  await page.goto(`/console/members/${goes}?tab=orders`)
  await expect(page.locator('.page-title .mono')).toHaveText(goes)
  await expect(page.getByRole('tabpanel')).toContainText('已显示 1 条')
})

test('a card is bound to a member and leaves them again', async ({ page }) => {
  const card = `C${randomUUID().slice(0, 8)}`
  await signIn(page)
  const member = await newMember(page, await makeKey(page, '绑定测试'))
  await page.goto(`/console/members/${member}?tab=identities`)
  await page.getByRole('button', { name: '绑定身份' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('类型').click()
  await page.getByTitle('会员卡号').click()
  await dialog.getByLabel('所属平台').fill('store')
  await dialog.getByLabel('号码', { exact: true }).fill(card)
  await dialog.getByRole('button', { name: '绑定身份' }).click()
  const row = page.getByRole('tabpanel').locator('tr.ant-table-row', { hasText: '会员卡号' })
  await expect(row).toContainText('使用中')

  await row.getByRole('button', { name: /解绑/ }).click()
  await dialog.getByLabel('原因').fill('卡已挂失')
  await dialog.getByRole('button', { name: '解绑' }).click()
  await expect(dialog).toBeHidden()
  await expect(row).not.toContainText('使用中')
  await expect(row.getByRole('button', { name: /解绑/ })).toHaveCount(0)
})
