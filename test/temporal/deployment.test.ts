import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { deploymentFor, deploymentOf, ownBuildId } from '../../src/temporal/deployment.js'
import { versionLines } from '../../src/temporal/version-lines.js'

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
