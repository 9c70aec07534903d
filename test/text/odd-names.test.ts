import { describe, expect, test } from 'vitest'
import { words, command } from '../../src/contract/next-command.js'
import pc from 'picocolors'
import { watchPicture } from '../../src/cli/commands/watch.js'
import { blockLines, blockPieces } from '../../src/cli/terminal/block.js'
import { findingLines } from '../../src/cli/terminal/findings-text.js'
import { terminalRows } from '../../src/cli/terminal/output.js'
import { arrange } from '../../src/cli/terminal/picture.js'
import { planRowsWith } from '../../src/cli/terminal/plan-text.js'
import { runLines } from '../../src/cli/terminal/run-text.js'
import { plain } from '../../src/contract/command-line.js'
import { HIDDEN_CHARACTER } from '../../src/contract/hidden-characters.js'
import type { MonitoringView } from '../../src/contract/monitoring.js'
import type { Words } from '../../src/contract/next-command.js'
import type { Plan } from '../../src/contract/plan.js'
import { noData } from '../../src/contract/reasons.js'
import { appendToMigrationLog, migrationLogLine } from '../../src/runbook/migration-log.js'
import { renderMonitoring } from '../../src/runbook/monitoring/details.js'
import { planView } from '../../src/runbook/plan-view.js'
import { prose } from '../../src/text/markdown.js'
import { visible } from '../../src/text/visible.js'
import { renderChecklist } from '../../src/runbook/checklist.js'
import { noteMessage } from '../../src/runbook/messages.js'
import { renderHtml } from '../../src/runbook/report/html.js'
import { renderIncident } from '../../src/runbook/report/incident.js'
import { renderMarkdown } from '../../src/runbook/report/markdown.js'
import { slackMessage } from '../../src/text/slack.js'
import { plainDocument, slackWords } from '../../src/text/words.js'
import { summaryOf } from '../../src/workflows/announcer.js'
import { sampleCheckpoints, samplePlan, sampleRun } from '../runbook/sample-run.js'

const ODD = [
  '\u001B[2J\u001B[31mgone',
  '\u001B]8;;https://evil.example\u0007here\u001B]8;;\u0007',
  '\u001B]0;title\u0007',
  '\u009B31mred',
  'ok\r\u0008\u0008no',
  'null\u0000byte',
  '0001_\u202Elqs.txt',
  '\u2066isolated\u2069',
  '\u200Fright\u061C',
  'no\u200Bwidth\uFEFF\u2060',
  'tagged\u{E0041}\u{E0042}',
  'two\nlines\n✅ approved by Ada',
  'a\u2028b',
  'x'.repeat(500),
  '🚀'.repeat(250),
  '<!channel>',
  '<!here> and <@U012345>',
  '<http://evil.example|Approve here>',
  '*bold* _it_ ~gone~ `code`',
  '```\nblock\n```',
  '[Approve](http://evil.example) ![x](http://evil.example/a.png)',
  '# Heading | cell |',
  '<script>alert(1)</script>',
  `"'><img src=x onerror=y>`,
  '<!-- --> </details> &lt;b&gt;',
]
const CONTROL = new RegExp(HIDDEN_CHARACTER, 'u')
const withoutLines = (text: string): string => text.replaceAll('\n', '')

