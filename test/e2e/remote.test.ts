import { plain } from '../../src/contract/command-line.js'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startHealthService, type HealthService } from '../../sample/health.js'
import type { RunbookConfigInput } from '../../src/config/schema.js'
import type { Gate } from '../../src/contract/names.js'
import type { RunView } from '../../src/contract/run.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'
import { startCloudflareApi, type CloudflareApi } from '../../sample/cloudflare-api/index.js'
import { FULL } from '../full.js'
import {
  buildIfStale,
  documentOf,
  launch,
  launchService,
  resultOf,
  untilSays,
  type Command,
} from './processes.js'
import { writeCharters } from './charters.js'
import { here } from './here.js'
import { FIRST, LEDGER, PENDING, QUICK_BASELINE, readLedger, scratchFolder } from './project.js'
import { RunObserver } from './run.js'

/** One database each: runs of different databases share worker, server and API as they would in a team. */
const SCENARIOS = [
  'policy',
  'reverse',
  'travel',
  'restore',
  'slow',
  'erroneous',
  'dead',
  'timeout',
  'overrun',
  'adopt',
] as const
type Scenario = (typeof SCENARIOS)[number]

const PEOPLE = [
  { name: 'José', roles: ['team-lead'] },
  { name: 'Dagný', roles: ['database-administrator'] },
  { name: 'Rita', roles: ['developer'] },
]
/** Rita asks for the migration. */
const REQUESTER = 'Rita'
const BEFORE_FINAL = ['environment', 'connectivity', 'preflight', 'plan'] as const satisfies Gate[]

/** The second of three fails on the real rows: a visitor wrote a double name after the rehearsal. */
const SECOND_FAILS: Record<string, string> = {
  '0002_email.sql': 'ALTER TABLE users ADD COLUMN email TEXT;\n',
  '0003_unique.sql': 'CREATE UNIQUE INDEX users_name ON users (name);\n',
  '0004_later.sql': 'CREATE TABLE later (id INTEGER PRIMARY KEY);\n',
}

const WAYS = [
  // Keeps what was written since: the visitor's row.
  { scenario: 'reverse', strategy: 'reverse-migration', rows: ['Zoë', 'Ann', 'Ann'] },
  { scenario: 'travel', strategy: 'time-travel', rows: ['Zoë', 'Ann'] },
  { scenario: 'restore', strategy: 'restore-backup', rows: ['Zoë', 'Ann'] },
] as const

const FAILURES = [
  { scenario: 'erroneous', behaviour: { errorRate: 1 }, reason: /health: .*status 500 instead of 200/ },
  { scenario: 'dead', behaviour: { dead: true }, reason: /health: .*connection/ },
  { scenario: 'slow', behaviour: { delayMs: 4_000 }, reason: /health: response time \d{4} ms/ },
] as const

const scratch = scratchFolder()
let server: EmbeddedServer
let temporal: TemporalClient
let api: CloudflareApi
let worker: Command
let health: HealthService

beforeAll(async () => {
  await buildIfStale()
  const sql = `${FIRST} ${LEDGER} INSERT INTO users (name) VALUES ('Zoë'), ('Ann');
    INSERT INTO d1_migrations (name) VALUES ('0001_users.sql');`
  api = await startCloudflareApi({
    dir: path.join(scratch.folder, 'api'),
    databases: SCENARIOS.map((name) => ({ id: databaseId(name), name, sql })),
  })
  health = await startHealthService({
    source: { query: () => Promise.resolve({ artworks: 1, schemaVersion: '0001' }) },
  })
  server = await startEmbeddedServer({ projectDir: scratch.folder })
  temporal = await connectClient({ projectDir: scratch.folder })
  for (const scenario of SCENARIOS) projects.set(scenario, createProject(scenario, ...projectOf(scenario)))
  const folders = [...projects.values()].map(({ folder }) => folder)
  const charters = await writeCharters(scratch.folder, folders, api.accountId)
  // The worker of remote databases: credentials and charters, and no checkout.
  worker = launchService(
    ['worker', '--project', scratch.folder, '--charter', charters, '--json'],
    environment(),
  )
  await untilSays(worker, /Worker polls/)
})

afterAll(async () => {
  worker.kill('SIGTERM')
  await worker
  await temporal.close()
  await server.stop()
  await health.close()
  await api.close()
  scratch.remove()
})

