import { describe, expect, test } from 'vitest'
import type { Checkpoint } from '../../../src/contract/monitoring.js'
import { runsOfEqual } from '../../../src/runbook/report/checkpoint-rows.js'
import { renderHtml } from '../../../src/runbook/report/html.js'
import { renderMarkdown } from '../../../src/runbook/report/markdown.js'
import { fourRuns } from '../four-runs.js'
import { sampleCheckpoints } from '../sample-run.js'

const { breach, 'taken-back': takenBack, failed, completed } = fourRuns()
const titles = (html: string): string[] =>
  [...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, said]) => said ?? '')

describe('an open breach', () => {
  const html = renderHtml(breach)
  const banner = html.slice(html.indexOf('class="outcome bad"'), html.indexOf('<dl>'))

  test('has the reason and every command that decides it before anything else', () => {
    expect(banner).toContain('Checkpoint 12 of 34 is breached')
    const commands = banner.replaceAll(/<\/?span[^>]*>/g, '')
    for (const strategy of ['reverse-migration', 'time-travel', 'restore-backup', 'none'])
      expect(commands).toContain(`<code>d1-runbook rollback --strategy ${strategy} --env production</code>`)
  })

  test('says the same in Markdown, each command in code marks', () => {
    const head = renderMarkdown(breach).split('\n## ')[0] ?? ''
    expect(head).toContain('`d1-runbook rollback --strategy time-travel --env production`')
    expect(head).toContain('Checkpoint 12 of 34 is breached')
  })
})

test('what failed comes first, then what is true now; a run in which nothing failed has no such section', () => {
  for (const input of [breach, takenBack, failed])
    expect(titles(renderHtml(input)).slice(0, 2)).toEqual(['What failed', 'What is true now'])
  expect(titles(renderHtml(completed))[0]).toBe('What is true now')
})

test('a run that is over offers no command that would be refused, and no step is said to be running', () => {
  for (const input of [takenBack, failed, completed]) {
    const report = renderMarkdown(input)
    expect(report).not.toContain('d1-runbook rollback')
    expect(report).not.toMatch(/Documentation Updates \| running/)
  }
  expect(renderMarkdown(takenBack)).toContain('Documentation Updates | wrote this report')
})

describe('checkpoints that say the same are one row', () => {
  const numbers = (seen: readonly Checkpoint[]): string[] =>
    runsOfEqual(seen).map((run) => run.map(({ number }) => number).join(' '))
  const five = sampleCheckpoints().slice(0, 5)
  const changed = (at: number, changes: Partial<Checkpoint>): Checkpoint[] =>
    five.map((one, index) => (index === at ? { ...one, ...changes } : one))

  test.each<[string, Checkpoint[]]>([
    ['healthy ones, whatever they measured', five],
    ['measured otherwise', changed(2, { latencyMs: 1, errorRate: 0.5 })],
  ])('%s', (_, seen) => {
    expect(numbers(seen)).toEqual(['1 2 3 4 5'])
  })

  test.each<[string, Checkpoint[]]>([
    ['another verdict', changed(2, { verdict: 'unknown' })],
    ['late', changed(2, { late: true })],
    ['out of turn', changed(2, { extra: true })],
    ['one that stands for others', changed(2, { missed: [2] })],
  ])('%s stands apart', (_, seen) => {
    expect(numbers(seen)).toEqual(['1 2', '3', '4 5'])
  })

  test('those that are not neighbours stand apart', () => {
    expect(numbers(five.filter(({ number }) => number !== 3))).toEqual(['1 2', '4 5'])
  })
})

test('numbers stand right in both forms, and every mark has its word', () => {
  const html = renderHtml(completed)
  expect(html).toContain('<td class="number" data-head="Rows">4,200</td>')
  expect(renderMarkdown(completed)).toContain('| Table | Rows | Checksum |\n| --- | ---: | --- |')
  for (const [, word] of html.matchAll(/<li class="(?:good|bad|warn)"><b>. ?(.*?)<\/b>/g))
    expect(['met', 'not met', 'unknown']).toContain(word)
})
