import { expect, test } from 'vitest'
import { csv, owedRows, spentRows, yuan } from './settlement'

const named = (channel: string | null | undefined, shop: string | null | undefined) => [channel, shop].filter(Boolean).join(' ')
const spent = spentRows({
  sold: [],
  spent: [
    { sold_channel: 'pos', sold_shop: 'S1', spent_channel: 'pos', spent_shop: 'S2', principal: 5_000, bonus: 500 },
    { sold_channel: 'pos', sold_shop: 'S2', spent_channel: 'pos', spent_shop: 'S1', principal: 2_000, bonus: 0 },
    { sold_channel: 'pos', sold_shop: 'S1', spent_channel: 'pos', spent_shop: 'S1', principal: 9_000, bonus: 900 },
  ],
}, named)

test('a store owes the principal that was spent elsewhere, never what was spent at home', () => {
  expect(owedRows(spent)).toEqual([
    { place: 'pos S1', owes: 5_000, isOwed: 2_000 },
    { place: 'pos S2', owes: 2_000, isOwed: 5_000 },
  ])
})

test('what all owe is what all are owed', () => {
  const rows = owedRows(spent)
  expect(rows.reduce((sum, row) => sum + row.owes, 0)).toBe(rows.reduce((sum, row) => sum + row.isOwed, 0))
})

test('a file quotes what it must and lets no text become a formula', () => {
  expect(csv([['a,b', 'say "x"', 12], ['=1+1', '-x', yuan(-1_234)]])).toBe('\uFEFF"a,b","say ""x""",12\r\n\'=1+1,\'-x,-12.34\r\n')
})
