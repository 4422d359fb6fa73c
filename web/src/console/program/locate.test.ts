import { expect, test } from 'vitest'
import { locate, yamlErrors } from './locate'

const text = `points:
  earn:
    rules:
      - {id: base, when: "true", rate: {points: 10, per: 10000}}
      - id: wine
        when: "line.categry == 'wine'"
tiers:
  ladder: []
`

test('a pointer finds its own line', () => {
  expect(locate(text, '/points/earn/rules/1/when').line).toBe(6)
  expect(locate(text, '/points/earn/rules/0/rate/per').line).toBe(4)
})

test('a missing field is shown at its nearest parent', () => {
  expect(locate(text, '/points/earn/stacking').line).toBe(2)
  expect(locate(text, '/points/earn/rules/7').line).toBe(3)
})

test('a mark never runs over the end of its first line', () => {
  const place = locate(text, '/points')
  expect(text.slice(place.from, place.to)).toBe('points:')
})

test('text that is no YAML says where', () => {
  expect(yamlErrors('a: [1, 2\nb: 3')[0]?.line).toBeGreaterThan(0)
  expect(yamlErrors(text)).toEqual([])
})
