import { gzipSync } from 'node:zlib'
import { createHash, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client'
import { ActivityFailure, ApplicationFailure } from '@temporalio/common'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startCloudflareApi, type CloudflareApi } from '../../sample/cloudflare-api/index.js'
import { createActivities } from '../../src/activities/index.js'
import type { RunbookActivities } from '../../src/contract/activities.js'
import { checkoutWorkflowId } from '../../src/contract/checkout.js'
import type { Decision } from '../../src/contract/decision.js'
import { GATES, migrationWorkflowId, SEARCH_ATTRIBUTES, type Gate } from '../../src/contract/names.js'
import type { MigrationRequest, RunView } from '../../src/contract/run.js'
import type { Target } from '../../src/contract/target.js'
import { packBundle } from '../../src/d1/migrations/bundle.js'
import { migrationFile } from '../../src/d1/migrations/migration-files.js'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { decisionText } from '../../src/runbook/people/signature.js'
import { provideTemporal } from '../../src/temporal/binaries.js'
import { findOtherRun } from '../../src/temporal/other-run.js'
import { createRunbookWorker } from '../../src/temporal/worker.js'
import { useBuiltProcesses } from '../analysis/own-process.js'
import { charterFor } from '../charter-for.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../d1/local-target.js'
import { REMOTE_ID } from '../d1/remote-target.js'
import { temporaryFolder } from '../temporary-folder.js'
import { newSshKey } from '../runbook/people/ssh-keys.js'
import { requestFor } from './request.js'
import { gateOpen, gateState, until, type RunHandle } from './skipping.js'
import { openWorld } from './world.js'

useBuiltProcesses()

/** `IndexedValueType.KEYWORD` of Temporal's API. */
const KEYWORD = 2
const queue = randomUUID()
const bea = newSshKey()
const FILE = migrationFile('0001_more.sql', Buffer.from('ALTER TABLE t ADD COLUMN more TEXT;\n'))
const HELD = migrationFile('0002_held.sql', Buffer.from('CREATE TABLE held (id INTEGER PRIMARY KEY);\n'))
const EVIL = migrationFile('0001_more.sql', Buffer.from('DROP TABLE t;\n'))

let env: TestWorkflowEnvironment
let workers: Worker[] = []
let running: Promise<unknown>[] = []
/** What the worker serves: one database of which people must sign everything. */
let target: Target
let database: string
/** The attacker's folder on the worker's machine: a Wrangler that leaves a mark, and a file to write into. */
let outside: string
let request: MigrationRequest
/** The Cloudflare of a second one, of which people must sign everything too. */
let api: CloudflareApi
let remote: Target

beforeAll(async () => {
  target = localTarget()
  mkdirSync(target.migrationsDir)
  writeFileSync(path.join(target.migrationsDir, FILE.name), FILE.sql)
  database = seedLocal(target, `CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('kept'); ${LEDGER_SQL}`)
  outside = plantWrangler()
  const base = requestFor(target.database.id)
  api = await startCloudflareApi({
    databases: [{ id: REMOTE_ID, name: 'art-production', sql: `CREATE TABLE t (v TEXT); ${LEDGER_SQL}` }],
  })
  const { persistTo: _none, ...project } = target
  remote = {
    ...{ ...project, environment: 'production', production: true, accountId: api.accountId },
    database: { name: 'art-production', id: REMOTE_ID, remote: true },
  }
  const signed = {
    policy: { ...base.policy, requireSignatures: true },
    people: [{ name: 'Bea', roles: ['dba'], publicKeys: [bea.publicKey] }],
  }
  const charter = charterFor(target, {
    ...signed,
    monitoring: {
      ...base.monitoring,
      probes: [{ name: 'database', kind: 'connectivity', critical: true, timeoutMs: 10_000 }],
      offsetsMs: [60_000],
      timeScale: 60_000,
    },
  })
  const {
    environments: [held],
  } = charter
  if (held === undefined) throw new Error('the charter is empty')
  request = {
    ...base,
    ...held,
    files: [{ name: FILE.name, sha256: FILE.sha256 }],
    bundle: await packBundle([FILE]),
  }
  env = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: await provideTemporal('temporal-cli') } },
  })
  await env.connection.operatorService.addSearchAttributes({
    namespace: env.namespace ?? 'default',
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD])),
  })
  const to = { connection: env.nativeConnection, namespace: env.namespace ?? 'default' }
  const activities = createActivities({
    service: serviceOf([charter, charterFor(remote, signed)]),
    otherRun: (workflowId, of) => findOtherRun(env, workflowId, of),
    home: path.join(outside, '..', 'home'),
    print: () => undefined,
  })
  workers = [
    await createRunbookWorker({ ...to, taskQueue: queue, activities }),
    await Worker.create({
      ...to,
      taskQueue: `${queue} rogue`,
      workflowsPath: path.join(import.meta.dirname, 'rogue-workflows.ts'),
    }),
  ]
  running = workers.map((worker) => worker.run())
})

