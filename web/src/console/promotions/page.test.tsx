import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import '../../shared/i18n'
import { openConsole } from '../../testing/console'
import { promotionsOf } from './promotion'

const quotes = (mock: ReturnType<typeof openConsole>) => mock.asked.filter(({ path }) => path.endsWith('/checkout/quotes'))

test('promotions are listed as sentences with their state', async () => {
  openConsole('/promotions')

  const list = within(await screen.findByRole('list', { name: '促销' }))
  const rows = list.getAllByRole('listitem')
  expect(rows[0]?.textContent).toContain('冬季满减')
  expect(rows[0]?.textContent).toContain('进行中')
  expect(rows[0]?.textContent).toMatch(/满 ¥300 减 ¥40.*与“season”组其他促销二选一.*线下门店、天猫/)
  expect(rows[1]?.textContent).toContain('已结束')
})

test('a cart is priced while one types, and says what is missing to a saving', async () => {
  const mock = openConsole('/promotions')
  const person = userEvent.setup()

  await screen.findByText('−¥40.00', { exact: false, selector: '.cart-sum dd' })
  const before = quotes(mock).length
  const [price] = screen.getAllByLabelText('单价')
  await person.clear(price as HTMLElement)
  await person.type(price as HTMLElement, '90.50')

  expect(await screen.findByText(/再买 ¥30\.00，可省 ¥40\.00（冬季满减）/)).toBeTruthy()
  // Keys struck one after the other are one question, not one each.
  expect(quotes(mock).length - before).toBeLessThan(4)
})

test('a new promotion goes into the draft, beside what is there', async () => {
  const mock = openConsole('/promotions?new=percent')

  // By text, not by role: the form is long, and every role in it would be worked out.
  fireEvent.change(await screen.findByLabelText('名称'), { target: { value: '会员日' } })
  fireEvent.click(screen.getByText('保存到草稿'))

  await waitFor(() => expect(mock.draft).not.toBeNull())
  const list = promotionsOf(mock.draft?.document)
  expect(list.map(({ id }) => id)).toEqual(['winter-save', 'second-half', 'promotion'])
  expect(list[2]).toEqual({ id: 'promotion', name: { zh: '会员日' }, with_coupons: true, benefits: [{ kind: 'percent', off: { percent: 20 } }] })
  expect((await screen.findAllByText('尚未发布')).length).toBeGreaterThan(0)
})

test('a name is asked for before anything is sent', async () => {
  const mock = openConsole('/promotions?new=spend_save')

  fireEvent.click(await screen.findByText('保存到草稿'))

  expect((await screen.findAllByText('请填写')).length).toBeGreaterThan(0)
  expect(mock.asked.some(({ method, path }) => method === 'PUT' && path.endsWith('/program/draft'))).toBe(false)
})