function environment(): Record<string, string> {
  const wrangler = { XDG_CONFIG_HOME: path.join(scratch.folder, 'wrangler'), WRANGLER_SEND_METRICS: 'false' }
  return { ...api.env, ...wrangler, TEMPORAL_ADDRESS: server.address }
}

function databaseId(scenario: Scenario): string {
  return `00000000-0000-4000-8000-0000000000c${SCENARIOS.indexOf(scenario)}`
}

type Project = ReturnType<typeof createProject>
const projects = new Map<Scenario, Project>()

function openProject(scenario: Scenario): Project {
  const project = projects.get(scenario)
  if (project === undefined) throw new Error(`there is no project ${scenario}`)
  return project
}

/** The files that are pending, and how it is configured. */
function projectOf(scenario: Scenario): [Record<string, string>, RunbookConfigInput] {
  if (WAYS.some((way) => way.scenario === scenario)) return [SECOND_FAILS, {}]
  if (!FAILURES.some((failure) => failure.scenario === scenario)) return [PENDING, {}]
  const schedule = ['5m', '10m', '15m', '20m', '25m', '30m', '35m', '40m']
  // Enough samples that a slow first answer is not taken for the usual; slower than this is meant.
  const thresholds = { responseTimeFloorMs: 2_000 }
  const monitoring = { ...QUICK_BASELINE, thresholds, baselineSamples: 12, schedule }
  return [PENDING, { environments: { production: { healthUrl: health.url, monitoring } } }]
}

function createProject(scenario: Scenario, pending: Record<string, string>, config: RunbookConfigInput) {
  const id = databaseId(scenario)
  const folder = path.join(scratch.folder, `équipe ${scenario}`)
  mkdirSync(path.join(folder, 'migrations'), { recursive: true })
  const write = (name: string, content: string): void => writeFileSync(path.join(folder, name), content)
  const database = { binding: 'DB', database_name: scenario, database_id: id, migrations_dir: 'migrations' }
  write('wrangler.json', JSON.stringify({ name: 'app', env: { production: { d1_databases: [database] } } }))
  const monitoring = { ...QUICK_BASELINE, schedule: ['1m'] }
  const defaults = { people: PEOPLE, environments: { production: { monitoring } } }
  write('runbook.config.json', JSON.stringify({ ...defaults, ...config }))
  for (const [name, sql] of Object.entries({ '0001_users.sql': FIRST, ...pending })) {
    write(path.join('migrations', name), sql)
  }
  const run = new RunObserver(temporal, 'production', id)
  const words = (args: string[]): string[] => [...args, '--project', folder, '--env', 'production', '--json']
  const ask = (...args: string[]) => here(words(args), environment())
  const begin = (...args: string[]): string[] =>
    words(['start', '--requester', REQUESTER, '--time-scale', '600', ...args])
  /** A process that waits, where its end is the point. */
  const start = (...args: string[]): Command => launch(begin('--wait', ...args), environment())
  const startOnly = () => documentOf<object>(here(begin(), environment()), 0)
  const readRows = (sql: string): unknown[] => api.database(id).prepare(sql).all()
  return { id, folder, run, ask, start, startOnly, readRows, ledger: () => readLedger(api.database(id)) }
}

function columnsOf(project: Project): unknown {
  return project.readRows("SELECT name FROM pragma_table_info('users') ORDER BY cid").map((row) => {
    return (row as { name: string }).name
  })
}

async function approveToFinal(run: RunObserver): Promise<RunView> {
  await run.approveAll(['team-lead'], 'José')
  await run.approveAll(BEFORE_FINAL, 'Dagný')
  return run.gateOpen('final')
}

