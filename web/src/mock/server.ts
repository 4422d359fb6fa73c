import { parseDocument, stringify } from 'yaml'
import type { Schemas } from '../api/client'
import * as data from './data'
import * as offers from './offers'

/** Everything a handler needs of one request. */
interface Asked {
  id: string
  sub: string
  query: URLSearchParams
  body: Record<string, unknown>
}

type Answer = { status: number; body?: unknown }
const ok = (body: unknown): Answer => ({ status: 200, body })
const none: Answer = { status: 204 }
const refuse = (status: number, code: string, detail: string, errors?: Schemas['FieldProblem'][]): Answer => ({
  status,
  body: { type: `urn:hui:${code}`, title: detail, status, detail, code, ...(errors ? { errors } : {}) },
})

export interface MockState {
  isSignedIn: boolean
  needsCode: boolean
  draft: Schemas['DraftBody'] | null
  /** Every request, for tests to look at. */
  asked: { method: string; path: string; headers: Headers; body: unknown }[]
}

const rights = [
  'insight:read', 'members:read', 'members:write', 'members:reveal', 'members:merge', 'members.merge_verified', 'points:read', 'points:adjust',
  'orders:read', 'checkout', 'coupons:read', 'coupons:issue', 'wallet:read', 'wallet:sell', 'wallet:spend', 'export', 'reviews:read', 'reviews:decide', 'audit:read', 'program:read', 'program:write', 'staff:write', 'keys:write',
]
const session: Schemas['SessionBody'] = {
  staff: { id: 'S1', name: 'admin', display_name: '林晓', role: 'admin', shops: [] },
  csrf: 'mock-csrf',
  rights,
  program: { id: 'P1', name: '花笺美妆', currency: 'CNY', time_zone: 'Asia/Shanghai' },
}

function page<Row>(rows: Row[], query: URLSearchParams, size = 50): { items: Row[]; next: string | null } {
  const limit = Number(query.get('limit') ?? size)
  const start = Number(query.get('cursor') ?? 0)
  const end = start + limit
  return { items: rows.slice(start, end), next: end < rows.length ? String(end) : null }
}

function check(yaml: string): Schemas['CheckedBody'] {
  const document = parseDocument(yaml)
  const errors: Schemas['RuleProblem'][] = []
  const stacking = document.getIn(['points', 'earn', 'stacking'])
  if (stacking !== undefined && !['multiply', 'add', 'highest'].includes(String(stacking))) {
    errors.push({ pointer: '/points/earn/stacking', message: '必须是 multiply、add、highest 之一', code: 'program.invalid', severity: 'error' })
  }
  const rules = document.getIn(['points', 'earn', 'rules'])
  if (rules === undefined) errors.push({ pointer: '/points/earn/rules', message: '至少需要一条规则', code: 'program.invalid', severity: 'error' })
  return { ok: errors.length === 0, errors, warnings: [] }
}

function record(action: string, { member }: data.Person, reason: string) {
  data.audit.unshift({
    seq: 8881 + data.audit.length,
    at: new Date().toISOString(),
    actor: 'staff:S1:林晓',
    action,
    object: member.member_id,
    member_id: member.member_id,
    detail: { reason },
    hash: '',
  })
}

type Handler = (asked: Asked, state: MockState) => Answer

