import pc from 'picocolors'
import { describe, expect, test } from 'vitest'
import { planText } from '../../src/cli/terminal/plan-text.js'
import { plain } from '../../src/contract/command-line.js'
import type { Plan } from '../../src/contract/plan.js'
import { gateOpenMessage } from '../../src/runbook/messages.js'
import { planBlocks, planRows } from '../../src/runbook/plan-blocks.js'
import { planMarkdown } from '../../src/runbook/plan-markdown.js'
import { planView } from '../../src/runbook/plan-view.js'
import { samplePlan } from './sample-run.js'

const BASELINE = ['health: median 209 ms, limit 417 ms, 0 % errors (20 samples)']
const plan = (changes: Partial<Plan> = {}): Plan => ({ ...samplePlan(), ...changes })
const said = (changes: Partial<Plan>): string => planRows(planView(plan(changes))).join('\n')

test('a plan reads: changes, findings, the way back with its price, the baseline', async () => {
  const [first, ...more] = samplePlan().migrations
  const migrations = [
    ...(first === undefined
      ? []
      : [{ ...first, sql: 'CREATE TABLE tags (\n  id INTEGER PRIMARY KEY\n);\n' }]),
    ...more,
  ]
  const view = planView(plan({ migrations }), { baseline: BASELINE, answersForWayBack: true })
  await expect(`${planRows(view).join('\n')}\n`).toMatchFileSnapshot('golden/plan.txt')
})

