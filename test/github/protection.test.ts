import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { createConsole } from '../../src/console/app.js'
import { Invitations } from '../../src/console/invitations.js'
import { OUTCOMES } from '../../src/contract/names.js'
import { commitOf, deploymentStatus } from '../../src/github/deployments.js'
import { ProtectionRule } from '../../src/github/protection.js'
import { repositoryOf } from '../../src/github/send.js'
import { verdictOn, type Verdict } from '../../src/github/verdict.js'
import { WaitingDeployments } from '../../src/github/waiting.js'
import { sampleRun } from '../runbook/sample-run.js'
import { openGitHub, REPOSITORY, signatureOf, TOKEN } from './stand-in.js'

const ORIGIN = 'https://runbook.example.com'
const SECRET = 'the-secret-of-a-test'
const NOW = Date.parse('2026-03-08T03:00:00Z')
const folder = mkdtempSync(path.join(os.tmpdir(), 'd1-github-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** As GitHub sends it, as far as it is read. */
function delivery(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    action: 'requested',
    ...{ environment: 'production', event: 'push', pull_requests: [], installation: { id: 77 } },
    deployment_callback_url: `https://api.github.com/repos/${REPOSITORY}/actions/runs/42/deployment_protection_rule`,
    deployment: { id: 5, sha: 'a'.repeat(40), created_at: '2026-03-08T02:59:00Z', environment: 'production' },
    repository: { id: 1, full_name: REPOSITORY },
    sender: { login: 'ada' },
    ...more,
  }
}

const WAITS: Verdict = { state: 'waiting', waits: 'start', why: 'Nobody has started one.' }

async function open({
  kept,
  verdict = WAITS,
  page,
}: { kept?: string; verdict?: Verdict; page?: string } = {}) {
  files += 1
  const file = kept ?? path.join(folder, `${files}`, 'waiting.json')
  const standIn = await openGitHub({ git: folder })
  onTestFinished(() => standIn.close())
  standIn.waiting.push({ run: 42, environment: 'production', state: 'waiting', comments: [] })
  const github = {
    url: standIn.url,
    repository: repositoryOf(REPOSITORY),
    token: () => Promise.resolve(TOKEN),
  }
  const clock = { at: NOW }
  const now = (): number => clock.at
  const waiting = await WaitingDeployments.open(file, now)
  const state = { verdict, asked: [] as [string, string][] }
  const notes: string[] = []
  const rule = new ProtectionRule({
    ...{ github, secret: SECRET, waiting, now, note: (text) => notes.push(text) },
    verdictOf: (...asked) => {
      state.asked.push(asked)
      return Promise.resolve({ verdict: state.verdict, page })
    },
  })
  const app = createConsole({
    ...{
      origin: ORIGIN,
      people: [],
      timeZone: 'UTC',
      invitations: new Invitations(folder),
      addressOf: () => '',
    },
    webhooks: [{ path: '/github/webhook', take: (...sent) => rule.take(...sent) }],
  })
  const send = async (
    body: string,
    headers: Record<string, string> = {},
    to = '/github/webhook',
  ): Promise<number> => {
    const sent = {
      'x-github-event': 'deployment_protection_rule',
      'x-hub-signature-256': signatureOf(SECRET, body),
      ...headers,
    }
    return (await app.request(`${ORIGIN}${to}`, { method: 'POST', body, headers: sent })).status
  }
  return { standIn, rule, waiting, state, notes, clock, send, file, app }
}

describe('what is no delivery of GitHub changes nothing', () => {
  const body = JSON.stringify(delivery())
  test.each<[string, string, Record<string, string>, number]>([
    ['without a signature', body, { 'x-hub-signature-256': '' }, 401],
    ['signed with another secret', body, { 'x-hub-signature-256': signatureOf('another', body) }, 401],
    ['whose body was changed', `${body} `, { 'x-hub-signature-256': signatureOf(SECRET, body) }, 401],
    [
      'with a part of the signature',
      body,
      { 'x-hub-signature-256': signatureOf(SECRET, body).slice(0, 40) },
      401,
    ],
    [
      'with the older kind of signature alone',
      body,
      { 'x-hub-signature-256': '', 'x-hub-signature': 'sha1=00' },
      401,
    ],
    ['larger than any of GitHub', JSON.stringify(delivery({ padding: 'x'.repeat(1_100_000) })), {}, 413],
    ['of another event', body, { 'x-github-event': 'push' }, 202],
    ['that only says hello', '{"zen":"Design for failure."}', { 'x-github-event': 'ping' }, 200],
    ['that is no JSON', 'environment=production', {}, 422],
    ['of another action', JSON.stringify(delivery({ action: 'completed' })), {}, 422],
    ['of another repository', JSON.stringify(delivery({ repository: { full_name: 'eve/art' } })), {}, 422],
    [
      'whose callback is of another repository',
      JSON.stringify(
        delivery({
          deployment_callback_url:
            'https://api.github.com/repos/eve/art/actions/runs/42/deployment_protection_rule',
        }),
      ),
      {},
      422,
    ],
    [
      'whose callback is none',
      JSON.stringify(
        delivery({
          deployment_callback_url: `https://evil.example/repos/${REPOSITORY}/actions/runs/42/../../../secrets`,
        }),
      ),
      {},
      422,
    ],
    [
      'of a commit that is none',
      JSON.stringify(delivery({ deployment: { id: 5, sha: '../../x', created_at: '2026-03-08T02:59:00Z' } })),
      {},
      422,
    ],
    [
      'that GitHub waits for no more',
      JSON.stringify(
        delivery({ deployment: { id: 5, sha: 'a'.repeat(40), created_at: '2026-01-01T00:00:00Z' } }),
      ),
      {},
      422,
    ],
  ])('%s', async (_name, sent, headers, status) => {
    const { send, waiting, rule, standIn, state } = await open()
    expect(await send(sent, headers)).toBe(status)
    await rule.look()
    expect({ waiting: waiting.list(), asked: state.asked, calls: standIn.calls }).toEqual({
      waiting: [],
      asked: [],
      calls: [],
    })
  })

  test('the address of a callback is never called: what is answered goes to the API that was named', async () => {
    const { send, rule, standIn } = await open({ verdict: { state: 'approved', why: 'It is validated.' } })
    const callback = `https://evil.example/repos/${REPOSITORY}/actions/runs/42/deployment_protection_rule`
    expect(await send(JSON.stringify(delivery({ deployment_callback_url: callback })))).toBe(202)
    await rule.look()
    expect(standIn.waiting[0]?.state).toBe('approved')
  })

  test('a page of the console takes no webhook, and the webhook no page', async () => {
    const { send, app } = await open()
    expect(await send(body, {}, '/sign-in')).toBe(403)
    expect((await app.request(`${ORIGIN}/github/webhook`)).status).not.toBe(200)
  })
})

describe('a deployment that waits', () => {
  const body = JSON.stringify(delivery())

  test('waits, says once for what, and goes on when the runs say so', async () => {
    const page = `${ORIGIN}/run?workflow=a&run=b`
    const { send, rule, standIn, state, notes } = await open({ page })
    const [waits] = standIn.waiting
    expect(await send(body)).toBe(202)
    await rule.look()
    await rule.look()
    expect(state.asked[0]).toEqual(['production', 'a'.repeat(40)])
    expect(waits).toMatchObject({
      state: 'waiting',
      comments: [`Nobody has started one. [The run](${page})`],
    })
    state.verdict = { state: 'approved', why: '2 migrations applied.' }
    await rule.look()
    expect(waits).toMatchObject({
      state: 'approved',
      comments: [expect.any(String), expect.stringMatching(/^2 migrations/)],
    })
    const { length } = standIn.calls
    await rule.look()
    expect(standIn.calls).toHaveLength(length)
    expect(notes).toEqual([expect.stringContaining('approved')])
  })

  test('a delivery that comes once more, under whatever number of GitHub, means nothing', async () => {
    const { send, rule, standIn, state } = await open({ verdict: { state: 'rejected', why: 'Declined.' } })
    expect(await send(body, { 'x-github-delivery': '1' })).toBe(202)
    expect(await send(body, { 'x-github-delivery': '2' })).toBe(200)
    await rule.look()
    expect(standIn.waiting[0]?.state).toBe('rejected')
    state.verdict = { state: 'approved', why: 'Now.' }
    expect(await send(body, { 'x-github-delivery': '3' })).toBe(200)
    await rule.look()
    expect(standIn.waiting[0]?.state).toBe('rejected')
    expect(standIn.calls).toHaveLength(1)
  })

  test('outlives a restart, in a file that nobody else reads; what was answered stays answered', async () => {
    const first = await open()
    await first.send(body)
    await first.rule.look()
    if (process.platform !== 'win32') expect(statSync(first.file).mode & 0o077).toBe(0)
    expect(readFileSync(first.file, 'utf8')).not.toContain(SECRET)
    const second = await open({ kept: first.file, verdict: { state: 'approved', why: 'Now.' } })
    expect(second.waiting.list()).toMatchObject([{ deployment: 5, told: 'start', reports: 1 }])
    await second.rule.look()
    expect(second.standIn.waiting[0]?.state).toBe('approved')
    const third = await open({ kept: first.file })
    expect(await third.send(body)).toBe(200)
    writeFileSync(first.file, '{"version":1,"waiting":[{"run":"../x"}]}')
    await expect(WaitingDeployments.open(first.file)).rejects.toMatchObject({ type: 'ConfigInvalid' })
  })

  test('is told at most ten things, of which one is the answer', async () => {
    const { send, rule, standIn, state } = await open()
    await send(body)
    for (let at = 0; at < 20; at += 1) {
      state.verdict = { state: 'waiting', waits: `gate ${at}`, why: `Gate ${at}.` }
      await rule.look()
    }
    expect(standIn.waiting[0]?.comments).toHaveLength(9)
    state.verdict = { state: 'approved', why: `It is well. ${'x'.repeat(3_000)}` }
    await rule.look()
    expect(standIn.waiting[0]).toMatchObject({ state: 'approved' })
  })

  test('is kept where GitHub does not answer, and tried again later; one that was approved by hand waits no more', async () => {
    const { send, rule, standIn, waiting, notes, clock } = await open({
      verdict: { state: 'approved', why: 'Now.' },
    })
    await send(body)
    standIn.refuse(/deployment_protection_rule$/, { status: 502 })
    await rule.look()
    await rule.look()
    expect(standIn.calls).toHaveLength(1)
    expect(waiting.list()).toHaveLength(1)
    expect(notes).toEqual([expect.stringContaining('was not answered')])
    clock.at += 6 * 60_000
    if (standIn.waiting[0] !== undefined) standIn.waiting[0].state = 'rejected'
    await rule.look()
    expect(waiting.list()).toEqual([])
    expect(notes.at(-1)).toContain('waits no more')
  })

  test('is forgotten when GitHub has forgotten it', async () => {
    const { send, rule, waiting, clock, state } = await open()
    await send(body)
    clock.at += 31 * 24 * 3_600_000
    await rule.look()
    expect({ waiting: waiting.list(), asked: state.asked }).toEqual({ waiting: [], asked: [] })
  })

  test('what a run or an environment is called is text in a comment', async () => {
    const why = 'The gate "](http://evil.example) <img src=x> `a`".'
    const { send, rule, standIn } = await open({ verdict: { state: 'waiting', waits: 'a', why } })
    await send(body)
    await rule.look()
    expect(standIn.waiting[0]?.comments[0]).toBe(
      'The gate "\\](http://evil.example) &lt;img src=x&gt; \\`a\\`".',
    )
  })
})

describe('what a run means to who waits for it', () => {
  const run = { ...sampleRun(), outcome: null, gates: [] }
  const look = (verdict: 'healthy' | 'degraded' | 'breached' | 'unknown') => {
    const { monitoring } = sampleRun()
    const [checkpoint] = monitoring?.checkpoints ?? []
    if (monitoring === null || checkpoint === undefined) throw new Error('the sample has no checkpoint')
    return { ...monitoring, checkpoints: [{ ...checkpoint, verdict }] }
  }
  test.each([
    'prerequisites',
    'checklist',
    'announce',
    'backup',
    'status',
    'execute',
    'validate',
    'rollback',
    'close',
  ] as const)('at %s it waits', (phase) => {
    expect(verdictOn({ ...run, phase }).state).toBe('waiting')
    expect(deploymentStatus({ ...run, phase }).state).not.toBe('success')
  })
  test.each([
    ['healthy', 'approved'],
    ['degraded', 'approved'],
    ['breached', 'waiting'],
    ['unknown', 'waiting'],
  ] as const)('monitored, and the last look %s: %s', (seen, state) => {
    expect(verdictOn({ ...run, phase: 'monitor', monitoring: look(seen) }).state).toBe(state)
  })
  test('validated, before the first look, it goes on; while people decide whether to go back it waits', () => {
    expect(verdictOn({ ...run, phase: 'monitor', monitoring: null }).state).toBe('approved')
    const gates = [{ gate: 'rollback' as const, state: 'open' as const, shows: [], decisions: [] }]
    expect(verdictOn({ ...run, phase: 'monitor', monitoring: look('healthy'), gates }).state).toBe('waiting')
  })
  test.each(OUTCOMES)('ended %s', (outcome) => {
    const ended = { ...run, phase: 'closed' as const, outcome }
    expect(verdictOn(ended).state).toBe(outcome === 'completed' ? 'approved' : 'rejected')
    const { state, description } = deploymentStatus(ended)
    expect(state === 'success').toBe(outcome === 'completed')
    expect(description.length).toBeLessThanOrEqual(140)
  })
  test('only the commit that was found to hold the files is one', () => {
    const line = { name: 'git-state', title: 't', message: 'all 2 files are in commit abc' }
    const commit = 'c'.repeat(40)
    expect(commitOf({ evidence: [{ ...line, state: 'passed', commit }] })).toBe(commit)
    expect(commitOf({ evidence: [{ ...line, state: 'warned', commit }] })).toBeUndefined()
    expect(commitOf({ evidence: [{ ...line, state: 'passed' }] })).toBeUndefined()
    expect(commitOf({ evidence: [{ ...line, name: 'tests', state: 'passed', commit }] })).toBeUndefined()
  })
})