afterAll(async () => {
  for (const worker of workers) worker.shutdown()
  await Promise.all(running)
  await env.teardown()
  await api.close()
})

/** A project whose own Wrangler says that it was run. */
function plantWrangler(): string {
  const folder = path.join(temporaryFolder(), 'outside')
  const wrangler = path.join(folder, 'node_modules', 'wrangler')
  mkdirSync(path.join(wrangler, 'bin'), { recursive: true })
  const manifest = { name: 'wrangler', version: '4.200.0', bin: { wrangler: './bin/wrangler.js' } }
  writeFileSync(path.join(wrangler, 'package.json'), JSON.stringify(manifest))
  writeFileSync(
    path.join(wrangler, 'bin', 'wrangler.js'),
    `require('node:fs').writeFileSync(${JSON.stringify(path.join(folder, 'OWNED'))}, JSON.stringify(process.env))`,
  )
  writeFileSync(path.join(folder, 'wrangler.toml'), '')
  return folder
}

/** Every file of the project, the attacker's folder and what is around it, by its bytes, once no activity is at work: also of a run that ended before. */
async function everything(): Promise<Record<string, string>> {
  const atWork = (): number =>
    workers.reduce((sum, worker) => sum + worker.getStatus().numInFlightActivities, 0)
  await expect.poll(atWork).toBe(0)
  const found: Record<string, string> = {}
  for (const folder of [target.projectDir, path.dirname(outside)])
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const file = path.join(folder, name)
      // SQLite's own index of its journal changes with whoever looks.
      if (!statSync(file).isFile() || file.endsWith('-shm')) continue
      found[file] = createHash('sha256').update(readFileSync(file)).digest('hex')
    }
  return found
}

function ledger(): string[] {
  const opened = openSqlite(database)
  try {
    return opened
      .prepare('SELECT name FROM d1_migrations')
      .all()
      .map(({ name }) => String(name))
  } finally {
    opened.close()
  }
}

function start(
  sent: unknown,
  workflowId = migrationWorkflowId('local', target.database.id),
): Promise<RunHandle> {
  return env.client.workflow.start('productionMigration', { workflowId, taskQueue: queue, args: [sent] })
}

async function activitiesOf(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory()
  return (events ?? []).flatMap(
    ({ activityTaskScheduledEventAttributes }) =>
      activityTaskScheduledEventAttributes?.activityType?.name ?? [],
  )
}

/** The one folder of a run that is always a workflow's own: past it the other rules are met. */
const OWN = 'backup_x'

/** Type and message of what came of an activity that a rogue workflow scheduled. */
async function attack(activity: string, input: unknown, workflowId = 'backup/x') {
  try {
    const answer: unknown = await env.client.workflow.execute('rogue', {
      workflowId,
      taskQueue: `${queue} rogue`,
      args: [{ taskQueue: queue, activity, input }],
    })
    return { type: 'answered', message: JSON.stringify(answer) }
  } catch (error) {
    const failed = error instanceof WorkflowFailedError ? error.cause : error
    const cause = failed instanceof ActivityFailure ? failed.cause : failed
    if (!(cause instanceof ApplicationFailure)) throw error
    return { type: cause.type ?? '', message: cause.message }
  }
}

