import { Client, Connection } from '@temporalio/client'
import { execa } from 'execa'
import { Client as McpClient } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { createHash, createHmac } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  buildRequest,
  connectRunbook,
  decideSignal,
  exitCodeOf,
  migrationWorkflowId,
  RunbookError,
  statusQuery,
  submitDecisionUpdate,
  type Gate,
  type RunbookClient,
  type RunView,
} from '../../src/client/index.js'
import type { Finding } from '../../src/contract/finding.js'
import { packageRoot } from '../../src/process/package-root.js'
import { readDevRecord } from '../../src/temporal/dev-record.js'
import { decidePath, enrolled, openConsole, type EnrolledProject } from './console-flow.js'
import { buildIfStale, inherited, launchService, untilSays, type Command } from './processes.js'
import { writeCharters } from './charters.js'
import {
  createLocalProject,
  ONE,
  PENDING,
  QUICK_BASELINE,
  scratchFolder,
  type LocalProject,
} from './project.js'

/** Three checkpoints of monitoring, in a moment. */
const FAST = {
  environments: {
    local: { monitoring: { ...QUICK_BASELINE, schedule: ['5m', '10m', '15m'], timeScale: 3_600 } },
  },
}

/** Rebuilds a table that another one references: on D1 the rows of that other one go with it. */
const CASCADING = {
  '0002_posts.sql': `CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE);
INSERT INTO posts (author) SELECT id FROM users;\n`,
  '0003_email.sql': `CREATE TABLE users_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT);
INSERT INTO users_new (id, name) SELECT id, name FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;\n`,
}

const scratch = scratchFolder()
let dev: Command
let address: string
let runbook: RunbookClient
let ada: EnrolledProject
let projects = 0

/** Made before the worker, which serves what it knew when it began; each test takes its own. */
const pool = new Map<Record<string, string>, LocalProject[]>()

/** `dev` of one project is the server and, by their charters, the worker of all. */
beforeAll(async () => {
  await buildIfStale()
  for (const [pending, count] of [[PENDING, 9] as const, [ONE, 3] as const, [CASCADING, 1] as const])
    pool.set(
      pending,
      Array.from({ length: count }, () => createProject(pending)),
    )
  const home = openProject()
  ada = await enrolled(createProject(ONE))
  const folders = [home, ada.project, ...[...pool.values()].flat()].map(({ folder }) => folder)
  const charters = await writeCharters(scratch.folder, folders)
  dev = launchService(['dev', '--project', home.folder, '--charter', charters, '--json'], {})
  await untilSays(dev, /Worker +polls/)
  address = readDevRecord(home.folder)?.address ?? ''
  runbook = await connectRunbook({ project: home.folder, address })
})

afterAll(async () => {
  await runbook.close()
  dev.kill('SIGINT')
  await dev
  scratch.remove()
})

function openProject(pending = PENDING): LocalProject {
  const project = pool.get(pending)?.shift()
  if (project === undefined) throw new Error('make more projects before the worker begins')
  return project
}

/** A project that has d1-runbook installed. */
function createProject(pending: Record<string, string>): LocalProject {
  projects += 1
  const databaseId = `00000000-0000-4000-8000-${String(projects).padStart(12, '0')}`
  const folder = path.join(scratch.folder, `projet ${projects}`)
  mkdirSync(path.join(folder, 'node_modules'), { recursive: true })
  symlinkSync(packageRoot(), path.join(folder, 'node_modules', 'd1-runbook'), 'junction')
  return createLocalProject({ folder, databaseId, pending, config: FAST })
}

/** A program of the package's user, in the folder of their project. */
function runScript({ folder }: LocalProject, script: string, args: string[] = [], env: object = {}) {
  return execa(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
    cwd: folder,
    env: { TEMPORAL_ADDRESS: address, ...env },
    reject: false,
    timeout: 400_000,
    stdin: 'ignore',
  })
}

const example = (name: string): string => path.join(packageRoot(), 'examples', `${name}.mjs`)

async function startRun(project: LocalProject, more: { preApproved?: boolean } = {}) {
  return runbook.start(await buildRequest({ project: project.folder, requester: 'Ada', ...more }))
}

async function untilOpen(run: { workflowId: string }, gate: Gate): Promise<RunView> {
  for await (const view of runbook.watch(run, { minPauseMs: 100 })) {
    if (view.gates.some((one) => one.gate === gate && one.state === 'open')) return view
  }
  throw new Error(`${gate} did not open`)
}

