import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { people } from '../../mock/data'
import '../../shared/i18n'
import { openConsole } from '../../testing/console'

const someone = people[0]?.member.member_id ?? ''

test('a phone is searched for in a body and never stands in a URL', async () => {
  const mock = openConsole('/members')
  const person = userEvent.setup()

  await person.type(await screen.findByRole('searchbox', { name: /手机号、会员卡号/ }), '13800138000{enter}')

  await screen.findByText('精确匹配的会员')
  await waitFor(() => expect(mock.asked.some(({ body }) => (body as { text?: string }).text === '13800138000')).toBe(true))
  expect(mock.asked.some(({ path }) => path.includes('13800138000'))).toBe(false)
  expect(location.href).not.toContain('13800138000')
})

test('an adjustment sent again is sent under the same key, another amount under another', async () => {
  const mock = openConsole(`/members/${someone}?action=adjust`)
  const person = userEvent.setup()
  const dialog = within(await screen.findByRole('dialog'))
  await person.click(dialog.getByText('扣减'))
  await person.type(dialog.getByLabelText('积分数'), '999999999')
  await person.type(dialog.getByLabelText('原因'), '测试扣减原因')

  const send = () => person.click(dialog.getByRole('button', { name: /扣减 / }))
  const sent = () => mock.asked.filter(({ path }) => path.endsWith('/points/adjust'))
  await send()
  await waitFor(() => expect(sent()).toHaveLength(1))
  await dialog.findByRole('alert')
  await send()
  await waitFor(() => expect(sent()).toHaveLength(2))
  await person.type(dialog.getByLabelText('积分数'), '9')
  await send()
  await waitFor(() => expect(sent()).toHaveLength(3))

  const keys = sent().map(({ headers }) => headers.get('idempotency-key'))
  expect(keys[0]).toBeTruthy()
  expect(keys[1]).toBe(keys[0])
  expect(keys[2]).not.toBe(keys[0])
  expect(sent().every(({ headers }) => headers.get('x-csrf-token') === 'mock-csrf')).toBe(true)
})

test('an entry explains itself in sentences', async () => {
  const person = userEvent.setup()
  openConsole(`/members/${someone}?tab=points&kind=earn`)

  const [why] = await screen.findAllByRole('button', { name: '为什么' })
  await person.click(why as HTMLElement)

  const drawer = within(await screen.findByRole('dialog'))
  expect(await drawer.findByText(/精确结果 45，整单向下取整一次，得 45 分/)).toBeTruthy()
  expect(drawer.getByText(/30 \+ 15 = 45/)).toBeTruthy()
})

test('the page of a member that does not exist says so and offers to try again', async () => {
  openConsole('/members/M0')

  const alert = await screen.findByRole('alert')
  expect(alert.textContent).toContain('member.unknown')
})
