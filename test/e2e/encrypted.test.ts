import { execa } from 'execa'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readRunHistory } from '../../src/client/run-history.js'
import type { RunView } from '../../src/contract/run.js'
import { NO_KEYS, parseCodecKeys } from '../../src/temporal/codec/keys.js'
import { provideTemporal } from '../../src/temporal/binaries.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { bytesOf, databaseBytes, failureTexts, rawHistories, textsIn } from '../temporal/raw-history.js'
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
import { createLocalProject, QUICK_BASELINE, scratchFolder, type LocalProject } from './project.js'
import { RunObserver } from './run.js'

const OLD = `key-old:${randomBytes(32).toString('base64')}`
const NEW = `key-new:${randomBytes(32).toString('base64')}`

/** What must not be readable without the key, each in its own place. */
const PLANTED = {
  row: 'row-of-Marguerite-Yourcenar',
  literal: 'literal-in-the-migration-text',
  comment: 'comment-that-the-key-is-below-the-mat',
  note: 'note-that-the-shop-is-slow-since-noon',
  reason: 'reason-that-the-boss-does-not-like-it',
  index: 'index_that_only_the_file_names',
}
const TEXTS = Object.values(PLANTED)

const scratch = scratchFolder()
let project: LocalProject
let dev: Command
let keyed: TemporalClient
let run: RunObserver

const keysFile = path.join(scratch.folder, 'keys')
const command = (env: Record<string, string>, ...args: string[]) =>
  here([...args, '--project', project.folder, '--json'], env)
const withKeys = (...args: string[]) => command({ D1_RUNBOOK_CODEC_KEYS_FILE: keysFile }, ...args)
const without = (...args: string[]) => command({}, ...args)

async function startDev(keys: string): Promise<void> {
  writeFileSync(keysFile, keys, { mode: 0o600 })
  const env = { D1_RUNBOOK_CODEC_KEYS_FILE: keysFile }
  dev = launchService(['dev', '--project', project.folder, '--json'], env)
  await untilSays(dev, /Worker +polls/)
  const codecKeys = parseCodecKeys(keys, 'keys')
  keyed = await connectClient({ projectDir: project.folder, codecKeys })
  run = new RunObserver(keyed, 'local', project.databaseId)
}

async function stopDev(): Promise<void> {
  await keyed.close()
  dev.kill('SIGINT')
  await dev
}

beforeAll(async () => {
  await buildIfStale()
  project = createLocalProject({
    folder: path.join(scratch.folder, 'projet'),
    databaseId: '00000000-0000-4000-8000-00000000e2e0',
    pending: {
      '0002_fix.sql': `UPDATE users SET name = '${PLANTED.literal}' WHERE name LIKE 'row-of-%';\n`,
      '0003_unique.sql': `CREATE UNIQUE INDEX ${PLANTED.index} ON users (name);\n`,
    },
    config: { environments: { local: { monitoring: QUICK_BASELINE } } },
  })
  project.database((db) => db.exec(`INSERT INTO users (name) VALUES ('${PLANTED.row}')`))
  await startDev(`${OLD}\n`)
})

afterAll(() => scratch.remove())

test('a run is carried through, read and decided with the key; without it nothing of it can be read', async () => {
  await documentOf<object>(withKeys('start', '--requester', 'Ada'), 0)
  await run.gateOpen('team-lead')

  // Whoever has no key is told which one, and by which variable it comes.
  const refused = [
    ['show'],
    ['approve', 'team-lead', '--actor', 'Bea', '--comment', PLANTED.comment],
    ['observe', PLANTED.note, '--actor', 'Bea'],
    ['watch'],
    ['report'],
    ['abort', '--actor', 'Bea'],
    ['start', '--requester', 'Ada'],
  ]
  const asked = refused.map((args) => ({ args, ask: () => without(...args) }))
  // A worker would be this process's for good, were it not refused.
  const worker = ['worker', '--project', project.folder, '--json']
  for (const { args, ask } of [...asked, { args: ['worker'], ask: () => launch(worker, {}) }]) {
    const { code, json } = await resultOf(ask())
    expect({ args, code, json }).toMatchObject({
      code: 2,
      json: {
        success: false,
        error: {
          type: 'KeyMissing',
          message: expect.stringContaining('the key key-old, which this process does not have'),
          advice: expect.stringContaining('D1_RUNBOOK_CODEC_KEYS=key-old:'),
        },
      },
    })
  }
  // A key that the worker has not: what it wrote would hold the run up.
  const foreign = command({ D1_RUNBOOK_CODEC_KEYS: [NEW, OLD].join() }, 'abort', '--actor', 'Bea')
  expect(await resultOf(foreign)).toMatchObject({ code: 2, json: { error: { type: 'WorkerKeyMissing' } } })

  // The server lists a run, and what it says of itself, some moments later.
  const newest = async (list: typeof without) =>
    (await documentOf<{ runs: object[] }>(list('list'), 0)).runs[0]
  await expect.poll(() => newest(without)).toMatchObject({ environment: 'local', databaseName: null })
  await expect.poll(() => newest(withKeys)).toMatchObject({ databaseName: 'archive' })

  await documentOf<object>(
    withKeys('approve', 'team-lead', '--actor', 'Bea', '--comment', PLANTED.comment),
    0,
  )
  await documentOf<object>(withKeys('observe', PLANTED.note, '--actor', 'Bea'), 0)
  await run.approveAll(['environment', 'connectivity', 'preflight'], 'Bea')
  await run.gateOpen('plan')
  // Refused by the run itself, after the update was taken into the history: its words are in the answer.
  const wrongPlan = withKeys('approve', 'plan', '--actor', 'Bea', '--plan-hash', '0'.repeat(64))
  expect(await resultOf(wrongPlan)).toMatchObject({ code: 2, json: { error: { type: 'DecisionRefused' } } })
})

