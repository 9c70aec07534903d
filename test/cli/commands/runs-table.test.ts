import pc from 'picocolors'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { runsTable } from '../../../src/cli/commands/runs-table.js'
import type { RunRow } from '../../../src/client/list.js'

const colors = pc.createColors(false)
const ID = '1f8a3b57-d640-4e9c-8c25-a7d93e06b4f2'
const run = (more: Partial<RunRow> = {}): RunRow => ({
  workflowId: `migration/production/${ID}`,
  runId: '01a205ee-5953-7c05-83cf-88780e7c2005',
  status: 'COMPLETED',
  environment: 'production',
  database: ID,
  databaseName: 'art-archive',
  phase: 'closed',
  outcome: 'completed',
  planHash: null,
  startedAt: '2026-03-08T03:00:00.000Z',
  closedAt: '2026-03-09T03:20:00.000Z',
  ...more,
})
const table = (runs: RunRow[], columns = 80): string[] =>
  runsTable(runs, { columns, timeZone: 'UTC', colors, now: Date.parse('2026-03-08T03:05:00Z') })

test('a run says when it began, whose database it was, how it ended and how long it took', () => {
  expect(table([run(), run({ outcome: null, status: 'RUNNING', phase: 'execute', closedAt: null })])).toEqual(
    [
      'Started (UTC)     Environment  Database     State      Took',
      '2026-03-08 03:00  production   art-archive  completed  24 h 20 min',
      '2026-03-08 03:00  production   art-archive  execute    5 min',
    ],
  )
})

test('ended from outside is told as that, not as the phase that it was in', () => {
  expect(table([run({ outcome: null, status: 'TERMINATED', phase: 'monitor' })])[1]).toContain('terminated')
})

test('without a run there are no heads either', () => {
  expect(table([])).toEqual([])
})

describe('80 columns hold', () => {
  test.each([
    ['every outcome at its longest', {}],
    ['a database without a name', { databaseName: null }],
    ['a name of 500 letters', { databaseName: 'n'.repeat(500) }],
    ['a name of wide letters', { databaseName: '画像アーカイブ'.repeat(20) }],
    ['an environment of 200 letters', { environment: 'e'.repeat(200) }],
    ['an environment of wide letters', { environment: '本番環境'.repeat(9) }],
  ])('%s', (_what, more) => {
    const lines = table([run({ outcome: 'completed-unhealthy', ...more }), run({ environment: null })])
    for (const line of lines) expect(stringWidth(line)).toBeLessThan(80)
  })

  test.each([
    ['an environment of 200 letters', { environment: 'e'.repeat(200) }],
    ['an environment of several words', { environment: 'production of the archive in Zürich' }],
    ['an environment of wide letters', { environment: '本番環境'.repeat(9) }],
    ['a database of 500 letters', { databaseName: 'n'.repeat(500) }],
    ['one that is as short as ever', {}],
  ])('but a pipe has %s whole, and no control of a terminal', (_what, more) => {
    const row = run(more)
    const lines = table([row, run()], Infinity).join('\n')
    for (const part of [row.environment, row.databaseName, row.workflowId, row.runId])
      expect(lines).toContain(part)
    expect(lines).not.toMatch(/(?!\n)\p{Cc}|…/u)
  })

  test('and a wide terminal or a pipe has the IDs', () => {
    expect(table([run()]).join()).not.toContain(ID)
    expect(table([run()], 200)[1]).toContain(`migration/production/${ID}  01a205ee`)
    expect(table([run()], Infinity)[1]).toContain(`migration/production/${ID}  01a205ee`)
  })
})

test('a name cannot paint or break a line', () => {
  const [, line = ''] = table([run({ databaseName: 'a\u001B[31m\nb' })])
  expect(line).not.toMatch(/[\u001B\n]/)
})
