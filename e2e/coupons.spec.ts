import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, expectAccessible, signIn, test } from './hui.ts'
import { call, someMember } from './offers.ts'

async function makeTemplate(page: Parameters<typeof call>[0], more: object = {}): Promise<{ id: string; name: string }> {
  const name = `测试券 ${randomUUID().slice(0, 6)}`
  const { template_id: id } = await call<{ template_id: string }>(page, 'POST', '/coupon-templates', { kind: 'amount', amount: 2000, min_spend: 10_000, name: { zh: name }, validity: { kind: 'days', days: 7 }, stock: 100, ...more })
  return { id, name }
}

test('a template is made by form, given to a member, and the coupon revoked with a reason', async ({ page }) => {
  const name = `满减券 ${randomUUID().slice(0, 6)}`
  await signIn(page, '/console/coupons')
  const member = await someMember(page)
  await page.getByRole('button', { name: '新建券模板' }).click()
  const form = page.getByRole('dialog')
  await form.getByLabel('名称', { exact: true }).fill(name)
  await form.getByLabel('减多少').fill('20')
  await form.getByLabel('消费满').fill('100')
  await form.getByRole('button', { name: '保存', exact: true }).click()
  const row = page.locator('tr.ant-table-row', { hasText: name })
  await expect(row).toContainText('满 ¥100 减 ¥20')
  await expectAccessible(page)

  await row.getByRole('button', { name }).click()
  await page.getByRole('dialog').getByRole('button', { name: '发放优惠券' }).click()
  const issue = page.getByRole('dialog').last()
  await issue.getByLabel('发给哪位会员').fill(member)
  await issue.getByRole('button', { name: '发放优惠券' }).click()
  await expect(page.getByText('已发放 1 张')).toBeVisible()

  await page.goto(`/console/members/${member}?tab=coupons`)
  const coupon = page.locator('tr.ant-table-row', { hasText: name })
  const code = (await coupon.locator('td.mono').first().textContent()) ?? ''
  await page.goto('/console/coupons?tab=code')
  await page.getByRole('searchbox', { name: '按券码查询' }).fill(code)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toContainText('可使用')
  await page.getByRole('button', { name: '作废' }).click()
  await page.getByRole('dialog').getByLabel('原因').fill('发错了会员')
  await page.getByRole('dialog').getByRole('button', { name: '作废' }).click()
  await expect(page.getByRole('main')).toContainText('已作废')
  await expect(page.getByRole('main')).toContainText('发错了会员')
})

test('a batch of codes is made and downloaded', async ({ page }) => {
  await signIn(page)
  const { id, name } = await makeTemplate(page)
  await page.goto(`/console/coupons?template=${id}`)
  await page.getByRole('button', { name: '生成券码' }).click()
  const dialog = page.getByRole('dialog').last()
  await dialog.getByLabel('批次名称').fill('传单')
  await dialog.getByLabel('券码数量').fill('5')
  await dialog.getByRole('button', { name: '生成', exact: true }).click()
  // The codes are made in the background.
  await expect(async () => {
    await page.reload()
    await expect(page.getByRole('link', { name: '下载 传单 的券码' })).toBeVisible({ timeout: 2000 })
    await expect(page.getByText('已全部生成')).toBeVisible({ timeout: 2000 })
  }).toPass({ timeout: 60_000 })
  const waiting = page.waitForEvent('download')
  await page.getByRole('link', { name: '下载 传单 的券码' }).click()
  const lines = readFileSync(await (await waiting).path(), 'utf8').trim().split(/\r?\n/)
  expect(lines.length, name).toBeGreaterThanOrEqual(5)
})

test('codes of another system are imported once each', async ({ page }) => {
  await signIn(page)
  const { id } = await makeTemplate(page, { imported_codes: true })
  const code = () => `X${randomUUID().slice(0, 12).toUpperCase()}`
  const [one, two] = [code(), code()]
  await page.goto(`/console/coupons?template=${id}`)
  await page.getByRole('button', { name: '导入券码' }).click()
  const dialog = page.getByRole('dialog').last()
  await dialog.getByLabel('批次名称').fill('外部券码')
  await dialog.getByRole('textbox', { name: '券码' }).fill(`code\n${one}\n${two}\n${one}\n`)
  await expect(dialog).toContainText('已去掉 1 个重复的券码')
  await dialog.getByRole('button', { name: '导入 2 个' }).click()
  await expect(page.getByText('已导入 2 个券码')).toBeVisible()
})
