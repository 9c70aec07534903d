import { afterAll, describe, expect, test } from 'vitest'
import { ACCOUNTED, UNACCOUNTED } from '../../corpus/accounts.js'
import { APPLICATION_BREAKS, APPLICATION_RUNS } from '../../corpus/application.js'
import { BLOCKING } from '../../corpus/blocking.js'
import { AS_STRONG, WEAKENED } from '../../corpus/constraints.js'
import { CHEAP, COSTLY } from '../../corpus/cost.js'
import { HARMLESS } from '../../corpus/harmless.js'
import { MOVES } from '../../corpus/moves.js'
import { SEARCH_KEPT, SEARCH_LOST } from '../../corpus/search.js'
import { STEALTHY } from '../../corpus/stealthy.js'
import { useOneEngine } from '../one-engine.js'
import { rehearseScenario } from '../scenario-run.js'

const matrix: string[] = []

const CORPUS = [
  { kind: 'blocking', scenarios: [...BLOCKING, ...STEALTHY] },
  { kind: 'telling', scenarios: [...WEAKENED, ...SEARCH_LOST, ...COSTLY, ...APPLICATION_BREAKS] },
  {
    kind: 'harmless',
    scenarios: [...HARMLESS, ...MOVES, ...AS_STRONG, ...SEARCH_KEPT, ...CHEAP, ...APPLICATION_RUNS],
  },
  { kind: 'blocking', scenarios: UNACCOUNTED },
  { kind: 'harmless', scenarios: ACCOUNTED },
]

/** Every migration meets D1's own engine: one workerd, with a database for each. */
const openScratch = useOneEngine(CORPUS.reduce((sum, { scenarios }) => sum + scenarios.length, 0))

describe.each(CORPUS)('$kind migrations', ({ kind, scenarios }) => {
  test.each(scenarios)('$name', async (scenario) => {
    const plan = await rehearseScenario(scenario, openScratch)
    const said = plan.findings.map(({ code, severity, message }) => `${severity} ${code} ${message}`)
    const codes = new Set(plan.findings.map(({ code }) => code))
    matrix.push(`${kind.padEnd(9)} ${plan.verdict.padEnd(12)} ${scenario.name}: ${[...codes].join(' ')}`)
    expect({ verdict: plan.verdict, said }).toMatchObject({ verdict: scenario.verdict })
    expect([...codes], said.join('\n')).toEqual(expect.arrayContaining(scenario.codes))
    for (const code of scenario.silent ?? []) expect([...codes], said.join('\n')).not.toContain(code)
  })
})

const of = (kind: string, verdict: string): string[] =>
  matrix.filter((line) => line.startsWith(kind) && line.includes(` ${verdict} `))

test('nothing that costs is missed, and nothing harmless is blocked', () => {
  const misses = matrix.filter((line) => line.startsWith('blocking') && !line.includes(' block '))
  expect({ misses, untold: of('telling', 'ok'), falseErrors: of('harmless', 'block') }).toEqual({
    misses: [],
    untold: [],
    falseErrors: [],
  })
})

afterAll(() => {
  const noise = of('harmless', 'acknowledge').length
  const quiet = of('harmless', 'ok').length
  console.log(
    [
      ...matrix,
      `${matrix.length} migrations; of the harmless ones ${quiet} ok, ${noise} to acknowledge`,
    ].join('\n'),
  )
})
