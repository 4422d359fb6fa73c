import i18next from 'i18next'
import { answer, client, ProblemError, type Schemas } from '../../api/client'
import type { Program } from './queries'

export type Tree = Record<string, unknown>
export type Finding = Schemas['RuleProblem']

/** What a finding says, in the language of the page where the server has it. */
export function findingText({ message, message_zh: chinese }: Finding): string {
  return i18next.language === 'zh-CN' && chinese ? chinese : message
}

export function tree(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {}
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** The document that the next version will be: the draft, else what is in force. */
export function nextDocument(program: Program): Tree {
  return tree((program.draft ?? program).document)
}

/** What was written, and what the server finds in the whole draft. */
export interface Changed {
  document: Tree
  findings: Finding[]
}

/** Changes the newest draft, keeping what others wrote into it, and has the server check it. */
export async function changeDraft(change: (document: Tree) => Tree): Promise<Changed> {
  const program = await answer(client.GET('/api/v1/program'))
  const document = change(structuredClone(nextDocument(program)))
  await answer(client.PUT('/api/v1/program/draft', { body: document }))
  const checked = await answer(client.POST('/api/v1/program/draft/check'))
  return { document, findings: [...checked.errors, ...checked.warnings] }
}

/** Without what says nothing: empty texts, lists and objects, and fields left blank. */
export function withoutBlanks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBlanks).filter((item) => item !== undefined)
  if (typeof value === 'object' && value !== null) {
    const kept = Object.entries(value).flatMap(([name, inner]) => {
      const said = withoutBlanks(inner)
      return said === undefined || (Array.isArray(said) && said.length === 0) ? [] : [[name, said] as const]
    })
    return kept.length === 0 ? undefined : Object.fromEntries(kept)
  }
  return value === null || value === '' ? undefined : value
}

/** The field names below `prefix` that a JSON pointer leads to; nothing when it points elsewhere. */
export function fieldOf(pointer: string, prefix: string): (string | number)[] | null {
  if (pointer !== prefix && !pointer.startsWith(`${prefix}/`)) return null
  return pointer
    .slice(prefix.length)
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}

/** What the server finds wrong, each at the field of the form it is about. */
export function atFields(error: unknown): { name: never; errors: string[] }[] {
  if (!(error instanceof ProblemError)) return []
  return error.fields.flatMap(({ pointer, message }) => {
    const name = fieldOf(pointer, '')
    return name && name.length > 0 ? [{ name: name as never, errors: [message] }] : []
  })
}
