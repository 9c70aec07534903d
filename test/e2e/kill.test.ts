import { beforeAll, expect, test } from 'vitest'
import { killOnce } from './kill-run.js'
import { buildIfStale } from './processes.js'

beforeAll(buildIfStale, 240_000)

/** `bench/kill-matrix.ts` does this at random moments, as often as one likes; `killed-worker.test.ts` kills the worker. */
test.runIf(process.platform === 'linux').each([
  { run: 1, victim: 'wrangler', at: 900 },
  { run: 2, victim: 'temporal', at: 9_000 },
] as const)(
  '$victim is killed in the middle of a run: every file and every row is there once',
  async (kill) => {
    expect(await killOnce(kill.run, kill.victim, kill.at)).toMatchObject({ outcome: 'completed', wrong: [] })
  },
  300_000,
)
