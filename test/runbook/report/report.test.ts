import { describe, expect, test } from 'vitest'
import type { RunView } from '../../../src/contract/run.js'
import { latencyTrend } from '../../../src/runbook/report/chart-data.js'
import { renderHtml } from '../../../src/runbook/report/html.js'
import { renderIncident } from '../../../src/runbook/report/incident.js'
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

describe('the HTML report', () => {
  test('is one page that fetches nothing and runs nothing', async () => {
    const html = await renderHtml(input)
    expect(html).not.toMatch(/<(?:script|link|img|iframe|object)\b/i)
    expect(html.match(/\b(?:src|href)="[^#"][^"]*"/g)).toBeNull()
    expect(html).not.toMatch(/@import|url\((?!#)/)
    expect(html).toContain("default-src 'none'")
  })

  test('has the outcome before everything else, and each chart in two sizes', async () => {
    const html = await renderHtml(input)
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
    expect(await renderHtml(input)).not.toContain('>rollback</text>')
    expect(await renderHtml({ ...input, view: sampleRun({ steps }) })).toContain('>rollback</text>')
  })

  test('says the same as the Markdown, section by section', async () => {
    const html = await renderHtml(input)
    const titles = [...renderMarkdown(input).matchAll(/^## (.*)$/gm)].map(([, title]) => title)
    expect([...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title)).toEqual(titles)
  })

  test('escapes whatever people and databases put in', async () => {
    const html = await renderHtml({ ...input, view: hostileRun() })
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
  expect(await renderHtml(nothing)).not.toContain('<svg')
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
  expect((await renderHtml({ ...input, view: blind, baseline: null })).match(/<svg/g)).toHaveLength(2)
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
    /- \[ \] ❌ \*\*All planned migrations applied successfully\*\* \(they were taken back\)/,
  )
})

test('during a run the report ends its headline with the command that decides the open gate', () => {
  const gates = sampleRun().gates.map((one) =>
    one.gate === 'final' ? { ...one, state: 'open' as const, decisions: [] } : one,
  )
  const { closedAt: _closed, ...view } = sampleRun({ outcome: null, phase: 'execute', gates })
  expect(renderMarkdown({ ...input, view })).toContain('Next: d1-runbook approve final --env production')
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
