import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { actions } from '../../console/audit/actions'
import en from './en-US'
import zh from './zh-CN'

type Words = { [key: string]: string | Words }

function flat(words: Words, prefix = ''): Map<string, string> {
  const all = new Map<string, string>()
  for (const [name, value] of Object.entries(words)) {
    if (typeof value === 'string') all.set(prefix + name, value)
    else for (const [key, text] of flat(value, `${prefix}${name}.`)) all.set(key, text)
  }
  return all
}

const chinese = flat(zh)
const english = flat(en)
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort()

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.tsx?$/.test(entry.name) && !entry.name.includes('.test.') && !path.includes('i18n') ? [readFileSync(path, 'utf8')] : []
  })
}
const code = sources(join(import.meta.dirname, '../..')).join('\n')

test('both languages say the same things', () => {
  expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
})

test('both languages fill in the same blanks', () => {
  for (const [key, text] of chinese) expect({ key, blanks: placeholders(english.get(key) ?? '') }).toEqual({ key, blanks: placeholders(text) })
})

test('English has no Chinese in it and nothing is empty', () => {
  for (const [key, text] of english) {
    expect(text, key).not.toMatch(/[一-鿿]/)
    expect(text.trim(), key).not.toBe('')
  }
})

test('every word the code asks for exists', () => {
  const asked = [...code.matchAll(/\bt\(\s*'([\w.]+)'/g)].map((match) => match[1] ?? '')
  expect(asked.length).toBeGreaterThan(300)
  expect(asked.filter((key) => !chinese.has(key))).toEqual([])
})

test('every action one can filter by has a word', () => {
  expect(actions.filter((action) => !chinese.has(`action.${action.replaceAll('.', '_')}`))).toEqual([])
})

test('colours are named in the theme alone', () => {
  const folder = join(import.meta.dirname, '../..')
  const strays = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|css)$/.test(entry.name) && !['theme.ts', 'schema.ts'].includes(entry.name))
    .filter((entry) => /#[0-9a-fA-F]{3,8}\b(?!['"]?\])/.test(readFileSync(join(entry.parentPath, entry.name), 'utf8').replaceAll(/href="#\w+"/g, '')))
    .map((entry) => entry.name)
  expect(strays).toEqual([])
})
