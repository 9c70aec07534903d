import { describe, expect, test } from 'vitest'
import { words, command } from '../../src/contract/next-command.js'
import { renderChecklist } from '../../src/runbook/checklist.js'
import { noteMessage } from '../../src/runbook/messages.js'
import { renderHtml } from '../../src/runbook/report/html.js'
import { renderIncident } from '../../src/runbook/report/incident.js'
import { renderMarkdown } from '../../src/runbook/report/markdown.js'
import { slackMessage } from '../../src/text/slack.js'
import { slackWords } from '../../src/text/words.js'
import { summaryOf } from '../../src/workflows/announcer.js'
import { samplePlan, sampleRun } from '../runbook/sample-run.js'

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
const CONTROL = /[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/u
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
    gates: view.gates.map((gate) =>
      gate.gate === 'plan' ? { ...gate, state: 'open' as const, shows: [name] } : gate,
    ),
  }
}

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
    for (const markdown of [renderChecklist(view), renderMarkdown(input), renderIncident(input)]) {
      expect(withoutLines(markdown)).not.toMatch(CONTROL)
      expect(bare(markdown)).not.toMatch(/<(?!\/?details>|\/?summary>)[a-z!/]|\]\(|^# Heading/im)
    }
  })

  test('HTML of the report keeps it text', () => {
    const html = renderHtml({ view: viewWith(name), plan: samplePlan(), baseline: null })
    expect(withoutLines(html)).not.toMatch(CONTROL)
    expect(html).not.toMatch(/<(?:script|img)\b|<a href="http/)
  })

  test('a summary in the timeline is one that Temporal takes', () => {
    const summary = summaryOf(name)
    expect(Buffer.byteLength(JSON.stringify(summary))).toBeLessThanOrEqual(400)
    expect(summary).not.toMatch(CONTROL)
  })
})

test('plain names reach Slack as they are', () => {
  for (const name of ['0001_users.sql', 'Zoë Müller', '日本語', 'שלום']) expect(slackWords(name)).toBe(name)
})