describe('a crafted start', () => {
  const targeted = (change: Partial<Target>): unknown => ({ ...request, target: { ...target, ...change } })
  const foreign = '00000000-0000-4000-8000-00000000dead'

  it.each<[string, () => unknown, string?]>([
    [
      'of a database that no charter serves',
      () => targeted({ database: { ...target.database, id: foreign } }),
      migrationWorkflowId('local', foreign),
    ],
    [
      'of an environment that no charter serves',
      () => targeted({ environment: 'production' }),
      migrationWorkflowId('production', 'local-art'),
    ],
    ['of the same database by another ledger', () => targeted({ migrationsTable: 'elsewhere' })],
    [
      'of the same database called remote',
      () => targeted({ database: { ...target.database, remote: true } }),
    ],
    ['of the database of this ID in another checkout', () => targeted({ persistTo: outside })],
    ['under the name of another workflow', () => request, 'migration/local/another'],
    ['by somebody whose name is a book', () => ({ ...request, requester: 'x'.repeat(1_000_000) })],
    [
      'by somebody who has the tool itself answer for a line of the checklist',
      () => ({
        ...request,
        evidence: [
          {
            ...{ name: 'pull-request-reviewed', title: 'Reviewed', state: 'attested' },
            ...{ message: 'attested', actor: 'D1\u2011Runbook', at: '2026-01-01T00:00:00Z' },
          },
        ],
      }),
    ],
    ['by the tool itself', () => ({ ...request, requester: 'd1-runbook' })],
    ...['../../x', 'CON', '0001_\u202Elqs.sql', '0001_\x1b[2J.sql', 'x'.repeat(400)].map(
      (name): [string, () => unknown] => [
        `with the file name ${JSON.stringify(name).slice(0, 30)}`,
        () => ({ ...request, files: [{ ...FILE, name }] }),
      ],
    ),
    ['with one file twice', () => ({ ...request, files: [FILE, FILE] })],
    [
      'with two files that macOS and Windows take for one',
      () => ({ ...request, files: [FILE, { ...FILE, name: FILE.name.toUpperCase() }] }),
    ],
    [
      'without a policy that could be read',
      () => ({ ...request, policy: { ...request.policy, gates: { final: {} } } }),
    ],
    [
      'a bundle that unpacks to far more than migration files do',
      () => ({
        ...request,
        bundle: { encoding: 'gzip-base64', data: gzipSync(' '.repeat(40_000_000)).toString('base64') },
      }),
    ],
    ['a bundle that is none', () => ({ ...request, bundle: { encoding: 'gzip-base64', data: 'AAAA' } })],
  ])('%s ends as NotAdmitted, with nothing done', async (_what, sent, workflowId) => {
    const before = await everything()
    const handle = await start(sent(), workflowId)
    const view = await handle.result()
    expect({ outcome: view.outcome, type: view.failure?.type }, view.message).toEqual({
      outcome: 'failed',
      type: 'NotAdmitted',
    })
    expect(await activitiesOf(handle)).toEqual(['admit'])
    expect(await everything()).toEqual(before)
  })

  it('that is no request at all ends at once', async () => {
    const before = await everything()
    for (const sent of [null, 'x', {}, { target: {} }]) {
      const handle = await start(sent, `rogue start ${randomUUID()}`)
      await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'ConfigInvalid' } })
      expect(await activitiesOf(handle)).toEqual([])
    }
    expect(await everything()).toEqual(before)
  })

  it('of a second run of one database under its other workflow ID is refused while the first is open', async () => {
    const ids = [migrationWorkflowId('local', target.database.id), checkoutWorkflowId(target)]
    for (const [one, other] of [ids, ids.toReversed()]) {
      const first = await start(request, one)
      await until(first, gateOpen('team-lead'))
      const second = await start(request, other)
      expect(await second.result()).toMatchObject({
        outcome: 'failed',
        failure: { type: 'NotAdmitted', message: expect.stringContaining(`is open: ${one}`) },
      })
      expect(await activitiesOf(second)).toEqual(['admit'])
      await first.terminate('tried')
    }
    // Begun at once: each may see the other, and one of them goes on.
    const both = await Promise.all(ids.map((id) => start(request, id)))
    const admitted = await Promise.all(
      both.map(async (handle) => {
        const view = await until(handle, (now) => gateOpen('team-lead')(now) || now.outcome !== null)
        return view.outcome === null
      }),
    )
    expect(admitted.sort()).toEqual([false, true])
    for (const handle of both) await handle.terminate('tried').catch(() => undefined)
  })

  it('with a policy, people, channels, probes and folders of its own is held to the charter, and says so', async () => {
    const gates = Object.fromEntries(
      GATES.map((gate) => [gate, { ...request.policy.gates[gate], automatic: true }]),
    )
    const handle = await start({
      ...request,
      target: {
        ...target,
        projectDir: outside,
        wranglerConfig: path.join(outside, 'wrangler.toml'),
        backupDir: outside,
      },
      requester: 'Eve',
      preApproved: true,
      policy: { ...request.policy, gates, requireSignatures: false },
      people: [{ name: 'Eve', roles: ['dba'], publicKeys: [newSshKey().publicKey] }],
      channels: [{ kind: 'file', name: 'log', path: path.join(outside, 'STOLEN') }],
      dashboardUrl: 'http://127.0.0.1:9/',
    })
    const view = await until(handle, gateOpen('team-lead'))
    expect(view.admission?.differences.map(({ path: at }) => at)).toEqual(
      expect.arrayContaining([
        'policy.gates.final.automatic',
        'policy.requireSignatures',
        'people',
        'channels',
        'dashboardUrl',
      ]),
    )
    expect(view.requireSignatures).toBe(true)
    expect(existsSync(path.join(outside, 'OWNED'))).toBe(false)
    expect(existsSync(path.join(outside, 'STOLEN'))).toBe(false)
    const forged = newSshKey()
    for (const actor of ['Eve', 'Bea'])
      await handle.signal('decide', signedDecision(view, 'team-lead', { actor }, forged))
    const refused = await until(handle, (now) => now.refused.length === 2)
    expect(gateState(refused, 'team-lead')).toBe('open')
    await handle.terminate('tried')
    expect(ledger()).toEqual([])
  })
})

