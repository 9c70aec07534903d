import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildIfStale } from '../e2e/processes.js'
import { gateway, GATEWAY_ADVICE } from '../store/servers.js'
import { runThrough, type Kill } from './run-through.js'
import { openStage, type Stage } from './stage.js'

/** As many as a worker names in its identity, which the server must take. */
const CHARTERS = 40

let stage: Stage | undefined
let used = 0

beforeAll(async () => {
  await buildIfStale()
  stage = await openStage(CHARTERS, { isShort: (project) => project > 0 })
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

test.each<[string, Kill, string, number]>([
  [
    'has the archive, once the plan is approved: another backup is made, and all is asked again',
    { victim: 'keeper', after: 'plan', at: 0, forGood: true, holds: true },
    'completed',
    2,
  ],
  [
    'has it not, while files are applied: another one goes on at once',
    { victim: 'other', after: 'final', at: 3_000, forGood: true },
    'completed',
    1,
  ],
  [
    'has the archive, between two files: people are asked, and take back what was applied by what needs no archive',
    { victim: 'keeper', after: 'final', at: 0, forGood: true, betweenFiles: true },
    'rolled-back',
    1,
  ],
])(
  'a worker is gone for good that %s',
  async (_, kill, outcome, plans) => {
    used += 1
    const project = stage?.projects[used]
    if (stage === undefined || project === undefined) throw new Error('the stage has no project')
    const passed = await runThrough(stage, project, [kill])
    expect(passed).toMatchObject({ outcome, wrong: [] })
    const view = await project.run.look()
    const rounds = view?.gates.find(({ gate }) => gate === 'plan')
    expect((rounds?.decisions.length ?? 0) + (rounds?.earlier?.length ?? 0)).toBe(plans)
  },
  900_000,
)

test.skipIf(gateway === undefined)(
  `with archives in a bucket (${GATEWAY_ADVICE}) a worker that is gone for good takes none with it`,
  async () => {
    const project = stage?.inBucket
    if (stage === undefined || project === undefined) throw new Error('the stage has no bucket')
    const kill = { victim: 'worker-1', after: 'plan', at: 0, forGood: true } as const
    expect(await runThrough(stage, project, [kill])).toMatchObject({ outcome: 'completed', wrong: [] })
    const view = await project.run.look()
    expect(view?.backup?.file).toMatch(/^s3:/)
    expect(view?.backup?.disk).toBeUndefined()
  },
  900_000,
)