describe('the client', () => {
  test('carries a run from request to end: started, decided, watched, listed, and read from its history', async () => {
    const project = openProject()
    const run = await startRun(project)
    expect(run.workflowId).toBe(migrationWorkflowId('local', project.databaseId))
    await expect(startRun(project)).rejects.toMatchObject({ type: 'AlreadyRunning' })

    await untilOpen(run, 'team-lead')
    const decision = { gate: 'team-lead', decision: 'approve', actor: 'Bea', decisionId: 'once' } as const
    expect(await runbook.decide(run, decision)).toEqual({ state: 'approved', approvalsMissing: 0 })
    await runbook.decide(run, decision)
    const refused = runbook.decide(run, { gate: 'final', decision: 'approve', actor: 'Bea' })
    await expect(refused).rejects.toMatchObject({ type: 'DecisionRefused', message: /final/ })
    await expect(refused).rejects.toBeInstanceOf(RunbookError)
    // Past what Temporal takes: the server would have a part of it, and the run would fail at it again and again.
    const long = 'š'.repeat(1_000_001)
    await expect(
      runbook.decide(run, { gate: 'environment', decision: 'approve', actor: 'Bea', comment: long }),
    ).rejects.toMatchObject({ type: 'DecisionRefused', message: /submitDecision\) has 2\.0 MB/ })
    await expect(
      runbook.steer(run, { command: 'report-issue', severity: 'minor', description: long, actor: 'Bea' }),
    ).rejects.toMatchObject({ type: 'DecisionRefused', message: /reportIssue\) has 2\.0 MB/ })

    const { gates, planHash } = await untilOpen(run, 'environment')
    expect(gates.find(({ gate }) => gate === 'team-lead')?.decisions).toMatchObject([{ actor: 'Bea' }])
    await runbook.steer(run, { command: 'abort', reason: 'not today', actor: 'Ada' })
    const seen: RunView[] = []
    for await (const view of runbook.watch(run, { minPauseMs: 100 })) seen.push(view)
    expect(seen.at(-1)).toMatchObject({ outcome: 'aborted', phase: 'closed' })
    expect(await runbook.status(run)).toEqual(seen.at(-1))
    expect(seen.map(exitCodeOf).at(-1)).toBe(3)
    expect(project.ledger()).toEqual(['0001_users.sql'])
    // The server lists how a run ended some moments later.
    const listed = async () =>
      (await runbook.list({ environment: 'local', limit: 50 })).find(({ runId }) => runId === run.runId)
    await expect.poll(listed).toMatchObject({ outcome: 'aborted', planHash })
    const history = await runbook.history(run)
    expect(history).toMatchObject({ request: { requester: 'Ada' }, plan: { planHash } })
  })

  test('by its run ID an earlier run is meant, never the one that runs now', async () => {
    const project = openProject()
    const first = await startRun(project)
    await untilOpen(first, 'team-lead')
    await runbook.steer(first, { command: 'abort', reason: 'again', actor: 'Ada' })
    for await (const view of runbook.watch(first)) if (view.outcome !== null) break
    const second = await startRun(project)
    await untilOpen(second, 'team-lead')

    expect(await runbook.status(first)).toMatchObject({ outcome: 'aborted', runId: first.runId })
    expect(await runbook.status(first.workflowId)).toMatchObject({ outcome: null, runId: second.runId })
    const approval = { gate: 'team-lead', decision: 'approve', actor: 'Bea' } as const
    await expect(runbook.decide(first, approval)).rejects.toMatchObject({ type: 'RunNotFound' })
    await expect(runbook.steer(first, { command: 'pause', actor: 'Ada' })).rejects.toMatchObject({
      type: 'RunNotFound',
    })
    const { gates, paused } = await runbook.status(second)
    expect({ paused, decisions: gates.flatMap(({ decisions }) => decisions) }).toEqual({
      paused: false,
      decisions: [],
    })
    await runbook.steer(second, { command: 'abort', reason: 'done', actor: 'Ada' })
  })

  test('its definitions type and reach a run through a client of @temporalio/client', async () => {
    const run = await startRun(openProject())
    await untilOpen(run, 'team-lead')
    const connection = await Connection.connect({ address })
    try {
      const handle = new Client({ connection }).workflow.getHandle(run.workflowId)
      const { environment } = await handle.query(statusQuery)
      expect(environment).toBe('local')
      const decision = { gate: 'team-lead', actor: 'Bea', decision: 'approve', decisionId: 'direct' } as const
      await handle.signal(decideSignal, decision)
      await untilOpen(run, 'environment')
      const rejected = handle.executeUpdate(submitDecisionUpdate, {
        args: [{ gate: 'environment', actor: 'Bea', decision: 'reject' }],
      })
      expect(await rejected).toEqual({ state: 'rejected', approvalsMissing: expect.any(Number) })
    } finally {
      await connection.close()
    }
    expect(await runbook.status(run)).toMatchObject({ environment: 'local' })
  })

  test('watching ends when it is left, when its signal is aborted, and when the client is closed', async () => {
    const run = await startRun(openProject())
    await untilOpen(run, 'team-lead')
    const left = runbook.watch(run)
    await left.next()
    expect(await left.return()).toEqual({ done: true, value: undefined })

    const leaving = new AbortController()
    const aborted = runbook.watch(run, { signal: leaving.signal })
    await aborted.next()
    const pending = aborted.next()
    leaving.abort()
    expect(await pending).toEqual({ done: true, value: undefined })

    const other = await connectRunbook({ address })
    const watched = other.watch(run)
    await watched.next()
    const waiting = watched.next()
    await other.close()
    expect(await waiting).toEqual({ done: true, value: undefined })
    await runbook.steer(run, { command: 'abort', reason: 'done', actor: 'Ada' })
  })

  test('says what is wrong: no server, no worker, no request, no run', async () => {
    const project = openProject()
    const nowhere = connectRunbook({ project: project.folder, address: '127.0.0.1:1' })
    await expect(nowhere).rejects.toMatchObject({
      type: 'TemporalUnreachable',
      advice: /address that was given/,
    })
    const request = await buildRequest({ project: project.folder, requester: 'Ada' })
    const lonely = await connectRunbook({ project: project.folder, address, taskQueue: 'nobody-polls-this' })
    try {
      await expect(lonely.start(request)).rejects.toMatchObject({ type: 'WorkerMissing' })
    } finally {
      await lonely.close()
    }
    const broken = { ...request, requester: '' }
    await expect(runbook.start(broken)).rejects.toMatchObject({ type: 'ConfigInvalid', message: /requester/ })
    await expect(runbook.status('migration/local/none')).rejects.toMatchObject({ type: 'RunNotFound' })
    await expect(buildRequest({ project: scratch.folder, requester: 'Ada' })).rejects.toMatchObject({
      type: 'ProjectNotFound',
    })
  })
})

