import { execa } from 'execa'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunbookConfigInput } from '../../src/config/schema.js'
import { GATES, type Gate } from '../../src/contract/names.js'
import type { RunView } from '../../src/contract/run.js'
import { provideTemporal } from '../../src/temporal/binaries.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { readDevRecord } from '../../src/temporal/dev-record.js'
import {
  buildIfStale,
  documentOf,
  launch,
  launchService,
  resultOf,
  untilSays,
  type Command,
} from './processes.js'
import { here } from './here.js'
import { writeCharters } from './charters.js'
import { createLocalProject, ONE, QUICK_BASELINE, scratchFolder, type LocalProject } from './project.js'
import { RunObserver, stateOf } from './run.js'

/** Every gate but `rollback`, in the order in which they open. */
const GATES_IN_ORDER = GATES.filter((gate) => gate !== 'rollback')

const scratch = scratchFolder()
let home: LocalProject
let dev: Command
let temporal: TemporalClient
let temporalCli: string
let address: string
let projects = 0

/** Folders of the projects below, each made before its test: a worker serves what it knew when it began. */
const opened: string[] = []

/** `dev` of one project is the server and, by their charters, the worker of all: real Temporal, real worker, real Wrangler. */
beforeAll(async () => {
  await buildIfStale()
  temporalCli = await provideTemporal('temporal-cli')
  home = createLocalProject({ folder: path.join(scratch.folder, 'home of dev'), databaseId: databaseId() })
  const charters = await writeCharters(scratch.folder, [home.folder, ...opened])
  dev = launchService(['dev', '--project', home.folder, '--charter', charters, '--json'], {})
  await untilSays(dev, /Worker +polls/)
  address = readDevRecord(home.folder)?.address ?? ''
  temporal = await connectClient({ projectDir: home.folder })
})

/** Files below a folder, and folders, that others than their owner may read. */
function openToOthers(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => (statSync(path.join(folder, name)).mode & 0o077) !== 0)
    .sort()
}

afterAll(async () => {
  const state = openToOthers(path.join(home.folder, '.d1-runbook'))
  const archives = openToOthers(path.join(home.folder, 'backups'))
  expect({ state, archives }).toEqual({ state: [], archives: [] })
  expect(existsSync(path.join(home.folder, '.d1-runbook', 'temporal.db'))).toBe(true)
  // What is the project's stays as its tools write it.
  expect(statSync(path.join(home.folder, 'MIGRATIONS.md')).mode & 0o777).toBe(0o666 & ~process.umask())
  await temporal.close()
  dev.kill('SIGINT')
  const { json, code } = await resultOf(dev)
  scratch.remove()
  // `dev` ends well on Ctrl-C, and says so in its document.
  expect({ json, code }).toEqual({ json: { success: true }, code: 0 })
})

function databaseId(): string {
  projects += 1
  return `00000000-0000-4000-8000-${String(projects).padStart(12, '0')}`
}

/** A project of its own, which finds the server through the standard variable. */
function openProject(pending?: Record<string, string>, config?: RunbookConfigInput) {
  const id = databaseId()
  const project = createLocalProject({
    folder: path.join(scratch.folder, `projet ${id.slice(-2)}`),
    databaseId: id,
    ...(pending === undefined ? {} : { pending }),
    ...(config === undefined ? {} : { config }),
  })
  opened.push(project.folder)
  const words = (args: string[]): string[] => [
    ...args,
    '--project',
    project.folder,
    '--env',
    'local',
    '--json',
  ]
  /** A process, as `start` is while others decide. */
  const command = (...args: string[]): Command => launch(words(args), { TEMPORAL_ADDRESS: address })
  /** What is answered at once. */
  const ask = (...args: string[]) => here(words(args), { TEMPORAL_ADDRESS: address })
  return { ...project, command, ask, run: () => new RunObserver(temporal, 'local', id) }
}

function statesOf(view: RunView): Record<string, string> {
  return Object.fromEntries(view.migrations.map(({ name, state }) => [name, state]))
}

