import { expect, signIn, test } from './hui.ts'
import type { Page } from '@playwright/test'

async function openFirstMemberWithPhone(page: Page) {
  await page.goto('/console/members')
  const row = page.locator('tr.ant-table-row', { hasText: /1\d{2}\*{4}\d{4}/ }).first()
  await row.getByRole('link').click()
  await expect(page.getByRole('heading', { level: 1, name: '会员档案' })).toBeVisible()
}

async function revealPhone(page: Page): Promise<string> {
  await page.getByRole('button', { name: '查看完整信息' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('原因').fill('核对会员入会手机号')
  await dialog.getByRole('button', { name: '查看完整信息' }).click()
  const phone = page.locator('.member-phone .figure')
  await expect(phone).toHaveText(/^(\+86)?\s?1\d{10}$/)
  return ((await phone.textContent()) ?? '').replaceAll(/[^\d]/g, '').slice(-11)
}

test('a member is found by phone, and an entry of theirs explains itself', async ({ page }) => {
  await signIn(page)
  await openFirstMemberWithPhone(page)
  const number = await page.locator('.page-title .mono').textContent()
  const phone = await revealPhone(page)

  await page.goto('/console/overview')
  await page.getByRole('search').getByRole('textbox').fill(phone)
  await page.getByRole('search').getByRole('textbox').press('Enter')

  await expect(page.locator('.page-title .mono')).toHaveText(number ?? '')
  expect(page.url()).not.toContain(phone)
  await page.getByRole('tab', { name: '积分' }).click()
  await page.getByRole('button', { name: '为什么' }).first().click()
  await expect(page.getByRole('dialog')).toContainText('这笔积分是怎么来的')
  await expect(page.locator('.explain-steps li').first()).toBeVisible()
  await expect(page).toHaveURL(/entry=/)
})

test('revealing personal data leaves its reason in the audit log', async ({ page }) => {
  await signIn(page)
  await openFirstMemberWithPhone(page)
  await revealPhone(page)

  await page.getByRole('tab', { name: '审计' }).click()
  await expect(page.getByText('核对会员入会手机号').first()).toBeVisible()
})

test('points are granted with a reason and show in the balance and the entries', async ({ page }) => {
  await signIn(page)
  await openFirstMemberWithPhone(page)
  const figure = page.locator('.member-available-figure')
  const before = Number(((await figure.textContent()) ?? '').replaceAll(',', ''))

  await page.getByRole('button', { name: '调整积分' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('积分数').fill('66')
  await dialog.getByLabel('原因').fill('收银故障补发积分')
  await dialog.getByRole('button', { name: '发放 66 分' }).click()

  await expect(figure).toHaveText((before + 66).toLocaleString('en-US'))
  await page.getByRole('tab', { name: '积分' }).click()
  await expect(page.locator('tr.ant-table-row').first()).toContainText('+66')
})

test('a note is kept with the member', async ({ page }) => {
  const text = `偏好无香型 ${Date.now()}`
  await signIn(page)
  await openFirstMemberWithPhone(page)
  await page.getByRole('tab', { name: '备注' }).click()
  await page.getByLabel('新备注').fill(text)
  await page.getByRole('button', { name: '添加备注' }).click()

  await expect(page.locator('.notes')).toContainText(text)
})