describe('production', () => {
  test('the policy decides who decides: role, requester and second person are held to, in the workflow itself', async () => {
    const project = openProject('policy')
    const { run, ask } = project
    const waiting = project.start()
    await run.gateOpen('team-lead')
    expect(await resultOf(ask('approve', 'team-lead', '--actor', REQUESTER))).toMatchObject({
      code: 2,
      json: { success: false, error: { type: 'DecisionRefused' } },
    })
    await approveToFinal(run)
    for (const actor of [REQUESTER, 'Dagný', 'Somebody']) {
      expect(await resultOf(ask('approve', 'final', '--actor', actor)), actor).toMatchObject({
        code: 2,
        json: { error: { type: 'DecisionRefused' } },
      })
    }
    expect(project.ledger()).toEqual(['0001_users.sql'])
    await documentOf<object>(ask('approve', 'final', '--actor', 'José'), 0)
    await run.approveAll(['team-confirmation'], 'Dagný')

    const view = await documentOf(waiting, 0)
    expect(view).toMatchObject({
      outcome: 'completed',
      database: { name: 'policy', id: project.id, remote: true },
      accountId: api.accountId,
      backup: { verified: true, bookmark: expect.stringMatching(/^[0-9a-f-]+$/) },
    })
    expect(view.refused.map(({ gate, actor }) => `${gate} ${actor}`)).toEqual([
      `team-lead ${REQUESTER}`,
      `final ${REQUESTER}`,
      'final Dagný',
      'final Somebody',
    ])
    expect(project.ledger()).toEqual(['0001_users.sql', '0002_email.sql', '0003_index.sql'])
    expect(columnsOf(project)).toEqual(['id', 'name', 'email'])
    expect(JSON.stringify(view)).not.toContain(api.token)
  })

  test('a time-out after the effect: the file is proven applied, once, and the run completes', async () => {
    const project = openProject('timeout')
    await project.startOnly()
    await approveToFinal(project.run)
    api.fault({ route: 'query', kind: '504-after', match: /INSERT INTO.*0002_email\.sql/s })
    await project.run.decide('final', 'José')
    await project.run.approveAll(['team-confirmation'], 'Dagný')
    const view = await project.run.closed()
    expect(view).toMatchObject({ outcome: 'completed' })
    expect(view.migrations).toMatchObject([
      { name: '0002_email.sql', state: 'applied' },
      { name: '0003_index.sql', state: 'applied' },
    ])
    const sent = api.calls.filter(
      ({ sql }) => sql?.includes('ADD COLUMN email') && sql.includes('INSERT INTO'),
    )
    expect(sent.filter(({ sql }) => sql?.includes('0002_email.sql'))).not.toHaveLength(0)
    expect(project.ledger()).toEqual(['0001_users.sql', '0002_email.sql', '0003_index.sql'])
    api.clearFaults()
  })

  test("an overrun of the user's calls while it is applied: the run waits, knocks at no closed door, and loses nothing", async () => {
    const project = openProject('overrun')
    await project.startOnly()
    await approveToFinal(project.run)
    const blockMs = 12_000
    const from = Date.now()
    api.overrun(blockMs)
    await project.run.decide('final', 'José')
    await project.run.approveAll(['team-confirmation'], 'Dagný')
    const view = await project.run.closed()
    expect(view).toMatchObject({ outcome: 'completed' })
    expect(project.ledger()).toEqual(['0001_users.sql', '0002_email.sql', '0003_index.sql'])
    const refused = api.calls.filter(({ at }) => at.getTime() >= from && at.getTime() < from + blockMs)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThan(8)
    const sent = api.calls.filter(({ at, sql }) => at.getTime() >= from && sql?.includes('ADD COLUMN email'))
    expect(sent).toHaveLength(1)
  })
})

describe('a database that holds a file which its ledger does not name', () => {
  test('is adopted through the gates of production: its row is written, and nothing runs', async () => {
    const project = openProject('adopt')
    // By `execute --file`, a dashboard or another tool.
    api.database(project.id).exec('ALTER TABLE users ADD COLUMN email TEXT;')
    const before = api.calls.length
    const waiting = launch(
      [
        ...['adopt', '--wait', '--requester', REQUESTER, '--project', project.folder],
        ...['--env', 'production', '--json'],
      ],
      environment(),
    )
    await project.run.gateOpen('team-lead')
    const refused = await resultOf(project.ask('approve', 'team-lead', '--actor', REQUESTER))
    expect(refused).toMatchObject({ code: 2, json: { error: { type: 'DecisionRefused' } } })
    await approveToFinal(project.run)
    expect(project.ledger()).toEqual(['0001_users.sql'])
    await project.run.decide('final', 'José')
    const view = await documentOf(waiting, 0)
    expect(view).toMatchObject({
      ...{ success: true, outcome: 'completed', adopted: ['0002_email.sql'], migrations: [] },
      notProven: [{ name: '0003_index.sql', why: expect.stringContaining('users_by_name') as string }],
      backup: { verified: true },
    })
    expect(project.ledger()).toEqual(['0001_users.sql', '0002_email.sql'])
    const sent = api.calls.slice(before).flatMap(({ sql }) => sql ?? [])
    expect(sent.filter((sql) => /ADD COLUMN|CREATE INDEX/.test(sql))).toEqual([])
    // What is left is a migration as any.
    const status = await documentOf<{ pending: { name: string }[] }>(project.ask('status'), 0)
    expect(status.pending.map(({ name }) => name)).toEqual(['0003_index.sql'])
  })
})