test('the keys are rotated in mid-run: what the old one wrote is read, the new one writes', async () => {
  await stopDev()
  await startDev(`# since today\n${NEW}\n${OLD}\n`)
  expect(await run.gateOpen('plan')).toMatchObject({ phase: 'execute' })
  await run.approveAll(['plan'], 'Bea')
  await run.gateOpen('final')
  // The rehearsed rows were unique; a visitor writes one that is not, and the file fails on the database.
  project.database((db) => db.exec("INSERT INTO users (name) VALUES ('Ann')"))
  await run.decide('final', 'Bea', { comment: PLANTED.comment })
  await run.gateOpen('rollback')
  await run.decide('rollback', 'Bea', { strategy: 'none', decision: 'reject', comment: PLANTED.reason })
  const view = await run.closed()
  expect(view).toMatchObject({ outcome: 'failed', failure: { type: 'SqlRefused' } })

  // With the key all of it is there: the scan below could find it.
  const seen = await documentOf<RunView>(withKeys('show'), 0)
  const { plan, request } = await readRunHistory(keyed, run.workflowId)
  const read = Buffer.from(JSON.stringify({ seen, plan }))
  expect(textsIn(read, TEXTS).sort()).toEqual([...TEXTS].sort())
  expect(request?.bundle.encoding).toBe('gzip-base64')

  // Temporal's own tools read it through the codec server, and nothing without.
  const env = { D1_RUNBOOK_CODEC_KEYS_FILE: keysFile }
  const args = ['--origin', 'http://127.0.0.1:8233', '--port', '0', '--json']
  const codecServer = launchService(['codec-server', ...args], env)
  const said = await untilSays(codecServer, /Endpoint for the Temporal UI: \S+/)
  const [, endpoint = ''] = /Temporal UI: (\S+)/.exec(said) ?? []
  const cli = await provideTemporal('temporal-cli')
  const shown = async (...more: string[]): Promise<string[]> => {
    const where = ['--address', keyed.address, '--workflow-id', run.workflowId, '--output', 'json']
    const { stdout } = await execa(cli, ['workflow', 'show', ...where, ...more], { reject: false })
    return textsIn(Buffer.from(stdout), [PLANTED.comment, PLANTED.note, PLANTED.index])
  }
  expect(await shown('--codec-endpoint', endpoint)).toEqual([PLANTED.comment, PLANTED.note, PLANTED.index])
  expect(await shown('--codec-endpoint', `${endpoint}x`)).toEqual([])
  expect(await shown()).toEqual([])
  codecServer.kill('SIGTERM')
  expect(await resultOf(codecServer)).toMatchObject({ code: 0, json: { success: true } })
})

test('neither the history, read by anybody, nor the bytes of the database hold any of it', async () => {
  const { request } = await readRunHistory(keyed, run.workflowId)
  const packed = request?.bundle.encoding === 'gzip-base64' ? request.bundle.data.slice(0, 60) : ''
  expect(packed).toHaveLength(60)
  const secrets = [...TEXTS, packed]

  const histories = await rawHistories(keyed.client)
  expect([...histories.keys()].map((key) => key.split(' ')[0])).toContain(run.workflowId)
  for (const events of histories.values()) {
    expect(textsIn(bytesOf(events), secrets)).toEqual([])
    expect(failureTexts(events).filter((text) => text !== 'Encoded failure')).toEqual([])
  }
  const failures = [...histories.values()].flatMap(failureTexts)
  expect(failures.length).toBeGreaterThan(0)
  const both = [...histories.values()].map((events) => textsIn(bytesOf(events), ['key-old', 'key-new']))
  expect(both).toContainEqual(['key-old', 'key-new'])

  // The scan itself: what a client without keys writes is found, by both ways.
  const plain = await connectClient({ projectDir: project.folder, codecKeys: NO_KEYS })
  const control = 'a-text-that-nobody-encrypts'
  await plain.client.workflow.start('anything', {
    workflowId: 'control',
    taskQueue: 'nobody',
    args: [control],
  })
  // The server lists a run some moments after it began.
  const found = async (): Promise<string[]> =>
    [...(await rawHistories(plain.client)).values()].flatMap((events) => textsIn(bytesOf(events), [control]))
  await expect.poll(found).toEqual([control])
  await plain.close()
  await stopDev()
  const bytes = databaseBytes(path.join(project.folder, '.d1-runbook'))
  expect(textsIn(bytes, [...secrets, control])).toEqual([control])
})
