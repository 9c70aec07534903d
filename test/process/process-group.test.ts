import { readSnapshot } from '../../src/d1/read/open-reader.js'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { applyMigration, type ApplyRequest } from '../../src/d1/apply/apply.js'
import { migrationFile } from '../../src/d1/migrations/migration-files.js'
import { groupAlive, signalGroup } from '../../src/process/process-group.js'
import { runWrangler } from '../../src/d1/wrangler/wrangler.js'
import { fingerprintOf } from '../d1/fingerprint.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../d1/local-target.js'
import { buildIfStale, builtModule } from '../e2e/processes.js'
import { temporaryFolder } from '../temporary-folder.js'
import { remoteTarget } from '../d1/remote-target.js'

const BEFORE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER);'

function request(target: ApplyRequest['target'], sql: string): ApplyRequest {
  return {
    target,
    file: migrationFile('0001_t.sql', Buffer.from(sql)),
    ledgerBefore: [],
    fingerprintBefore: fingerprintOf(BEFORE),
    fingerprintAfter: fingerprintOf(BEFORE),
    stageRoot: temporaryFolder(),
  }
}

describe('a Wrangler that is killed', () => {
  it('takes its whole family with it, though only the wrapper was hit', async () => {
    const { target, api } = await remoteTarget(BEFORE)
    api.fault({ route: 'query', kind: 'slow', afterMs: 60_000, call: 'all' })
    let leader = 0
    const end = runWrangler({
      target,
      args: ['d1', 'execute', target.database.name, '--json', '--command', 'SELECT 1'],
      onGroup: (group) => (leader = group),
    })
    await expect.poll(() => api.calls.some(({ route }) => route === 'query')).toBe(true)
    process.kill(leader, 'SIGKILL')
    await end
    expect(groupAlive(leader)).toBe(false)
  })

  it('is ended whole by its time limit', async () => {
    const { target, api } = await remoteTarget(BEFORE)
    api.fault({ route: 'query', kind: 'slow', afterMs: 60_000, call: 'all' })
    let leader = 0
    const end = await runWrangler({
      target,
      args: ['d1', 'execute', target.database.name, '--json', '--command', 'SELECT 1'],
      timeoutMs: 4000,
      onGroup: (group) => (leader = group),
    })
    expect(end.timedOut).toBe(true)
    expect(groupAlive(leader)).toBe(false)
  })

  it('leaves a state that is proven: at any moment of the kill the file runs once', async () => {
    const sql = `UPDATE t SET n = n + 1;`
    for (const delay of [600, 1800]) {
      const target = localTarget()
      seedLocal(target, `${LEDGER_SQL} ${BEFORE} INSERT INTO t VALUES (1, 0);`)
      const work = request(target, sql)
      const controller = new AbortController()
      const cancelled = new Error('cancelled by the test')
      const timer = setTimeout(() => controller.abort(cancelled), delay)
      const first = await applyMigration({ ...work, signal: controller.signal }).catch(
        (error: unknown) => error,
      )
      clearTimeout(timer)
      // Either it was through before the kill, and is said to be applied, or the cancellation is what comes out.
      if (first !== cancelled) expect(first).toMatchObject({ state: 'applied' })
      expect(await applyMigration(work)).toMatchObject({ state: 'applied' })
      expect((await readSnapshot(target)).ledger).toHaveLength(1)
    }
  })
})

describe('two workers', () => {
  beforeAll(buildIfStale)

  it('notice each other: the second is told to wait', async () => {
    const { target, api } = await remoteTarget(`${LEDGER_SQL} ${BEFORE} INSERT INTO t VALUES (1, 0);`)
    api.fault({ route: 'query', kind: 'slow', afterMs: 2500, match: /UPDATE t/ })
    const work = request(target, 'UPDATE t SET n = n + 1;')
    const first = applyMigration(work)
    await expect.poll(() => api.calls.some(({ sql }) => sql?.includes('UPDATE t'))).toBe(true)
    await expect(applyMigration(work)).rejects.toMatchObject({ type: 'DatabaseLocked' })
    expect(await first).toMatchObject({ state: 'applied' })
    expect(api.database(target.database.id).prepare('SELECT n FROM t').get()).toEqual({ n: 1 })
  })

  /** One that dies in the middle of an apply, with its Wrangler, the group of which is returned, waiting for a slow answer. */
  async function deadWorker(
    { target, api }: Awaited<ReturnType<typeof remoteTarget>>,
    before: (leader: number) => void,
  ): Promise<{ leader: number; work: ApplyRequest }> {
    const work = request(target, 'UPDATE t SET n = n + 1;')
    api.fault({ route: 'query', kind: 'slow', afterMs: 600_000, match: /UPDATE t/ })
    const script = `const { applyMigration } = await import(${JSON.stringify(builtModule('src/d1/apply/apply.js'))}); await applyMigration(${JSON.stringify(work)})`
    const worker = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
      stdio: 'ignore',
    })
    await expect.poll(() => api.calls.some(({ sql }) => sql?.includes('UPDATE t'))).toBe(true)
    const leases = join(work.stageRoot, 'leases')
    const groupFile = readdirSync(leases).find((name) => name.endsWith('.group')) ?? ''
    const leader = Number(readFileSync(join(leases, groupFile), 'utf8'))
    before(leader)
    worker.kill('SIGKILL')
    await once(worker, 'exit')
    api.clearFaults()
    return { leader, work }
  }

  it('are not needed for a Wrangler to end whose worker was killed for good', async () => {
    const remote = await remoteTarget(`${LEDGER_SQL} ${BEFORE} INSERT INTO t VALUES (1, 0);`)
    const { leader, work } = await deadWorker(remote, (group) => expect(groupAlive(group)).toBe(true))
    await expect.poll(() => groupAlive(leader)).toBe(false)
    expect(await applyMigration(work)).toMatchObject({ state: 'applied', durationMs: null })
  })

  it('end what a dead worker left running before they read the state', async () => {
    const remote = await remoteTarget(`${LEDGER_SQL} ${BEFORE} INSERT INTO t VALUES (1, 0);`)
    // It hangs so that it does not see itself that its worker is gone.
    const { leader, work } = await deadWorker(remote, (group) => signalGroup(group, 'SIGSTOP'))
    expect(groupAlive(leader)).toBe(true)
    expect(await applyMigration(work)).toMatchObject({ state: 'applied', durationMs: null })
    expect(groupAlive(leader)).toBe(false)
    signalGroup(leader, 'SIGKILL')
  })
})