describe('every surface says each line of it, in this order', () => {
  const view = planView(samplePlan(), { baseline: BASELINE, answersForWayBack: true })
  const unescaped = (markdown: string): string =>
    markdown
      .replaceAll(/\\(?=[\\`*_[\]|~#.+-])/g, '')
      .replaceAll('&gt;', '>')
      .replaceAll('&lt;', '<')
  const message = gateOpenMessage({
    ...{ environment: 'production', database: { name: 'a', id: 'b', remote: true }, gate: 'plan', at: 0 },
    ...{ timeZone: 'UTC', who: { roles: [], approvals: 1, missing: 1, people: [] }, plan: view },
  })
  test.each<[string, string]>([
    [
      'terminal, with its prompt, `show` and `watch`',
      planText(view, pc.createColors(false))
        .map((one) => plain(one))
        .join('\n'),
    ],
    ["Temporal's UI", unescaped(planMarkdown(view))],
    ['message', plain(message)],
    ['`shows` of the gate', planRows(view).join('\n')],
  ])('%s', (_, text) => {
    let from = 0
    for (const { title, parts } of planBlocks(view)) {
      for (const row of [
        title,
        ...parts.flatMap((part) => (part.kind === 'line' ? [part.text] : part.rows)),
      ]) {
        const found = text.indexOf(row, from)
        expect(found, `${row} behind ${text.slice(0, from).split('\n').at(-1) ?? ''}`).toBeGreaterThanOrEqual(
          0,
        )
        from = found
      }
    }
  })

  test('a message has what decides before all of it', () => {
    const lines = plain(message).split('\n')
    expect(lines[1]).toBe('- Approve: d1-runbook approve plan --env production')
    expect(lines[2]).toBe('- Decline: d1-runbook reject plan --env production')
  })
})

describe('what was not read is not said', () => {
  test.each<[string, Partial<Plan>, string]>([
    ['an empty one', { schemaChanges: [] }, 'The schema stays as it is.'],
    [
      'no table changes its rows',
      { rows: [{ table: 'a', before: 1, after: 1 }] },
      'No table gains or loses rows (1 table).',
    ],
    [
      'a dropped table, whose rows may be elsewhere',
      { rows: [{ table: 'a', before: 1, after: null }] },
      'a: dropped, it had 1 row',
    ],
    [
      'a renamed table',
      { rows: [{ table: 'b', before: 5, after: 5, renamedFrom: 'a' }] },
      'b: renamed from a, 5 rows',
    ],
    [
      'a renamed table with other rows',
      { rows: [{ table: 'b', before: 5, after: 4, renamedFrom: 'a' }] },
      'b: renamed from a, 5 → 4 rows',
    ],
    ['nothing is pending', { migrations: [], rows: [], schemaChanges: [] }, 'Nothing is pending.'],
    [
      'no way back',
      { rollback: { available: false, rehearsed: false, price: ['0009 drops what nothing holds'] } },
      'Only the backup: no reverse migration could be written:\n  - 0009 drops what nothing holds',
    ],
    [
      'no price',
      { rollback: { available: true, rehearsed: true, price: [] } },
      'A reverse migration, rehearsed. Its price:\n  - every row and value of the backup comes back',
    ],
    ['no finding', { findings: [] }, 'The analysis found nothing to say.'],
    ['no baseline yet', {}, 'Baseline:\n  Not taken yet'],
  ])('%s', (_, changes, expected) => {
    expect(said(changes)).toContain(expected)
  })

  test('no list of schema changes', () => {
    const { schemaChanges: _none, ...old } = samplePlan()
    expect(planRows(planView(old)).join('\n')).not.toMatch(/schema|: added/)
  })

  test('of files that did not run to their end, whether tables gain or lose rows', () => {
    const migrations = samplePlan().migrations.map((one) => ({ ...one, durationMs: 0 }))
    for (const after of [1, 2]) {
      const text = said({ migrations, rows: [{ table: 'a', before: 1, after }] })
      expect(text).toContain(
        'Which tables gain or lose rows is not known: the files were not run to their end',
      )
      expect(text).not.toContain('No table gains')
    }
  })

  test('a file that did not run to its end has no time, and those behind it were not run', () => {
    const migrations = samplePlan().migrations.map((one) => ({ ...one, durationMs: 0 }))
    expect(said({ migrations })).toContain(
      '0009_add_tags.sql: 3 statements, not run to its end\n  0010_fill_tags.sql: 1 statement, not run',
    )
  })
})

test('a table that was renamed is said to be, with what it was', () => {
  const renamed = {
    ...{ change: 'changed' as const, type: 'table' as const, name: 'things', renamedFrom: 't' },
    ...{ before: 'CREATE TABLE t(id INTEGER)', after: 'CREATE TABLE "things"(id INTEGER)' },
  }
  const rows = planRows(planView(plan({ schemaChanges: [renamed] })))
  expect(rows).toContain('  table things: renamed from t')
  expect(rows.join('\n')).not.toMatch(/things: (?:added|changed)/)
})

test('what is left out is counted, and nothing is where the whole is asked for', () => {
  const [change] = samplePlan().schemaChanges ?? []
  const columns = Array.from({ length: 60 }, (_, at) => `c${at} TEXT`).join(',')
  const big = Array.from({ length: 25 }, (_, at) => ({
    ...change,
    change: 'added' as const,
    type: 'table' as const,
    name: `t${at}`,
    after: `CREATE TABLE t${at}(${columns})`,
  }))
  const cut = planRows(planView(plan({ schemaChanges: big })))
  expect(cut).toContain('    … 22 more lines')
  expect(cut.filter((row) => /^ {2}table t\d+: added$/.test(row))).toHaveLength(25)
  const whole = planRows(planView(plan({ schemaChanges: big }), { whole: true }))
  expect(whole.filter((row) => row.includes('+   c'))).toHaveLength(1500)
  expect(whole.join('\n')).not.toContain('more line')
})

test('only costly statements have a line of their own', () => {
  const [first, ...more] = samplePlan().migrations
  const cheap = { line: 1, rowsRead: 50, rowsWritten: 5, ms: 2 }
  const costly = { line: 7, rowsRead: 48_000, rowsWritten: 96_000, ms: 12.345 }
  const slow = { line: 9, rowsRead: 1, rowsWritten: 0, ms: 1500 }
  const migrations =
    first === undefined ? more : [{ ...first, statementCosts: [cheap, costly, slow] }, ...more]
  const rows = said({ migrations })
  expect(rows).toContain(
    '  - line 7: 48,000 rows read, 96,000 written, 12 ms\n  - line 9: 1 rows read, 0 written, 1,500 ms',
  )
  expect(rows).not.toContain('line 1:')
})
