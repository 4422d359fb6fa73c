import { randomUUID } from 'node:crypto'
import { expect, expectAccessible, signIn, test } from './hui.ts'
import { publish, someMember } from './offers.ts'

test('a service card is sold on the member’s page, a visit taken and taken back', async ({ page }) => {
  const mark = randomUUID().slice(0, 6)
  const card = { id: `visits_${mark}`, name: { zh: `护理卡 ${mark}` }, kind: 'service', price: { money: 50_000 }, validity: { kind: 'months', months: 12 }, visits: 5 }
  await signIn(page)
  const member = await someMember(page)
  await publish(page, (document) => ({ ...document, cards: [...((document as { cards?: object[] }).cards ?? []), card] }))
  await page.goto('/console/cards')
  await expect(page.locator('.plan', { hasText: card.name.zh })).toContainText('共 5 次')
  await expectAccessible(page)

  await page.goto(`/console/members/${member}?tab=cards`)
  await page.getByRole('button', { name: '售卡' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('卡', { exact: true }).click()
  await page.locator('.ant-select-item-option', { hasText: card.name.zh }).click()
  await dialog.getByLabel('付款方式').click()
  await page.getByTitle('现金', { exact: true }).click()
  await dialog.getByRole('button', { name: '售卡' }).click()
  const row = page.locator('tr.ant-table-row', { hasText: card.name.zh })
  await expect(row).toContainText('有效')

  await row.getByRole('button', { name: '核销' }).click()
  await dialog.getByRole('button', { name: '核销' }).click()
  await expect(page.getByText('已核销，剩余 4 次')).toBeVisible()
  await row.getByRole('button', { name: '次数' }).click()
  await page.getByRole('button', { name: '撤销核销' }).click()
  await page.getByRole('dialog').last().getByLabel('原因').fill('误核销一次')
  await page.getByRole('dialog').last().getByRole('button', { name: '撤销核销' }).click()
  await expect(page.getByText('已撤销').first()).toBeVisible()
})