describe('examples', () => {
  test('are correct by the types of the package', async () => {
    const compiler = path.join(packageRoot(), 'node_modules', 'typescript', 'bin', 'tsc')
    const { exitCode, stdout } = await execa(
      process.execPath,
      [compiler, '-p', path.join(packageRoot(), 'examples'), '--noEmit'],
      { reject: false },
    )
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' })
  })

  test('start-and-wait ends with the exit code of the run; inspect-history tells what it did on whose word', async () => {
    const project = openProject(ONE)
    const { exitCode, stdout, stderr } = await runScript(project, example('start-and-wait'), ['local', 'Ada'])
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(stdout).toMatch(/^started migration\/local\//)
    expect(stdout).toMatch(/\ncompleted: [^\n]*$/)
    expect(project.ledger()).toEqual(['0001_users.sql', ...Object.keys(ONE)])

    const told = await runScript(project, example('inspect-history'), ['local', '1'])
    expect({ exitCode: told.exitCode, stderr: told.stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(JSON.parse(told.stdout)).toMatchObject({
      database: 'archive',
      requester: 'Ada',
      outcome: 'completed',
      planHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      findings: expect.any(Array),
      migrations: { '0002_email.sql': 'applied' },
      decisions: expect.arrayContaining([expect.stringMatching(/^\S+Z plan: approve by Ada$/)]),
    })
  })

  test('start-and-wait: a failure says what to do', async () => {
    const project = openProject()
    const { exitCode, stderr } = await runScript(project, example('start-and-wait'), ['staging'])
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringMatching(/^EnvironmentUnknown: .+\n.+/),
    })
  })

  test('approve-from-chat: who the chat knows decides, once; a forged, old or unknown message does not', async () => {
    const project = openProject()
    const run = await startRun(project)
    await untilOpen(run, 'team-lead')
    const bot = runScript(project, example('approve-from-chat'), [run.workflowId], {
      CHAT_SECRET: 'between us',
      CHAT_PEOPLE: JSON.stringify({ U1: 'Grace Hopper' }),
      PORT: '0',
    })
    const port = await new Promise<string>((resolve, reject) => {
      bot.stdout.on('data', (chunk: Buffer) => {
        const found = /"port":(\d+)/.exec(chunk.toString())?.[1]
        if (found !== undefined) resolve(found)
      })
      bot.then(({ stderr }) => reject(new Error(stderr)), reject)
    })
    const say = async (message: object, { secret = 'between us', at = Date.now() } = {}): Promise<string> => {
      const body = JSON.stringify(message)
      const signature = createHmac('sha256', secret).update(`${at}:${body}`).digest('hex')
      const headers = { 'x-chat-time': String(at), 'x-chat-signature': signature }
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body })
      return `${response.status} ${await response.text()}`
    }
    const approval = { id: 'm1', user: 'U1', text: 'approve team-lead' }
    expect(await say(approval, { secret: 'guessed' })).toBe('401 not from the chat')
    expect(await say(approval, { at: Date.now() - 3_600_000 })).toBe('401 not from the chat')
    expect(await say({ ...approval, user: 'U2' })).toBe('403 nobody here knows U2')
    expect(await say({ ...approval, text: 'lunch?' })).toMatch(/^200 approve or reject one of: team-lead/)
    expect(await say({ ...approval, text: 'approve plan' })).toMatch(/^200 .*plan/)
    expect((await runbook.status(run)).gates.flatMap(({ decisions }) => decisions)).toEqual([])
    expect(await say(approval)).toBe('200 team-lead is approved, 0 more needed')
    expect(await say(approval)).toBe('200 team-lead is approved, 0 more needed')
    const { gates } = await runbook.status(run)
    expect(gates.find(({ gate }) => gate === 'team-lead')?.decisions).toMatchObject([
      { actor: 'Grace Hopper', decision: 'approve', decisionId: 'm1' },
    ])
    await untilOpen(run, 'environment')
    await say({ id: 'm2', user: 'U1', text: 'reject environment wrong one' })
    for await (const view of runbook.watch(run)) if (view.outcome !== null) break
    expect(await runbook.status(run)).toMatchObject({ outcome: 'declined' })
    bot.kill('SIGTERM')
    expect(await bot).toMatchObject({ exitCode: 0 })
  })

  test('ci-deploy: lets the new code out once the database is validated, while the monitoring goes on', async () => {
    const project = openProject(ONE)
    const { exitCode, stdout, stderr } = await runScript(project, example('ci-deploy'), ['local', 'CI'])
    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0, stdout: '' })
    expect(project.ledger()).toEqual(['0001_users.sql', ...Object.keys(ONE)])
  })

  test('ci-deploy: what the database refuses stops the deployment with the reason', async () => {
    const project = openProject()
    writeFileSync(
      path.join(project.folder, 'migrations', '0004_broken.sql'),
      'CREATE TABEL oops (id INTEGER);\n',
    )
    const { exitCode, stderr } = await runScript(project, example('ci-deploy'), ['local', 'CI'])
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(/\nfailed: .*0004_broken/),
    })
    expect(project.ledger()).toEqual(['0001_users.sql'])
  })
})

