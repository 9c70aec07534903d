import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildIfStale } from '../e2e/processes.js'
import { runThrough } from './run-through.js'
import { openStage, type Stage } from './stage.js'

/** As many as a worker names in its identity, which the server must take. */
const CHARTERS = 40

let stage: Stage | undefined

beforeAll(async () => {
  await buildIfStale()
  stage = await openStage(CHARTERS)
}, 600_000)

afterAll(() => stage?.close(), 120_000)

test('workers, server and PostgreSQL are killed under a migration of production: every file once, every decision kept, nothing false', async () => {
  const project = stage?.projects[0]
  if (stage === undefined || project === undefined) throw new Error('the stage has no project')
  const passed = await runThrough(stage, project, [
    // The other one goes on alone, from one gate to the next but one.
    { victim: 'worker-1', after: 'team-lead', at: 0, until: 'preflight' },
    // A decision was answered a moment ago.
    { victim: 'temporal', after: 'plan', at: 0 },
    { victim: 'postgresql', after: 'final', at: 0 },
    { victim: 'worker-2', after: 'final', at: 6_000 },
  ])
  expect(passed).toMatchObject({ outcome: 'completed', wrong: [] })
  expect(passed.doing).toHaveLength(4)
}, 900_000)
