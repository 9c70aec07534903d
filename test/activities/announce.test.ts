import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { announce } from '../../src/activities/announce.js'
import { contextFor, defaultHome } from '../../src/activities/worker-place.js'
import type { Channel } from '../../src/contract/announcement.js'
import { createActivities } from '../../src/activities/index.js'
import { readActivityInput } from '../../src/contract/activity-inputs.js'
import { plain } from '../../src/contract/command-line.js'
import { LIMITS } from '../../src/contract/limits.js'
import { command, words } from '../../src/contract/next-command.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { cutWords } from '../../src/text/words.js'
import { productionTarget } from './production-target.js'

let folder = ''
let project = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'd1-announce-'))
  project = path.join(folder, 'project')
  mkdirSync(project)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function tell(
  channel: Channel,
  // The last of ten attempts gives up and says why.
  { runKey = 'run-1', env = {}, variables = [] as string[], attempt = 10, text = 'hello' } = {},
) {
  const target = productionTarget(project)
  const here = contextFor(
    defaultHome({ home: path.join(folder, 'home'), env, variables, print: () => undefined }),
    target,
  )
  const message = { kind: 'note' as const, text, at: '2026-01-01T00:00:00Z', dedupeId: 'x-1' }
  const deliveries: unknown = await new MockActivityEnvironment({ attempt }).run(() =>
    announce(here, { runKey, target, channels: [channel], message }),
  )
  return deliveries
}

const file = (name: string): Channel => ({ kind: 'file', name: 'file', path: name })

describe('a file channel stays below the project or the folder of the run', () => {
  test.each([
    ['../../../../stolen', 'run-1'],
    ['/tmp/../stolen-elsewhere', 'run-1'],
    ['..', 'run-1'],
    ['', 'run-1'],
    ['log', '../../../run'],
  ])('%j of the run %s is refused, and nothing is written', async (name, runKey) => {
    const before = readdirSync(folder)
    await expect(tell(file(name), { runKey })).resolves.toEqual([
      { channel: 'file', delivered: false, error: expect.stringContaining('is not below') },
    ])
    expect(readdirSync(folder)).toEqual(before)
    expect(existsSync(path.join(path.sep, 'stolen-elsewhere'))).toBe(false)
  })

  test.each(['outside.log', 'nowhere.log', 'way/out.log'])('a link out of it is no way: %s', async (name) => {
    const outside = path.join(folder, 'elsewhere')
    mkdirSync(outside)
    writeFileSync(path.join(outside, 'out.log'), 'before')
    symlinkSync(path.join(outside, 'out.log'), path.join(project, 'outside.log'))
    symlinkSync(path.join(outside, 'not-there'), path.join(project, 'nowhere.log'))
    symlinkSync(outside, path.join(project, 'way'))
    await expect(tell(file(path.join(project, name)))).resolves.toMatchObject([{ delivered: false }])
    expect(readdirSync(outside)).toEqual(['out.log'])
    expect(readFileSync(path.join(outside, 'out.log'), 'utf8')).toBe('before')
  })

  test.each([
    ['log', '.d1-runbook/runs/run-1/log'],
    ['deep/log', '.d1-runbook/runs/run-1/deep/log'],
    ['..log', '.d1-runbook/runs/run-1/..log'],
    ['PROJECT/announcements.log', 'announcements.log'],
    ['PROJECT/logs/a.log', 'logs/a.log'],
  ])('%s is written, for its owner alone', async (name, where) => {
    await expect(tell(file(name.replace('PROJECT', project)))).resolves.toMatchObject([{ delivered: true }])
    expect(readFileSync(path.join(project, where), 'utf8')).toContain('hello')
    expect(statSync(path.join(project, where)).mode & 0o077).toBe(0)
  })
})

describe('what no other try would deliver is told by the first one', () => {
  const hook = { kind: 'webhook', name: 'team', urlEnv: 'RUNBOOK_HOOK' } as const
  test.each<[string, Channel, string]>([
    ['no address', hook, 'the worker has no RUNBOOK_HOOK'],
    ['no webhook', { kind: 'slack', name: 'slack', webhookUrlEnv: 'RUNBOOK_SLACK' }, 'no RUNBOOK_SLACK'],
    [
      'no token',
      { kind: 'slack-app', name: 'app', tokenEnv: 'RUNBOOK_TOKEN', channel: 'C0123456789' },
      'no RUNBOOK_TOKEN',
    ],
    ['no key', { ...hook, urlEnv: 'RUNBOOK_THERE', secretEnv: 'RUNBOOK_KEY' }, 'no RUNBOOK_KEY'],
    [
      'one that may not be named',
      { ...hook, urlEnv: 'TEMPORAL_API_KEY' },
      'TEMPORAL_API_KEY is a credential',
    ],
  ])('%s', async (_what, channel, error) => {
    const env = { RUNBOOK_THERE: 'http://127.0.0.1:9' }
    await expect(tell(channel, { attempt: 1, env })).resolves.toEqual([
      { channel: channel.name, delivered: false, error: expect.stringContaining(error) },
    ])
  })

  test('an address where nobody answers is tried again', async () => {
    await expect(tell(hook, { attempt: 1, env: { RUNBOOK_HOOK: 'http://127.0.0.1:9' } })).rejects.toThrow(
      'team: cannot be reached',
    )
  })
})