const handlers: Record<string, Handler> = {
  'POST /session': ({ body }, state) => {
    if (body['password'] !== 'hui-demo-2026') return refuse(401, 'sign_in.refused', 'wrong name or password')
    if (state.needsCode && !body['totp']) return refuse(401, 'sign_in.code_needed', 'a one-time code is needed')
    if (state.needsCode && body['totp'] !== '123456') return refuse(401, 'sign_in.refused', 'wrong code')
    state.isSignedIn = true
    return ok(session)
  },
  'GET /session': (_, state) => (state.isSignedIn ? ok(session) : refuse(401, 'auth.missing', 'sign in')),
  'DELETE /session': (_, state) => {
    state.isSignedIn = false
    return none
  },
  'POST /session/password': ({ body }) => (body['current'] === 'hui-demo-2026' ? none : refuse(422, 'password.wrong', 'wrong password')),
  'POST /session/totp': () => ok({ uri: 'otpauth://totp/Hui:admin?secret=JBSWY3DPEHPK3PXP&issuer=Hui', secret: 'JBSWY3DPEHPK3PXP' }),
  'POST /session/totp/confirm': ({ body }) => (body['code'] === '123456' ? none : refuse(422, 'totp.wrong', 'wrong code')),
  'DELETE /session/totp': () => none,
  'GET /overview': ({ query }) => ok(data.overview(query.get('from') ?? data.day(-29), query.get('to') ?? data.day(0), query.get('compare') === 'previous')),
  'POST /members/search': ({ body }) => {
    const text = body['text']
    const found = data.people.filter(({ phone, member }) =>
      (typeof text !== 'string' || text === phone || text === member.member_id) && (!body['tier'] || member.tier === body['tier']))
    const query = new URLSearchParams({ limit: String(body['limit'] ?? 50), ...(typeof body['cursor'] === 'string' ? { cursor: body['cursor'] } : {}) })
    return ok(page(found.map(data.rowOf), query))
  },
  'GET /members/:id': withPerson((person) => ok(person.member)),
  'PATCH /members/:id': withPerson((person, { body }) => {
    if (typeof body['gender'] === 'string') person.member.gender = body['gender'] as Schemas['Gender']
    return ok(person.member)
  }),
  'GET /members/:id/identities': withPerson((person) => ok({ items: data.identitiesOf(person), next: null })),
  'POST /members/:id/identities': () => refuse(409, 'identity.taken', 'it belongs to another member'),
  'DELETE /members/:id/identities/:sub': () => none,
  'POST /members/:id/reveal': withPerson((person, { body }) => {
    record('member.reveal', person, String(body['reason']))
    return ok({ name: '王小满', phone: person.phone, birthday: '1990-02-28', email: null })
  }),
  'GET /members/:id/points': withPerson((person) => ok(person.member.points)),
  'GET /members/:id/points/entries': withPerson((person, { query }) => {
    const kind = query.get('kind')
    return ok(page(data.entriesOf(person).filter((entry) => !kind || entry.kind === kind), query))
  }),
  'GET /members/:id/points/lots': withPerson((person, { query }) => ok(page(data.lotsOf(person), query))),
  'POST /members/:id/points/adjust': withPerson((person, { body }) => {
    const points = Number(body['points'])
    if (person.member.points.available + points < 0 && !body['allow_debt']) return refuse(422, 'points.insufficient', 'not enough points')
    person.member.points.available = Math.max(0, person.member.points.available + points)
    data.adjustments.unshift({ member: person.member.member_id, points, reason: String(body['reason']) })
    record('points.adjust', person, String(body['reason']))
    return ok({ entry_id: 'E1', balance: person.member.points })
  }),
  'GET /points/entries/:id/explain': ({ id }) => {
    for (const person of data.people) {
      const entry = data.entriesOf(person).find((known) => known.entry_id === id)
      if (entry) return ok(data.explain(person, entry))
    }
    return refuse(404, 'entry.unknown', 'no such entry')
  },
  'GET /members/:id/orders': withPerson((person, { query }) => ok(page(data.ordersOf(person), query))),
  'GET /members/:id/tier': withPerson((person) => ok(data.tierOf(person))),
  'GET /members/:id/merges': withPerson((person) => ok({ items: data.merges.filter((merge) => merge.survivor === person.member.member_id), next: null })),
  'POST /members/:id/merge': () => ok({ merge_id: 'G7003' }),
  'POST /merges/:id/undo': ({ id }) => {
    const merge = data.merges.find((known) => known.merge_id === id)
    if (merge) merge.undone_at = data.ago(0)
    return ok({ merge_id: id })
  },
  'GET /members/:id/notes': ({ query }) => ok(page(data.notes, query)),
  'POST /members/:id/notes': ({ body }) => {
    const note = { note_id: `N${data.notes.length + 1}`, at: data.ago(0), actor: '林晓', text: String(body['text']) }
    data.notes.unshift(note)
    return ok(note)
  },
  'GET /audit': ({ query }) => {
    const rows = data.audit.filter((entry) =>
      (!query.get('member') || entry.member_id === query.get('member')) &&
      (!query.get('action') || entry.action === query.get('action')) &&
      (!query.get('actor') || entry.actor.includes(query.get('actor') ?? '')))
    return ok({ ...page(rows, query), chain: { ok: true, entries: 9000, broken_at: null } })
  },
  'GET /reviews': ({ query }) => ok(page(data.reviews.filter((review) => review.state === (query.get('state') ?? 'open')), query)),
  'POST /reviews/:id/decide': ({ id, body }) => {
    const review = data.reviews.find((known) => known.review_id === id)
    if (!review) return refuse(404, 'review.unknown', 'no such review')
    Object.assign(review, { state: 'decided', decision: body['decision'], reason: body['reason'], decided_at: data.ago(0), decided_by: 'staff:S1:林晓' })
    return ok({ review_id: id, decision: body['decision'] })
  },
  'GET /program': (_, state) => ok({ version: 3, effective_at: data.ago(40), document: data.document, draft: state.draft } satisfies Schemas['ProgramBody']),
  'GET /program/versions': ({ query }) => ok(page(data.versions, query)),
  'PUT /program/draft': ({ body }, state) => {
    state.draft = { document: body, revision: (state.draft?.revision ?? 0) + 1, updated_at: data.ago(0), updated_by: '林晓' }
    return ok(state.draft)
  },
  'POST /program/draft/check': (_, state) => ok(check(state.draft ? stringify(state.draft.document) : data.yaml)),
  'POST /program/draft/publish': ({ body }) => {
    const version = (data.versions[0]?.version ?? 0) + 1
    const effective_at = typeof body['effective_at'] === 'string' ? body['effective_at'] : data.ago(0)
    data.versions.unshift({ version, state: body['effective_at'] ? 'scheduled' : 'active', effective_at, published_at: data.ago(0), published_by: '林晓', note: typeof body['note'] === 'string' ? body['note'] : null })
    return ok({ version, effective_at })
  },
  'GET /channels': ({ query }) => ok(page(offers.channels, query)),
  'POST /checkout/quotes': ({ body }) => ok(offers.quote(body as unknown as Schemas['QuoteBody'])),
  'GET /coupon-templates': ({ query }) => ok(page(offers.templates, query)),
  'POST /coupon-templates': ({ body }) => {
    const made: Schemas['TemplateShownBody'] = { template_id: `T${offers.templates.length + 1}`, version: 1, paused: false, issued: 0, discounted: 0, created_at: data.ago(0), updated_at: data.ago(0), template: body as unknown as Schemas['TemplateBody'] }
    offers.templates.unshift(made)
    return ok({ template_id: made.template_id, version: 1 })
  },
  'GET /coupon-templates/:id/batches': ({ query }) => ok(page([], query)),
  'GET /members/:id/coupons': ({ query }) => ok(page([], query)),
  'GET /members/:id/wallet': () => ok({ principal: 20000, bonus: 2000, held: 0 }),
  'GET /members/:id/wallet/entries': ({ query }) => ok(page([], query)),
  'GET /members/:id/wallet/top-ups': ({ query }) => ok(page([], query)),
  'GET /members/:id/exchanges': ({ query }) => ok(page([], query)),
  'GET /wallet/settlement': () => ok(offers.settlement),
  'GET /mall/goods': ({ query }) => ok(page(offers.goods, query)),
  'GET /points/adjustments': ({ query }) => ok(page([], query)),
  'GET /points/adjustments/limits': () => ok({ limit: 10000, roles: { admin: null } }),
  'PUT /points/adjustments/limits': ({ body }) => ok(body),
  'GET /staff': ({ query }) => ok(page(data.staff, query)),
  'POST /staff': ({ body }) => {
    const made = { id: `S${data.staff.length + 1}`, name: String(body['name']), display_name: String(body['display_name']), role: String(body['role']), shops: [], active: true, totp: false, created_at: data.ago(0), locked_until: null }
    data.staff.push(made)
    return ok(made)
  },
  'PATCH /staff/:id': ({ id, body }) => {
    const known = data.staff.find((one) => one.id === id)
    if (!known) return refuse(404, 'staff.unknown', 'no such account')
    if (typeof body['active'] === 'boolean') known.active = body['active']
    return ok(known)
  },
  'GET /keys': ({ query }) => ok(page(data.keys, query)),
  'POST /keys': ({ body }) => {
    data.keys.unshift({ key_id: `K${data.keys.length + 1}`, name: String(body['name']), scopes: body['scopes'] as string[], shops: [], created_at: data.ago(0), last_used_at: null, revoked_at: null })
    return ok({ key_id: `K${data.keys.length}`, secret: 'hui_sk_3f0c9a41d7e24b1c8d5e' })
  },
  'DELETE /keys/:id': ({ id }) => {
    const known = data.keys.find((key) => key.key_id === id)
    if (known) known.revoked_at = data.ago(0)
    return none
  },
}