function signedDecision(view: RunView, gate: Gate, change: Partial<Decision> = {}, key = bea): Decision {
  const planHash = view.planHash === null ? {} : { planHash: view.planHash }
  const decision: Decision = {
    ...{ gate, decision: 'approve', actor: 'Bea', decisionId: randomUUID(), ...planHash },
    ...change,
  }
  return { ...decision, signature: key.sign(decisionText(view, decision)) }
}

describe('an activity that a rogue workflow schedules', () => {
  const backup = (file: string): object => ({
    ...{ file, sha256: 'a'.repeat(64), sizeBytes: 1, createdAt: '2026-01-01T00:00:00Z', verified: true },
    ...{ tables: [], schemaFingerprint: 'x', durationMs: 1 },
  })
  const archive = (): string => path.join(target.backupDir, 'backup-local-2026-01-02-030405.zip')
  const status = (): object => ({
    ...{ environment: 'local', database: target.database, applied: [], pending: [], conflicts: [] },
    ...{ schemaFingerprint: 'x', timestamp: '2026-01-01T00:00:00Z' },
  })
  const files = [{ name: FILE.name, sha256: FILE.sha256 }]
  const baseline = { takenAt: '2026-01-01T00:00:00Z', probes: {} }
  const message = { kind: 'note', text: 'x', at: '2026-01-01T00:00:00Z', dedupeId: 'x' }

  /** What each activity would take from a run of ours, but for what the attack changes. */
  const good: Record<Exclude<keyof RunbookActivities, 'admit'>, () => object | Promise<object>> = {
    checkPrerequisites: () => ({ channels: [] }),
    readStatus: () => ({ files }),
    checkConnectivity: () => ({}),
    readBookmark: () => ({}),
    validateMigration: () => ({ plan: {}, probes: [] }),
    runCheckpoint: () => ({
      ...{
        probes: [],
        thresholds: {},
        baseline,
        expected: { schemaFingerprint: 'x', ledger: [] },
        number: 1,
      },
      ...{ plannedAt: '2026-01-01T00:00:00Z', late: false },
    }),
    runChecklist: () => ({ files, bundle: request.bundle, evidence: [], recentBackupMs: 1 }),
    createBackup: () => ({ files, keep: 1 }),
    rehearse: () => ({ files, bundle: request.bundle, backup: backup(archive()), status: status() }),
    takeBaseline: () => ({ monitoring: request.monitoring }),
    keepNeeds: () => ({ runKey: OWN, archives: [archive()], bundle: request.bundle }),
    checkArchive: () => ({ backup: backup(archive()) }),
    sealArchives: () => ({ runKey: OWN }),
    reverseOfPlan: () => ({
      ...{ runKey: OWN, files, ledger: [], at: '2026-01-01T00:00:00Z', noArchive: 'x' },
      plan: {
        ...{ schemaFingerprint: 'x', predictedFingerprint: 'y' },
        rollback: { available: true, rehearsed: true, price: [] },
      },
    }),
    proveAdoption: () => ({ files, bundle: request.bundle, backup: backup(archive()), requester: 'Eve' }),
    recordAdoption: () => ({ names: [FILE.name], ledgerBefore: [], schemaFingerprint: 'x', runKey: OWN }),
    findLostRun: () => ({ files, bundle: request.bundle, requester: 'Eve', runKey: OWN }),
    prepareReverse: () => ({
      ...{ runKey: OWN, files, bundle: request.bundle, backup: backup(archive()), ledgerBefore: [] },
      ...{ applied: [FILE.name], at: '2026-01-01T00:00:00Z' },
    }),
    countWrittenSince: () => ({
      ...{ runKey: OWN, files, bundle: request.bundle, backup: backup(archive()), applied: [FILE.name] },
    }),
    compareAfterRollback: () => ({ runKey: OWN, backup: backup(archive()) }),
    travelBack: () => ({ bookmark: 'b', expectedFingerprint: 'x' }),
    restoreFromBackup: () => ({ backup: backup(archive()), runKey: OWN }),
    applyMigration: evilApply,
    announce: () => ({ runKey: OWN, channels: [], message }),
    writeReport: () => ({ runKey: OWN, view: {}, plan: null, baseline: null }),
    updateDocuments: () => ({ view: {}, timeZone: 'UTC' }),
    keepReverseMigration: async () => ({ ...(await evilApply()), migration: files[0] }),
    writeFailureFiles: () => ({ runKey: OWN, view: {}, files }),
  }
  const NAMES = Object.keys(good) as (keyof typeof good)[]

  it('is each one of the runbook, so that none is forgotten', () => {
    expect([...NAMES, 'admit'].sort()).toEqual(Object.keys(openWorld().activities).sort())
  })

  it.each(NAMES)('%s does nothing for a database that no charter serves', async (name) => {
    const before = await everything()
    const elsewhere = {
      ...target,
      projectDir: outside,
      backupDir: outside,
      database: { ...target.database, id: 'x' },
    }
    for (const sent of [elsewhere, {}, null])
      expect(await attack(name, { ...(await good[name]()), target: sent })).toMatchObject({
        type: 'NotAdmitted',
      })
    expect(await everything()).toEqual(before)
  })

  const planned = { statements: 1, durationMs: 0, fingerprintBefore: 'x', fingerprintAfter: 'y' }
  const elsewhere = (): string => path.join(outside, path.basename(archive()))
  it.each<[keyof typeof good, string, RegExp, () => object]>([
    ['readStatus', 'name outside', /a path below/, () => ({ files: [{ ...files[0], name: '../../x' }] })],
    [
      'readStatus',
      'name on another drive',
      /a path below/,
      () => ({ files: [{ ...files[0], name: 'C:x' }] }),
    ],
    ['runChecklist', 'absolute name', /a path below/, () => ({ files: [{ ...files[0], name: '/etc/x' }] })],
    ['rehearse', 'archive outside', /is not in/, () => ({ backup: backup(elsewhere()) })],
    [
      'rehearse',
      'archive by a way out',
      /is not in/,
      () => ({ backup: backup(`${target.backupDir}/../${path.basename(archive())}`) }),
    ],
    ['proveAdoption', 'archive outside', /is not in/, () => ({ backup: backup(elsewhere()) })],
    ['recordAdoption', 'name outside', /a path below/, () => ({ names: ['../x'] })],
    ['findLostRun', 'archive outside', /is no archive/, () => ({ archive: '../../x' })],
    ['findLostRun', 'folder outside', /is no folder of the run/, () => ({ runKey: '../../x' })],
    ['prepareReverse', 'folder outside', /is no folder of the run/, () => ({ runKey: '../../x' })],
    [
      'prepareReverse',
      'ledger that leads elsewhere',
      /a path below/,
      () => ({ applied: ['x/../../../evil.sql'] }),
    ],
    ['prepareReverse', 'date that is a path', /ISO/, () => ({ at: '../../../../evil' })],
    ['prepareReverse', 'second archive outside', /is no archive/, () => ({ current: backup('/etc/passwd') })],
    ['restoreFromBackup', 'archive outside', /is not in/, () => ({ backup: backup(elsewhere()) })],
    [
      'restoreFromBackup',
      'name that no archive has',
      /is no archive/,
      () => ({ backup: backup(path.join(target.backupDir, 'evil.zip')) }),
    ],
    [
      'createBackup',
      'notes beside other files',
      /is no archive/,
      () => ({ held: { by: OWN, files: ['/etc/passwd'] } }),
    ],
    [
      'createBackup',
      "notes in another run's name",
      /is no folder of the run/,
      () => ({ held: { by: 'x', files: [] } }),
    ],
    [
      'applyMigration',
      'name outside',
      /a path below/,
      () => ({ migration: { ...EVIL, ...planned, name: '../../x' } }),
    ],
    [
      'applyMigration',
      'artifact that is a path',
      /bundle/,
      () => ({ bundle: { encoding: 'artifact', sha256: '../'.repeat(21).padEnd(64, 'x') } }),
    ],
    [
      'travelBack',
      'bookmark that is an option',
      /a bookmark/,
      () => ({ bookmark: '--config=/tmp/evil.toml' }),
    ],
    [
      'announce',
      'folder of another run',
      /is no folder of the run/,
      () => ({ runKey: 'local-20260101-000000-deadbeef' }),
    ],
    ['writeReport', 'state that is none', /view/, () => ({})],
    [
      'keepReverseMigration',
      'name outside',
      /a path below/,
      () => ({ migration: { ...files[0], name: '../x.sql' } }),
    ],
  ])('%s takes no %s', async (name, _what, because, change) => {
    const before = await everything()
    const input = { ...(await good[name]()), target, ...change() }
    expect(await attack(name, input)).toMatchObject({
      type: 'NotAdmitted',
      message: expect.stringMatching(because),
    })
    expect(await everything()).toEqual(before)
  })

  it('writes down nothing of another run', async () => {
    const handle = await start(request)
    const view = await until(handle, gateOpen('team-lead'))
    await handle.terminate('only its state is of use')
    const before = await everything()
    for (const name of ['writeReport', 'updateDocuments', 'writeFailureFiles'] as const)
      expect(await attack(name, { ...(await good[name]()), target, view })).toMatchObject({
        type: 'NotAdmitted',
        message: expect.stringContaining('is not of this run'),
      })
    expect(await everything()).toEqual(before)
  })

  it('asks and tells nobody whom the charter does not name, and shows nobody a variable', async () => {
    const asked: string[] = []
    const listener = createServer((incoming, response) => {
      asked.push(`${incoming.url} ${JSON.stringify(incoming.headers)}`)
      response.end('{}')
    })
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/`
    vi.stubEnv('CLOUDFLARE_API_TOKEN', 'planted-secret-of-cloudflare')
    vi.stubEnv('RUNBOOK_EVIL', url)
    try {
      const spying = {
        ...{ name: 'spy', kind: 'http', url, critical: true, timeoutMs: 1_000 },
        headers: { authorization: 'env:CLOUDFLARE_API_TOKEN' },
      }
      const channels = [{ kind: 'webhook', name: 'evil', urlEnv: 'RUNBOOK_EVIL' }]
      const tries: [keyof typeof good, object][] = [
        ['runCheckpoint', { probes: [spying] }],
        ['takeBaseline', { monitoring: { ...request.monitoring, probes: [spying] } }],
        ['checkPrerequisites', { channels, probes: [spying], dashboardUrl: url }],
        ['announce', { channels, message: { ...message, text: '\x1b[2J<!channel>' } }],
      ]
      for (const [name, change] of tries) {
        const answer = await attack(name, { ...(await good[name]()), target, ...change })
        expect(answer.message).not.toContain('planted-secret')
      }
    } finally {
      vi.unstubAllEnvs()
      listener.close()
    }
    expect(asked).toEqual([])
  })

  it('runs the Wrangler of the charter, not the one of a folder that it names', async () => {
    const elsewhere = {
      ...target,
      projectDir: outside,
      wranglerConfig: path.join(outside, 'wrangler.toml'),
    }
    const answer = await attack('checkPrerequisites', { target: elsewhere, channels: [] })
    expect(answer.message).not.toContain('4.200.0')
    const read = await attack('readStatus', { target: elsewhere, files })
    expect(read).toMatchObject({ type: 'answered', message: expect.stringContaining(FILE.name) })
    expect(existsSync(path.join(outside, 'OWNED'))).toBe(false)
  })

  it('changes no database without the signatures of people', async () => {
    for (const name of ['applyMigration', 'recordAdoption', 'travelBack', 'restoreFromBackup'] as const)
      expect(await attack(name, { ...(await good[name]()), target })).toMatchObject({
        type: 'NotAdmitted',
        message: expect.stringContaining('no signed decisions'),
      })
    expect(ledger()).toEqual([])
  })

  describe('of a remote database', () => {
    beforeAll(() => {
      for (const [name, value] of Object.entries(api.env)) vi.stubEnv(name, value)
    })
    afterAll(() => void vi.unstubAllEnvs())

    const state = (): unknown => {
      const opened = api.database(REMOTE_ID)
      const tables = opened.prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE '_cf_%'").all()
      return { tables, ledger: opened.prepare('SELECT name FROM d1_migrations').all() }
    }

    it.each<[keyof typeof good, string, RegExp, () => object]>([
      ['travelBack', 'bookmark of before', /no signed decisions/, () => ({})],
      [
        'travelBack',
        'bookmark that is a path',
        /a bookmark/,
        () => ({ bookmark: '../../restore?bookmark=x' }),
      ],
      ['restoreFromBackup', 'archive', /no signed decisions|is no archive/, () => ({})],
      ['applyMigration', 'SQL', /no signed decisions/, () => ({})],
      ['recordAdoption', 'row of its ledger', /no signed decisions/, () => ({})],
      [
        'travelBack',
        'account of somebody else',
        /another database than the charter's/,
        () => ({ target: { ...remote, accountId: 'f'.repeat(32) } }),
      ],
      [
        'applyMigration',
        'ledger of another name',
        /another database than the charter's/,
        () => ({ target: { ...remote, migrationsTable: 't' } }),
      ],
      [
        'restoreFromBackup',
        'archive of the other database',
        /is no archive|is not in|no signed decisions/,
        () => ({ backup: backup(archive()) }),
      ],
    ])('%s sends it no %s', async (name, _what, because, change) => {
      const before = { files: await everything(), remote: state() }
      const asked = api.calls.length
      expect(await attack(name, { ...(await good[name]()), target: remote, ...change() })).toMatchObject({
        type: 'NotAdmitted',
        message: expect.stringMatching(because),
      })
      expect(api.calls.slice(asked)).toEqual([])
      expect({ files: await everything(), remote: state() }).toEqual(before)
    })
  })

  it('writes through no link that has come in the place of our folder', async () => {
    const ours = path.join(target.projectDir, '.d1-runbook')
    const aside = `${ours}.aside`
    if (existsSync(ours)) renameSync(ours, aside)
    symlinkSync(outside, ours)
    const before = await everything()
    try {
      for (const name of ['readStatus', 'createBackup', 'announce'] as const)
        expect(await attack(name, { ...(await good[name]()), target })).toMatchObject({
          type: 'NotPermitted',
          message: expect.stringContaining('is not below'),
        })
      expect(await everything()).toEqual(before)
    } finally {
      unlinkSync(ours)
      if (existsSync(aside)) renameSync(aside, ours)
    }
  })
})

describe('a client that floods a run with signals', () => {
  it('decides nothing, stops nothing, and keeps nobody from deciding', async () => {
    const handle = await start(request)
    const view = await until(handle, gateOpen('team-lead'))
    const mallory = new Client({ connection: env.connection, namespace: env.namespace ?? 'default' })
    const theirs = mallory.workflow.getHandle(handle.workflowId)
    const forged = newSshKey()
    const flood: [string, () => unknown][] = [
      ['decide', () => signedDecision(view, 'team-lead', {}, forged)],
      ['decide', () => ({ gate: 'team-lead', decision: 'approve', actor: 'Bea', decisionId: randomUUID() })],
      ['abort', () => ({ reason: 'x', actor: 'Bea' })],
      ['supersede', () => ({ reason: 'x', actor: 'd1-runbook' })],
      ['pause', () => ({ actor: 'Bea' })],
      ['observe', () => ({ note: '\x1b[2J<!channel>', actor: 'Mallory' })],
      ['reportIssue', () => ({ severity: 'major', description: 'x'.repeat(3_000), actor: 'Mallory' })],
      ['nothing of ours', () => null],
    ]
    for (let sent = 0; sent < 100; sent += 1)
      await Promise.all(flood.map(([name, body]) => theirs.signal(name, body())))
    const flooded = await until(handle, ({ refused }) => refused.length > 0)
    expect({ outcome: flooded.outcome, gate: gateState(flooded, 'team-lead') }).toEqual({
      outcome: null,
      gate: 'open',
    })
    await handle.signal('decide', signedDecision(flooded, 'team-lead'))
    const decided = await until(handle, (now) => gateState(now, 'team-lead') === 'approved')
    expect(decided.outcome).toBeNull()
    expect(JSON.stringify(decided).length).toBeLessThan(500_000)
    await handle.terminate('tried')
    expect(ledger()).toEqual([])
  })
})

describe('where people sign', () => {
  it('what they signed is applied; their signatures carry nothing else, and no other run', async () => {
    const handle = await start(request)
    let last: RunView | undefined
    for (const gate of GATES.filter((one) => one !== 'rollback')) {
      last = await until(handle, gateOpen(gate))
      await handle.signal('decide', signedDecision(last, gate))
    }
    const view = await handle.result()
    expect(
      { outcome: view.outcome, migrations: view.migrations.map(({ state }) => state) },
      view.message,
    ).toEqual({
      outcome: 'completed',
      migrations: ['applied'],
    })
    expect(ledger()).toEqual([FILE.name])

    const { events } = await handle.fetchHistory()
    const payload = events?.find(
      ({ activityTaskScheduledEventAttributes: one }) => one?.activityType?.name === 'applyMigration',
    )?.activityTaskScheduledEventAttributes?.input?.payloads?.[0]?.data
    const genuine = JSON.parse(Buffer.from(payload ?? []).toString('utf8')) as {
      permission: { bound: object }
    }
    expect(genuine.permission.bound).toMatchObject({ requester: 'Ada', databaseId: target.database.id })
    const before = await everything()
    const replayed = { ...genuine, runKey: OWN }
    const evil = { ...EVIL, statements: 1, durationMs: 0, fingerprintBefore: 'x', fingerprintAfter: 'y' }
    const inputs = [
      replayed,
      { ...replayed, bundle: await packBundle([EVIL]), migration: evil },
      { ...replayed, permission: { ...genuine.permission, act: 'reverse-migration' } },
    ]
    for (const input of inputs)
      expect(await attack('applyMigration', input)).toMatchObject({
        type: 'NotAdmitted',
        message: expect.stringMatching(/does not fit|is not approved/),
      })
    expect(await everything()).toEqual(before)
    expect(ledger()).toEqual([FILE.name])
  })

  /** A signed run of these files, up to what `lead` does once they are about to be applied. */
  async function rollBack(
    pending: Record<string, string>,
    strategy: 'restore-backup' | 'reverse-migration',
    before: (handle: RunHandle) => Promise<void>,
  ): Promise<RunView> {
    const next = Object.entries(pending).map(([name, sql]) => migrationFile(name, Buffer.from(sql)))
    const files = [FILE, ...next]
    const bundle = await packBundle(files)
    const handle = await start({
      ...request,
      bundle,
      files: files.map(({ name, sha256 }) => ({ name, sha256 })),
    })
    for (const gate of ['team-lead', 'environment', 'connectivity', 'preflight', 'plan'] as const)
      await handle.signal('decide', signedDecision(await until(handle, gateOpen(gate)), gate))
    await before(handle)
    const view = await until(handle, gateOpen('rollback'))
    await handle.signal('decide', signedDecision(view, 'rollback', { strategy }))
    return handle.result()
  }

  it('what they signed brings back the archive of the plan', async () => {
    const view = await rollBack(
      { '0002_a.sql': 'CREATE TABLE a (v);\n' },
      'restore-backup',
      async (handle) => {
        const final = await until(handle, gateOpen('final'))
        await handle.signal('decide', signedDecision(final, 'final'))
        const asked = await until(handle, gateOpen('team-confirmation'))
        await handle.signal('decide', signedDecision(asked, 'team-confirmation', { decision: 'reject' }))
      },
    )
    expect({ outcome: view.outcome }, view.message).toEqual({ outcome: 'rolled-back' })
    expect(ledger()).toEqual([FILE.name])
  })

  it('the reverse of a part of the files is written again before it is believed', async () => {
    const pending = {
      '0002_b.sql': 'ALTER TABLE t ADD COLUMN b TEXT;\n',
      '0003_unique.sql': 'CREATE UNIQUE INDEX t_v ON t (v);\n',
    }
    const view = await rollBack(pending, 'reverse-migration', async (handle) => {
      const final = await until(handle, gateOpen('final'))
      // The rehearsed rows were unique.
      const opened = openSqlite(database)
      opened.exec(`INSERT INTO t (v) VALUES ('kept')`)
      opened.close()
      await handle.signal('decide', signedDecision(final, 'final'))
    })
    expect({ outcome: view.outcome, tries: view.rollbackTries }, view.message).toEqual({
      outcome: 'rolled-back',
    })
    expect(ledger()).toEqual([FILE.name, '0002_b.sql', expect.stringContaining('_rollback_')])
  })

  it('an adoption that they signed writes the rows of just those files, and lets none of them run', async () => {
    // What the file makes is there, and the ledger does not say so.
    const opened = openSqlite(database)
    opened.exec(HELD.sql)
    opened.close()
    const recorded = ledger()
    const files = [{ name: HELD.name, sha256: HELD.sha256 }]
    const handle = await start({ ...request, files, bundle: await packBundle([HELD]), adopt: {} })
    for (const gate of GATES.filter((one) => one !== 'rollback' && one !== 'team-confirmation')) {
      const seen = await until(handle, (now) => gateOpen(gate)(now) || now.outcome !== null)
      expect(seen.outcome, seen.message).toBeNull()
      await handle.signal('decide', signedDecision(seen, gate))
    }
    const view = await handle.result()
    expect({ outcome: view.outcome, adopted: view.adopted }, view.message).toEqual({
      outcome: 'completed',
      adopted: [HELD.name],
    })
    expect(ledger().sort()).toEqual([...recorded, HELD.name].sort())

    const { events } = await handle.fetchHistory()
    const payload = events?.find(
      ({ activityTaskScheduledEventAttributes: one }) => one?.activityType?.name === 'recordAdoption',
    )?.activityTaskScheduledEventAttributes?.input?.payloads?.[0]?.data
    const { permission } = JSON.parse(Buffer.from(payload ?? []).toString('utf8')) as { permission: object }
    const before = await everything()
    const input = { ...(await evilApply()), target, permission: { ...permission, act: 'apply' } }
    expect(await attack('applyMigration', input)).toMatchObject({
      type: 'NotAdmitted',
      message: expect.stringContaining('to record files, not to run them'),
    })
    expect(await everything()).toEqual(before)
  })
})

/** The bytes of somebody else, as an apply takes them. */
async function evilApply(): Promise<object> {
  return {
    bundle: await packBundle([EVIL]),
    migration: { ...EVIL, statements: 1, durationMs: 0, fingerprintBefore: 'x', fingerprintAfter: 'y' },
    ledgerBefore: [],
    runKey: OWN,
  }
}
