/**
 * Kills something at a random moment of a run, and looks whether the run still ends as it should: every file applied once,
 * every row once, outcome `completed`. Victims in turn: the worker, the Wrangler that applies, the Temporal server (started
 * again on the same SQLite file). Run: `tsx bench/kill-matrix.ts [--runs N] [--seed S] [--remote]` (default: 100 runs, seed 1, a local
 * database; `--remote`: one of the local Cloudflare API, with all of its strictness).
 */
import { parseArgs } from 'node:util'
import { runThrough, VICTIMS, type KillResult } from '../test/e2e/kill-run.js'
import { buildIfStale } from '../test/e2e/processes.js'

/** A run without a kill takes about this long here; a kill falls anywhere in it. Milliseconds. */
const LOCAL_RUN_MS = 16_000
const REMOTE_RUN_MS = 30_000
/** One Wrangler that applies one file. Milliseconds. */
const APPLY_MS = 2_500

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    remote: { type: 'boolean', default: false },
  },
})
const runMs = values.remote ? REMOTE_RUN_MS : LOCAL_RUN_MS
const random = randomFrom(Number(values.seed))

await buildIfStale()
const results: KillResult[] = []
for (let run = 1; run <= Number(values.runs); run += 1) {
  const victim = VICTIMS[(run - 1) % VICTIMS.length] ?? 'worker'
  const at = Math.round(random() * (victim === 'wrangler' ? APPLY_MS : runMs))
  const result = await runThrough(run, [{ victim, at }], values.remote)
  results.push(result)
  console.log(lineOf(result))
}
const wrong = results.filter((result) => result.wrong.length > 0)
console.log(
  `\n${results.length - wrong.length} of ${results.length} ended as they should (seed ${values.seed})`,
)
console.log(tableOf(results))
if (wrong.length > 0) process.exitCode = 1

/** The figures of bench/README.md: what was killed how often, and while what. */
function tableOf(all: readonly KillResult[]): string {
  const count = (names: readonly string[]): string[] =>
    [...new Set(names)]
      .map((name) => ({ name, times: names.filter((other) => other === name).length }))
      .sort((one, other) => other.times - one.times)
      .map(({ name, times }) => `| ${name} | ${times} |`)
  const victims = all.flatMap(({ kills }) => kills.map(({ victim }) => victim))
  const phases = all.flatMap(({ doing }) =>
    doing.map((text) => (text.includes('rangler') ? 'Wrangler applies a file' : text.replace(/:.*$/s, ''))),
  )
  return [
    ...['', '| killed | times |', '| --- | --- |', ...count(victims)],
    ...['', '| while | times |', '| --- | --- |', ...count(phases)],
  ].join('\n')
}

function lineOf({ run, kills, doing, outcome, seconds, wrong }: KillResult): string {
  const [{ victim = '', at = 0 } = {}] = kills
  const verdict = wrong.length === 0 ? 'right' : `WRONG ${wrong.join('; ')}`
  const columns = [String(run).padStart(3), victim.padEnd(8), `${(at / 1000).toFixed(1)} s`.padStart(7)]
  return [
    ...columns,
    outcome.padEnd(11),
    `${seconds.toFixed(0)} s`.padStart(5),
    verdict,
    doing.join('; ').slice(0, 60),
  ].join('  ')
}

/** mulberry32: small, and the same everywhere. Numbers from 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