test('a message goes to the address that the worker was given, and is led to no other', async () => {
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    response.writeHead(url === '/hook' ? 307 : 200, { location: '/elsewhere' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    const env = { RUNBOOK_HOOK: `http://127.0.0.1:${port}/hook` }
    const hook = { kind: 'webhook', name: 'team', urlEnv: 'RUNBOOK_HOOK' } as const
    expect(await tell(hook, { env })).toMatchObject([{ delivered: false, error: 'answered with 307' }])
    expect(asked).toEqual(['/hook'])
  } finally {
    server.close()
  }
})

describe('the address of a channel', () => {
  let server: Server
  let address = ''
  const paths: (string | undefined)[] = []
  beforeEach(async () => {
    paths.length = 0
    server = createServer(({ url }, response) => {
      paths.push(url)
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  })
  afterEach(() => new Promise((resolve) => server.close(resolve)))

  test.each(['CLOUDFLARE_API_TOKEN', 'HOME_HOOK', 'TEMPORAL_API_KEY'])('is never %s', async (name) => {
    await expect(
      tell({ kind: 'webhook', name: 'team', urlEnv: name }, { env: { [name]: address } }),
    ).resolves.toMatchObject([{ delivered: false, error: expect.stringContaining(name) }])
    expect(paths).toEqual([])
  })

  test('nor is its key', async () => {
    const channel: Channel = {
      kind: 'webhook',
      name: 'team',
      urlEnv: 'RUNBOOK_HOOK',
      secretEnv: 'CLOUDFLARE_API_TOKEN',
    }
    await expect(
      tell(channel, { env: { RUNBOOK_HOOK: address, CLOUDFLARE_API_TOKEN: 'planted' } }),
    ).resolves.toMatchObject([{ delivered: false }])
    expect(paths).toEqual([])
  })

  test.each([
    ['RUNBOOK_HOOK', []],
    ['TEAM_HOOK', ['TEAM_HOOK']],
  ])('may be %s where %j are allowed', async (name, variables) => {
    const channel: Channel = { kind: 'webhook', name: 'team', urlEnv: name }
    await expect(tell(channel, { env: { [name]: address }, variables })).resolves.toMatchObject([
      { delivered: true },
    ])
    expect(paths).toEqual(['/hook'])
  })
})

test('a text that somebody made long is cut on its way to every channel, and says so', async () => {
  await tell(file(path.join(project, 'told.log')), { text: 'x'.repeat(1_500_000) })
  const told = readFileSync(path.join(project, 'told.log'), 'utf8')
  expect(told.length).toBeLessThan(LIMITS.message + 100)
  expect(told).toContain('… (cut: 1,500,000 characters)')
})

test.each([
  ['short', 'short'],
  ['𝐱'.repeat(60), /^(?:𝐱)+… \(cut: 120 characters\)$/u],
  [words`see ${command('show')} ${'y'.repeat(200)}`, /^see .*show.* y+… \(cut: \d+ characters\)$/],
  [words`${'y'.repeat(70)} ${command('report-issue', 'z'.repeat(90))}`, /^y+ … \(cut: \d+ characters\)$/],
])('a text within 100 characters: case %#', (text, cut) => {
  const within = plain(cutWords(text, 100))
  expect(within.length).toBeLessThanOrEqual(100)
  expect(within).toMatch(cut)
})

test.each([
  ['a second line', { dedupeId: 'x\n[forged]' }],
  ['a long one', { dedupeId: 'x'.repeat(9_999) }],
  ['a separator', { at: '\u2028' }],
])('what is written as it is, is one short line: %s is refused', (_what, change) => {
  const message = { kind: 'note', text: 'hello', at: '2026-01-01T00:00:00Z', dedupeId: 'x-1' }
  const input = { runKey: 'run-1', target: productionTarget(project), channels: [], message }
  expect(readActivityInput('announce', input).ok).toBe(true)
  expect(readActivityInput('announce', { ...input, message: { ...message, ...change } }).ok).toBe(false)
})

test.each([null, undefined, 'text', 7])(
  'a request to be admitted that is %j is refused as such',
  async (input) => {
    const activities = createActivities({ service: serviceOf([]) })
    await expect(
      new MockActivityEnvironment().run(() => activities.admit(input as never)),
    ).rejects.toMatchObject({
      type: 'NotAdmitted',
    })
  },
)
