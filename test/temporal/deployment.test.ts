import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deploymentOf, ownBuildId } from '../../src/temporal/deployment.js'

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
