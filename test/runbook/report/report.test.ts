import { describe, expect, test } from 'vitest'
import type { Since, WrittenSince } from '../../../src/contract/rollback.js'
import type { MigrationResult, RunView, TakenBackBy } from '../../../src/contract/run.js'
import { latencyTrend } from '../../../src/runbook/report/chart-data.js'
import { renderHtml } from '../../../src/runbook/report/html.js'
import { renderIncident } from '../../../src/runbook/report/incident.js'
import { metricsLine } from '../../../src/runbook/metrics.js'
import { renderMarkdown } from '../../../src/runbook/report/markdown.js'
import { isoAfter, sampleBaseline, sampleCheckpoints, samplePlan, sampleRun } from '../sample-run.js'

const input = {
  view: sampleRun(),
  plan: samplePlan(),
  baseline: sampleBaseline(),
  timeZone: 'America/New_York',
}
const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=y>|\`**`

/** A run whose every text is hostile: people, databases and error messages put them there. */
function hostileRun(): RunView {
  const view = sampleRun()
  return {
    ...view,
    message: HOSTILE,
    requester: HOSTILE,
    environment: HOSTILE,
    database: { ...view.database, name: HOSTILE },
    failure: { type: HOSTILE, message: HOSTILE, advice: HOSTILE },
    migrations: [{ name: HOSTILE, sha256: HOSTILE, state: 'partial', durationMs: 1, error: HOSTILE }],
    observations: [{ note: HOSTILE, actor: HOSTILE, at: view.startedAt }],
    refused: [{ gate: HOSTILE, actor: HOSTILE, decision: HOSTILE, at: view.startedAt, reason: HOSTILE }],
    steps: [
      ...view.steps,
      { step: HOSTILE, state: 'done', startedAt: view.startedAt, endedAt: view.startedAt, detail: HOSTILE },
    ],
    announcements: view.announcements.map((one) => ({ ...one, text: HOSTILE })),
  }
}

test('the Markdown report of a completed run', async () => {
  await expect(renderMarkdown(input)).toMatchFileSnapshot('golden/completed.txt')
})

test('the incident report of a failed run', async () => {
  const view = sampleRun({
    success: false,
    outcome: 'failed',
    message: '0010_fill_tags.sql failed: no such column: labell',
    phase: 'closed',
    migrations: sampleRun().migrations.map((one, at) =>
      at === 1
        ? { ...one, state: 'absent', durationMs: null, error: 'no such column: labell at offset 12' }
        : one,
    ),
    failure: { type: 'SqlRefused', message: 'D1 refused the SQL', advice: 'd1-runbook validate' },
    monitoring: null,
  })
  await expect(renderIncident({ ...input, view })).toMatchFileSnapshot('golden/incident.txt')
})

test.each([
  ['one of two was applied', ['applied', 'absent'], true],
  ['one of two may have been', ['applied', 'unknown'], true],
  ['both were', ['applied', 'applied'], false],
  ['both were taken back', ['taken-back', 'taken-back'], false],
  ['none was', ['not-executed', 'not-executed'], false],
] as const)(
  'the reverse of the plan is told as that where it is not of what was applied: %s',
  (_, states, whole) => {
    const migrations = sampleRun().migrations.map((one, at) => ({
      ...one,
      state: states[at] ?? ('pending' as const),
    }))
    const view = sampleRun({ outcome: 'aborted', migrations })
    for (const report of [renderMarkdown({ ...input, view }), renderHtml({ ...input, view })]) {
      expect(report).toContain('<summary>Reverse migration')
      expect(report.includes('Reverse migration of the whole plan, rehearsed: not of what was applied')).toBe(
        whole,
      )
    }
  },
)

test('a decision that was carried out, and made room for another, counts', () => {
  const { gates } = sampleRun()
  const [first] = gates
  const decided = first?.decisions ?? []
  expect(decided.length).toBeGreaterThan(0)
  const again = gates.map((one) => (one === first ? { ...one, decisions: [], earlier: decided } : one))
  const count = (view: RunView): unknown => (JSON.parse(metricsLine(view)) as { decisions: number }).decisions
  expect(count(sampleRun({ gates: again }))).toBe(count(sampleRun()))
})

