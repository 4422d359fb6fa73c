import { expect, test as base, type Page } from '@playwright/test'
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

export async function signIn(page: Page, path = '/console/overview') {
  await page.goto(path)
  await page.getByLabel('账号', { exact: true }).fill(account.name)
  await page.getByLabel('密码', { exact: true }).fill(account.password)
  await page.getByRole('button', { name: '登录', exact: true }).click()
  await page.getByRole('main').locator('h1').waitFor()
}

/** Nothing of WCAG 2.2 A and AA that axe can find. */
export async function expectAccessible(page: Page) {
  await page.waitForLoadState('networkidle')
  // Colours in the middle of a fade are not what anyone reads.
  await page.waitForTimeout(500)
  await page.evaluate(axe)
  const violations = await page.evaluate(async () => {
    const found = await (window as unknown as { axe: { run: (where: Document, options: object) => Promise<{ violations: Violation[] }> } }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    })
    return found.violations.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 4).map((node) => `${node.html.slice(0, 200)} ${node.any[0]?.message ?? ''}`) }))
  })
  expect.soft(violations).toEqual([])
}
