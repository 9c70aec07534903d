import { describe, expect, test } from 'vitest'
import type { KnownQuery, PlanQueries } from '../../src/contract/queries.js'
import { configuredLines, queryLines } from '../../src/runbook/query-summary.js'

const window = { from: '2026-03-01T00:00:00.000Z', to: '2026-03-08T00:00:00.000Z' }
const known = (fields: Partial<KnownQuery> = {}): KnownQuery => ({
  ...{ id: 'a', name: 'SELECT 1', sql: 'SELECT 1', calls: 60, rowsRead: 720, rowsWritten: 0, durationMs: 5 },
  ...{ recent: true, outcome: 'unchanged', indexes: [] },
  ...fields,
})
const read = (queries: KnownQuery[], more: object = {}): PlanQueries => ({
  ...{ state: 'read', source: 'graphql', window, calls: 12_000, covered: 0.625, leftOut: 0, known: queries },
  ...more,
})

describe('the queries of the application in the plan', () => {
  test('say what was asked, what becomes of each, and what the rows of 30 days become', () => {
    const scans = known({ outcome: 'scans', rowsPerCall: { before: 12, after: 48_000 } })
    const broken = known({
      name: 'SELECT b FROM t',
      calls: 1,
      outcome: 'breaks',
      because: 'no such column: b',
    })
    const month = { rowsPerMonth: { before: 3_000, after: 12_000_000_000 } }
    expect(queryLines(read([scans, broken, known()], month))).toEqual([
      "Queries of the application: 3 known (D1's analytics from 2026-03-01T00:00 to 2026-03-08T00:00 UTC, 63 % of 12,000 calls): 1 unchanged, 1 breaks, 1 scans instead of searching",
      'SELECT 1 (60 calls): scans instead of searching, 48,000 rows read a call instead of 12',
      'SELECT b FROM t (1 call): breaks: no such column: b',
      'SELECT 1 (60 calls): unchanged',
      "Rows that they read in 30 days: 3,000 become 12,000,000,000 (0 USD become 12 USD where an account's included rows are used up)",
    ])
  })

  test('are said to be unknown with the reason, and nothing where they were configured', () => {
    const because = 'the token\u001b[31m may not'
    expect(queryLines({ state: 'unknown', window, because })).toEqual([
      'Queries of the application: unknown, so none was tried: the token\u001b[31m may not',
    ])
    expect(queryLines(undefined)).toEqual([])
    expect(queryLines(read([]))[0]).toMatch(/none known\. .*: 12,000 calls$/)
  })
})

describe('the queries of the configuration in the plan', () => {
  test('are counted, also where nothing happens to them', () => {
    const one = { name: 'orders of a customer', outcome: 'unchanged' } as const
    expect(configuredLines([one, { ...one, name: 'totals' }])).toEqual([
      'Queries of the configuration: 2, tried on the copy: no difference seen in 2',
    ])
  })

  test('are named where something happens to them', () => {
    const broken = { name: 'totals', outcome: 'breaks', because: 'no such column: b' } as const
    expect(configuredLines([{ name: 'a', outcome: 'unchanged' }, broken])).toEqual([
      'Queries of the configuration: 2, tried on the copy: no difference seen in 1, 1 breaks',
      'totals: breaks: no such column: b',
    ])
    expect(configuredLines([broken])[0]).toBe('Queries of the configuration: 1, tried on the copy: 1 breaks')
  })

  test('are said not to be compared, with the reason', () => {
    const because = '0002_next.sql fails on the copy'
    expect(configuredLines([{ name: 'a', outcome: 'not-tried', because }])).toEqual([
      'Queries of the configuration: 1: 1 not compared',
      'a: not compared: 0002_next.sql fails on the copy',
    ])
  })

  test('are not spoken of where there are none', () => {
    expect(configuredLines()).toEqual([])
    expect(configuredLines([])).toEqual([])
  })
})