/** What the Temporal UI lists for one database. */
async function attributedTo(id: string): Promise<string[]> {
  const query = `RunbookEnvironment = 'local' AND RunbookDatabase = '${id}'`
  const found: string[] = []
  for await (const { workflowId } of temporal.client.workflow.list({ query })) found.push(workflowId)
  return found.sort()
}

describe('start without waiting, and everything else from other processes', () => {
  // `home` needs no address: its own `dev` is found through the project.
  const words = (args: string[]): string[] => [...args, '--project', home.folder, '--json']
  const command = (...args: string[]): Command => launch(words(args), {})

  const run = (): RunObserver => new RunObserver(temporal, 'local', home.databaseId)

  /** Waited for without a command; then what the command says of it. */
  async function untilOpen(gate: Gate): Promise<RunView> {
    await run().gateOpen(gate)
    const view = await documentOf(here(words(['show']), {}), 0)
    expect(stateOf(view, gate)).toBe('open')
    return view
  }

  async function signal(workflowId: string, body: object): Promise<void> {
    const input = ['--input', JSON.stringify(body)]
    await execa(temporalCli, [
      ...['workflow', 'signal', '--address', address, '--workflow-id', workflowId],
      ...['--name', 'decide', ...input],
    ])
  }

  test('each gate is decided by command or by signal, a second start is refused, and the day passes', async () => {
    const started = await documentOf<{ success: boolean; workflowId: string; runId: string }>(
      command('start', '--requester', 'Ada', '--time-scale', '86400'),
      0,
    )
    expect(started).toMatchObject({
      success: true,
      workflowId: `migration/local/${home.databaseId}`,
      database: { name: 'archive', id: home.databaseId, remote: false },
    })
    const { workflowId } = started

    expect(await resultOf(command('start'))).toMatchObject({
      code: 2,
      json: { success: false, error: { type: 'AlreadyRunning' } },
    })

    for (const [index, gate] of GATES_IN_ORDER.entries()) {
      const { planHash } = await untilOpen(gate)
      if (gate === 'plan') expect(planHash).toMatch(/^[0-9a-f]{64}$/)
      if (index % 2 === 0) {
        expect(await documentOf<object>(command('approve', gate, '--actor', 'Bea'), 0)).toMatchObject({
          success: true,
          gate,
          state: 'approved',
        })
      } else {
        const hash = planHash === null ? {} : { planHash }
        const body = { gate, decision: 'approve', actor: 'Cay', ...hash, decisionId: `by-signal-${gate}` }
        await signal(workflowId, body)
        // At least once, as signals are: it counts once.
        await signal(workflowId, body)
      }
    }

    await run().closed()
    const view = await documentOf(command('show', workflowId), 0)
    expect(view).toMatchObject({
      success: true,
      outcome: 'completed',
      phase: 'closed',
      backup: { verified: true, file: expect.stringMatching(/backup-local-\d{4}-\d\d-\d\d-\d{6}\.zip$/) },
      monitoring: { planned: 34, verdicts: { breached: 0 } },
    })
    expect(view.monitoring?.checkpoints).toHaveLength(34)
    expect(statesOf(view)).toEqual({ '0002_email.sql': 'applied', '0003_index.sql': 'applied' })
    for (const gate of GATES_IN_ORDER) {
      const { state, decisions } = view.gates.find((one) => one.gate === gate) ?? {}
      expect({ gate, state, decisions: decisions?.length }).toEqual({ gate, state: 'approved', decisions: 1 })
    }
    expect(home.ledger()).toEqual(['0001_users.sql', '0002_email.sql', '0003_index.sql'])

    // The server lists how a run ended some moments later.
    const listed = async () =>
      (await documentOf<{ runs: object[] }>(command('list', '--env', 'local'), 0)).runs
    await expect
      .poll(listed)
      .toContainEqual(
        expect.objectContaining({ workflowId, runId: started.runId, outcome: 'completed', phase: 'closed' }),
      )
    await expect.poll(() => attributedTo(home.databaseId)).toEqual([workflowId, `${workflowId}/monitoring`])
    expect(JSON.stringify(await listed())).not.toContain('/monitoring')
    const { html, markdown } = await documentOf<{ html: string; markdown: string }>(command('report'), 0)
    expect(readFileSync(markdown, 'utf8')).toContain('0003_index.sql')
    expect(readFileSync(html, 'utf8')).toContain('Bea')
    expect(await documentOf<object>(command('status'), 0)).toMatchObject({ pending: [], conflicts: [] })
  })
})

