import { randomUUID } from 'node:crypto'
import { expect, expectAccessible, signIn, test } from './hui.ts'
import { publish } from './offers.ts'

test('the calendar shows when promotions count, and marks those that stand against each other', async ({ page }) => {
  const mark = randomUUID().slice(0, 6)
  const one = { id: `cal-a-${mark}`, name: { zh: `先行 ${mark}` }, group: `cal-${mark}`, priority: 2, benefits: [{ kind: 'percent', off: { percent: 10 } }], scope: { include: { skus: [mark] } } }
  const other = { ...one, id: `cal-b-${mark}`, name: { zh: `后行 ${mark}` }, priority: 1 }
  await signIn(page)
  await publish(page, (document) => ({ ...document, promotions: { ...document.promotions, list: [...(document.promotions?.list ?? []), one, other] } }))
  await page.goto(`/console/calendar?product=${mark}`)
  const row = page.locator('.cal-row', { hasText: `后行 ${mark}` })
  await expect(row.locator('.cal-bar')).toHaveCount(1)
  await row.getByRole('button', { name: /处重叠/ }).hover()
  await expect(page.getByRole('tooltip')).toContainText(`与“先行 ${mark}”同组择一，对方优先`)
  await page.mouse.move(0, 0)
  await expectAccessible(page)

  await page.getByRole('button', { name: '下一月' }).click()
  await expect(page).toHaveURL(/month=\d{4}-\d{2}/)
  await expect(row.locator('.cal-bar')).toHaveCount(1)
  await publish(page, (document) => ({ ...document, promotions: { ...document.promotions, list: (document.promotions?.list ?? []).filter(({ id }) => id !== one.id && id !== other.id) } }))
})
