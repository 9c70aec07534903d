import { afterAll, describe, expect, test } from 'vitest'
import { verdictOf } from '../../../src/analysis/findings/acknowledge.js'
import type { Plan } from '../../../src/contract/plan.js'
import { ACCOUNTED, UNACCOUNTED } from '../../corpus/accounts.js'
import { BLOCKING } from '../../corpus/blocking.js'
import { AS_STRONG, WEAKENED } from '../../corpus/constraints.js'
import { CHEAP, COSTLY } from '../../corpus/cost.js'
import { HARMLESS } from '../../corpus/harmless.js'
import { MOVES } from '../../corpus/moves.js'
import type { Scenario } from '../../corpus/scenario.js'
import { SEARCH_KEPT, SEARCH_LOST } from '../../corpus/search.js'
import { STEALTHY } from '../../corpus/stealthy.js'
import { FULL } from '../../full.js'
import { judgeScenario, rehearseScenario } from '../scenario-run.js'

const matrix: string[] = []

/** D1's own engine starts anew for each migration: not all of them every time. */
const EVERY = FULL ? 1 : 6

async function judged(scenario: Scenario, index: number): Promise<Pick<Plan, 'verdict' | 'findings'>> {
  if (index % EVERY === 0) return rehearseScenario(scenario)
  const findings = await judgeScenario(scenario)
  return { verdict: verdictOf(findings), findings }
}

describe.each([
  { kind: 'blocking', scenarios: [...BLOCKING, ...STEALTHY] },
  { kind: 'telling', scenarios: [...WEAKENED, ...SEARCH_LOST, ...COSTLY] },
  { kind: 'harmless', scenarios: [...HARMLESS, ...MOVES, ...AS_STRONG, ...SEARCH_KEPT, ...CHEAP] },
  { kind: 'blocking', scenarios: UNACCOUNTED },
  { kind: 'harmless', scenarios: ACCOUNTED },
])('$kind migrations', ({ kind, scenarios }) => {
  test.each(scenarios)('$name', async (scenario) => {
    const plan = await judged(scenario, scenarios.indexOf(scenario))
    const said = plan.findings.map(({ code, severity, message }) => `${severity} ${code} ${message}`)
    const codes = new Set(plan.findings.map(({ code }) => code))
    matrix.push(`${kind.padEnd(9)} ${plan.verdict.padEnd(12)} ${scenario.name}: ${[...codes].join(' ')}`)
    expect({ verdict: plan.verdict, said }).toMatchObject({ verdict: scenario.verdict })
    expect([...codes], said.join('\n')).toEqual(expect.arrayContaining(scenario.codes))
    for (const code of scenario.silent ?? []) expect([...codes], said.join('\n')).not.toContain(code)
  })
})

afterAll(() => {
  const misses = matrix.filter((line) => line.startsWith('blocking') && !line.includes(' block '))
  const untold = matrix.filter((line) => line.startsWith('telling') && line.includes(' ok '))
  const falseErrors = matrix.filter((line) => line.startsWith('harmless') && line.includes(' block '))
  console.log(
    [
      ...matrix,
      `${matrix.length} migrations, ${misses.length + untold.length} misses, ${falseErrors.length} false errors`,
    ].join('\n'),
  )
})
