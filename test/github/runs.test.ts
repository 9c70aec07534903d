import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Session } from '../../src/client/session.js'
import { serveGitHub, WEBHOOK_PATH } from '../../src/cli/commands/serve-github.js'
import { loadProject } from '../../src/config/project.js'
import { createConsole } from '../../src/console/app.js'
import { Invitations } from '../../src/console/invitations.js'
import { abortSignal, submitDecisionUpdate } from '../../src/contract/messages.js'
import type { MigrationRequest } from '../../src/contract/run.js'
import { repositoryOf } from '../../src/github/send.js'
import { RunSync } from '../../src/github/sync-runs.js'
import { FILES, requestFor } from '../workflows/request.js'
import { ALL_GATES, decideAll, gateOpen, until, useRealTimeServer } from '../workflows/skipping.js'
import { openWorld } from '../workflows/world.js'
import { gitProject, type GitProject } from './project.js'
import { openGitHub, REPOSITORY, signatureOf, TOKEN } from './stand-in.js'

const server = useRealTimeServer()
const SECRET = 'the-secret-of-a-test'
const ORIGIN = 'https://runbook.example.com'

async function open() {
  const id = randomUUID()
  const project = gitProject({
    'wrangler.toml': `[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\ndatabase_id = "${id}"\n`,
  })
  const files = FILES.map(({ name }, at) => ({
    name,
    sql: `CREATE TABLE t${at} (id INTEGER PRIMARY KEY);\n`,
  }))
  const committed = project.commit('main', {
    'migrations/0001_a.sql': null,
    ...Object.fromEntries(files.map(({ name, sql }) => [`migrations/${name}`, sql])),
  })
  const standIn = await openGitHub({ git: project.root })
  onTestFinished(() => standIn.close())
  const github = {
    url: standIn.url,
    repository: repositoryOf(REPOSITORY),
    token: () => Promise.resolve(TOKEN),
  }
  const { client } = server.env
  const session = {
    client,
    listing: client,
    namespace: 'default',
    follow: () => Promise.resolve(),
  } as unknown as Session
  const notes: string[] = []
  const loaded = await loadProject({ projectDir: project.folder })
  const serve = async () => {
    const env = { D1_RUNBOOK_GITHUB_WEBHOOK_SECRET: SECRET }
    const note = (text: string): void => void notes.push(text)
    const served = await serveGitHub({
      ...{ project: loaded, database: undefined, session, github, origin: ORIGIN, note, env },
    })
    const app = createConsole({
      ...{ origin: ORIGIN, people: [], timeZone: 'UTC', addressOf: () => '', webhooks: served.webhooks },
      invitations: new Invitations(project.folder),
    })
    return { ...served, app }
  }
  let deployments = 0
  /** GitHub asks for a deployment of this commit to `local`, and says so to the console. */
  const deploy = async ({ app }: Awaited<ReturnType<typeof serve>>, sha: string, environment = 'local') => {
    deployments += 1
    const run = 100 + deployments
    const waits = {
      run,
      environment,
      state: 'waiting' as 'waiting' | 'approved' | 'rejected',
      comments: [] as string[],
    }
    standIn.waiting.push(waits)
    const body = JSON.stringify({
      ...{ action: 'requested', environment, repository: { full_name: REPOSITORY } },
      deployment_callback_url: `${standIn.url}/repos/${REPOSITORY}/actions/runs/${run}/deployment_protection_rule`,
      deployment: { id: deployments, sha, created_at: new Date().toISOString() },
    })
    const headers = {
      'x-github-event': 'deployment_protection_rule',
      'x-hub-signature-256': signatureOf(SECRET, body),
    }
    const { status } = await app.request(`${ORIGIN}${WEBHOOK_PATH}`, { method: 'POST', body, headers })
    expect(status).toBe(202)
    return waits
  }
  const request = requestOf(
    project,
    id,
    committed,
    files.map(({ name }) => name),
  )
  const shown = new RunSync({
    ...{ session, github },
    isShown: ({ database }) => database === id,
    pageOf: ({ runId }) => `${ORIGIN}/run?run=${runId}`,
  })
  return { project, standIn, github, session, serve, deploy, request, committed, notes, shown, id }
}

function requestOf(project: GitProject, id: string, commit: string, names: string[]): MigrationRequest {
  const files = names.map((name) => ({
    name,
    sha256: createHash('sha256')
      .update(readFileSync(path.join(project.folder, 'migrations', name)))
      .digest('hex'),
  }))
  const line = { name: 'git-state', title: 'Migration files are committed', message: 'they are' }
  return requestFor(id, { files, evidence: [{ ...line, state: 'passed', commit }] })
}

/** What visibility says comes late. */
const soon = { timeout: 60_000, interval: 200 }

