import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import type { MigrationRequest } from '../../src/contract/run.js'
import { buildReport } from '../../src/runbook/report/build.js'
import { LEFT_UNFINISHED, unfinishedRun } from '../../src/runbook/unfinished-run.js'
import { submitDecisionUpdate } from '../../src/contract/messages.js'
import { FILES, requestFor } from './request.js'
import { decideAll, gateOpen, until, useSkippingServer } from './skipping.js'
import { openWorld, refusal, type World } from './world.js'

const server = useSkippingServer()

function request(overrides: Partial<MigrationRequest> = {}): MigrationRequest {
  return requestFor(randomUUID(), { lostRun: {}, ...overrides })
}

function applied(count: number, override?: (world: World) => Partial<World['activities']>): World {
  const world = openWorld(override)
  world.ledger = FILES.slice(0, count).map(({ name }) => name)
  return world
}

it('goes on with validation and monitoring of what is proven to be applied, and runs no migration', async () => {
  const world = applied(3)
  const view = await server.migrate(world, request(), async (handle) => {
    await decideAll(handle, ['team-lead', 'team-confirmation'])
    return handle.result()
  })
  expect(view).toMatchObject({ success: true, outcome: 'completed' })
  expect(view.migrations.map(({ name, state }) => [name, state])).toEqual([
    ['0002_second.sql', 'applied'],
    ['0003_third.sql', 'applied'],
  ])
  expect(world.calls).toContain('validateMigration')
  expect(world.calls).toContain('runCheckpoint')
  for (const never of ['applyMigration', 'createBackup', 'rehearse', 'runChecklist'])
    expect(world.calls).not.toContain(never)
  const [lead] = view.gates.filter(({ gate }) => gate === 'team-lead')
  expect(lead?.shows).toEqual(
    expect.arrayContaining([
      'No migration runs. This run goes on from what a run left that Temporal no longer knows',
      '0003_third.sql: applied by the lost run',
      expect.stringMatching(/^The run local-20260102-030405-00000000 holds that backup since/),
    ]),
  )
  const complete = world.told.find(({ kind }) => kind === 'complete')?.text
  expect(complete).toContain('Migrations found applied, by a run that was lost: 2')
  // How long the lost run took, nobody knows.
  expect(complete).not.toContain('Duration')
  const report = JSON.stringify(buildReport({ view, plan: null, baseline: null }))
  expect(report).toContain('The baseline was taken behind the migration')
  expect(report).toContain('No migration ran in this run: it goes on from local-20260102-030405-00000000')
  expect(report).toContain('Migrations found applied')
  expect(report).not.toContain('"applied"')
})

it('takes over from the run that was left: it is no gap any more, and nobody holds its archive', async () => {
  const world = applied(3)
  const lost = { run: 'local-20260102-030405-00000000', since: '2026-01-02T03:04:05Z' }
  const findLostRun = world.activities.findLostRun.bind(world.activities)
  const given: unknown[] = []
  Object.assign(world.activities, {
    checkPrerequisites: async ({ target }: Parameters<World['activities']['checkPrerequisites']>[0]) => {
      const { file } = await openWorld().activities.createBackup({ target, files: [], keep: 1 })
      const left = unfinishedRun({ ...lost, file })
      return { checks: [{ name: LEFT_UNFINISHED, title: 'No run was left', state: 'warned', ...left }] }
    },
    findLostRun: async (input: Parameters<World['activities']['findLostRun']>[0]) => ({
      ...(await findLostRun(input)),
      lost,
    }),
    writeReport: async (input: Parameters<World['activities']['writeReport']>[0]) => {
      given.push(input.wentOnFrom)
      return { files: [] }
    },
    sealArchives: async (input: Parameters<World['activities']['sealArchives']>[0]) => {
      given.push(input.wentOnFrom)
      return { sealed: [], already: [], needed: [], unreadable: [] }
    },
  })
  const { target } = request()
  const sealing = request({ target: { ...target, backupRecipients: ['age1'] } })
  const view = await server.migrate(world, sealing, async (handle) => {
    await decideAll(handle, ['team-lead', 'team-confirmation'])
    return handle.result()
  })
  expect(view.outcome).toBe('completed')
  expect(view.checks.filter(({ name }) => name === LEFT_UNFINISHED)).toEqual([
    expect.objectContaining({ state: 'passed', message: `this run goes on from ${lost.run}` }),
  ])
  expect(given).toEqual([lost.run, lost.run])
})

