/**
 * An exact number of the API, such as `597/20`, for people: 29.85. One without
 * a finite decimal of at most six places stays the fraction it is.
 */
export function exactText(exact: string): string {
  const match = /^(-?\d+)(?:\/(\d+))?$/.exec(exact)
  if (!match?.[1]) return exact
  if (match[2] === undefined) return match[1]
  const denominator = BigInt(match[2])
  if (denominator === 0n) return exact
  const scaled = BigInt(match[1]) * 1_000_000n
  if (scaled % denominator !== 0n) return exact
  const micros = scaled / denominator
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0')
  const decimals = digits.slice(-6).replace(/0+$/, '')
  return `${micros < 0n ? '−' : ''}${digits.slice(0, -6)}${decimals ? `.${decimals}` : ''}`
}
