import type { Middleware } from 'openapi-fetch'
import { stringify } from 'yaml'
import { lastDay } from '../shared/format'

/**
 * What the server leaves out of an answer because there is nothing to say is
 * filled in here, once, so that no page has to ask whether a field is there.
 * What it does not know stays away: nothing here makes up a figure.
 */

type Json = Record<string, unknown>
type Fill = (body: Json) => Json

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])
const items = (fill: Fill): Fill => (body) => ({ ...body, items: objects(body['items']).map(fill) })

/** Points end at an instant; what people read is the last day they are good. */
const expiring: Fill = (body) => {
  const on = String(body['on'])
  return { ...body, on: on.includes('T') ? lastDay(on) : on }
}

const member: Fill = (body) => {
  const figures: Json = isObject(body['figures']) ? body['figures'] : {}
  const points: Json = isObject(body['points']) ? body['points'] : {}
  return {
    join_channel: null,
    join_shop: null,
    redirected_from: null,
    ...body,
    joined_at: body['joined_at'] ?? body['created_at'],
    status: body['bound'] === false ? 'unbound' : body['status'],
    tags: body['tags'] ?? [],
    points: { ...points, expiring: objects(points['expiring']).map(expiring) },
    figures: { ...figures, average_order: figures['average_order'] ?? 0 },
  }
}

const line: Fill = (body) => ({ name: null, points_back: body['points_taken'] ?? 0, ...body })
const order: Fill = (body) => ({
  staff: null,
  ...body,
  lines: objects(body['lines']).map(line),
  refunds: objects(body['refunds']),
})

const explained: Fill = (body) => {
  const entry: Json = isObject(body['entry']) ? body['entry'] : {}
  return {
    ...body,
    entry: { ...entry, rule_version: entry['rule_version'] ?? body['rule_version'] ?? null },
    order: isObject(body['order']) ? order(body['order']) : null,
  }
}

const step: Fill = (body) => ({ tier: body['to'], since: body['at'], until: null, cause: body['reason'], ...body })
const tier: Fill = (body) => ({ ladder: [], ...body, history: objects(body['history']).map(step) })

const draft: Fill = (body) => ({ ...body, yaml: body['yaml'] ?? stringify(body['document'] ?? {}) })
const program: Fill = (body) => ({
  published_by: null,
  ...draft(body),
  draft: isObject(body['draft']) ? draft(body['draft']) : null,
})

const isDue = (row: Json) => Date.parse(String(row['effective_at'])) <= Date.now()

/** The newest version whose time has come is in force, those after it wait, those before it are over. */
const versions: Fill = (body) => {
  const rows = objects(body['items'])
  const due = rows.filter(isDue).sort((a, b) =>
    Date.parse(String(b['effective_at'])) - Date.parse(String(a['effective_at'])) || Number(b['version']) - Number(a['version']))
  const inForce = due[0]
  const stateOf = (row: Json) => (row === inForce ? 'active' : isDue(row) ? 'retired' : 'scheduled')
  return { ...body, items: rows.map((row) => ({ yaml: null, state: stateOf(row), ...row })) }
}

const review: Fill = (body) => ({ ...body, evidence: isObject(body['evidence']) ? body['evidence'] : {} })

const fills: Record<string, Fill> = {
  'GET /api/v1/members/{id}': member,
  'PATCH /api/v1/members/{id}': member,
  'GET /api/v1/members/{id}/orders': items(order),
  'GET /api/v1/members/{id}/tier': tier,
  'GET /api/v1/points/entries/{id}/explain': explained,
  'GET /api/v1/reviews': items(review),
  'GET /api/v1/program': program,
  'PUT /api/v1/program/draft': draft,
  'GET /api/v1/program/versions': versions,
}

export const fillAnswers: Middleware = {
  async onResponse({ request, response, schemaPath }) {
    const fill = fills[`${request.method} ${schemaPath}`]
    if (!fill || !response.ok) return undefined
    const body: unknown = await response.json()
    return new Response(JSON.stringify(isObject(body) ? fill(body) : body), { status: response.status, headers: response.headers })
  },
}