test("README's program of ten lines runs as printed", async () => {
  const readme = readFileSync(path.join(packageRoot(), 'README.md'), 'utf8')
  const program = /```js\n([\s\S]*?d1-runbook\/client[\s\S]*?)```/.exec(readme)?.[1] ?? ''
  expect(program.trimEnd().split('\n').length).toBeLessThanOrEqual(10)
  const project = openProject(ONE)
  const script = path.join(project.folder, 'migrate.mjs')
  writeFileSync(script, program)
  const { exitCode, stdout, stderr } = await runScript(project, script)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toMatch(/\ncompleted [^\n]*$/)
  expect(project.ledger()).toEqual(['0001_users.sql', ...Object.keys(ONE)])
})

/** Every file, row and run of a project, by what is in it. */
async function everything(project: LocalProject): Promise<Record<string, string>> {
  const names = readdirSync(project.folder, { recursive: true, encoding: 'utf8' })
  const files = names.filter(
    (name) => !name.startsWith('node_modules') && statSync(path.join(project.folder, name)).isFile(),
  )
  const runs = await runbook.list({ limit: 100 })
  return {
    ...Object.fromEntries(
      files.map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(path.join(project.folder, name)))
          .digest('hex'),
      ]),
    ),
    runs: JSON.stringify(runs.filter(({ database }) => database === project.databaseId)),
    rows: project.database((db) =>
      JSON.stringify(db.prepare('SELECT * FROM users, d1_migrations, posts').all()),
    ),
  }
}