describe('start --wait', () => {
  const validated = openProject(ONE)
  test('--until validated returns the run while it goes on; abort ends it, and what is applied stays told', async () => {
    const { ask, command, ledger } = validated
    const run = validated.run()
    const view = await documentOf(command('start', '--yes', '--until', 'validated', '--requester', 'Ada'), 0)
    expect(view).toMatchObject({ outcome: null, requester: 'Ada' })
    expect(statesOf(view)).toEqual({ '0002_email.sql': 'applied' })
    expect(ledger()).toHaveLength(2)

    expect(await documentOf<object>(ask('resume'), 0)).toMatchObject({
      unchanged: expect.stringContaining('was not paused'),
    })
    await documentOf<object>(
      ask('abort', '--id', view.runId, '--reason', 'the release is off', '--actor', 'Ada'),
      0,
    )
    expect(await run.closed()).toMatchObject({ outcome: 'aborted', success: false })
    expect(await resultOf(ask('abort', '--id', view.runId))).toMatchObject({
      code: 2,
      json: { error: { type: 'RunNotFound', message: expect.stringContaining('is over: aborted') } },
    })
    expect(await resultOf(ask('rollback', '--strategy', 'reverse-migration'))).toMatchObject({
      code: 2,
      json: { error: { next: [{ command: 'create-rollback' }, { command: 'show' }] } },
    })
    expect((await resultOf(ask('watch', view.runId))).json).toMatchObject({ runId: view.runId })
    const after = await documentOf(ask('show', view.runId), 0)
    expect(statesOf(after)).toEqual({ '0002_email.sql': 'applied' })
  })

  const rejected = openProject()
  test('a rejected plan ends as declined, with exit 3, and nothing is applied', async () => {
    const { ask, command, ledger } = rejected
    const run = rejected.run()
    const waiting = command('start', '--wait', '--requester', 'Ada')
    await run.approveAll(['team-lead', 'environment', 'connectivity', 'preflight'], 'Bea')
    await run.gateOpen('plan')
    await documentOf<object>(ask('reject', 'plan', '--actor', 'Bea', '--comment', 'not today'), 0)
    const view = await documentOf(waiting, 3)
    expect(view).toMatchObject({ outcome: 'declined', success: false })
    expect(view.message).toContain('not today')
    expect(view.gates.find(({ gate }) => gate === 'plan')?.decisions).toMatchObject([
      { actor: 'Bea', decision: 'reject', comment: 'not today' },
    ])
    expect(ledger()).toEqual(['0001_users.sql'])
  })

  const stopped = openProject()
  test('an abort at a gate ends the wait with exit 3, and nothing is applied', async () => {
    const { ask, command, ledger } = stopped
    const run = stopped.run()
    const waiting = command('start', '--wait')
    await run.gateOpen('team-lead')
    await documentOf<object>(ask('abort', '--actor', 'Bea'), 0)
    expect(await documentOf(waiting, 3)).toMatchObject({ outcome: 'aborted' })
    expect(ledger()).toEqual(['0001_users.sql'])
  })
})