describe('scenario 1: the second of three files fails while it is applied', () => {
  async function failAtSecond(project: Project): Promise<void> {
    await approveToFinal(project.run)
    api.database(project.id).exec("INSERT INTO users (name) VALUES ('Ann')")
    await project.run.decide('final', 'José')
    const view = await project.run.gateOpen('rollback')
    expect(view.migrations.map(({ state }) => state)).toEqual(['applied', 'absent', 'not-executed'])
    const { shows = [] } = view.gates.find(({ gate }) => gate === 'rollback') ?? {}
    for (const way of ['reverse', 'Time Travel', 'backup'])
      expect(shows.map((shown) => plain(shown)).join('\n')).toContain(way)
  }

  test.each(WAYS)('$strategy brings the database back: exit 4', async ({ scenario, strategy, rows }) => {
    const project = openProject(scenario)
    const waiting = project.start()
    await failAtSecond(project)
    const decided = project.ask('rollback', '--strategy', strategy, '--actor', 'José')
    expect(await documentOf<object>(decided, 0)).toMatchObject({
      success: true,
      state: 'approved',
      strategy,
    })
    const view = await documentOf(waiting, 4)
    expect(view).toMatchObject({ outcome: 'rolled-back', success: false })
    expect(columnsOf(project)).toEqual(['id', 'name'])
    expect(project.readRows('SELECT name FROM users ORDER BY id')).toEqual(rows.map((name) => ({ name })))
    const [first, ...after] = project.ledger()
    expect(first).toBe('0001_users.sql')
    expect(after.filter((name) => !name.includes('rollback'))).toEqual(
      strategy === 'reverse-migration' ? ['0002_email.sql'] : [],
    )
    expect(view.artifacts.map((file) => path.basename(file))).toEqual(
      expect.arrayContaining(['migration-failure-state.json', 'migration-failure.log', 'incident.md']),
    )
  })
})

describe('scenario 2: the application fails after the migration', () => {
  afterEach(() => health.setBehaviour({ delayMs: 0, errorRate: 0, dead: false }))

  test.each(FULL ? FAILURES : FAILURES.slice(0, 1))(
    '$scenario: the second bad checkpoint is the breach; the rollback that people choose ends with exit 4, and is reported',
    async ({ scenario, behaviour, reason }) => {
      const project = openProject(scenario)
      const { run } = project
      // Five minutes last two seconds.
      const waiting = project.start('--time-scale', '150')
      await approveToFinal(run)
      await run.decide('final', 'José')
      await run.gateOpen('team-confirmation')
      health.setBehaviour(behaviour)
      await run.decide('team-confirmation', 'Dagný')

      const asked = await run.gateOpen('rollback')
      const { shows = [] } = asked.gates.find(({ gate }) => gate === 'rollback') ?? {}
      expect(shows[0]).toMatch(/^2 checkpoints in a row breached/)
      expect(shows[0]).toMatch(reason)
      expect(asked.announcements.some(({ kind }) => kind === 'emergency')).toBe(true)
      await documentOf<object>(
        project.ask('rollback', '--strategy', 'reverse-migration', '--actor', 'Dagný'),
        0,
      )
      const view = await documentOf(waiting, 4)
      expect(view).toMatchObject({ outcome: 'rolled-back' })
      expect(view.monitoring?.checkpoints.slice(0, 2).map(({ verdict }) => verdict)).toEqual([
        'breached',
        'breached',
      ])
      expect(columnsOf(project)).toEqual(['id', 'name'])
      expect(project.readRows('SELECT name FROM users ORDER BY id')).toEqual([
        { name: 'Zoë' },
        { name: 'Ann' },
      ])
      expect(project.readRows("SELECT name FROM sqlite_schema WHERE name = 'users_by_name'")).toEqual([])

      const written = await documentOf<{ html: string; markdown: string }>(project.ask('report'), 0)
      const report = readFileSync(written.markdown, 'utf8')
      expect(report).toContain('**Rolled back**')
      expect(report).toMatch(/✗ breached.*health: /)
      expect(report).toMatch(/approved \| \*\*Dagný\*\* .* reverse-migration/)
      // No latency is charted where nothing answered.
      if (scenario !== 'dead') expect(readFileSync(written.html, 'utf8')).toContain('>rollback</text>')
    },
  )
})
