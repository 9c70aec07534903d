import { describe, expect, test } from 'vitest'
import type { QueryBaseline } from '../../../src/contract/queries.js'
import { judgeCheckpoint } from '../../../src/runbook/monitoring/judge.js'
import { queryBaselines, queryShifts, queryShiftText } from '../../../src/runbook/monitoring/query-shifts.js'
import { DEFAULT_THRESHOLDS } from './judge-traces.js'

const baseline: QueryBaseline = { id: 'a', name: 'SELECT 1', calls: 10, rowsPerCall: 12, indexes: ['by_a'] }
const now = (calls: number, rowsRead: number) => [{ id: 'a', calls, rowsRead }]

describe('a query that reads many times more', () => {
  test.each<[string, number, number]>([
    ['all of a table', 5, 5 * 48_000],
    ['a thousand rows more, in one call', 1, 1012],
  ])('is told: %s', (_what, calls, rowsRead) => {
    expect(queryShifts([baseline], now(calls, rowsRead))).toMatchObject([
      { before: 12, after: rowsRead / calls },
    ])
  })

  test.each<[string, number, number]>([
    ['as before', 5, 60],
    ['more calls of the same', 5000, 60_000],
    ['ten times, of a small table', 5, 5 * 200],
    ['less', 5, 5],
    ['not asked', 0, 0],
  ])('is not told where it is not: %s', (_what, calls, rowsRead) => {
    expect(queryShifts([baseline], now(calls, rowsRead))).toEqual([])
  })

  test('is not told of a query that is not known from before, or read as much before', () => {
    expect(queryShifts([baseline], [{ id: 'b', calls: 1, rowsRead: 1e6 }])).toEqual([])
    expect(queryShifts([{ ...baseline, rowsPerCall: 40_000 }], now(1, 48_000))).toEqual([])
  })

  test('is named, with its index only where that was seen to be gone', () => {
    const shift = { name: 'SELECT 1', calls: 5, before: 12, after: 48_000.4 }
    expect(queryShiftText({ ...shift, gone: ['by_a'] })).toBe(
      '`SELECT 1` reads 48,000 rows a call instead of 12: its index by_a is gone',
    )
    expect(queryShiftText({ ...shift, before: 0.25, gone: [] })).toBe(
      '`SELECT 1` reads 48,000 rows a call instead of 0.3',
    )
  })
})

describe('a checkpoint', () => {
  const judged = (more: object) =>
    judgeCheckpoint({
      baseline: { takenAt: '2026-01-01T00:00:00Z', probes: {} },
      thresholds: DEFAULT_THRESHOLDS,
      results: [
        { probe: 'db', kind: 'connectivity', critical: true, ok: true, message: 'fine' },
        { probe: 'queries', kind: 'queries', critical: false, ok: true, message: '', ...more },
      ],
    })

  test('is degraded by it alone, and says each query with its figures as values', () => {
    const queries = [{ name: 'SELECT 1', calls: 5, before: 12, after: 48_000, gone: [] }]
    expect(judged({ ok: false, queries })).toMatchObject({
      verdict: 'degraded',
      reasons: [{ criterion: 'database-performance', probe: 'queries', measured: 48_000, limit: 1012 }],
    })
  })

  test('is healthy while they read as before, and not where that could not be seen', () => {
    expect(judged({})).toMatchObject({ verdict: 'healthy', reasons: [] })
    expect(judged({ ok: null })).toMatchObject({ verdict: 'degraded', reasons: [{ criterion: 'no-data' }] })
  })
})

describe('the baseline', () => {
  const known = {
    name: 'n',
    sql: 's',
    rowsWritten: 0,
    durationMs: 1,
    recent: true,
    outcome: 'unchanged' as const,
  }
  const window = { from: '', to: '' }

  test('is what production read for each call before', () => {
    const counted = { ...known, id: 'a', calls: 10, rowsRead: 120, indexes: ['i'] }
    const uncounted = { ...known, id: 'b', calls: null, rowsRead: 5, indexes: [] }
    const queries = {
      state: 'read' as const,
      source: 'graphql' as const,
      window,
      calls: 9,
      covered: 1,
      leftOut: 0,
    }
    expect(queryBaselines({ queries: { ...queries, known: [counted, uncounted] } })).toEqual([
      { id: 'a', name: 'n', calls: 10, rowsPerCall: 12, indexes: ['i'] },
    ])
  })

  test('is none where nothing is known, as in plans of earlier versions', () => {
    expect(queryBaselines({})).toBeUndefined()
    expect(queryBaselines({ queries: { state: 'unknown', window, because: '' } })).toBeUndefined()
  })
})
