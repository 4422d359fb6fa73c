import { isMap, isSeq, LineCounter, parseDocument, type Node } from 'yaml'

export interface Place {
  from: number
  to: number
  line: number
}

/**
 * Where in the YAML text the thing stands that the JSON pointer names; the
 * nearest parent that exists when it is not there (a missing field).
 */
export function locate(text: string, pointer: string): Place {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const steps = pointer.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  let node: unknown = document.contents
  let range: [number, number] = [0, Math.min(text.length, 1)]
  for (const step of steps) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String((item.key as { value?: unknown } | null)?.value) === step)
      if (!pair) break
      const key = pair.key as Node
      const value = pair.value as Node | null
      const start = key.range?.[0] ?? 0
      range = [start, value?.range?.[1] ?? key.range?.[1] ?? start + 1]
      node = pair.value
    } else if (isSeq(node)) {
      const child = node.items[Number(step)] as Node | undefined
      if (!child?.range) break
      range = [child.range[0], child.range[1]]
      node = child
    } else {
      break
    }
  }
  const from = range[0]
  // A mark over a whole block would hide what is wrong: only its first line.
  const lineEnd = text.indexOf('\n', from)
  const to = Math.max(from + 1, Math.min(range[1], lineEnd === -1 ? text.length : lineEnd))
  return { from, to, line: lines.linePos(from).line }
}

/** What is wrong with the text as YAML, before any rule is looked at. */
export function yamlErrors(text: string): { message: string; from: number; to: number; line: number }[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  return document.errors.map((error) => ({
    message: error.message.split('\n')[0] ?? error.message,
    from: error.pos[0],
    to: Math.max(error.pos[1], error.pos[0] + 1),
    line: lines.linePos(error.pos[0]).line,
  }))
}
