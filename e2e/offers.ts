import { randomUUID } from 'node:crypto'
import type { Page } from '@playwright/test'
import { expect } from './hui.ts'

/** Asks the API as whoever is signed in on the page. */
export async function call<Answer = unknown>(page: Page, method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, data?: unknown): Promise<Answer> {
  const { csrf } = (await (await page.request.get('/api/v1/session')).json()) as { csrf: string }
  const answer = await page.request.fetch(`/api/v1${path}`, {
    method,
    headers: { 'x-csrf-token': csrf, origin: new URL(page.url()).origin, 'idempotency-key': randomUUID() },
    ...(data === undefined ? {} : { data }),
  })
  expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true)
  return (await answer.json()) as Answer
}

interface Document {
  promotions?: { list?: { id: string }[] }
  wallet?: object
}

/** Publishes the rules in force with `change` made to them, at once. */
export async function publish(page: Page, change: (document: Document) => Document) {
  const { document } = await call<{ document: Document }>(page, 'GET', '/program')
  await call(page, 'PUT', '/program/draft', change(document))
  await call(page, 'POST', '/program/draft/publish', {})
}

/** A member of the sample with at least `points` to spend. */
export async function someMember(page: Page, points = 0): Promise<string> {
  const { items } = await call<{ items: { member_id: string; points_available: number }[] }>(page, 'POST', '/members/search', { limit: 200 })
  const found = items.find((member) => member.points_available >= points)
  expect(found, `a member with ${points} points`).toBeTruthy()
  return found?.member_id ?? ''
}