describe('an agent, by the client of the official SDK over standard input and output', () => {
  test('prepares a migration from a broken file to a run that waits at its gate, and gets no further', async () => {
    const project = openProject(CASCADING)
    const posts = `${CASCADING['0002_posts.sql']} INSERT INTO d1_migrations (name) VALUES ('0002_posts.sql');`
    project.database((db) => db.exec(posts))
    const agent = new McpClient({ name: 'an-agent', version: '1.0' })
    await agent.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [
          path.join(packageRoot(), 'bin', 'd1-runbook.mjs'),
          ...['mcp', '--project', project.folder, '--for', 'Ada'],
        ],
        env: { ...inherited(), TEMPORAL_ADDRESS: address },
        stderr: 'ignore',
      }),
    )
    const use = async (name: string, args: Record<string, unknown> = {}) => {
      const { isError, content, structuredContent } = await agent.callTool(
        { name, arguments: args },
        { timeout: 120_000 },
      )
      return { isError: isError === true, text: JSON.stringify(content), found: structuredContent as never }
    }
    try {
      const { tools } = await agent.listTools()
      const readOnly = tools.filter(({ annotations }) => annotations?.readOnlyHint === true)
      const asked: Record<string, object> = {
        explain_finding: { code: 'DL101', migration: '0003_email.sql' },
      }
      const before = await everything(project)
      for (const { name } of readOnly) {
        const { isError, text } = await use(name, asked[name] as Record<string, unknown>)
        // Without a run there is none to show.
        expect(isError, text).toBe(name === 'show_run' || name === 'report')
        expect(await everything(project), name).toEqual(before)
      }

      // Of a local database these make no archive either.
      const { found: plan }: { found: { verdict: string; findings: Finding[] } } = await use('plan')
      const finding = plan.findings.find(({ code, fix }) => code === 'DL101' && fix !== undefined)
      expect(plan.verdict).toBe('block')
      const { migration, code } = finding ?? { migration: '', code: '' }
      const { found: rewrite }: { found: { text: string } } = await use('draft_rewrite', { migration, code })
      const { found: reverse }: { found: { sql: string } } = await use('draft_reverse')
      expect(reverse.sql).toContain('DROP TABLE')
      expect(await everything(project)).toEqual(before)

      // The file is the agent's own to write.
      writeFileSync(path.join(project.folder, 'migrations', migration), rewrite.text)
      const { found: planned }: { found: { verdict: string } } = await use('plan')
      expect(planned.verdict).not.toBe('block')

      const { found: proposal, text }: { found: Proposal; text: string } = await use('propose_run')
      expect(proposal, text).toMatchObject({
        ...{ requester: 'Ada', proposedBy: { agent: 'an-agent 1.0' }, gate: 'team-lead', outcome: null },
        waitsFor: { gate: 'team-lead' },
      })
      const { found: shown, text: showing }: { found: object; text: string } = await use('show_run')
      expect(shown, showing).toMatchObject({ waitsFor: { gate: 'team-lead' } })
      const again = await use('propose_run')
      expect(again.isError).toBe(true)
      for (const said of [text, showing, again.text])
        expect(said.replaceAll('\\', '')).not.toMatch(
          /d1-runbook (approve|reject|abort|rollback)|--decide|"command":"(approve|reject|abort|rollback|watch)"/,
        )
      for (const name of ['approve', 'decide', 'start', 'rollback', 'abort', 'adopt', 'backup_restore'])
        await expect(use(name, { gate: 'team-lead', run: proposal.workflowId })).rejects.toThrow(name)
      const { found: report }: { found: { markdown: string } } = await use('report')
      expect(report.markdown).toContain('The start: proposed by an agent (an-agent 1.0) for Ada')

      const waiting = await runbook.status(proposal.workflowId)
      expect(waiting.proposedBy).toEqual({ agent: 'an-agent 1.0' })
      expect(waiting.gates.flatMap(({ decisions }) => decisions)).toEqual([])
      expect(waiting.gates.filter(({ state }) => state !== 'waiting')).toMatchObject([
        { gate: 'team-lead', state: 'open' },
      ])
      expect(project.ledger()).toEqual(['0001_users.sql', '0002_posts.sql'])
      await runbook.steer(proposal.workflowId, { command: 'abort', reason: 'seen', actor: 'Ada' })
    } finally {
      await agent.close()
    }
  })
})

