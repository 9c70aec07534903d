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
    /about 100,000 rows.*2 % of the reads that a free account has a day \(a paid one has no such bound\)/,
  ],
  [{}, undefined, /application stops until midnight UTC/],
  [{}, 'free', /2 % of the reads that the account has a day/],
  [{}, 'paid', /^(?!.*midnight).*about 40 calls/],
  [{}, 'paid', /whether D1 counts the 50,000 rows of its own export is not documented/],
  [{ rowsExported: 0 }, 'paid', /^(?!.*documented)/],
  [
    {},
    undefined,
    /answers nobody while D1 exports: about 3 s, by the last one, Wrangler's start and its download included/,
  ],
  [
    { act: 'schedule' },
    undefined,
    /answers nobody while D1 exports: about 3 s a day in all, by the last one/,
  ],
  [{ unavailableMs: null }, undefined, /for how long is not known/],
  [{ unavailableMs: 0 }, undefined, /goes on answering/],
  [{ rowsRead: null }, undefined, /^(?!.*midnight).*more rows than were counted/],
  [
    { rowsWritten: 50_000 },
    undefined,
    /writes at least 50,000.*: 2 % of the reads and 50 % of the writes that a free account has a day/,
  ],
] as const)('says of %j on the plan %s what follows from it', (price, plan, expected) => {
  expect(said(price, plan)).toMatch(expected)
})

const NIGHT = { from: '02:00', to: '05:00', timeZone: 'Europe/Paris' }
const opensAt = '2026-03-02T01:00:00.000Z'
const used = (rowsRead: number, rowsWritten: number) => ({ date: '2026-03-01', rowsRead, rowsWritten })

it.each([
  [
    { usedToday: used(4_000_000, 30_000) },
    'free',
    /of its day at most 1,000,000 reads and 70,000 writes are left/,
  ],
  [{ usedToday: used(4_000_000, 30_000) }, undefined, /of a free account's day at most 1,000,000/],
  [{ usedToday: used(9_000_000, 0) }, 'free', /at most 0 reads and 100,000 writes are left/],
  [{ usedToday: used(4_000_000, 30_000) }, 'paid', /^(?!.*since midnight)/],
  [{ usedToday: { unknown: 'no token.' } }, 'free', /since midnight UTC is not known: no token\. The/],
  [{}, 'free', /^(?!.*since midnight)/],
  [
    { exports: { state: 'open', hours: NIGHT } },
    'paid',
    /begin from 02:00 to 05:00 \(Europe\/Paris\), and so now$/,
  ],
  [
    { unavailableMs: 0, exports: { state: 'by-rows', hours: NIGHT, opensAt } },
    'paid',
    /goes on answering\. .*next at 2026-03-02 02:00 CET: now the database is read by rows$/,
  ],
  [
    { exports: { state: 'put-off', hours: NIGHT, opensAt } },
    'paid',
    /refused, and a run or a schedule waits$/,
  ],
] as const)('names what is left of the day, and the hours of exports: %j, %s', (price, plan, expected) => {
  expect(said(price, plan)).toMatch(expected)
})

it.each([
  [{}, undefined, false],
  [{ rowsRead: 1_250_000 }, undefined, true],
  [{ rowsRead: 1_250_000 }, 'paid', false],
  [{ rowsRead: null }, 'free', true],
  [{ rowsWritten: 25_001 }, undefined, true],
  [{ usedToday: used(4_600_000, 0) }, 'free', true],
  [{ usedToday: used(4_600_000, 0) }, 'paid', false],
  [{ usedToday: used(0, 100_000) }, 'free', false],
  [{ usedToday: { unknown: 'x' } }, 'free', false],
] as const)('warns of %j on the plan %s: %s', (price, plan, dear) => {
  expect(isDear({ ...PRICE, ...price }, plan)).toBe(dear)
})
