/**
 * Kills processes of a whole cluster (`scripts/cluster.mjs`: PostgreSQL, Temporal's production server, two workers without a common disk) at
 * random moments of migrations of production, the workers with the archive and without it for good as well, each with the decisions of people, and looks whether all is as it should be: `test/cluster/run-through.ts`.
 * Run: `tsx bench/cluster-kills.ts [--runs N] [--seed S]` (default: 10 runs with one kill each, seed 1).
 */
import { parseArgs } from 'node:util'
import { seededRandom } from '../sample/random.js'
import { runThrough, VICTIMS, type Kill, type Passed, type Victim } from '../test/cluster/run-through.js'
import { openStage } from '../test/cluster/stage.js'
import { buildIfStale } from '../test/e2e/processes.js'

/** A kill falls so long after the decision at one of the gates: what follows on most is over in a second. Milliseconds. */
const STEP_MS = 1_500
/** Behind the gate `final` the files are applied, each by a Wrangler. Milliseconds. */
const APPLY_MS = 7_000
const WRANGLER_MS = 2_000
/** Half of all kills fall where the database is changed. */
const MOMENTS = [
  'final',
  'team-lead',
  'final',
  'connectivity',
  'final',
  'plan',
  'final',
  'team-confirmation',
] as const

/** The archive is there. Who loses it goes back to the backup, or, between two files, to what people decide. */
const WITH_ARCHIVE = ['environment', 'connectivity', 'preflight', 'plan', 'final'] as const
const ALL: readonly Victim[] = [...VICTIMS, 'keeper', 'other']

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
})
const random = seededRandom(Number(values.seed))

await buildIfStale()
const stage = await openStage(Number(values.runs), {
  isShort: (index) => ALL[index % ALL.length] === 'keeper',
})
let wrong = 0
try {
  for (const [index, project] of stage.projects.entries()) {
    const victim = ALL[index % ALL.length] ?? 'temporal'
    const passed = await runThrough(stage, project, [momentOf(victim)]).catch(lost)
    if (passed.wrong.length > 0) wrong += 1
    const verdict = passed.wrong.length === 0 ? 'right' : `WRONG ${passed.wrong.join('; ')}`
    const columns = [
      String(index + 1).padStart(3),
      victim.padEnd(10),
      `${passed.seconds.toFixed(0)} s`.padStart(6),
    ]
    console.log([...columns, passed.outcome.padEnd(11), verdict, passed.doing.join('; ')].join('  '))
  }
} finally {
  await stage.close()
}
console.log(
  `\n${stage.projects.length - wrong} of ${stage.projects.length} as they should be (seed ${values.seed})`,
)
if (wrong > 0) process.exitCode = 1

function lost(error: unknown): Passed {
  const why = error instanceof Error ? error.message : String(error)
  return { doing: [], outcome: 'lost', seconds: 0, wrong: [why] }
}

function momentOf(victim: Victim): Kill {
  if (victim === 'keeper')
    return { victim, after: random.pick(WITH_ARCHIVE), at: random.between(0, STEP_MS), forGood: true }
  if (victim === 'other') return { victim, after: 'final', at: random.between(0, APPLY_MS), forGood: true }
  if (victim === 'wrangler') return { victim, at: random.between(0, WRANGLER_MS) }
  const after = random.pick(MOMENTS)
  return { victim, after, at: random.between(0, after === 'final' ? APPLY_MS : STEP_MS) }
}
