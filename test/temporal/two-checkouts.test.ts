import { mkdtempSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { runIdOf, withRun } from '../../src/client/run-id.js'
import { submitDecision } from '../../src/client/decide.js'
import { explainGone } from '../../src/client/run-over.js'
import { readRun, signalRun } from '../../src/client/runs.js'
import { refuseSecondStart, startRun } from '../../src/client/start.js'
import { plain } from '../../src/contract/command-line.js'
import type { RunbookError } from '../../src/contract/failures.js'
import { admitRequest } from '../../src/runbook/charter/admission.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { checkoutWorkflowId } from '../../src/contract/checkout.js'
import type { MigrationRequest } from '../../src/contract/run.js'
import { findOtherRun } from '../../src/temporal/other-run.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'
import { projectFolder } from '../config/project-folder.js'
import { charterFor } from '../charter-for.js'
import { requestFor } from '../workflows/request.js'

let server: EmbeddedServer
let session: TemporalClient

beforeAll(async () => {
  const projectDir = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-checkouts-'))
  server = await startEmbeddedServer({ projectDir })
  session = await connectClient({ projectDir })
})

afterEach(() => void vi.unstubAllEnvs())

afterAll(async () => {
  await session.close()
  await server.stop()
})

/** A request of the database `shared` in one checkout. */
function inCheckout(folder: string, remote = false): MigrationRequest {
  const request = requestFor('shared')
  const { persistTo: _where, ...target } = request.target
  const database = { ...target.database, id: remote ? 'remote' : 'shared', remote }
  const local = remote ? {} : { persistTo: path.join(folder, '.wrangler', 'state') }
  return { ...request, target: { ...target, environment: 'local', projectDir: folder, database, ...local } }
}

const PLAIN = 'migration/local/shared'

test('two checkouts of one local database on one server have a run each, and find their own', async () => {
  const [first, second, third] = [inCheckout('/a/app'), inCheckout('/b/app'), inCheckout('/c/app')]
  expect(await runIdOf(session, first.target)).toBe(PLAIN)
  expect((await startRun(session, 'nobody', first)).workflowId).toBe(PLAIN)

  const other = (await startRun(session, 'nobody', second)).workflowId
  expect(other).toMatch(/^migration\/local\/shared\/[0-9a-f]{8}$/)
  expect(await runIdOf(session, first.target)).toBe(PLAIN)
  expect(await runIdOf(session, second.target)).toBe(other)
  expect(await runIdOf(session, third.target)).not.toBe(other)

  const refused = refuseSecondStart(session, first.target)
  await expect(refused).rejects.toMatchObject({ type: 'AlreadyRunning' })
  const advice = plain(
    await refused.then(
      () => '',
      (error: unknown) => (error as RunbookError).adviceWords,
    ),
  )
  for (const next of ['show', 'watch --decide', 'abort'])
    expect(advice).toContain(`d1-runbook ${next} --env local`)
  await expect(refuseSecondStart(session, second.target)).rejects.toMatchObject({ type: 'AlreadyRunning' })
  await expect(startRun(session, 'nobody', second)).rejects.toMatchObject({ type: 'AlreadyRunning' })
  await refuseSecondStart(session, third.target)

  // Whoever has an ID of its own keeps it, also when the plain one is free again.
  await session.client.workflow.getHandle(PLAIN).terminate()
  expect(await runIdOf(session, second.target)).toBe(other)
})

test('of two runs of one checkout, one under either ID, the open one is meant, and else the newest', async () => {
  const request = inCheckout('/d/app')
  const target = { ...request.target, database: { ...request.target.database, id: 'twice' } }
  const [plain, own] = ['migration/local/twice', checkoutWorkflowId(target)]
  // As whoever may start workflows does it, beside the command line.
  const begin = (workflowId: string) =>
    session.client.workflow.start('productionMigration', {
      workflowId,
      taskQueue: 'nobody',
      args: [{ ...request, target }],
    })
  const meant = () => runIdOf(session, target)

  const genuine = await begin(plain)
  await (await begin(own)).terminate()
  expect(await meant()).toBe(plain)
  await expect(refuseSecondStart(session, target)).rejects.toMatchObject({
    type: 'AlreadyRunning',
    message: `A migration of this database is under way: ${plain}.`,
  })

  const second = await begin(own)
  const both = {
    type: 'AlreadyRunning',
    message: `Two runs of this database are open: ${plain} and ${own}.`,
    advice: expect.stringContaining(`d1-runbook show ${own}`),
  }
  await expect(meant()).rejects.toMatchObject(both)
  await expect(refuseSecondStart(session, target)).rejects.toMatchObject(both)
  await expect(startRun(session, 'nobody', { ...request, target })).rejects.toMatchObject(both)

  expect(await findOtherRun(session, own, target)).toBe(plain)
  expect(await findOtherRun(session, plain, target)).toBeUndefined()

  await genuine.terminate()
  expect(await findOtherRun(session, own, target)).toBeUndefined()
  expect(await meant()).toBe(own)
  await expect(refuseSecondStart(session, target)).rejects.toMatchObject({ type: 'AlreadyRunning' })
  await second.terminate()
  expect(await meant()).toBe(own)
  await refuseSecondStart(session, target)
  await (await begin(plain)).terminate()
  expect(await meant()).toBe(plain)

  // What another checkout does under the plain ID says nothing of this one's own.
  const elsewhere = inCheckout('/e/app')
  const theirs = { ...elsewhere.target, database: target.database }
  const last = await begin(plain)
  expect(await findOtherRun(session, checkoutWorkflowId(theirs), theirs)).toBeUndefined()
  expect(await findOtherRun(session, own, target)).toBe(plain)
  await last.terminate()
  expect(await runIdOf(session, theirs)).toBe(checkoutWorkflowId(theirs))
})

test('a remote database has one run, whichever checkout asks for it', async () => {
  expect((await startRun(session, 'nobody', inCheckout('/a/app', true))).workflowId).toBe(
    'migration/local/remote',
  )
  await expect(startRun(session, 'nobody', inCheckout('/b/app', true))).rejects.toMatchObject({
    type: 'AlreadyRunning',
  })
})

test('whoever decides at a run that is over, or asks it something, is told that it is over', async () => {
  const { workflowId } = await startRun(session, 'nobody', inCheckout('/over/app'))
  const { runId } = await session.client.workflow.getHandle(workflowId).describe()
  await session.client.workflow.getHandle(workflowId).terminate()
  const over = {
    type: 'RunNotFound',
    message: `The run ${workflowId} is over: ended from outside (terminated).`,
  }
  const decision = { gate: 'plan', decision: 'approve', actor: 'Ada' } as const
  const run = { workflowId, runId, planHash: null }
  await expect(submitDecision(session, run, decision, { folder: '/' })).rejects.toMatchObject(over)
  const late = session.client.workflow.getHandle(workflowId, runId)
  await expect(signalRun(session, { workflowId }, () => late.signal('observe'))).rejects.toMatchObject(over)
  const refused: unknown = await late.signal('observe').catch((error: unknown) => error)
  expect(await explainGone(session, refused, { workflowId, runId })).toMatchObject(over)
})

test('a worker carries out the run of its own checkout, under either ID, and none of another', () => {
  const [own, other] = [inCheckout('/a/app'), inCheckout('/b/app')]
  const service = serviceOf([charterFor(own.target)])
  const { bundle: _bundle, ...claim } = own
  for (const id of [PLAIN, checkoutWorkflowId(own.target)])
    expect(admitRequest(service, claim, id).charterHash).toMatch(/^[0-9a-f]{64}$/)
  expect(() => admitRequest(service, claim, checkoutWorkflowId(other.target))).toThrow(
    /lies in .*\/a\/app.* the workflow migration\/local\/shared or .* belongs to another folder/,
  )
})

test('where a database has no run yet, whoever asks for it is told that, and how to start one', async () => {
  const project = projectFolder({
    'wrangler.toml': '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "new"\n',
  })
  const show = (id?: string) =>
    withRun({ env: 'local', project }, id, (there, found) => readRun(there, found, undefined))
  vi.stubEnv('TEMPORAL_ADDRESS', server.address)
  await expect(show()).rejects.toMatchObject({
    type: 'RunNotFound',
    message: 'No runs of new (local) yet.',
    adviceWords: ['Start one: ', { command: 'start', args: [], environment: 'local' }],
  })
  const typed = { type: 'RunNotFound', message: 'There is no run migration/local/other, or it is over.' }
  await expect(show('migration/local/other')).rejects.toMatchObject(typed)
  await expect(
    withRun({ env: 'local', project }, PLAIN, (there, found) => readRun(there, found, 'x')),
  ).rejects.toMatchObject({ type: 'RunNotFound', message: `There is no run x of ${PLAIN}.` })
})
