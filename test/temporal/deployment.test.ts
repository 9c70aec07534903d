import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Client } from '@temporalio/client'
import { temporal } from '@temporalio/proto'
import { connectClient } from '../../src/temporal/connection.js'
import {
  demandVersions,
  deploymentFor,
  deploymentOf,
  ownBuildId,
  settleVersions,
} from '../../src/temporal/deployment.js'
import { versionLines } from '../../src/temporal/version-lines.js'
import { startStandIn, type StandIn, type StandInAnswers } from './stand-in.js'

const { DescribeWorkerDeploymentResponse } = temporal.api.workflowservice.v1

let folder: string
let root: string

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-build-'))
  root = path.join(folder, 'one')
  mkdirSync(path.join(root, 'dist', 'src'), { recursive: true })
  writeFileSync(path.join(root, 'package.json'), '{"version":"1.2.3"}')
  writeFileSync(path.join(root, 'dist', 'src', 'a.js'), 'a')
  writeFileSync(path.join(root, 'dist', 'bundle.js'), 'b')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the name of a build', () => {
  const copyWith = (name: string, change: (root: string) => void): string => {
    const copy = path.join(folder, name)
    cpSync(root, copy, { recursive: true })
    change(copy)
    return ownBuildId(copy)
  }

  test('begins with the version, and is the same for the same bytes elsewhere', () => {
    expect(ownBuildId(root)).toMatch(/^1\.2\.3-[0-9a-f]{12}$/)
    expect(copyWith('same', () => undefined)).toBe(ownBuildId(root))
    const maps = copyWith('maps', (copy) => writeFileSync(path.join(copy, 'dist', 'bundle.js.map'), 'm'))
    expect(maps).toBe(ownBuildId(root))
  })

  test.each([
    ['a changed byte', 'dist/src/a.js', 'A'],
    ['a file more', 'dist/src/c.js', ''],
    ['another bundle', 'dist/bundle.js', 'bb'],
  ])('is another one for %s', (name, file, content) => {
    expect(copyWith(name, (copy) => writeFileSync(path.join(copy, file), content))).not.toBe(ownBuildId(root))
  })
})

test.each([
  ['nothing asked for', {}, false, undefined],
  ['a build of the environment', { D1_RUNBOOK_BUILD_ID: 'x' }, false, { name: 'd1-runbook', buildId: 'x' }],
  ['none', { D1_RUNBOOK_BUILD_ID: 'none' }, true, undefined],
  ['an empty one', { D1_RUNBOOK_BUILD_ID: '' }, false, undefined],
  [
    'another name',
    { D1_RUNBOOK_BUILD_ID: 'x', D1_RUNBOOK_DEPLOYMENT: 'y' },
    true,
    { name: 'y', buildId: 'x' },
  ],
])('%s', (_, env, versioned, deployment) => {
  expect(deploymentOf(env, versioned)).toEqual(deployment)
})

describe('a worker has a version', () => {
  afterEach(() => vi.unstubAllEnvs())
  const BUILD = { D1_RUNBOOK_BUILD_ID: '' }
  const of = (address: string, versioned?: boolean) => {
    vi.stubEnv('TEMPORAL_ADDRESS', address === '' ? undefined : address)
    vi.stubEnv('TEMPORAL_CONFIG_FILE', path.join(folder, 'none.toml'))
    return deploymentFor({ projectDir: folder, env: BUILD, versioned, root })
  }

  test('where somebody named the server, and beside an embedded one just where it is asked for', () => {
    expect(of('temporal.example.com:7233')).toMatchObject({ name: 'd1-runbook' })
    expect(of('')).toBeUndefined()
    expect(of('', true)).toMatchObject({ name: 'd1-runbook' })
    expect(of('temporal.example.com:7233', false)).toBeUndefined()
  })
})

describe('what a worker says of versions', () => {
  const version = (buildId: string, current: boolean, openRuns: number) => ({
    ...{ buildId, current, openRuns, since: null },
  })

  test.each([
    ['nobody knows it yet', undefined, ['new: the server does not know it yet']],
    ['it is the current one', [version('new', true, 1)], ['new: new runs come here']],
    [
      'another one is, and has runs',
      [version('new', false, 0), version('old', true, 2), version('done', false, 0)],
      ['new ones go to old until', 'old: open workflows on it: 2'],
    ],
  ])('%s', (_, versions, said) => {
    const lines = versionLines('new', versions)
    expect(lines).toHaveLength(said.length)
    said.forEach((part, index) => expect(lines[index]).toContain(part))
  })
})

describe('a server that answers of versions', () => {
  const OWN = { name: 'd1-runbook', buildId: 'new' }
  const DENIED = 7
  let standIn: StandIn | undefined
  afterEach(async () => {
    await standIn?.close()
    standIn = undefined
  })
  const of = async <T>(answers: StandInAnswers, work: (client: Client) => Promise<T>): Promise<T> => {
    standIn = await startStandIn(answers)
    const session = await connectClient({
      ...{ projectDir: folder, address: standIn.address, namespace: 'default' },
    })
    try {
      return await work(session.client)
    } finally {
      await session.close()
    }
  }
  const demanded = (status: number, message = '') =>
    of({ DescribeWorkerDeployment: { status, message } }, (client) => demandVersions(client, OWN.name))

  test('that it does not know the question is too old', async () => {
    await expect(demanded(12)).rejects.toMatchObject({ type: 'ToolTooOld' })
    await expect(demanded(12)).rejects.toThrow('knows no versions of workers')
  })

  test('that they are switched off, or are not for this client, is told in its words', async () => {
    const words = 'Worker Deployment Versions are disabled on this namespace.'
    const refused = demanded(DENIED, words)
    await expect(refused).rejects.toMatchObject({ type: 'NotPermitted' })
    await expect(refused).rejects.toThrow(words)
  })

  test.each([
    ['that it never heard of this one', 5],
    ['that something failed in it', 2],
  ])('%s keeps no worker from starting', async (_, status) => {
    await expect(demanded(status)).resolves.toBeUndefined()
  })

  test('but lets nobody make one the current one: new runs go to no version, and the worker says so', async () => {
    const about = { deploymentName: OWN.name, buildId: OWN.buildId }
    const info = { name: OWN.name, versionSummaries: [{ deploymentVersion: about }] }
    const versions = await of(
      {
        DescribeWorkerDeployment: DescribeWorkerDeploymentResponse.encode({
          workerDeploymentInfo: info,
        }).finish(),
        CountWorkflowExecutions: new Uint8Array(),
        SetWorkerDeploymentCurrentVersion: { status: DENIED, message: 'no' },
      },
      (client) => settleVersions(client, OWN),
    )
    expect(versions).toMatchObject([{ buildId: 'new', current: false }])
    expect(versionLines('new', versions)).toEqual([expect.stringContaining('new ones go to no version')])
  })
})