interface Proposal {
  workflowId: string
  requester: string
  gate?: string
}
describe('the console', () => {
  test('is where a run is decided by a passkey that was made there: all gates, a plan that changed meanwhile, and no', async () => {
    const { project, passkey } = ada
    const { browser, server } = await openConsole(ada, address)
    const decide = async (path: string, decision: string) =>
      browser.decide(await browser.get(path), passkey, { decision })
    const approve = async (run: { workflowId: string; runId: string }, gates: readonly Gate[]) => {
      for (const gate of gates) {
        await untilOpen(run, gate)
        expect(await decide(decidePath(run, gate), 'approve')).toMatchObject({ status: 200 })
      }
    }
    try {
      expect((await browser.signIn(passkey)).html).toContain('<h1>Inbox</h1>')
      const run = await startRun(project)
      await approve(run, ['team-lead', 'environment', 'connectivity', 'preflight'])
      await untilOpen(run, 'plan')
      const before = await browser.get(decidePath(run, 'plan'))
      expect(before.html).toContain('0002_email.sql')
      await expect(
        runbook.decide(run, { gate: 'plan', decision: 'approve', actor: 'Ada' }, { signKey: '/none' }),
      ).rejects.toMatchObject({ type: 'ConfigInvalid' })
      await approve(run, ['plan'])

      // Somebody changes the database behind the run: what was approved is void, and a new plan is made.
      await untilOpen(run, 'final')
      project.database((db) => db.exec('CREATE TABLE beside (id INTEGER PRIMARY KEY)'))
      await approve(run, ['final', 'environment', 'connectivity', 'preflight'])
      await untilOpen(run, 'plan')
      expect(await browser.decide(before, passkey, { decision: 'approve' })).toMatchObject({ status: 409 })
      await approve(run, ['plan', 'final', 'team-confirmation'])
      for await (const view of runbook.watch(run)) if (view.outcome !== null) break
      const ended = await runbook.status(run)
      expect(ended).toMatchObject({ outcome: 'completed', requireSignatures: true })
      const decisions = ended.gates.flatMap((gate) => gate.decisions)
      expect(decisions.map(({ by }) => by)).toEqual(decisions.map(() => 'passkey'))
      expect(project.ledger()).toContain('0002_email.sql')
      expect(
        (
          await browser.get(
            `/report?${new URLSearchParams({ workflow: run.workflowId, run: run.runId }).toString()}`,
          )
        ).html,
      ).toContain('passkey: SHA256:')

      // Nobody has looked at the database yet; asked to, the console reads it.
      expect((await browser.get('/databases')).html).toContain('nobody has looked')
      const { html: looked } = await browser.post('/databases', { environment: 'local' })
      const databases = looked.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')
      expect(databases).toMatch(/Last run completed, /)
      expect(databases).toMatch(/before the look: backup-local-[\d-]+\.zip in .*\. Its metadata say/)
      expect(databases).toContain('2 files applied, none of the folder pending')
      expect(databases).toMatch(/Schema [0-9a-f]{12}, as the last run that is over left it/)

      writeFileSync(
        path.join(project.folder, 'migrations', '0004_more.sql'),
        'ALTER TABLE users ADD COLUMN more TEXT;\n',
      )
      const second = await startRun(project)
      await untilOpen(second, 'team-lead')
      await decide(decidePath(second, 'team-lead'), 'reject')
      for await (const view of runbook.watch(second)) if (view.outcome !== null) break
      expect(await runbook.status(second)).toMatchObject({ outcome: 'declined' })
      expect((await browser.get('/runs')).html).toContain('archive')
    } finally {
      server.kill('SIGINT')
      await server
    }
  })
})
