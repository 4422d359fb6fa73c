/** The codes of a pasted or loaded text: one a line, or the first cell of each line; each once. */
export function codesOf(text: string): { codes: string[]; repeated: number } {
  const all = text
    .split(/\r?\n/)
    .map((line) => (line.split(/[,;\t]/)[0] ?? '').trim().replaceAll(/^"|"$/g, ''))
    .filter((code) => code !== '' && code.toLowerCase() !== 'code' && code !== '券码')
  const codes = [...new Set(all)]
  return { codes, repeated: all.length - codes.length }
}
