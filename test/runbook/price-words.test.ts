import { expect, it } from 'vitest'
import type { Price } from '../../src/contract/price.js'
import { isDear, priceSentences } from '../../src/runbook/price-words.js'

const PRICE: Price = {
  act: 'backup',
  rowsRead: 100_000,
  rowsExported: 50_000,
  rowsWritten: 0,
  apiCalls: 40,
  unavailableMs: 3000,
}
const said = (price: Partial<Price>, plan?: 'free' | 'paid'): string =>
  priceSentences({ ...PRICE, ...price }, plan).join('. ')

it.each([
  [
    {},
    undefined,
    /about 100,000 rows.*2 % of the rows that a free account has a day \(workersPlan is not set\)/,
  ],
  [{}, undefined, /application stops until midnight UTC/],
  [{}, 'free', /2 % of the rows that the account has a day/],
  [{}, 'paid', /^(?!.*midnight).*about 40 calls/],
  [{}, 'paid', /whether D1 counts the 50,000 rows of its own export is not documented/],
  [{ rowsExported: 0 }, 'paid', /^(?!.*documented)/],
  [{}, undefined, /answers nobody while D1 exports: about 3 s, as long as last time/],
  [{ unavailableMs: null }, undefined, /for how long is not known/],
  [{ unavailableMs: 0 }, undefined, /goes on answering/],
  [{ rowsRead: null }, undefined, /^(?!.*midnight).*more rows than were counted/],
  [{ rowsWritten: 50_000 }, undefined, /writes at least 50,000.*50 % of the writes/],
] as const)('says of %j on the plan %s what follows from it', (price, plan, expected) => {
  expect(said(price, plan)).toMatch(expected)
})

it.each([
  [{}, undefined, false],
  [{ rowsRead: 1_250_000 }, undefined, true],
  [{ rowsRead: 1_250_000 }, 'paid', false],
  [{ rowsRead: null }, 'free', true],
  [{ rowsWritten: 25_000 }, undefined, true],
] as const)('warns of %j on the plan %s: %s', (price, plan, dear) => {
  expect(isDear({ ...PRICE, ...price }, plan)).toBe(dear)
})
