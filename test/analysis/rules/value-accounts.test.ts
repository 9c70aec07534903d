import { describe, expect, test } from 'vitest'
import { verdictOf } from '../../../src/analysis/findings/acknowledge.js'
import { KINDS } from '../../corpus/kinds.js'
import type { Scenario } from '../../corpus/scenario.js'
import { judgeScenario } from '../scenario-run.js'

/** What the rules say, without D1's engine: what matters here is rows, which SQLite has all the same. */
describe.each(Object.entries(KINDS))('%s', (_kind, scenarios) => {
  test.each(scenarios)('$name', async (whole) => {
    const { verdict, codes, silent = [], says = [], unsaid = [], ...scenario } = whole
    const findings = await judgeScenario({ ...scenario, verdict, codes })
    const said = findings.map(({ code, severity, message }) => `${severity} ${code} ${message}`)
    expect({ verdict: verdictOf(findings), said }).toMatchObject({ verdict })
    const found = findings.map(({ code }) => code)
    expect(found, said.join('\n')).toEqual(expect.arrayContaining(codes))
    expect(
      found.filter((code) => silent.includes(code)),
      said.join('\n'),
    ).toEqual([])
    for (const part of says) expect(said.join('\n')).toContain(part)
    for (const part of unsaid) expect(said.join('\n')).not.toContain(part)
  })
})

/** A kind by its number, and the cases of it. */
function documentOf(kinds: Record<string, Scenario[]>): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('_', '\\_')
  const codes = (list: string[] = []): string => list.map((code) => `\`${code}\``).join(' ')
  const sections = Object.entries(kinds).map(([kind, cases]) => {
    const rows = cases.map(
      ({ name, verdict, codes: told, silent }) =>
        `| ${cell(name)} | \`${verdict}\` | ${codes(told)} | ${codes(silent)} |`,
    )
    return [
      `## ${kind[0]?.toUpperCase() ?? ''}${kind.slice(1)}`,
      '',
      '<!-- prettier-ignore -->',
      HEAD,
      ...rows,
    ].join('\n')
  })
  return `${INTRODUCTION}\n\n${sections.join('\n\n')}\n`
}

const HEAD = '| migration | verdict | said | not said |\n| --- | --- | --- | --- |'
const INTRODUCTION = `# What a plan says, kind by kind

Each row is a test case that runs (\`test/corpus\`, by \`test/analysis/rules/value-accounts.test.ts\`, which writes this page): a small migration on a few
rows, the verdict of its plan, codes that it must name and codes that it must not. Every kind that costs something stands beside those that look like
it and cost nothing. The codes: \`d1-runbook validate --rules\`.`

describe('docs/judgement.md', () => {
  test('is these cases (`npx vitest run -u` writes it)', async () => {
    await expect(documentOf(KINDS)).toMatchFileSnapshot('../../../docs/judgement.md')
  })

  test('has no kind of fewer than five cases', () => {
    const few = Object.entries(KINDS).filter(([, cases]) => cases.length < 5)
    expect(few.map(([kind, cases]) => `${kind}: ${cases.length}`)).toEqual([])
  })
})
