import { expect, test } from 'vitest'
import { openSqlite, shownValue } from '../../../src/d1/sqlite/sqlite.js'

function shown(value: string, most?: number): string {
  const database = openSqlite(':memory:')
  try {
    return String(
      database.prepare(`SELECT ${shownValue('v', most)} AS shown FROM (SELECT ${value} AS v)`).get()?.[
        'shown'
      ],
    )
  } finally {
    database.close()
  }
}

test.each([
  ['1.05', '1.05'],
  ['1.0499999999999998', '1.0499999999999998'],
  ['0.1 + 0.2', '0.30000000000000004'],
  ['-2.0000000000000004', '-2.0000000000000004'],
  ['1e-7', '1.0e-07'],
  ['1e300', '1.0e+300'],
  ['3.0', '3.0'],
  ['9e999', '9.0e+999'],
  ['7', '7'],
  ['NULL', 'NULL'],
  [`'1.049999999999999823e+00'`, `'1.049999999999999823e+00'`],
  [`'it''s  two'`, `'it''s  two'`],
  [`X'00FF'`, `X'00FF'`],
  [`CAST(X'00FF' AS TEXT)`, `CAST(X'00FF' AS TEXT)`],
])('%s is shown as %s', (value, text) => {
  expect(shown(value)).toBe(text)
})

test('what is cut says so, and what fits is whole', () => {
  expect(shown(`'abcdefghij'`, 12)).toBe(`'abcdefghij'`)
  expect(shown(`'abcdefghijk'`, 12)).toBe(`'abcdefghijk…`)
})