/** Everything in Markdown that is neither escaped nor within code marks. */
const bare = (markdown: string): string =>
  markdown
    .replace(/^(`{3,})[^`\n]*\n[\s\S]*?^\1$/gm, '')
    .replaceAll(/\\./g, '')
    .replaceAll(/(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '')

function viewWith(name: string): ReturnType<typeof sampleRun> {
  const view = sampleRun()
  return {
    ...view,
    requester: name,
    message: name,
    database: { ...view.database, name },
    failure: { type: 'SqlRefused', message: name, advice: name },
    migrations: [{ name, sha256: 'a', state: 'partial', durationMs: 1, error: name }],
    observations: [{ note: name, actor: name, at: view.startedAt }],
    issues: [{ severity: 'major', description: name, actor: name, at: view.startedAt }],
    announcements: view.announcements.map((one) => ({ ...one, text: name })),
    gates: view.gates.map((gate) => {
      if (gate.gate === 'plan')
        return {
          ...gate,
          state: 'open' as const,
          shows: [name],
          plan: planView(planWith(name), { baseline: [name] }),
        }
      return gate.gate === 'final' ? { ...gate, state: 'open' as const, shows: [name] } : gate
    }),
    outcome: null,
  }
}

function planWith(name: string): Plan {
  const plan = samplePlan()
  return {
    ...plan,
    migrations: plan.migrations.map((one) => ({ ...one, name, sql: name })),
    findings: plan.findings.map((one) => ({
      ...one,
      migration: name,
      message: name,
      advice: name,
      accepted: name,
    })),
    rows: [{ table: name, before: 1, after: 2 }],
    schemaChanges: [{ change: 'added', type: 'table', name, after: `CREATE TABLE x(${name})` }],
    rollback: { ...plan.rollback, price: [name] },
  }
}

const monitoringWith = (name: string): MonitoringView => ({
  ...{ workflowId: name, planned: 34, verdicts: { healthy: 0, degraded: 0, breached: 0, unknown: 1 } },
  checkpoints: sampleCheckpoints()
    .slice(20, 21)
    .map((one) => ({ ...one, reasons: [noData(name, name)] })),
})

const SCREEN = {
  colors: pc.createColors(false),
  live: true,
  columns: () => 80,
  text: (text: Words) => plain(text),
  block: (text: Words) => block(text),
}
const COLORS = pc.createColors(false)
const pieces = (text: Words) => blockPieces(text, { columns: 80 }, { typed: {}, shell: 'posix' })
const block = (text: Words): string[] => blockLines(text, { columns: 80 }, { typed: {}, shell: 'posix' })

const message = (name: string) =>
  noteMessage({
    environment: 'production',
    database: { name, id: 'id', remote: true },
    title: name,
    details: [name, words`Then ${command('plan')}`],
  })

describe.each(ODD.map((name) => [JSON.stringify(name).slice(0, 60), name]))('%s', (_, name) => {
  test('Slack shows it: no mention, no link, no mark, no control character', () => {
    const sent = slackMessage(message(name)) as {
      text: string
      blocks: { type: string; text?: { type: string; text: string }; elements?: { elements: object[] }[] }[]
    }
    expect(sent.text.replaceAll(/&(?:lt|gt|amp);/g, '')).not.toMatch(/[<>&]/)
    expect(withoutLines(sent.text)).not.toMatch(CONTROL)
    const [header, body] = sent.blocks
    expect(header?.text?.type).toBe('plain_text')
    expect(header?.text?.text.length).toBeLessThanOrEqual(150)
    expect(header?.text?.text).not.toMatch(CONTROL)
    const pieces = (body?.elements?.[0]?.elements ?? []) as { type: string; text: string; style?: object }[]
    for (const { type, text } of pieces) {
      expect(type).toBe('text')
      expect(withoutLines(text)).not.toMatch(CONTROL)
    }
    expect(pieces.filter(({ style }) => style !== undefined)).toEqual([
      { type: 'text', text: 'd1-runbook plan', style: { code: true } },
    ])
  })

  test('Markdown of the Temporal UI, the report and the incident report keeps it text', () => {
    const view = viewWith(name)
    const input = { view, plan: samplePlan(), baseline: null }
    for (const markdown of [
      renderChecklist(view),
      renderMarkdown({ ...input, plan: planWith(name) }),
      renderIncident(input),
      renderMonitoring(monitoringWith(name), { timeZone: 'UTC', note: name }),
      migrationLogLine({ view }),
    ]) {
      expect(withoutLines(markdown)).not.toMatch(CONTROL)
      expect(bare(markdown)).not.toMatch(/<(?!\/?details>|\/?summary>)[a-z!/]|\]\(|^# Heading/im)
    }
  })

  test('MIGRATIONS.md gets one line of as many cells as its head', () => {
    const log = appendToMigrationLog({ existing: undefined, view: viewWith(name) })
      .trimEnd()
      .split('\n')
    const cells = (line: string): number => line.replaceAll(/\\./g, '').split('|').length
    expect(cells(log.at(-1) ?? '')).toBe(cells(log.at(-2) ?? ''))
    expect(log).toHaveLength(7)
  })

  test('a terminal shows it: `show`, `watch`, `plan`, a prompt, the log of a pipe', () => {
    const view = viewWith(name)
    const picture = watchPicture(view, { colors: COLORS, pieces, columns: () => 80 }, { now: 0 })
    const rows = [
      ...runLines(view, COLORS).flatMap(block),
      ...arrange(picture, { columns: 80, rows: 24 }).map((row) => row.replaceAll('\u001B[0m', '')),
      ...planRowsWith(
        findingLines(planWith(name).findings, SCREEN),
        planView(planWith(name)),
        SCREEN,
      ).flatMap((row) => plain(row).split('\n')),
      ...terminalRows(visible(name), {}, { isTTY: false, columns: 80 }),
    ]
    for (const row of rows) expect(row).not.toMatch(CONTROL)
  })

  test('JSON keeps it as it is', () => {
    const document = JSON.parse(JSON.stringify(plainDocument(viewWith(name)))) as { requester: string }
    expect(document.requester).toBe(name)
  })

  test('HTML of the report keeps it text', () => {
    const html = renderHtml({ view: viewWith(name), plan: planWith(name), baseline: null })
    expect(withoutLines(html)).not.toMatch(CONTROL)
    expect(html).not.toMatch(/<(?:script|img)\b|<a href="http/)
  })

  test('a summary in the timeline is one that Temporal takes', () => {
    const summary = summaryOf(name)
    expect(Buffer.byteLength(JSON.stringify(summary))).toBeLessThanOrEqual(400)
    expect(summary).not.toMatch(CONTROL)
  })
})

test.each([
  ['an option in a comment', 'use --strategy none', 'use `--strategy` none'],
  ['an option at the end of a clause', 'by --yes, or --all.', 'by `--yes`, or `--all`.'],
  ['a dash of two hyphens', 'a -- b', 'a `--` b'],
  ['a hyphen', 'read-only, -v', 'read-only, -v'],
  ['the begin of a list', '- one', '\\- one'],
  ['a number that begins one', '1. one', '1\\. one'],
  ['a number that begins none', '1.5 s', '1.5 s'],
])('Markdown that is shown keeps %s', (_, text, markdown) => {
  expect(prose(text)).toBe(markdown)
})

test('plain names reach Slack as they are', () => {
  for (const name of ['0001_users.sql', 'Zoë Müller', '日本語', 'שלום']) expect(slackWords(name)).toBe(name)
})