describe('what goes wrong', () => {
  const refused = openProject({ '0002_broken.sql': 'CREATE TABEL oops (id INTEGER);\n' })
  test('SQL that the engine refuses never reaches the database: exit 1', async () => {
    const { command, ledger } = refused
    const view = await documentOf(command('start', '--yes', '--wait'), 1)
    expect(view).toMatchObject({ outcome: 'failed', success: false })
    expect(view.failure?.message).toContain('0002_broken.sql')
    expect(ledger()).toEqual(['0001_users.sql'])
  })

  const failing = openProject({
    '0002_email.sql': 'ALTER TABLE users ADD COLUMN email TEXT;\n',
    '0003_unique.sql': 'CREATE UNIQUE INDEX users_name ON users (name);\n',
    '0004_later.sql': 'CREATE TABLE later (id INTEGER PRIMARY KEY);\n',
  })
  test('a file that fails on the database is proven absent; the failure files and exit 1 say so', async () => {
    const { command, database, ledger } = failing
    const run = failing.run()
    const waiting = command('start', '--wait', '--requester', 'Ada')
    await run.approveAll(['team-lead', 'environment', 'connectivity', 'preflight', 'plan'], 'Bea')
    await run.gateOpen('final')
    // The rehearsed rows were unique; a visitor writes one that is not.
    database((db) => db.exec("INSERT INTO users (name) VALUES ('Ann')"))
    await run.decide('final', 'Bea')
    await run.gateOpen('rollback')
    await run.decide('rollback', 'Bea', { strategy: 'none', decision: 'reject' })
    const view = await documentOf(waiting, 1)
    expect(view).toMatchObject({ outcome: 'failed', failure: { type: 'SqlRefused' } })
    expect(statesOf(view)).toEqual({
      '0002_email.sql': 'applied',
      '0003_unique.sql': 'absent',
      '0004_later.sql': 'not-executed',
    })
    expect(ledger()).toEqual(['0001_users.sql', '0002_email.sql'])
    for (const name of ['migration-failure-state.json', 'migration-failure.log']) {
      const file = view.artifacts.find((artifact) => path.basename(artifact) === name)
      expect(file !== undefined && existsSync(file), name).toBe(true)
    }
  })

  const moved = openProject()
  test('a schema that moved after the rehearsal voids the approvals: a new plan is asked for, nothing is applied', async () => {
    const { ask, command, database, ledger } = moved
    const run = moved.run()
    await documentOf<object>(command('start', '--requester', 'Ada'), 0)
    await run.approveAll(['team-lead', 'environment', 'connectivity', 'preflight', 'plan'], 'Bea')
    const { planHash } = await run.gateOpen('final')
    database((db) => db.exec('CREATE TABLE by_hand (id INTEGER)'))
    await run.decide('final', 'Bea')
    const view = await run.until(
      'new plan',
      (now) => now.planHash !== planHash && stateOf(now, 'environment') === 'open',
    )
    expect(view.planHash).toMatch(/^[0-9a-f]{64}$/)
    expect(stateOf(view, 'final')).toBe('waiting')
    expect(view.gates.find(({ gate }) => gate === 'final')?.earlier).toMatchObject([
      { actor: 'Bea', planHash },
    ])
    const late = ask('approve', 'environment', '--actor', 'Bea', '--plan-hash', planHash ?? '')
    expect(await resultOf(late)).toMatchObject({ code: 2, json: { error: { type: 'DecisionRefused' } } })
    expect(ledger()).toEqual(['0001_users.sql'])
    await documentOf<object>(ask('abort'), 0)
  })

  const final = { requesterMayApprove: false }
  const drifting = openProject(undefined, {
    environments: { local: { monitoring: QUICK_BASELINE, policy: { gates: { final } } } },
    people: [
      { name: 'Ada', roles: ['dba'] },
      { name: 'Bea', roles: ['dba'] },
    ],
  })
  test('where approvals were given in advance nobody can look again: drift ends the run as drifted, exit 1', async () => {
    const { command, database, ledger } = drifting
    const run = drifting.run()
    const waiting = command('start', '--wait', '--yes', '--requester', 'Ada')
    await run.gateOpen('final')
    database((db) => db.exec('CREATE TABLE by_hand (id INTEGER)'))
    await run.decide('final', 'Bea')
    const view = await documentOf(waiting, 1)
    expect(view).toMatchObject({ outcome: 'drifted', failure: { type: 'Drifted' } })
    expect(ledger()).toEqual(['0001_users.sql'])
    expect(Object.values(statesOf(view))).not.toContain('applied')
  })
})
