import { afterAll, describe, expect, test } from 'vitest'
import { RULES } from '../../../src/analysis/rules/index.js'
import { rh102 } from '../../../src/analysis/rules/rh102.js'
import { validateMigrations } from '../../../src/analysis/validate/validate.js'
import { RULE_CASES, scenarioOf } from './rule-cases.js'
import { folderOf, judgeScenario } from '../scenario-run.js'

const table: string[] = []
/** Judged below, in `rehearse/schema-drift.test.ts` and in `sq109.test.ts`: they need half a minute, the live schema, or the folder. */
const BY_ITSELF = new Set(['RH102', 'SQ108', 'SQ109'])

/** Judged on the files: on the copy what SY101 and MF104 foresee is a failure, RH101. */
const BY_FILES = new Set(['SY101', 'MF104'])

async function codesOf(code: string, part: (typeof RULE_CASES)[string]['fires']): Promise<string[]> {
  const scenario = scenarioOf(code, part)
  if (!BY_FILES.has(code)) return (await judgeScenario(scenario)).map((finding) => finding.code)
  const { findings } = await validateMigrations(folderOf(scenario))
  return findings.map((finding) => finding.code)
}

describe('every rule fires where it must and is silent where it must not', () => {
  test.each(RULES.filter(({ code }) => !BY_ITSELF.has(code)))('$code $title', async (rule) => {
    const cases = RULE_CASES[rule.code]
    if (cases === undefined) throw new Error(`${rule.code} has no cases`)
    const fires = (await codesOf(rule.code, cases.fires)).includes(rule.code)
    const silent = !(await codesOf(rule.code, cases.silent)).includes(rule.code)
    const mark = (good: boolean): string => (good ? 'ok  ' : 'FAIL')
    table.push(
      `${rule.code.padEnd(7)} ${rule.severity.padEnd(8)} fires ${mark(fires)} silent ${mark(silent)} ${rule.title}`,
    )
    expect({ fires, silent }).toEqual({ fires: true, silent: true })
  })

  test('RH102 slower than the API limit', () => {
    const evidence = {
      mode: 'copy' as const,
      files: [],
      statements: [],
      before: { tables: new Map(), triggers: new Map(), views: new Map() },
      after: { tables: new Map(), triggers: new Map(), views: new Map() },
      fates: [],
      failures: [],
      broken: [],
      sequences: [],
      repeated: [],
      search: [],
      violations: [],
      oldViolations: [],
      certain: true,
      destination: { place: 'remote' as const },
    }
    const severities = (durationMs: number): string[] =>
      (rh102.check?.({ ...evidence, durations: { '0001.sql': durationMs } }) ?? []).map(
        ({ severity }) => severity,
      )
    expect(severities(31_000)).toEqual(['error'])
    expect(severities(16_000)).toEqual(['warning'])
    expect(severities(1000)).toEqual([])
    table.push('RH102   error    fires ok   silent ok   slower than the API limit')
  })
})

afterAll(() => {
  console.log(table.join('\n'))
})
