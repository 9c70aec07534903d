import { beforeAll, expect, test } from 'vitest'
import { runThrough } from './kill-run.js'
import { buildIfStale } from './processes.js'

beforeAll(buildIfStale)

/** One run that loses each of them once; `bench/kill-matrix.ts` does it at random moments, as often as one likes. */
test.runIf(process.platform === 'linux')(
  'Wrangler, the worker and Temporal are killed while they apply: every file and every row is there once',
  async () => {
    const result = await runThrough(1, [
      { victim: 'wrangler', at: 900 },
      { victim: 'worker', during: 'applying 0003_fill_visits.sql', at: 0 },
      { victim: 'temporal', during: 'applying 0004_index.sql', at: 0 },
    ])
    expect(result).toMatchObject({ outcome: 'completed', wrong: [] })
    expect(result.doing).toEqual([
      expect.stringMatching(/^wrangler (?:wrapper|itself)$/),
      expect.stringMatching(/applying 0003_fill_visits\.sql, Wrangler at work$/),
      expect.stringMatching(/applying 0004_index\.sql, Wrangler at work$/),
    ])
  },
)
