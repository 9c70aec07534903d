/**
 * Kills processes of a whole cluster (`scripts/cluster.mjs`: PostgreSQL, Temporal's production server, two workers) at random moments of
 * migrations of production, each with the decisions of people, and looks whether all is as it should be: `test/cluster/run-through.ts`.
 * Run: `tsx bench/cluster-kills.ts [--runs N] [--seed S]` (default: 10 runs with one kill each, seed 1).
 */
import { parseArgs } from 'node:util'
import { seededRandom } from '../sample/random.js'
import { runThrough, VICTIMS } from '../test/cluster/run-through.js'
import { openStage } from '../test/cluster/stage.js'
import { buildIfStale } from '../test/e2e/processes.js'

/** A run without a kill takes about this long here; a kill falls anywhere in it. Milliseconds. */
const RUN_MS = 40_000

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
})
const random = seededRandom(Number(values.seed))

await buildIfStale()
const stage = await openStage(Number(values.runs))
let wrong = 0
try {
  for (const [index, project] of stage.projects.entries()) {
    const victim = VICTIMS[index % VICTIMS.length] ?? 'temporal'
    const at = random.between(0, RUN_MS)
    const passed = await runThrough(stage, project, [{ victim, at }])
    if (passed.wrong.length > 0) wrong += 1
    const verdict = passed.wrong.length === 0 ? 'right' : `WRONG ${passed.wrong.join('; ')}`
    const times = [`${(at / 1000).toFixed(1)} s`.padStart(7), `${passed.seconds.toFixed(0)} s`.padStart(6)]
    const columns = [String(index + 1).padStart(3), victim.padEnd(10), ...times, passed.outcome.padEnd(11)]
    console.log([...columns, verdict, passed.doing.join('; ').slice(0, 70)].join('  '))
  }
} finally {
  await stage.close()
}
console.log(
  `\n${stage.projects.length - wrong} of ${stage.projects.length} as they should be (seed ${values.seed})`,
)
if (wrong > 0) process.exitCode = 1
