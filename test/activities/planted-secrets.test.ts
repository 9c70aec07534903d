import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { ApplicationFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createActivities } from '../../src/activities/index.js'
import type { Channel } from '../../src/contract/announcement.js'
import type { Probe } from '../../src/contract/monitoring.js'
import type { Target } from '../../src/contract/target.js'
import { redact, redactIn } from '../../src/process/redact.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { charterFor } from '../charter-for.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../d1/local-target.js'
import { sampleRun } from '../runbook/sample-run.js'

/** Without the shape of any secret, so that only their values give them away. */
const PLANTED = {
  RUNBOOK_HEADER: 'header of the probe & "more"',
  RUNBOOK_PROMETHEUS: 'Zebra-crossing-at-noon',
  RUNBOOK_SLACK: 'hook/of/the/team/Aubergine',
  RUNBOOK_APP: 'app-of-the-team-Cinnamon',
  RUNBOOK_HMAC: 'hmac-of-the-team-Dandelion',
  RUNBOOK_HOOK: 'another/hook/of/the/team/Elder',
}
const FORMS = Object.values(PLANTED).flatMap((value) => [
  value,
  encodeURIComponent(value),
  Buffer.from(value).toString('base64'),
])

let echo: Server
let target: Target
let told: string[]
let act: (work: (activities: ReturnType<typeof createActivities>) => Promise<unknown>) => Promise<string>

/** A server that gives back in every field whatever it was told, as debug pages do. */
beforeAll(async () => {
  echo = createServer((asked, response) => {
    let body = ''
    asked.on('data', (chunk: Buffer) => (body += chunk.toString()))
    asked.on('end', () => {
      const seen = [asked.url, asked.headers.authorization, body.slice(0, 50)].join(' ')
      const raw = (asked.headers.authorization ?? '').replace('Bearer ', '')
      response.end(JSON.stringify({ ok: false, status: 'error', error: `${seen} ${btoa(raw)}`, is: raw }))
    })
  })
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const { port } = echo.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const env = {
    ...PLANTED,
    RUNBOOK_API: `${url}/api`,
    RUNBOOK_SLACK: `${url}/${PLANTED.RUNBOOK_SLACK}`,
    RUNBOOK_HOOK: `not-http://127.0.0.1:${port}/${PLANTED.RUNBOOK_HOOK}`,
  }
  const base = { critical: true, timeoutMs: 2_000, url }
  const header = (name: string) => ({ headers: { authorization: `env:${name}` } })
  const probes: Probe[] = [
    {
      ...base,
      name: 'health',
      kind: 'http',
      expectStatus: 200,
      ...header('RUNBOOK_HEADER'),
      expectJson: { path: 'is', equals: 'up' },
    },
    {
      ...base,
      name: 'prometheus',
      kind: 'prometheus',
      query: 'up',
      measures: 'errorRate',
      ...header('RUNBOOK_PROMETHEUS'),
    },
  ]
  const channels: Channel[] = [
    { kind: 'slack', name: 'slack', webhookUrlEnv: 'RUNBOOK_SLACK' },
    {
      kind: 'slack-app',
      name: 'app',
      tokenEnv: 'RUNBOOK_APP',
      apiUrlEnv: 'RUNBOOK_API',
      channel: 'C0123456789',
    },
    { kind: 'webhook', name: 'hook', urlEnv: 'RUNBOOK_HOOK', secretEnv: 'RUNBOOK_HMAC' },
  ]
  target = localTarget()
  seedLocal(target, LEDGER_SQL)
  told = []
  const charter = charterFor(target, { channels, monitoring: { ...monitoring(), probes } })
  const activities = createActivities({
    service: serviceOf([charter]),
    env,
    home: path.join(target.projectDir, 'home'),
    print: (text) => told.push(text),
  })
  act = async (work) => {
    const run = new MockActivityEnvironment({
      attempt: 10,
      workflowExecution: { workflowId: 'backup/x', runId: 'run' },
    })
    const beats: unknown[] = []
    run.on('heartbeat', (details: unknown) => beats.push(details))
    const answer = await run
      .run(() => work(activities))
      .catch((error: unknown) => {
        if (!(error instanceof ApplicationFailure)) throw error
        const { message, stack, details } = error
        return { message, stack, details }
      })
    return JSON.stringify([answer, beats])
  }
})
afterAll(() => echo.close())

function monitoring() {
  const [held] = charterFor(localTarget()).environments
  if (held === undefined) throw new Error('the charter is empty')
  return held.monitoring
}

const found = (text: string): string[] =>
  FORMS.filter((form) => text.includes(form) || text.includes(JSON.stringify(form).slice(1, -1)))

test('nothing that a worker was given as a secret is in what its activities answer, beat, say or write', async () => {
  const message = { kind: 'note' as const, text: 'x', at: '2026-01-01T00:00:00Z', dedupeId: 'x' }
  const place = { target, runKey: 'backup_x' }
  const answers = [
    await act((one) => one.announce({ ...place, channels: [], message })),
    await act((one) =>
      one.runCheckpoint({
        ...{ target, probes: [], thresholds: monitoring().thresholds, number: 1, late: false },
        ...{ plannedAt: '2026-01-01T00:00:00Z', expected: { schemaFingerprint: 'x', ledger: [] } },
        baseline: { takenAt: '2026-01-01T00:00:00Z', probes: {} },
      }),
    ),
    await act((one) =>
      one.takeBaseline({ target, monitoring: { ...monitoring(), baselineSamples: 1, baselinePauseMs: 0 } }),
    ),
    await act((one) => one.updateDocuments({ target, view: sampleRun(), timeZone: 'UTC' })),
  ]
  // They did say something of it: the echo came back, without the secret.
  expect(answers[0]).toContain('Slack refused')
  expect(answers[0]).toContain('[secret]')
  expect(answers[1]).toContain('[secret]')
  expect(found([...answers, ...told].join('\n'))).toEqual([])
  const files = readdirSync(target.projectDir, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(target.projectDir, name))
    .filter((file) => statSync(file).isFile())
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) expect(found(readFileSync(file, 'latin1')), file).toEqual([])
})

test('a secret is known as it stands in an address, in JSON and behind Basic; what only looks like one stays in a plan', () => {
  for (const value of Object.values(PLANTED).slice(0, 2))
    for (const text of [value, encodeURIComponent(value), btoa(value), JSON.stringify({ value })])
      expect(found(redact(`before ${text} after`))).toEqual([])
  const plan = {
    sql: `UPDATE t SET password = 'abcdefghijklmnop'`,
    deep: [{ [PLANTED.RUNBOOK_PROMETHEUS]: 1 }],
  }
  expect(redactIn(plan)).toEqual({ sql: plan.sql, deep: [{ '[secret]': 1 }] })
  expect(redact(plan.sql)).not.toContain('abcdefghijklmnop')
  const token = { CLOUDFLARE_API_TOKEN: 'planted-token-of-cloudflare' }
  expect(redactIn({ a: ['x planted-token-of-cloudflare'] }, token)).toEqual({ a: ['x [secret]'] })
  // The host of a webhook is none, and no word that is shorter than a secret.
  expect(redact('127.0.0.1 refused')).toBe('127.0.0.1 refused')
})