function withPerson(then: (person: data.Person, asked: Asked) => Answer): Handler {
  return (asked) => {
    const person = data.people.find(({ member }) => member.member_id === asked.id)
    return person ? then(person, asked) : refuse(404, 'member.unknown', 'no such member')
  }
}

const routes = Object.entries(handlers).map(([name, handler]) => {
  const [method = '', path = ''] = name.split(' ')
  return { method, pattern: new RegExp(`^${path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`), handler }
})

function write(answer: Answer): Response {
  return new Response(answer.body === undefined ? null : JSON.stringify(answer.body), {
    status: answer.status,
    headers: { 'content-type': answer.status < 400 ? 'application/json' : 'application/problem+json', 'x-request-id': 'mock-1' },
  })
}

export async function respond(request: Request, state: MockState): Promise<Response> {
  const url = new URL(request.url)
  const path = url.pathname.replace(/^\/api\/v1/, '')
  const text = request.method === 'GET' ? '' : await request.clone().text()
  const body = text ? (JSON.parse(text) as Record<string, unknown>) : {}
  state.asked.push({ method: request.method, path: url.pathname + url.search, headers: request.headers, body })
  for (const { method, pattern, handler } of routes) {
    const match = method === request.method ? pattern.exec(path) : null
    if (!match) continue
    if (!state.isSignedIn && !path.startsWith('/session')) return write(refuse(401, 'auth.missing', 'sign in'))
    const isUnsafe = request.method !== 'GET' && path !== '/session'
    if (isUnsafe && request.headers.get('x-csrf-token') !== session.csrf) return write(refuse(403, 'csrf.invalid', 'the token is missing'))
    return write(handler({ id: match.groups?.['id'] ?? '', sub: match.groups?.['sub'] ?? '', query: url.searchParams, body }, state))
  }
  return write(refuse(404, 'not_found', path))
}

/** Answers every request under `/api/` from memory; everything else goes to the network. */
export function installMock(initial: Partial<MockState> = {}): MockState {
  const state: MockState = { isSignedIn: sessionStorage.getItem('hui.mock') === '1', needsCode: false, draft: null, asked: [], ...initial }
  const real = globalThis.fetch.bind(globalThis)
  globalThis.fetch = async (input, init) => {
    const request = input instanceof Request ? input : new Request(new URL(String(input), location.origin), init)
    if (!new URL(request.url).pathname.startsWith('/api/')) return real(input, init)
    const response = await respond(request, state)
    sessionStorage.setItem('hui.mock', state.isSignedIn ? '1' : '0')
    return response
  }
  return state
}
