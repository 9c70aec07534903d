import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findWrangler, keepWranglers } from '../../../src/d1/wrangler/wrangler.js'

let root: string
let release: (() => void) | undefined
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-tool-'))
})
afterEach(() => {
  release?.()
  release = undefined
  rmSync(root, { recursive: true, force: true })
})

/** A package that calls itself Wrangler, below `folder`. */
function install(folder: string, version: string, script = ''): string {
  const where = path.join(folder, 'node_modules', 'wrangler')
  mkdirSync(path.join(where, 'bin'), { recursive: true })
  mkdirSync(path.join(where, 'wrangler-dist'), { recursive: true })
  const content = { name: 'wrangler', version, bin: { wrangler: './bin/wrangler.js' } }
  writeFileSync(path.join(where, 'package.json'), JSON.stringify(content))
  writeFileSync(path.join(where, 'bin', 'wrangler.js'), script)
  writeFileSync(path.join(where, 'wrangler-dist', 'cli.js'), script)
  return where
}

const project = (name: string): string => {
  const folder = path.join(root, name)
  mkdirSync(folder, { recursive: true })
  return folder
}

test('without a worker the nearest one is taken, as it is now', async () => {
  const folder = project('p')
  expect((await findWrangler(folder)).source).toBe('bundled')
  install(folder, '4.200.0')
  expect(await findWrangler(folder)).toMatchObject({ source: 'project', version: '4.200.0' })
})

describe('a worker keeps to the Wrangler that it found at its start', () => {
  test('and runs none that a checkout, or a folder above it, brings later', async () => {
    const folder = project('p')
    release = await keepWranglers([folder])
    install(folder, '4.200.0')
    install(root, '4.201.0')
    expect((await findWrangler(folder)).source).toBe('bundled')
    expect((await findWrangler(project('never served'))).source).toBe('bundled')
    release()
    expect((await findWrangler(folder)).version).toBe('4.200.0')
  })

  test.each(['package.json', 'bin/wrangler.js', 'wrangler-dist/cli.js'])(
    'and refuses it once its %s has other bytes',
    async (file) => {
      const folder = project('p')
      const where = install(folder, '4.200.0')
      release = await keepWranglers([folder])
      expect(await findWrangler(folder)).toMatchObject({ source: 'project', version: '4.200.0' })
      writeFileSync(path.join(where, file), '{ "version": "4.200.0", "bin": "steal.js" }')
      await expect(findWrangler(folder)).rejects.toMatchObject({
        type: 'ToolMissing',
        advice: expect.stringContaining('start the worker again') as string,
      })
    },
  )

  /** A package that Wrangler loads, and one that this one loads, in one of the places where Node looks. */
  const needs = (folder: string, name: string, dependencies: object = {}): string => {
    const where = path.join(folder, 'node_modules', name)
    mkdirSync(path.join(where, 'lib'), { recursive: true })
    writeFileSync(path.join(where, 'package.json'), JSON.stringify({ name, dependencies }))
    writeFileSync(path.join(where, 'lib', 'main.js'), 'safe()')
    return where
  }
  const withPackages = (folder: string): { where: string; first: string; second: string } => {
    const where = install(folder, '4.200.0')
    const manifest = { version: '4.200.0', bin: { wrangler: './bin/wrangler.js' } }
    const all = { ...manifest, dependencies: { first: '1' }, optionalDependencies: { absent: '1' } }
    writeFileSync(path.join(where, 'package.json'), JSON.stringify(all))
    return { where, first: needs(folder, 'first', { '@a/second': '1' }), second: needs(root, '@a/second') }
  }

  test.each<[string, (at: ReturnType<typeof withPackages>, folder: string) => void]>([
    ['has other bytes', ({ first }) => writeFileSync(path.join(first, 'lib', 'main.js'), 'steal')],
    [
      'has other bytes of the same size and age',
      ({ second }) => {
        const file = path.join(second, 'lib', 'main.js')
        const { atime, mtime } = statSync(file)
        writeFileSync(file, 'evil()')
        utimesSync(file, atime, mtime)
      },
    ],
    ['has a new file', ({ second }) => writeFileSync(path.join(second, 'index.js'), 'steal()')],
    ['lacks a file', ({ first }) => rmSync(path.join(first, 'lib', 'main.js'))],
    ['is hidden by one that lies nearer', ({ where }) => void needs(where, 'first')],
    ['was not there', (_at, folder) => void needs(folder, 'absent')],
    [
      'is a link to another',
      ({ first }) => {
        rmSync(first, { recursive: true })
        symlinkSync(needs(root, 'first'), first)
      },
    ],
  ])('and refuses it once a package that it loads %s', async (_what, change) => {
    const folder = project('p')
    const at = withPackages(folder)
    release = await keepWranglers([folder])
    expect(await findWrangler(folder)).toMatchObject({ source: 'project' })
    change(at, folder)
    await expect(findWrangler(folder)).rejects.toMatchObject({
      type: 'ToolMissing',
      message: expect.stringMatching(
        /found at its start: .*(first|second|absent).* is another one/,
      ) as string,
    })
  })

  test.each<[string, (at: ReturnType<typeof withPackages>, folder: string) => void]>([
    [
      'the same bytes are written again',
      ({ first }) => writeFileSync(path.join(first, 'lib', 'main.js'), 'safe()'),
    ],
    [
      'a file gets another name beside it',
      ({ first }) => linkSync(path.join(first, 'lib', 'main.js'), path.join(root, 'copy.js')),
    ],
    ['a package comes that it does not load', (_at, folder) => void needs(folder, 'other')],
    ['the project changes', (_at, folder) => writeFileSync(path.join(folder, 'package.json'), '{}')],
  ])('and goes on with it when %s', async (_what, change) => {
    const folder = project('p')
    const at = withPackages(folder)
    release = await keepWranglers([folder])
    change(at, folder)
    expect(await findWrangler(folder)).toMatchObject({ source: 'project', version: '4.200.0' })
  })

  test('and refuses one that is gone, rather than to take another', async () => {
    const folder = project('p')
    const where = install(folder, '4.200.0')
    install(root, '4.201.0')
    release = await keepWranglers([folder])
    rmSync(where, { recursive: true })
    await expect(findWrangler(folder)).rejects.toMatchObject({ type: 'ToolMissing' })
  })
})