test('a deployment waits for the run of its very files, over a restart, until it is validated; a deployment shows the run', async () => {
  const { project, standIn, serve, deploy, request, committed, notes, shown, session, github, id } =
    await open()
  const first = await serve()
  const waits = await deploy(first, committed)
  await expect
    .poll(() => waits.comments, soon)
    .toEqual([expect.stringContaining('No run of exactly these 3 migrations in local is known')])

  const other = project.commit('other', { 'migrations/0002_second.sql': 'CREATE TABLE another (id);\n' })
  const otherWaits = await deploy(first, other)

  await server.migrate(openWorld(), request, async (handle) => {
    await until(handle, gateOpen('team-lead'))
    const second = await serve()
    await expect.poll(async () => (await second.look(), waits.comments.length), soon).toBe(2)
    expect(waits.comments[1]).toMatch(/under way|waits at the gate/)
    await expect.poll(async () => (await shown.look(), standIn.deployments.length), soon).toBe(1)
    expect(standIn.deployments).toMatchObject([
      {
        sha: committed,
        environment: 'local',
        task: 'd1-runbook',
        statuses: [{ state: 'queued', log_url: expect.stringContaining(ORIGIN) }],
      },
    ])

    await decideAll(handle, ALL_GATES)
    await until(handle, ({ phase }) => phase === 'monitor')
    await expect.poll(async () => (await second.look(), waits.state), soon).toBe('approved')
    expect(waits.comments.at(-1)).toContain('2 migrations applied and validated in local')
    expect(otherWaits).toMatchObject({
      state: 'waiting',
      comments: [expect.stringContaining('No run of exactly')],
    })
    await expect
      .poll(async () => (await shown.look(), standIn.deployments[0]?.statuses[0]?.state), soon)
      .toBe('success')

    // Whoever looks next, with no memory, tells nothing twice.
    const told = standIn.deployments[0]?.statuses.length
    await new RunSync({
      session,
      github,
      isShown: ({ database }) => database === id,
      pageOf: () => undefined,
    }).look()
    expect(standIn.deployments).toHaveLength(1)
    expect(standIn.deployments[0]?.statuses).toHaveLength(told ?? 0)

    await handle.signal(abortSignal, { reason: 'the test is over', actor: 'Ada' })
    expect(await handle.result()).toMatchObject({ outcome: 'aborted' })
    const late = await deploy(second, committed)
    await expect.poll(async () => (await second.look(), late.state), soon).toBe('rejected')
    expect(late.comments.at(-1)).toContain('was aborted')
    await expect
      .poll(async () => (await shown.look(), standIn.deployments[0]?.statuses[0]?.state), soon)
      .toBe('failure')
  })
  expect(notes.filter((note) => !/: (approved|rejected)\. /.test(note))).toEqual([])
})

test('a deployment is rejected when people decline the run, and where the project knows no such environment', async () => {
  const { standIn, serve, deploy, request, committed, shown } = await open()
  const served = await serve()
  const waits = await deploy(served, committed)
  const unknown = await deploy(served, committed, 'prod')
  await expect.poll(async () => (await served.look(), unknown.state), soon).toBe('rejected')
  expect(unknown.comments[0]).toContain('has no environment "prod"')
  await server.migrate(openWorld(), request, async (handle) => {
    await until(handle, gateOpen('team-lead'))
    const decision = { gate: 'team-lead', decision: 'reject', actor: 'Bea' } as const
    await handle.executeUpdate(submitDecisionUpdate, { args: [decision] })
    expect(await handle.result()).toMatchObject({ outcome: 'declined' })
  })
  await expect.poll(async () => (await served.look(), waits.state), soon).toBe('rejected')
  expect(waits.comments.at(-1)).toContain('declined by people')
  await expect
    .poll(async () => (await shown.look(), standIn.deployments[0]?.statuses[0]), soon)
    .toMatchObject({
      ...{ state: 'inactive', description: 'Ended: declined; nothing was applied' },
    })
})

test('a run whose files no commit holds, and a commit that GitHub has not got, are told', async () => {
  const { request, shown, standIn } = await open()
  const line = { name: 'git-state', title: 'Migration files are committed', message: 'they are not' }
  await server.migrate(
    openWorld(),
    { ...request, evidence: [{ ...line, state: 'warned' }] },
    async (handle) => {
      await until(handle, gateOpen('team-lead'))
      await expect.poll(() => shown.look(), soon).toMatchObject([{ state: 'unknown-commit' }])
      await handle.signal(abortSignal, { reason: 'the test is over', actor: 'Ada' })
      await handle.result()
    },
  )
  const pushedNot = { ...request, evidence: [{ ...line, state: 'passed' as const, commit: 'd'.repeat(40) }] }
  await server.migrate(openWorld(), pushedNot, async (handle) => {
    await until(handle, gateOpen('team-lead'))
    await expect
      .poll(async () => (await shown.look()).filter(({ state }) => state === 'failed'), soon)
      .toMatchObject([{ why: expect.stringContaining('No ref found') }])
    await handle.signal(abortSignal, { reason: 'the test is over', actor: 'Ada' })
    await handle.result()
  })
  expect(standIn.deployments).toEqual([])
})
