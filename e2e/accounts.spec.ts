import { createHmac, randomUUID } from 'node:crypto'
import type { Page } from '@playwright/test'
import { expect, makeKey, signIn, test } from './hui.ts'

/** The six digits of RFC 6238: SHA-1, a step of 30 seconds; `step` says how many later than now. */
function totp(secret: string, step = 0): string {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + step))
  const mac = createHmac('sha1', key).update(counter).digest()
  const at = (mac.at(-1) ?? 0) & 15
  return String((mac.readUInt32BE(at) & 0x7fff_ffff) % 1_000_000).padStart(6, '0')
}

async function createStaff(page: Page, password: string): Promise<string> {
  const name = `e2e${randomUUID().slice(0, 8)}`
  await signIn(page, '/console/settings?tab=staff')
  await page.getByRole('button', { name: '新建账号' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('账号', { exact: true }).fill(name)
  await dialog.getByLabel('姓名').fill('测试员工')
  await dialog.getByLabel('初始密码').fill(password)
  await dialog.getByRole('button', { name: '新建账号' }).click()
  await expect(dialog).toBeHidden()
  await expect(page.locator('tr.ant-table-row', { hasText: name })).toContainText('运营')
  return name
}

async function signOut(page: Page) {
  await page.getByRole('button', { name: /我的账号/ }).click()
  await page.getByRole('menuitem', { name: '退出登录' }).click()
  await page.getByLabel('密码', { exact: true }).waitFor()
}

async function openOwn(page: Page, item: string) {
  await page.getByRole('button', { name: /我的账号/ }).click()
  await page.getByRole('menuitem', { name: item }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
}

test('a revoked key opens nothing any more', async ({ page }) => {
  const name = `吊销测试 ${randomUUID().slice(0, 8)}`
  await signIn(page, '/console/settings?tab=keys')
  const key = await makeKey(page, name)
  await page.getByRole('button', { name: '我已妥善保存' }).click()
  const order = async () =>
    (await page.request.post('/api/v1/orders', { headers: { authorization: `Bearer ${key}` }, data: {} })).status()
  expect(await order()).toBe(400)

  await page.getByRole('button', { name: `吊销密钥 ${name}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: '吊销密钥', exact: true }).click()

  await expect(page.locator('tr.ant-table-row', { hasText: name })).toContainText('已吊销')
  expect(await order()).toBe(401)
})

test('a new account is renamed and signs in with the password it gave itself', async ({ page }) => {
  const name = await createStaff(page, 'first-word-2026')
  await page.locator('tr.ant-table-row', { hasText: name }).getByRole('button', { name: /对 .* 的操作/ }).click()
  await page.getByRole('menuitem', { name: '修改账号' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('姓名').fill('改名员工')
  await dialog.getByRole('button', { name: '保存修改' }).click()
  await expect(page.locator('tr.ant-table-row', { hasText: name })).toContainText('改名员工')

  await signOut(page)
  await signIn(page, '/console/members', { name, password: 'first-word-2026' })
  await openOwn(page, '修改密码')
  await dialog.getByLabel('当前密码').fill('first-word-2026')
  await dialog.getByLabel('新密码', { exact: true }).fill('second-word-2026')
  await dialog.getByLabel('再输一次新密码').fill('second-word-2026')
  await dialog.getByRole('button', { name: '修改密码' }).click()
  await expect(page.getByText('密码已修改')).toBeVisible()

  await signOut(page)
  await signIn(page, '/console/members', { name, password: 'second-word-2026' })
  await expect(page.getByRole('heading', { level: 1, name: '会员' })).toBeVisible()
})

test('an authenticator is set up, and then asked for at the sign-in', async ({ page }) => {
  const own = { name: await createStaff(page, 'first-word-2026'), password: 'first-word-2026' }
  await signOut(page)
  await signIn(page, '/console/members', own)
  await openOwn(page, '两步验证')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: '开始设置' }).click()
  const secret = ((await dialog.locator('.ant-typography.mono').textContent()) ?? '').trim()
  await dialog.getByLabel('动态验证码').fill(totp(secret))
  await dialog.getByRole('button', { name: '验证并开启' }).click()
  await expect(page.getByText('两步验证已开启')).toBeVisible()

  await signOut(page)
  await page.getByLabel('账号', { exact: true }).fill(own.name)
  await page.getByLabel('密码', { exact: true }).fill(own.password)
  await page.getByRole('button', { name: '登录', exact: true }).click()
  // A code counts once: the next step's is accepted early.
  await page.getByLabel('动态验证码').fill(totp(secret, 1))
  await page.getByRole('button', { name: '验证并登录' }).click()
  await expect(page.getByRole('button', { name: /我的账号/ })).toBeVisible()
})
