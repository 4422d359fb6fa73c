import { expect, signIn, test } from './hui.ts'

test('a draft with an error shows it at its line, a sound one is published as a version', async ({ page }) => {
  await signIn(page, '/console/program')
  await expect(page.getByRole('heading', { name: '积分获得' })).toBeVisible()
  await page.getByRole('tab', { name: '编辑草稿' }).click()
  const editor = page.getByRole('textbox', { name: '会员体系规则（YAML）' })
  await editor.waitFor()
  // JSON is YAML too.
  const sound = await page.evaluate(async () => JSON.stringify(((await (await fetch('/api/v1/program')).json()) as { document: object }).document, null, 2))

  await editor.click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sound.replace(/"stacking": "\w+"/, '"stacking": "sideways"'))
  await page.getByRole('button', { name: '检查草稿' }).click()
  await expect(page.locator('.finding.error').first()).toContainText(/第 \d+ 行/)
  await expect(page.getByRole('button', { name: '发布版本' })).toBeDisabled()

  await editor.click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sound)
  await page.getByRole('button', { name: '检查草稿' }).click()
  await expect(page.getByRole('button', { name: '发布版本' })).toBeEnabled()
  await page.getByRole('button', { name: '发布版本' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('版本说明').fill('浏览器测试发布')
  await dialog.getByRole('button', { name: '立即发布' }).click()
  await expect(page.getByText(/已发布 v\d+/)).toBeVisible()

  await page.getByRole('tab', { name: '历史版本' }).click()
  await expect(page.locator('tr.ant-table-row').first()).toContainText('浏览器测试发布')
})
