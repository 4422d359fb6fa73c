import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import '../../shared/i18n'
import { openConsole } from '../../testing/console'

async function fillIn(password: string) {
  const person = userEvent.setup()
  await person.type(await screen.findByLabelText('账号'), 'admin')
  await person.type(screen.getByLabelText('密码'), password)
  await person.click(screen.getByRole('button', { name: '登录' }))
  return person
}

test('signing in opens the page of the URL', async () => {
  openConsole('/reviews', { isSignedIn: false })

  await fillIn('hui-demo-2026')

  expect(await screen.findByRole('heading', { level: 1, name: '审核' })).toBeTruthy()
})

test('an account with an authenticator is asked for the code in a second step', async () => {
  const mock = openConsole('/reviews', { isSignedIn: false, needsCode: true })

  const person = await fillIn('hui-demo-2026')
  await person.type(await screen.findByLabelText('动态验证码'), '123456')
  await person.click(screen.getByRole('button', { name: '验证并登录' }))

  expect(await screen.findByRole('heading', { level: 1, name: '审核' })).toBeTruthy()
  const attempts = mock.asked.filter(({ method, path }) => method === 'POST' && path === '/api/v1/session')
  expect(attempts.map(({ body }) => body)).toEqual([
    { name: 'admin', password: 'hui-demo-2026' },
    { name: 'admin', password: 'hui-demo-2026', totp: '123456' },
  ])
})

test('a session that ends asks for the password over the open page and goes on', async () => {
  const mock = openConsole('/settings?tab=keys')
  await screen.findByText('POS 一期')
  mock.isSignedIn = false

  const person = userEvent.setup()
  await person.click(screen.getByRole('button', { name: /吊销密钥 POS 一期/ }))
  const buttons = await screen.findAllByRole('button', { name: '吊销密钥' })
  await person.click(buttons.at(-1) as HTMLElement)
  const dialog = await screen.findByText('登录已过期')
  await person.type(screen.getByLabelText('密码'), 'hui-demo-2026')
  await person.click(screen.getByRole('button', { name: '登录' }))

  await waitFor(() => expect(mock.isSignedIn).toBe(true))
  expect(dialog).toBeTruthy()
  expect(screen.getByRole('heading', { level: 1, name: '设置' })).toBeTruthy()
})
