import type { Settlement } from './queries'

export interface Sold {
  place: string
  topUps: number
  bonus: number
  refunded: number
  bonusTaken: number
}

export interface Spent {
  seller: string
  spender: string
  principal: number
  bonus: number
  /** Both are the same place: nothing is owed. */
  isOwn: boolean
}

export interface Owed {
  place: string
  /** Principal of wallets sold here that was spent elsewhere. */
  owes: number
  /** Principal of wallets sold elsewhere that was spent here. */
  isOwed: number
}

type Named = (channel: string | null | undefined, shop: string | null | undefined) => string

/** What each place sold. */
export function soldRows(settlement: Settlement, named: Named): Sold[] {
  return settlement.sold.map(({ channel, shop, principal, bonus, refunded, bonus_taken: bonusTaken }) => ({ place: named(channel, shop), topUps: principal, bonus, refunded, bonusTaken }))
}

/** Where the money of each seller was spent. */
export function spentRows(settlement: Settlement, named: Named): Spent[] {
  return settlement.spent.map((row) => {
    const seller = named(row.sold_channel, row.sold_shop)
    const spender = named(row.spent_channel, row.spent_shop)
    return { seller, spender, principal: row.principal, bonus: row.bonus, isOwn: seller === spender }
  })
}

/** For each place what it owes others and what others owe it, of the principal alone; the biggest sums first. */
export function owedRows(spent: Spent[]): Owed[] {
  const places = new Map<string, Owed>()
  const of = (place: string): Owed => {
    const known = places.get(place) ?? { place, owes: 0, isOwed: 0 }
    places.set(place, known)
    return known
  }
  for (const row of spent.filter(({ isOwn }) => !isOwn)) {
    of(row.seller).owes += row.principal
    of(row.spender).isOwed += row.principal
  }
  return [...places.values()].sort((one, other) => Math.abs(other.isOwed - other.owes) - Math.abs(one.isOwed - one.owes))
}

/** Fen as yuan with two digits, as spreadsheets read it. */
export function yuan(fen: number): string {
  return (fen / 100).toFixed(2)
}

function cell(value: string | number): string {
  // A text that begins like a formula would be one.
  const text = typeof value === 'string' && /^[=+\-@]/.test(value) && !/^-?\d+(\.\d+)?$/.test(value) ? `'${value}` : String(value)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A file that spreadsheets open in every language: comma-separated, quoted where needed, marked as UTF-8. */
export function csv(rows: (string | number)[][]): string {
  return `\uFEFF${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}

/** Has the browser keep `text` as a file. */
export function download(name: string, text: string) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 1000)
}