it('takes what the lost run applied back, where people decide so', async () => {
  const world = applied(2)
  const view = await server.migrate(world, request(), async (handle) => {
    await decideAll(handle, ['team-lead'])
    await until(handle, gateOpen('team-confirmation'))
    const no = { gate: 'team-confirmation' as const, decision: 'reject' as const, actor: 'Bea' }
    await handle.executeUpdate(submitDecisionUpdate, { args: [no] })
    await until(handle, gateOpen('rollback'))
    const back = { gate: 'rollback' as const, decision: 'approve' as const, actor: 'Bea' }
    await handle.executeUpdate(submitDecisionUpdate, {
      args: [{ ...back, strategy: 'reverse-migration' as const }],
    })
    return handle.result()
  })
  expect(view.outcome).toBe('rolled-back')
  expect(view.migrations[0]).toMatchObject({ name: '0002_second.sql', state: 'taken-back' })
})

const others = {
  ...{ since: '2026-01-01T00:00:00Z', asOf: '2026-01-02T00:00:00Z', by: 'schema' as const, tables: [] },
  objects: [{ change: 'added' as const, type: 'index' as const, name: 'oc', table: 'orders' }],
}

it.each([
  {
    what: 'a schema that others changed',
    schema: 'neither',
    seen: [{ name: '0002_second.sql', state: 'applied', byLostRun: true }],
    ends: { outcome: 'drifted', failure: { type: 'Drifted' } },
    says: 'the schema is not the one that they lead to; otherwise than they leave it: made: index oc on orders',
  },
  {
    what: 'a file without its row in the ledger',
    schema: 'schema after 0001_first.sql, 0002_second.sql, 0003_third.sql',
    seen: [
      { name: '0002_second.sql', state: 'applied', byLostRun: true },
      { name: '0003_third.sql', state: 'partial' },
    ],
    ends: { outcome: 'failed', failure: { type: 'ApplyPartial' } },
    says: '0003_third.sql is partial',
  },
])('$what opens the gate rollback, and is told as what it is', async ({ schema, seen, ends, says }) => {
  const whole = applied(3)
  const world = applied(2, (it) => ({
    readStatus: async ({ target, files }) => ({
      ...{ environment: target.environment, database: target.database, conflicts: [], timestamp: '' },
      applied: it.ledger.map((name, index) => ({ id: index, name, appliedAt: '2026-01-01' })),
      pending: files.filter(({ name }) => !it.ledger.includes(name)),
      schemaFingerprint: schema,
    }),
    findLostRun: async (input) => {
      const { plan, backup } = await (seen.length === 2 ? whole : applied(2)).activities.findLostRun(input)
      const status = await it.activities.readStatus(input)
      return { plan, backup, status, ...(schema === 'neither' ? { others } : {}) }
    },
  }))
  const view = await server.migrate(world, request(), async (handle) => {
    await decideAll(handle, ['team-lead'])
    const asked = await until(handle, gateOpen('rollback'))
    expect(asked.migrations).toMatchObject(seen)
    const keep = { gate: 'rollback' as const, decision: 'reject' as const, actor: 'Bea' }
    await handle.executeUpdate(submitDecisionUpdate, { args: [keep] })
    return handle.result()
  })
  expect(view).toMatchObject(ends)
  expect(view.message).toContain(says)
  expect(world.calls).not.toContain('validateMigration')
})

it('an archive that is unfit is an end that is written down', async () => {
  const world = applied(1, () => ({
    findLostRun: async () => {
      throw refusal('BackupInvalid', 'The archive does not hold what it says.')
    },
  }))
  const view = await server.migrate(world, request(), (handle) => handle.result())
  expect(view).toMatchObject({ outcome: 'failed', failure: { type: 'BackupInvalid' } })
  for (const written of ['writeReport', 'updateDocuments']) expect(world.calls).toContain(written)
})

it('nothing to go on from ends it before anybody is asked', async () => {
  const world = applied(1, () => ({
    findLostRun: async () => {
      throw refusal('ChecksFailed', 'No archive of this database is of before.')
    },
  }))
  const view = await server.migrate(world, request(), (handle) => handle.result())
  expect(view).toMatchObject({ outcome: 'failed', failure: { type: 'ChecksFailed' } })
  expect(view.gates.every(({ state }) => state !== 'open')).toBe(true)
  // No incident, no line of MIGRATIONS.md, no alarm.
  for (const never of ['writeReport', 'updateDocuments', 'writeFailureFiles', 'announce'])
    expect(world.calls).not.toContain(never)
  expect(view.artifacts).toEqual([])
})
