import { expect, test as base, type Page } from '@playwright/test'
import { randomInt, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  id: string
  nodes: { html: string; any: { message: string }[] }[]
}

/** A page that fails its test on any console error and on any request to another host. */
export const test = base.extend<{ page: Page }>({
  page: async ({ page, baseURL }, use) => {
    const wrong: string[] = []
    const home = new URL(baseURL ?? '').host
    page.on('console', (message) => {
      // A refusal that a test provokes is logged by the browser itself.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) wrong.push(message.text())
    })
    page.on('pageerror', (error) => wrong.push(error.message))
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url())
      if (!['data:', 'blob:'].includes(protocol) && host !== home) wrong.push(`a request to ${host}`)
    })
    page.on('response', (response) => {
      if (response.status() >= 500) wrong.push(`${response.status()} ${response.url()}`)
    })
    await use(page)
    expect(wrong).toEqual([])
  },
})

export { expect } from '@playwright/test'

export const account = { name: 'admin', password: 'hui-demo-2026' }

export async function signIn(page: Page, path = '/console/overview', who = account) {
  await page.goto(path)
  await page.getByLabel('账号', { exact: true }).fill(who.name)
  await page.getByLabel('密码', { exact: true }).fill(who.password)
  await page.getByRole('button', { name: '登录', exact: true }).click()
  // The sign-in page has a heading too: the account's button is only there behind it.
  await page.getByRole('button', { name: /我的账号/ }).waitFor()
  await page.getByRole('main').locator('h1').waitFor()
}

export const newPhone = () => `139${String(randomInt(100_000_000)).padStart(8, '0')}`

/** A key made in the console: its secret, which is shown once. */
export async function makeKey(page: Page, name: string, scopes?: string[]): Promise<string> {
  await page.goto('/console/settings?tab=keys')
  await page.getByRole('button', { name: '创建密钥' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('名称').fill(name)
  for (const scope of scopes ?? []) {
    const box = dialog.getByRole('checkbox', { name: new RegExp(scope) })
    await box.check()
  }
  await dialog.getByRole('button', { name: '创建密钥' }).click()
  const secret = dialog.locator('.ant-typography.mono')
  await secret.waitFor()
  return ((await secret.textContent()) ?? '').trim()
}

export interface Claim {
  kind: string
  value: string
  scope?: string
  verified: boolean
}

/** A paid order of 199 yuan whose buyer has these identities. */
export async function placeOrder(page: Page, key: string, identities: Claim[]): Promise<{ member_id: string }> {
  const now = new Date().toISOString()
  const answer = await page.request.post('/api/v1/orders', {
    headers: { authorization: `Bearer ${key}` },
    data: {
      channel: 'douyin', shop: 'dy-flagship', order_no: randomUUID(), status: 'paid', placed_at: now, paid_at: now,
      buyer: { identities }, lines: [{ line_no: '1', sku: 'A1', quantity: 1, unit_price: 19900, paid: 19900 }], shipping: 0, paid: 19900,
    },
  })
  expect(answer.ok(), await answer.text()).toBe(true)
  return (await answer.json()) as { member_id: string }
}

/** Nothing of WCAG 2.2 A and AA that axe can find. The dark theme changes colours alone: only contrast is looked at again. */
export async function expectAccessible(page: Page, theme: 'light' | 'dark' = 'light') {
  await page.waitForLoadState('networkidle')
  // Colours in the middle of a fade are not what anyone reads.
  await page.waitForTimeout(500)
  await page.evaluate(axe)
  const violations = await page.evaluate(async (isDark) => {
    const found = await (window as unknown as { axe: { run: (where: Document, options: object) => Promise<{ violations: Violation[] }> } }).axe.run(document, {
      runOnly: isDark ? { type: 'rule', values: ['color-contrast'] } : ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    })
    return found.violations.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 4).map((node) => `${node.html.slice(0, 200)} ${node.any[0]?.message ?? ''}`) }))
  }, theme === 'dark')
  expect.soft(violations).toEqual([])
}