test('the timeline of an incident is in the order in which it happened: the file, its failure, the step, the decision, the way back', () => {
  const at = (minutes: number) => isoAfter(minutes)
  const view = sampleRun({
    outcome: 'rolled-back',
    migrations: [
      ...[{ name: 'a.sql', state: 'taken-back' as const, begunAt: at(30), endedAt: at(31) }],
      ...[
        {
          name: 'b.sql',
          state: 'absent' as const,
          error: 'no such column',
          begunAt: at(31),
          endedAt: at(32),
        },
      ],
      ...[{ name: 'c.sql', state: 'applied' as const, begunAt: at(51), endedAt: at(52) }],
      ...[{ name: 'd.sql', state: 'not-executed' as const }],
    ].map((one) => ({ sha256: '1'.repeat(64), durationMs: null, ...one })),
    steps: [
      { step: 'execute', state: 'failed', startedAt: at(20), endedAt: at(32) },
      { step: 'rollback', state: 'done', startedAt: at(50), endedAt: at(52) },
      { step: 'close', state: 'done', startedAt: at(52), endedAt: at(52) },
    ],
    gates: [
      {
        ...{ gate: 'rollback', state: 'approved', shows: [] },
        decisions: [{ actor: 'Bo', decision: 'approve', at: at(50), decisionId: '1' }],
      },
    ],
    announcements: [],
    observations: [],
    monitoring: null,
  })
  const [, timeline = ''] = renderIncident({ ...input, view })
    .split(/^## /m)
    .slice(1)
  const told = [...timeline.matchAll(/^\| 2026\S+ \S+ \S+ \| (.*) \|$/gm)].map(([, what]) => what)
  expect(told).toEqual([
    'Step 3: Execute Migration began',
    '`a.sql`: its apply began',
    '`a.sql`: applied',
    '`b.sql`: its apply began',
    '`b.sql`: failed: no such column',
    'Step 3: Execute Migration: failed',
    'Bo: approve `rollback`',
    'Rollback Procedures began',
    '`c.sql`: its apply began',
    '`c.sql`: applied',
    'Rollback Procedures: done',
    'Documentation Updates began',
    'Documentation Updates: done',
  ])
})

describe('the HTML report', () => {
  test('is one page that fetches nothing and runs nothing', async () => {
    const html = renderHtml(input)
    expect(html).not.toMatch(/<(?:script|link|img|iframe|object)\b/i)
    expect(html.match(/\b(?:src|href)="[^#"][^"]*"/g)).toBeNull()
    expect(html).not.toMatch(/@import|url\((?!#)/)
    expect(html).toContain("default-src 'none'")
  })

  test('has the outcome before everything else, and each chart in two sizes', async () => {
    const html = renderHtml(input)
    expect(html.indexOf('Completed')).toBeLessThan(html.indexOf('<section'))
    expect(html.match(/<svg/g)).toHaveLength(6)
    expect(html).toContain('rollback threshold')
    expect(html).toContain('migrated')
  })

  test('marks a rollback in the charts', async () => {
    const steps = [
      ...sampleRun().steps,
      { step: 'rollback', state: 'running' as const, startedAt: isoAfter(700) },
    ]
    expect(renderHtml(input)).not.toContain('>rollback</text>')
    expect(renderHtml({ ...input, view: sampleRun({ steps }) })).toContain('>rollback</text>')
  })

  test('says the same as the Markdown, section by section', async () => {
    const html = renderHtml(input)
    const titles = [...renderMarkdown(input).matchAll(/^## (.*)$/gm)].map(([, title]) => title)
    expect([...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title)).toEqual(titles)
  })

  test('escapes whatever people and databases put in', async () => {
    const html = renderHtml({ ...input, view: hostileRun() })
    expect(html).not.toContain('<script')
    expect(html).not.toContain('<img')
    expect(html).toContain('&lt;script&gt;')
  })
})

test('Markdown keeps hostile texts inside their cells', () => {
  for (const text of [
    renderMarkdown({ ...input, view: hostileRun() }),
    renderIncident({ ...input, view: hostileRun() }),
  ]) {
    const outsideCode = withoutCode(text)
    expect(outsideCode).not.toContain('<script')
    expect(outsideCode).not.toContain('<img')
  }
})

test('a report can be made at any moment: before the plan, with nothing seen, without a baseline', async () => {
  const early = sampleRun({
    outcome: null,
    phase: 'prerequisites',
    steps: [],
    gates: [],
    checks: [],
    backup: null,
    monitoring: null,
    migrations: [],
    announcements: [],
    planHash: null,
  })
  const { closedAt: _closed, ...view } = early
  const nothing = { view, plan: null, baseline: null }
  expect(renderMarkdown(nothing)).toContain('Under way: prerequisites')
  expect(renderHtml(nothing)).not.toContain('<svg')
  expect(renderIncident(nothing)).toContain('so nothing was applied')
  const unseen = sampleCheckpoints().map(({ latencyMs: _latency, errorRate: _rate, ...one }) => ({
    ...one,
    verdict: 'unknown' as const,
  }))
  const blind = sampleRun({
    monitoring: {
      workflowId: 'm',
      checkpoints: unseen,
      verdicts: { healthy: 0, degraded: 0, breached: 0, unknown: 34 },
      planned: 34,
    },
  })
  expect(renderHtml({ ...input, view: blind, baseline: null }).match(/<svg/g)).toHaveLength(2)
})

/** Reads code as CommonMark does: a backslash escapes outside of code only, a run of backticks ends at one as long. */
function withoutCode(markdown: string): string {
  const rest = markdown.replace(/^(`{3,})[^`\n]*\n[\s\S]*?^\1$/gm, '')
  let out = ''
  for (let at = 0; at < rest.length; at += 1) {
    if (rest[at] === '\\') {
      at += 1
      continue
    }
    const run = /^`+/.exec(rest.slice(at))?.[0]
    if (run === undefined) {
      out += rest[at] ?? ''
      continue
    }
    const end = [...rest.slice(at + run.length).matchAll(/`+/g)].find(([ticks]) => ticks === run)
    at += run.length - 1 + (end === undefined ? 0 : end.index + run.length)
  }
  return out
}

test('a run that was taken back says so, and who chose which way', () => {
  const { gates } = sampleRun()
  const decided = gates.map((one) =>
    one.gate === 'rollback'
      ? {
          ...one,
          state: 'approved' as const,
          decisions: [
            {
              actor: 'Bo Lind',
              decision: 'approve' as const,
              at: isoAfter(90),
              decisionId: 'back',
              strategy: 'time-travel' as const,
              comment: 'errors since the migration',
            },
          ],
        }
      : one,
  )
  const report = renderMarkdown({ ...input, view: sampleRun({ outcome: 'rolled-back', gates: decided }) })
  expect(report).toContain('time-travel: errors since the migration')
  expect(report).toContain('none: they were taken back')
  expect(report).toMatch(
    /- \[ \] ❌ not met: \*\*All planned migrations applied successfully\*\* \(they were taken back\)/,
  )
})

const BEFORE = '0001_init.sql'
const [FIRST, SECOND] = sampleRun().migrations

test('the ways back of a run that is over are told as old, and the one that was taken is named', () => {
  const rollback = { strategy: 'time-travel' as const, issue: 'errors', price: [] }
  const incident = renderIncident({ ...input, view: sampleRun({ outcome: 'rolled-back', rollback }) })
  expect(incident).toContain('The run is over: it takes nothing back any more')
  expect(incident).toMatch(/^\| Time Travel bookmark \| yes, and taken \|/m)
  expect(incident.match(/and taken/g)).toHaveLength(1)
})

/** Both files taken back, with the ledger as it was read afterwards. */
function takenBack(takenBackBy: TakenBackBy, ledger: string[], changes: Partial<RunView> = {}): RunView {
  const undone = [FIRST, SECOND].flatMap((one) =>
    one === undefined ? [] : [{ ...one, state: 'taken-back' as const, takenBackBy }],
  )
  return sampleRun({
    outcome: 'rolled-back',
    migrations: undone,
    ledger: {
      readAt: isoAfter(95),
      applied: ledger,
      pending: undone.map(({ name }) => name).filter((name) => !ledger.includes(name)),
      schemaFingerprint: 'c'.repeat(64),
      schema: 'as-before',
    },
    ...changes,
  })
}

/** Report and incident report, without the signs that keep Markdown from reading names as emphasis. */
function bothTexts(view: RunView): string[] {
  return [renderMarkdown({ ...input, view }), renderIncident({ ...input, view })].map((text) =>
    text.replaceAll('\\', ''),
  )
}

test('after a reverse migration: taken back by its file, and the rows of the ledger stay', () => {
  const file = '0011_rollback_2026_03_08.sql'
  const view = takenBack({ strategy: 'reverse-migration', file }, [
    BEFORE,
    '0009_add_tags.sql',
    '0010_fill_tags.sql',
    file,
  ])
  view.migrations.push({ name: file, sha256: '3'.repeat(64), state: 'applied', durationMs: 900 })
  for (const text of bothTexts(view)) {
    expect(text).toContain(`| \`0009_add_tags.sql\` | taken back by ${file} | yes |`)
    expect(text).toContain(
      `| \`${file}\` | applied; it took back 0009_add_tags.sql, 0010_fill_tags.sql | yes |`,
    )
    expect(text).toContain(`the ledger ends with ${file}; no file is pending; the schema is that of before`)
  }
  expect(renderMarkdown({ ...input, view })).toContain('0 of 2, 2 taken back')
  const incident = renderIncident({ ...input, view })
  expect(incident).toContain(
    '`0009_add_tags.sql`, `0010_fill_tags.sql` were taken back, and are in the ledger all the same',
  )
  expect(incident).toContain('whether something is still to be restored is not proven')
  expect(incident).not.toContain('Review backup options')
})

const COMPARED: WrittenSince = {
  ...{ since: '2026-03-08T03:03:10Z', asOf: '2026-03-08T04:00:00Z' },
  ...{ by: 'rows', tables: [], objects: [] },
}
const DIFFERS = { table: 'stock', added: 0, changed: 1, gone: 0, difference: 0 }

test.each<[string, Since | undefined, boolean]>([
  ['every row is as it was', COMPARED, true],
  ['every table is as it was, by sums', { ...COMPARED, by: 'sums' }, true],
  ['a value did not come back', { ...COMPARED, tables: [DIFFERS] }, false],
  ['rows were only counted', { ...COMPARED, by: 'counts' }, false],
  ['an object is otherwise', { ...COMPARED, objects: [{ change: 'added', type: 'view', name: 'v' }] }, false],
  ['tables moved under the archive', { ...COMPARED, moved: ['stock'] }, false],
  ['it could not be compared', { unknown: 'the archive is gone' }, false],
  ['nobody compared', undefined, false],
])('what a way back leaves to restore is said as it was read back: %s', (_, compared, nothing) => {
  const taken = {
    strategy: 'reverse-migration' as const,
    issue: 'slow',
    price: ['1 value of stock.qty does not come back.'],
  }
  const view = {
    ...takenBack({ strategy: 'reverse-migration', file: '0011_rollback.sql' }, [BEFORE]),
    rollback: { ...taken, ...(compared === undefined ? {} : { compared }) },
  }
  const incident = renderIncident({ ...input, view })
  expect(incident.includes('Nothing needs to be restored')).toBe(nothing)
  expect(incident.includes('is not proven')).toBe(!nothing)
  expect(incident.replaceAll('\\', '')).toContain(
    'Lost by the way back: 1 value of stock.qty does not come back',
  )
})

test.each<[MigrationResult['state'], boolean]>([
  ['pending', true],
  ['not-executed', true],
  ['absent', false],
  ['partial', false],
])('a run that failed with its file %s', (state, untouched) => {
  const migrations = input.view.migrations.map((one) => ({ ...one, state }))
  const incident = renderIncident({ ...input, view: { ...input.view, outcome: 'failed', migrations } })
  expect(incident.includes('This run tried no file')).toBe(untouched)
  expect(incident.includes('Review backup options')).toBe(!untouched)
})

test.each<[string, TakenBackBy]>([
  ['Time Travel to the bookmark 00000085', { strategy: 'time-travel', bookmark: '00000085' }],
  ['the restore of backup.zip', { strategy: 'restore-backup', archive: 'backup.zip' }],
])('after %s: taken back by it, out of the ledger, pending again', (words, by) => {
  const view = takenBack(by, [BEFORE])
  for (const text of bothTexts(view)) {
    expect(text).toContain(`| \`0010_fill_tags.sql\` | taken back by ${words} | no |`)
    expect(text).toContain('2 files pending: 0009_add_tags.sql, 0010_fill_tags.sql')
    expect(text).not.toMatch(/0010_fill_tags\.sql. \| applied/)
  }
  expect(renderIncident({ ...input, view })).toContain('the next run would apply them again')
})

test('a ledger that could not be read afterwards is not guessed', () => {
  const { ledger: _ledger, ...view } = takenBack({ strategy: 'time-travel', bookmark: 'b' }, [])
  const incident = renderIncident({ ...input, view })
  expect(incident).toContain('The ledger was not read again after the rollback.')
  expect(incident).not.toContain('In the ledger')
  expect(incident).toContain('the ledger was not read since')
  expect(incident).not.toContain('would apply them again')
})

test('applied but not healthy is said first, and is no green line', () => {
  const view = sampleRun({
    outcome: 'completed-unhealthy',
    success: false,
    message: '2 migrations applied, but not healthy: checkpoint 34 is breached',
  })
  const head = renderMarkdown({ ...input, view }).split('\n')[2]
  expect(head).toBe(
    '❌ **Applied, but not healthy**: 2 migrations applied, but not healthy: checkpoint 34 is breached',
  )
})

test('during a run the report ends its headline with the commands that decide the open gate', () => {
  const gates = sampleRun().gates.map((one) =>
    one.gate === 'final' ? { ...one, state: 'open' as const, decisions: [] } : one,
  )
  const { closedAt: _closed, ...view } = sampleRun({ outcome: null, phase: 'execute', gates })
  const [head = ''] = renderMarkdown({ ...input, view }).split('\n## ')
  expect(head).toContain('- Approve (Final Confirmation): `d1-runbook approve final --env production`')
  expect(head).toContain('- Decline (Final Confirmation): `d1-runbook reject final --env production`')
})

test('the charts mark when files were applied, not the hours in which people decided', () => {
  const command = 'wrangler d1 migrations apply art-archive --remote'
  const commands = [30, 31].map((minute) => ({
    command,
    at: isoAfter(minute),
    durationMs: 2_000,
    result: 'exit 0',
  }))
  const span = latencyTrend({ ...input, view: sampleRun({ commands }) })?.migration
  expect(span).toEqual({ from: Date.parse(isoAfter(30)), to: Date.parse(isoAfter(31)) + 2_000 })
})

test.each([
  [
    'rolled-back',
    /The run ended before its monitoring began[\s\S]*/,
    /not asked yet|no checkpoint yet|has not begun|with data yet/,
  ],
  [null, /Monitoring has not begun[\s\S]*/, /never asked|no checkpoint was taken|before its monitoring/],
] as const)(
  'a run whose outcome is %s says of what it never reached whether that is still to come',
  (outcome, said, never) => {
    const gates = sampleRun().gates.map((gate) => ({ ...gate, state: 'waiting' as const, decisions: [] }))
    const text = renderMarkdown({ ...input, view: sampleRun({ outcome, monitoring: null, gates }) })
    expect(text).toMatch(said)
    expect(text).not.toMatch(never)
  },
)

test('looks that are not here are told by their counts of then, and as unknown beyond', () => {
  const verdicts = { healthy: 2, degraded: 0, breached: 0, unknown: 0 }
  const monitoring = { workflowId: 'm', checkpoints: [], verdicts, planned: 34, asOf: isoAfter(60) }
  const text = renderMarkdown({ ...input, view: sampleRun({ outcome: 'rolled-back', monitoring }) })
  expect(text).toMatch(
    /2 of 34 checkpoints as of .*: 2 healthy; what each of them saw, and what was seen since, is not known here\./,
  )
  expect(text).toContain('what the monitoring saw is not known here')
  expect(text).not.toMatch(/no checkpoint (was taken|had data)|without a breach/)
  expect(JSON.parse(metricsLine(sampleRun({ monitoring })))).toMatchObject({ checkpointsAsOf: isoAfter(60) })
})

test('a run that is over has nobody still to ask, and no check still to make', () => {
  const nothing = { gates: [], checks: [], refused: [] }
  const report = (outcome: RunView['outcome']): string =>
    renderMarkdown({ view: sampleRun({ ...nothing, outcome }), plan: null, baseline: null })
  expect(report('failed')).toContain('Nobody was asked.')
  expect(report('failed')).toContain('No check was made.')
  expect(report(null)).toContain('Nobody was asked yet.')
  expect(report(null)).toContain('No check was made yet.')
})
